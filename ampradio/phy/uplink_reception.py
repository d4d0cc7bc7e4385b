"""What is handed up of uplink frames that were read: PSDU, fields and RXVECTOR."""

from __future__ import annotations

import math

from ampradio.phy.edge_timing import PPM
from ampradio.phy.reception import Itself, Nominal, Reception, laid_in, nominal_fields
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind, RxVector, TxVector

_NS_PER_S = 1_000_000_000
_QUIETEST = 1e-10  # noise below this part of the signal is called 100 dB down


class UplinkReceptions:
    """The receptions of frames sent as ``vector`` says, in a stream at ``rate_sps``."""

    def __init__(self, profile: Profile, vector: TxVector, rate_sps: int) -> None:
        """Prepare; the vector's length counts for nothing."""
        self.vector = vector
        self._own, self._rate_sps = Itself(profile), rate_sps
        self._seed_index = vector.seed_index if vector.kind is PpduKind.UL_ACTIVE else None
        self._nominal: dict[int, Nominal] = {}  # by octets

    def of(
        self, psdu: bytes, begun: tuple[int, float], place: tuple[float, float, float], powers: tuple[float, float]
    ) -> Reception:
        """Return that of ``psdu``.

        ``begun``: from which sample and with which carrier in Hz taken off it was read. ``place``: where after that
        its AMP-Sync begins, received over nominal duration, the carrier left, in radians a sample. ``powers``: of an ON
        sample and of the noise.
        """
        origin, carrier_hz = begun
        start, stretch, turn = place
        signal, noise = powers
        vector, rate_sps = self.vector, self._rate_sps
        known = self._nominal.get(len(psdu))
        if known is None:
            known = self._nominal[len(psdu)] = nominal_fields(self._own, len(psdu), vector)
        nominal, sync, native_sps = known
        fields = laid_in(nominal, sync, origin + start, stretch * rate_sps / native_sps)
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
            seed_index=self._seed_index,
        )
        return Reception(psdu, rxvector, fields)
