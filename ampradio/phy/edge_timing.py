"""Where the chips of a PPDU lie on the receiver's sample axis, fitted by least squares to its chip edges.

Feed-forward (no loop), vectorised over packets: performance page, section 3, step 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

PPM = 1e-6
_CLOCK_MARGIN = 1.25
_POWER_MIN = 1e-9  # of the second moment: less spread is rounding, all weight on one edge


@dataclass(frozen=True)
class ChipTiming:
    """An affine map from nominal positions to the receiver's sample axis, one per packet.

    ``start`` (packets,) is where nominal position 0 (first edge of the AMP-Sync) lies; ``stretch`` (packets,) is
    received samples per nominal sample, 1 + the sender's chip duration error.
    """

    start: npt.NDArray[np.float64]
    stretch: npt.NDArray[np.float64]

    def at(self, nominal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return received positions (packets, m) of ``nominal`` (m,)."""
        position: npt.NDArray[np.float64] = self.stretch[:, np.newaxis] * nominal
        position += self.start[:, np.newaxis]
        return position

    def of(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> ChipTiming:
        """Return the timing of some of the packets."""
        return ChipTiming(self.start[rows], self.stretch[rows])


def powers(nominal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return 1, x and x² of ``nominal`` positions (m,), shape (m, 3), as ``fit`` wants them."""
    return np.stack((np.ones_like(nominal), nominal, nominal * nominal), axis=1)


def clock_limit(tolerance_ppm: float) -> float:
    """Return how far from 1 a fitted stretch may be: the tolerance, a little wider."""
    return _CLOCK_MARGIN * tolerance_ppm * PPM


def fit(
    timing: ChipTiming,
    terms: npt.NDArray[np.float64],
    error: npt.NDArray[np.float64],
    weight: npt.NDArray[np.float64],
    tolerance_ppm: float,
) -> ChipTiming:
    """Return ``timing`` corrected by the weighted regression of edge errors (packets, m) on the ``powers`` of their
    positions, ``terms`` (m, 3).

    ``weight`` (packets, m) is 0 where there is no edge; a packet with fewer than two distinct edges keeps its
    timing. The clock stays within the tolerance, widened a little so that the fit is not biased at its border.
    """
    total, first, second = (weight @ terms).T
    offset, moment = ((weight * error) @ terms[:, :2]).T
    safe = np.where(total > 0, total, 1.0)
    centre = first / safe
    offset = offset / safe
    power = second - first * centre
    usable = power > _POWER_MIN * second
    slope = (moment - first * offset) / np.where(usable, power, 1.0)
    limit = clock_limit(tolerance_ppm)
    stretch = np.minimum(np.maximum(timing.stretch + slope, 1 - limit), 1 + limit)
    moved = timing.start + offset + (timing.stretch - stretch) * centre
    return ChipTiming(np.where(usable, moved, timing.start), np.where(usable, stretch, timing.stretch))
