"""The active links, both directions at both rates, and the frames that benches send over them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.profile import airtime, load_profile
from ampradio.psdu import fcs
from ampradio.vectors import PpduKind

OCTETS = 16
SEED_INDEX = 1
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class Mode:
    """One direction and rate."""

    name: str
    kind: PpduKind
    rate_bps: int

    @property
    def chip_ns(self) -> int:
        """The duration of a data chip."""
        profile = load_profile()
        if self.kind is PpduKind.DL_TYPE1:
            return airtime.downlink_chip_ns(profile, self.rate_bps)
        return airtime.uplink_chip_ns(profile, self.kind, self.rate_bps)

    @property
    def freedom(self) -> float:
        """Complex degrees of freedom in a chip over the sampled band."""
        return self.chip_ns * load_profile().preamble.sample_rate_sps / _NS_PER_S


MODES = (
    Mode("DL 250k", PpduKind.DL_TYPE1, 250_000),
    Mode("DL 1M", PpduKind.DL_TYPE1, 1_000_000),
    Mode("UL 250k", PpduKind.UL_ACTIVE, 250_000),
    Mode("UL 1M", PpduKind.UL_ACTIVE, 1_000_000),
)


def psdus(count: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Return random Data frames (count, 16) with a right header and FCS."""
    profile = load_profile()
    body = OCTETS - profile.mac.header_octets - profile.mac.fcs_octets
    header = np.empty((count, profile.mac.header_octets), np.uint8)
    header[:] = (profile.mac.type_data, 0, 0, body - 1, 0)
    header[:, 1:3] = rng.integers(0, 256, (count, 2))
    plain = np.concatenate((header, rng.integers(0, 256, (count, body), np.uint8)), axis=1)
    checks = np.array([list(fcs(frame.tobytes())) for frame in plain], np.uint8)
    return np.concatenate((plain, checks), axis=1)
