"""The directions and rates whose packets ``bench-phy`` makes, sends through noise and receives."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.phy.modulate import sample_rate_sps
from ampradio.profile import airtime, load_profile
from ampradio.vectors import PpduKind, TxVector

SEED_INDEX = 1
ECN0_DB = 20.0  # energy of an ON chip over the noise density
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class PacketMode:
    """One direction and rate, sampled as its waveform is made."""

    name: str
    kind: PpduKind
    rate_bps: int

    @property
    def is_uplink(self) -> bool:
        """Whether the AP receives it."""
        return not self.kind.is_downlink

    @property
    def rate_sps(self) -> int:
        """The sample rate."""
        return sample_rate_sps(load_profile(), self.vector)

    @property
    def streams(self) -> bool:
        """Whether a streaming receiver is timed with it; else it is a batch receiver with one packet."""
        return self.kind is not PpduKind.UL_BISTATIC  # whose streaming receiver hears the excitation first

    @property
    def is_coded(self) -> bool:
        """Whether its data are convolutionally coded."""
        return self.is_uplink and airtime.uplink_is_coded(load_profile(), self.kind, self.rate_bps)

    @property
    def vector(self) -> TxVector:
        """The TXVECTOR of its packets."""
        return TxVector(self.kind, self.rate_bps, seed_index=SEED_INDEX)

    @property
    def noise_power(self) -> float:
        """Noise per complex sample at ``ECN0_DB``, for ON of unit power."""
        profile = load_profile()
        if self.is_uplink:
            chip_ns = airtime.uplink_chip_ns(profile, self.kind, self.rate_bps)
        else:
            chip_ns = airtime.downlink_chip_ns(profile, self.rate_bps)
        return float(chip_ns * self.rate_sps / _NS_PER_S / 10 ** (ECN0_DB / 10))

    def air_ns(self, octets: int) -> int:
        """Return TXTIME of a PSDU of ``octets``."""
        profile = load_profile()
        if self.is_uplink:
            return airtime.uplink_ns(profile, self.kind, octets, self.rate_bps)
        return airtime.downlink_type1_ns(profile, octets, self.rate_bps, protected=False)


MODES = (
    PacketMode("DL 250k", PpduKind.DL_TYPE1, 250_000),
    PacketMode("DL 1M", PpduKind.DL_TYPE1, 1_000_000),
    PacketMode("UL 250k", PpduKind.UL_ACTIVE, 250_000),
    PacketMode("UL 1M", PpduKind.UL_ACTIVE, 1_000_000),
    PacketMode("UL 4M", PpduKind.UL_ACTIVE, 4_000_000),
    PacketMode("UL bistatic", PpduKind.UL_BISTATIC, 250_000),
)
