"""What is handed up of a coded uplink frame that was read: PSDU, fields and RXVECTOR."""

from __future__ import annotations

import math
from functools import lru_cache

from ampradio.phy.edge_timing import PPM
from ampradio.phy.reception import Reception, placed_fields
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
    place: tuple[float, float, float],
    powers: tuple[float, float],
) -> Reception:
    """Return the reception of ``psdu`` at ``rate_bps`` in a stream at ``rate_sps``.

    ``place``: where in the stream its AMP-Sync begins, received over nominal duration, its carrier in Hz; ``powers``:
    of an ON sample and of the noise.
    """
    sync_sample, stretch, carrier_hz = place
    signal, noise = powers
    fields = placed_fields(profile, len(psdu), _vector(rate_bps, seed_index), rate_sps, sync_sample, stretch)
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
        cfo_hz=carrier_hz,
        seed_index=seed_index,
    )
    return Reception(psdu, rxvector, fields)


@lru_cache(maxsize=32)
def _vector(rate_bps: int, seed_index: int) -> TxVector:
    return TxVector(PpduKind.UL_ACTIVE, rate_bps, seed_index=seed_index)
