"""What is handed up of an uplink frame that was read: PSDU, fields and RXVECTOR."""

from __future__ import annotations

import math

from ampradio.phy.edge_timing import PPM
from ampradio.phy.reception import Reception, placed_fields
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind, RxVector, TxVector

_NS_PER_S = 1_000_000_000
_QUIETEST = 1e-10  # noise below this part of the signal is called 100 dB down


def uplink_reception(
    profile: Profile,
    vector: TxVector,
    rate_sps: int,
    psdu: bytes,
    begun: tuple[int, float],
    place: tuple[float, float, float],
    powers: tuple[float, float],
) -> Reception:
    """Return the reception of ``psdu``, sent as ``vector`` says, in a stream at ``rate_sps``.

    ``begun``: from which sample and with which carrier in Hz taken off it was read. ``place``: where after that its
    AMP-Sync begins, received over nominal duration, the carrier left, in radians a sample. ``powers``: of an ON sample
    and of the noise.
    """
    origin, carrier_hz = begun
    start, stretch, turn = place
    signal, noise = powers
    fields = placed_fields(profile, len(psdu), vector, rate_sps, origin + start, stretch)
    first, stop = fields[0].start_sample, fields[-1].stop_sample
    rxvector = RxVector(
        kind=vector.kind,
        rate_bps=vector.rate_bps,
        start_ns=round(first * _NS_PER_S / rate_sps),
        end_ns=round(stop * _NS_PER_S / rate_sps),
        start_sample=first,
        snr_db=10 * math.log10(signal / max(noise, _QUIETEST * signal)),
        rssi_dbfs=10 * math.log10(signal),
        clock_ppm=(stretch - 1) / PPM,
        cfo_hz=carrier_hz + turn * rate_sps / (2 * math.pi),
        seed_index=vector.seed_index if vector.kind is PpduKind.UL_ACTIVE else None,
    )
    return Reception(psdu, rxvector, fields)

