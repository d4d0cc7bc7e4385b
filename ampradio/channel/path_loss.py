"""Path loss over distance: free space up to a breakpoint, steeper after it, and shadowing by what stands around.

Source: V. Erceg et al., "TGn Channel Models", IEEE 802.11-03/940r4, May 2004: exponents 2 and 3.5,
breakpoints of 5 m (B) and 10 m (D), shadowing of 3 dB before and 4 dB (B) or 5 dB (D) after; as quadriga-lib's
get_channels_ieee_indoor has them too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from ampradio.channel.doppler import SPEED_OF_LIGHT_MPS
from ampradio.channel.per_packet import PerPacket

BREAKPOINT_M = MappingProxyType({"B": 5.0, "D": 10.0})
SHADOWING_DB = MappingProxyType({"B": (3.0, 4.0), "D": (3.0, 5.0)})


@dataclass(frozen=True)
class PathLoss:
    """Loss between isotropic antennas; the far field, so from a wavelength on.

    Attributes:
        carrier_hz: carrier frequency.
        breakpoint_m: distance from which on the loss is steeper; infinite for free space.
        near_exponent: power of the distance before it.
        far_exponent: and after it.

    Raises:
        ValueError: the carrier or the breakpoint is not positive.
    """

    carrier_hz: float
    breakpoint_m: float = math.inf
    near_exponent: float = 2.0
    far_exponent: float = 3.5

    def __post_init__(self) -> None:
        if not (0 < self.carrier_hz < math.inf and self.breakpoint_m > 0):
            raise ValueError(f"need carrier_hz and breakpoint_m above 0, not {self!r}")

    def loss_db(self, distance_m: PerPacket) -> npt.NDArray[np.float64]:
        """Return the loss in dB at ``distance_m``: that of free space at 1 m, and from there by the exponents.

        Raises:
            ValueError: a distance is not positive and finite.
        """
        distance = _positive(distance_m)
        at_1m = 20 * math.log10(4 * math.pi * self.carrier_hz / SPEED_OF_LIGHT_MPS)
        near = 10 * self.near_exponent * np.log10(np.minimum(distance, self.breakpoint_m))
        far = 10 * self.far_exponent * np.log10(np.maximum(distance / self.breakpoint_m, 1.0))
        return np.asarray(at_1m + near + far)

    def distance_m(self, loss_db: float) -> float:
        """Return the distance at which the loss is ``loss_db``."""
        at_1m = float(self.loss_db(1.0)) if self.breakpoint_m >= 1 else float(PathLoss(self.carrier_hz).loss_db(1.0))
        near = math.pow(10.0, (loss_db - at_1m) / (10 * self.near_exponent))
        if near <= self.breakpoint_m:
            return near
        left_db = loss_db - float(self.loss_db(self.breakpoint_m))
        return self.breakpoint_m * math.pow(10.0, left_db / (10 * self.far_exponent))


def tgn_path_loss(model: str, carrier_hz: float) -> PathLoss:
    """Return the path loss of TGn model ``model``, "B" or "D".

    Raises:
        ValueError: there is no such model, or the carrier is not positive.
    """
    return PathLoss(carrier_hz, BREAKPOINT_M[_known(model)])


def shadowing_db(model: str, distance_m: PerPacket, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return random shadowing in dB for each distance, Gaussian of mean zero, to be added to the loss.

    Raises:
        ValueError: there is no such model, or a distance is not positive and finite.
    """
    distance = _positive(distance_m)
    before, after = SHADOWING_DB[_known(model)]
    deviation = np.where(distance < BREAKPOINT_M[model], before, after)
    return np.asarray(deviation * rng.standard_normal(distance.shape))


def _known(model: str) -> str:
    if model not in BREAKPOINT_M:
        raise ValueError(f"no TGn channel model {model!r}; there are {', '.join(BREAKPOINT_M)}")
    return model


def _positive(distance_m: PerPacket) -> npt.NDArray[np.float64]:
    distance = np.asarray(distance_m, np.float64)
    if not (np.isfinite(distance) & (distance > 0)).all():
        raise ValueError(f"distance_m must be positive and finite, not {distance_m!r}")
    return distance
