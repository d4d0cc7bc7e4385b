"""What is handed up of a coded uplink frame that was read: PSDU, fields and RXVECTOR."""

from __future__ import annotations

import math
from functools import lru_cache

from ampradio.phy.edge_timing import PPM
from ampradio.phy.reception import Itself, Nominal, Reception, laid_in, nominal_fields
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind, RxVector, TxVector

_NS_PER_S = 1_000_000_000
_QUIETEST = 1e-10  # noise below this part of the signal is called 100 dB down


def coded_reception(
    profile: Profile,
    rate_bps: int,
    seed_index: int,
    rate_sps: int,
    psdu: bytes,
    begun: tuple[int, float],
    place: tuple[float, float, float],
    powers: tuple[float, float],
) -> Reception:
    """Return the reception of ``psdu`` at ``rate_bps`` in a stream at ``rate_sps``.

    ``begun``: from which sample and with which carrier in Hz taken off it was read. ``place``: where after that its
    AMP-Sync begins, received over nominal duration, the carrier left, in radians a sample. ``powers``: of an ON sample
    and of the noise.
    """
    origin, carrier_hz = begun
    start, stretch, turn = place
    signal, noise = powers
    nominal, sync, native_sps = _nominal(Itself(profile), len(psdu), rate_bps, seed_index)
    fields = laid_in(nominal, sync, origin + start, stretch * rate_sps / native_sps)
    first, stop = fields[0].start_sample, fields[-1].stop_sample
    rxvector = RxVector(
        kind=PpduKind.UL_ACTIVE,
        rate_bps=rate_bps,
        start_ns=round(first * _NS_PER_S / rate_sps),
        end_ns=round(stop * _NS_PER_S / rate_sps),
        start_sample=first,
        snr_db=10 * math.log10(signal / max(noise, _QUIETEST * signal)),
        rssi_dbfs=10 * math.log10(signal),
        clock_ppm=(stretch - 1) / PPM,
        cfo_hz=carrier_hz + turn * rate_sps / (2 * math.pi),
        seed_index=seed_index,
    )
    return Reception(psdu, rxvector, fields)


@lru_cache(maxsize=1024)
def _nominal(own: Itself, octets: int, rate_bps: int, seed_index: int) -> Nominal:
    return nominal_fields(own, octets, TxVector(PpduKind.UL_ACTIVE, rate_bps, seed_index=seed_index))
