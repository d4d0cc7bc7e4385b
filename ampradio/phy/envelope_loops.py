"""Edge regression, bits and levels of envelope chips, packet by packet, as plain loops for the accelerator.

Each does what its namesake in ``envelope_chips`` does with whole arrays; ``sums`` (packets, n + 1) is the running sum.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled

_Reals = npt.NDArray[np.float64]
_Chips = npt.NDArray[np.int8]
_POWER_MIN = 1e-9  # as in edge_timing.fit


@compiled()
def integral(sums: _Reals, position: float) -> float:
    """Return the running sum (n + 1,) at a fractional position; outside the signal it stays flat."""
    last = sums.size - 1
    inside = min(max(position, 0.0), float(last))
    whole = min(int(inside), last - 1)
    return float(sums[whole] + (inside - whole) * (sums[whole + 1] - sums[whole]))


@compiled()
def decide_chips(row: _Reals, timing: _Reals, edges: _Reals, known: _Chips, at: _Reals, chips: _Chips) -> None:
    """Write the running sum at the ``edges`` (n + 1,) into ``at`` and the chips between them into ``chips`` (n,).

    The first are ``known``; after that of each two that has more energy is ON.
    """
    begin, scale, first = timing[0], timing[1], known.size
    for edge in range(edges.size):
        at[edge] = integral(row, begin + scale * edges[edge])
    chips[:first] = known
    for each in range(first, edges.size - 1, 2):
        one = at[each + 2] - at[each + 1] > at[each + 1] - at[each]
        chips[each], chips[each + 1] = not one, one


@compiled()
def refine(
    row: _Reals, edges: _Reals, sync: _Chips, half: _Reals, on_expected: _Reals, slope_expected: _Reals, around: int,
    limit: float, timing: _Reals,
) -> None:  # fmt: skip
    """Correct ``timing`` (2,), start and stretch, by the edges of sync and data: ``EnvelopeChips.refine``."""
    count, begin, scale = edges.size - 1, timing[0], timing[1]
    at, chip, on = np.empty(count + 1), np.empty(count, np.int8), np.zeros((2, count + 1))
    decide_chips(row, timing, edges, sync, at, chip)
    for each in range(count):  # energy and length of the ON chips before each edge
        on[0, each + 1] = on[0, each] + (at[each + 1] - at[each]) * chip[each]
        on[1, each + 1] = on[1, each] + (edges[each + 1] - edges[each]) * chip[each]
    total = first_moment = second_moment = offset = moment = 0.0
    for edge in range(1, count):
        polarity = chip[edge] - chip[edge - 1]
        if polarity == 0:
            continue
        low, high = max(edge - around, 0), min(edge + around, count)
        energy, length = on[0, high] - on[0, low], on[1, high] - on[1, low]
        off = (at[high] - at[low] - energy) / (edges[high] - edges[low] - length)
        contrast = energy / length - off
        which, reach, nominal = int(polarity > 0), half[edge - 1], edges[edge]
        middle, slope = begin + scale * nominal, slope_expected[which, edge - 1]
        excess = integral(row, middle + reach) - integral(row, middle - reach) - 2 * reach * off
        late = on_expected[which, edge - 1] - (excess / contrast if contrast > 0 else 0.0)
        error, weight = max(min(late / slope, 2 * reach), -2 * reach), slope * slope
        total += weight
        first_moment += weight * nominal
        second_moment += weight * nominal * nominal
        offset += weight * error
        moment += weight * error * nominal
    centre = first_moment / total if total > 0 else 0.0
    power = second_moment - first_moment * centre
    if power > _POWER_MIN * second_moment:
        offset /= total
        turned = scale + (moment - first_moment * offset) / power
        turned = min(max(turned, 1 - limit), 1 + limit)
        timing[0], timing[1] = begin + offset + (scale - turned) * centre, turned


@compiled(
    "void(float64[:, ::1], float64[::1], int8[::1], float64[::1], float64[:, ::1], float64[:, ::1], int64, float64,"
    " float64[:, ::1])"
)
def refine_each(
    sums: _Reals, edges: _Reals, sync: _Chips, half: _Reals, on_expected: _Reals, slope_expected: _Reals, around: int,
    limit: float, timing: _Reals,
) -> None:  # fmt: skip
    """Correct ``timing`` (2, packets); ``limit`` is the largest clock error, ``around`` as in ``envelope_chips``."""
    for packet in range(sums.shape[0]):
        mended = timing[:, packet].copy()
        refine(sums[packet], edges, sync, half, on_expected, slope_expected, around, limit, mended)
        timing[:, packet] = mended


@compiled("void(float64[:, ::1], float64[::1], float64[::1], float64[::1], int8[:, ::1])")
def decide_each(sums: _Reals, start: _Reals, stretch: _Reals, edges: _Reals, chips: _Chips) -> None:
    """Write the chips (packets, 2·bits) decided between ``edges`` (2·bits + 1,)."""
    known, at, timing = np.empty(0, np.int8), np.empty(edges.size), np.empty(2)
    for packet in range(sums.shape[0]):
        timing[0], timing[1] = start[packet], stretch[packet]
        decide_chips(sums[packet], timing, edges, known, at, chips[packet])


@compiled()
def levels_of(row: _Reals, timing: _Reals, edges: _Reals, chips: _Chips, straddle: float) -> tuple[float, float]:
    """Return the mean power of the ON and of the OFF ``chips`` (n,) between ``edges`` (n + 1,)."""
    begin, scale = timing[0], timing[1]
    on = off = on_length = off_length = 0.0
    for chip in range(chips.size):
        low, high = begin + scale * edges[chip], begin + scale * edges[chip + 1]
        if chips[chip]:
            on += integral(row, high) - integral(row, low)
            on_length += high - low
        else:
            off += integral(row, high - straddle) - integral(row, low + straddle)
            off_length += high - low - 2 * straddle
    return on / on_length, off / off_length


@compiled("void(float64[:, ::1], float64[::1], float64[::1], float64[::1], int8[:, ::1], float64, float64[:, ::1])")
def levels_each(
    sums: _Reals, start: _Reals, stretch: _Reals, edges: _Reals, chips: _Chips, straddle: float, means: _Reals
) -> None:
    """Write mean ON and OFF power into ``means`` (2, packets); ``chips`` (packets, edges − 1) are all of the frame."""
    timing = np.empty(2)
    for packet in range(sums.shape[0]):
        timing[0], timing[1] = start[packet], stretch[packet]
        means[0, packet], means[1, packet] = levels_of(sums[packet], timing, edges, chips[packet], straddle)
