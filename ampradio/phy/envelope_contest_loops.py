"""The contest of timings of ``envelope_contest``, packet by packet, as plain loops for the accelerator."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.phy.envelope_loops import _integral

_Reals = npt.NDArray[np.float64]


@compiled()
def _opening(row: _Reals, begin: float, scale: float, edges: _Reals) -> float:
    """Return how much the halves of the bits between ``edges`` (2·bits + 1,) differ."""
    opening = 0.0
    before = _integral(row, begin + scale * edges[0])
    for bit in range(0, edges.size - 1, 2):
        half = _integral(row, begin + scale * edges[bit + 1])
        after = _integral(row, begin + scale * edges[bit + 2])
        opening += abs((after - half) - (half - before))
        before = after
    return opening


@compiled(
    "void(float64[:, ::1], float64[::1], float64[::1], float64[::1], int8[::1], float64[::1], float64[::1],"
    " float64[::1], float64, float64, float64, float64[:, ::1])"
)
def widest_each(
    sums: _Reals,
    start: _Reals,
    stretch: _Reals,
    sync_edges: _Reals,
    sync: npt.NDArray[np.int8],
    edges: _Reals,
    moved: _Reals,
    turned: _Reals,
    off_scale: float,
    least: float,
    limit: float,
    timing: _Reals,
) -> None:
    """Write start and stretch under which bits differ most into ``timing`` (2, packets)."""
    for packet in range(sums.shape[0]):
        row, begin, scale = sums[packet], start[packet], stretch[packet]
        timing[0, packet], timing[1, packet] = begin, scale
        off = 0.0
        for chip in range(sync.size):
            if sync[chip] == 0:
                off += _integral(row, begin + scale * sync_edges[chip + 1])
                off -= _integral(row, begin + scale * sync_edges[chip])
        last = edges.size - 1
        all_of_it = _integral(row, begin + scale * edges[last]) - _integral(row, begin + scale * edges[0])
        best = _opening(row, begin, scale, edges)
        if best >= least * (all_of_it - off * off_scale * last):
            continue
        for change in range(moved.size):
            tried = scale + turned[change]
            if abs(tried - 1) > limit:
                continue
            opening = _opening(row, begin + moved[change], tried, edges)
            if opening > best:
                best = opening
                timing[0, packet], timing[1, packet] = begin + moved[change], tried
