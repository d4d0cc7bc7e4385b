"""Edge regression, bits and levels of envelope chips, packet by packet, as plain loops for the accelerator.

Each does what its namesake in ``envelope_chips`` does with whole arrays; ``sums`` (packets, n + 1) is the running sum.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled

_Reals = npt.NDArray[np.float64]
_POWER_MIN = 1e-9  # as in edge_timing.fit


@compiled()
def _integral(sums: _Reals, position: float) -> float:
    """Return the running sum (n + 1,) at a fractional position; outside the signal it stays flat."""
    last = sums.size - 1
    inside = min(max(position, 0.0), float(last))
    whole = min(int(inside), last - 1)
    return float(sums[whole] + (inside - whole) * (sums[whole + 1] - sums[whole]))


@compiled(
    "void(float64[:, ::1], float64[::1], float64[::1], float64[::1], int8[::1], float64[::1], float64[:, ::1],"
    " float64[:, ::1], float64, float64, float64[:, ::1])"
)
def refine_each(
    sums: _Reals,
    start: _Reals,
    stretch: _Reals,
    edges: _Reals,
    sync: npt.NDArray[np.int8],
    half: _Reals,
    on_expected: _Reals,
    slope_expected: _Reals,
    on_length: float,
    limit: float,
    timing: _Reals,
) -> None:
    """Write the corrected start and stretch into ``timing`` (2, packets); ``limit`` is the largest clock error."""
    known, count = sync.size, edges.size - 1
    at, chip = np.empty(count + 1), np.empty(count, np.int8)
    chip[:known] = sync
    for packet in range(sums.shape[0]):
        row, begin, scale = sums[packet], start[packet], stretch[packet]
        for edge in range(count + 1):
            at[edge] = _integral(row, begin + scale * edges[edge])
        on_energy = 0.0
        for each in range(known):
            if sync[each]:
                on_energy += at[each + 1] - at[each]
        for each in range(known, count, 2):
            first, second = at[each + 1] - at[each], at[each + 2] - at[each + 1]
            chip[each], chip[each + 1] = second <= first, second > first
            on_energy += max(first, second)
        off = (at[count] - at[0] - on_energy) / (edges[count] - on_length)
        contrast = on_energy / on_length - off
        total = first_moment = second_moment = offset = moment = 0.0
        for edge in range(1, count):
            polarity = chip[edge] - chip[edge - 1]
            if polarity == 0:
                continue
            which, reach, nominal = int(polarity > 0), half[edge - 1], edges[edge]
            middle, slope = begin + scale * nominal, slope_expected[which, edge - 1]
            excess = _integral(row, middle + reach) - _integral(row, middle - reach) - 2 * reach * off
            late = on_expected[which, edge - 1] - (excess / contrast if contrast > 0 else 0.0)
            error, weight = max(min(late / slope, 2 * reach), -2 * reach), slope * slope
            total += weight
            first_moment += weight * nominal
            second_moment += weight * nominal * nominal
            offset += weight * error
            moment += weight * error * nominal
        timing[0, packet], timing[1, packet] = begin, scale
        centre = first_moment / total if total > 0 else 0.0
        power = second_moment - first_moment * centre
        if power > _POWER_MIN * second_moment:
            offset /= total
            turned = scale + (moment - first_moment * offset) / power
            turned = min(max(turned, 1 - limit), 1 + limit)
            timing[0, packet] = begin + offset + (scale - turned) * centre
            timing[1, packet] = turned


@compiled("void(float64[:, ::1], float64[::1], float64[::1], float64[::1], int8[:, ::1])")
def decide_each(
    sums: _Reals, start: _Reals, stretch: _Reals, edges: _Reals, chips: npt.NDArray[np.int8]
) -> None:
    """Write the chips (packets, 2·bits) decided between ``edges`` (2·bits + 1,)."""
    for packet in range(sums.shape[0]):
        row, begin, scale = sums[packet], start[packet], stretch[packet]
        before = _integral(row, begin + scale * edges[0])
        for bit in range(0, edges.size - 1, 2):
            half = _integral(row, begin + scale * edges[bit + 1])
            after = _integral(row, begin + scale * edges[bit + 2])
            one = after - half > half - before
            chips[packet, bit], chips[packet, bit + 1] = not one, one
            before = after


@compiled("void(float64[:, ::1], float64[::1], float64[::1], float64[::1], int8[:, ::1], float64, float64[:, ::1])")
def levels_each(
    sums: _Reals,
    start: _Reals,
    stretch: _Reals,
    edges: _Reals,
    chips: npt.NDArray[np.int8],
    straddle: float,
    means: _Reals,
) -> None:
    """Write mean ON and OFF power into ``means`` (2, packets); ``chips`` (packets, edges − 1) are all of the frame."""
    for packet in range(sums.shape[0]):
        row, begin, scale = sums[packet], start[packet], stretch[packet]
        on = off = on_length = off_length = 0.0
        for chip in range(edges.size - 1):
            low, high = begin + scale * edges[chip], begin + scale * edges[chip + 1]
            if chips[packet, chip]:
                on += _integral(row, high) - _integral(row, low)
                on_length += high - low
            else:
                off += _integral(row, high - straddle) - _integral(row, low + straddle)
                off_length += high - low - 2 * straddle
        means[0, packet], means[1, packet] = on / on_length, off / off_length
