"""The contest of timings of ``envelope_contest``, packet by packet, as plain loops for the accelerator."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.phy.envelope_loops import integral

_Reals = npt.NDArray[np.float64]
_Chips = npt.NDArray[np.int8]


@compiled()
def _opening(row: _Reals, begin: float, scale: float, edges: _Reals) -> float:
    """Return how much the halves of the bits between ``edges`` (2·bits + 1,) differ."""
    opening = 0.0
    before = integral(row, begin + scale * edges[0])
    for bit in range(0, edges.size - 1, 2):
        half = integral(row, begin + scale * edges[bit + 1])
        after = integral(row, begin + scale * edges[bit + 2])
        opening += abs((after - half) - (half - before))
        before = after
    return opening


@compiled()
def widest(
    row: _Reals, edges: _Reals, sync: _Chips, done_bits: int, most_bits: int, late: _Reals, gained: _Reals,
    steering: _Reals, off_scale: float, least: float, limit: float, timing: _Reals,
) -> None:  # fmt: skip
    """Put start and stretch under which the bits of ``edges`` (sync and data) differ most into ``timing`` (2,).

    ``late``, ``gained`` and ``steering`` are what is tried, in power samples: see ``envelope_contest``.
    """
    known, begin, scale, last = sync.size, timing[0], timing[1], edges.size - 1
    looked_at = edges[max(known, last - 2 * most_bits) :]
    off = 0.0
    for chip in range(known):
        if sync[chip] == 0:
            off += integral(row, begin + scale * edges[chip + 1])
            off -= integral(row, begin + scale * edges[chip])
    all_of_it = integral(row, begin + scale * edges[last]) - integral(row, begin + scale * looked_at[0])
    best = _opening(row, begin, scale, looked_at)
    if best >= least * (all_of_it - off * off_scale * (looked_at.size - 1)):
        return
    changes = steering.size if done_bits else late.size * gained.size
    for change in range(changes):
        if done_bits:
            middle = 0.5 * edges[known + 2 * done_bits]
            turned = steering[change] / (edges[last] - middle)
            moved = -turned * middle
        else:
            turned = gained[change % gained.size] / (edges[last] - looked_at[0])
            moved = late[change // gained.size] - turned * looked_at[0]
        tried = scale + turned
        if abs(tried - 1) > limit:
            continue
        opening = _opening(row, begin + moved, tried, looked_at)
        if opening > best:
            best = opening
            timing[0], timing[1] = begin + moved, tried


@compiled(
    "void(float64[:, ::1], float64[::1], int8[::1], int64, int64, float64[::1], float64[::1], float64[::1], float64,"
    " float64, float64, float64[:, ::1])"
)
def widest_each(
    sums: _Reals, edges: _Reals, sync: _Chips, done_bits: int, most_bits: int, late: _Reals, gained: _Reals,
    steering: _Reals, off_scale: float, least: float, limit: float, timing: _Reals,
) -> None:  # fmt: skip
    """Do that to each of ``timing`` (2, packets)."""
    for packet in range(sums.shape[0]):
        best = timing[:, packet].copy()
        tried = (done_bits, most_bits, late, gained, steering, off_scale, least, limit)
        widest(sums[packet], edges, sync, *tried, best)
        timing[:, packet] = best
