"""What an uncoded receiver makes of the samples of a chip, against the matched filter: sums of squares, no noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from ampradio.phy.running_sum import integral_to, running_sum
from ampradio.phy.uncoded_frame import finer, interpolation, leak
from testbed.bench.uplink_links import keyed_at

CHIPS = 12
BEFORE = 60.5  # samples, so that no filter meets an end


def behind_a_front_end(chips: list[int], chip: float, start: float) -> npt.NDArray[np.float64]:
    """Return the samples of rectangular ``chips`` limited to ±0.45 of the sample rate, none of the receiver's code."""
    size = int(2 * BEFORE + chip * CHIPS)
    return keyed_at(np.array([chips], np.uint8), chip, np.array([start]), np.ones(1), size)[0]


def weights(chip: float, start: float) -> npt.NDArray[np.float64]:
    """Return what each sample counts for in the integral of each chip (samples, CHIPS), as the receiver forms it."""
    size, factor = int(2 * BEFORE + chip * CHIPS), interpolation(chip)
    sums = running_sum(finer(np.eye(size, dtype=np.complex64), factor), np.complex128)
    edges = factor * (start + chip * np.arange(CHIPS + 1))
    return np.diff(integral_to(sums, np.broadcast_to(edges, (size, CHIPS + 1)).copy()), axis=1).real


@pytest.mark.parametrize("chip", [2.0, 5.0, 8.0, 10.0])
def test_the_halves_of_a_bit_are_told_apart_as_the_matched_filter_would(chip: float) -> None:
    """Its signal-to-noise ratio is the energy of the difference (Cauchy and Schwarz): within 0.01 dB, anywhere.

    At five samples a chip that energy is 0.345 dB less than the rectangular chip's, as docs/performance.md says.
    """
    one, zero = [0] * 5 + [0, 1] + [0] * 5, [0] * 5 + [1, 0] + [0] * 5
    energies = []
    for start in BEFORE + np.arange(5) / 5:
        difference = behind_a_front_end(one, chip, start) - behind_a_front_end(zero, chip, start)
        energies.append(float(difference @ difference))
        each = weights(chip, start)
        told = each[:, 6] - each[:, 5]
        assert (told @ difference) ** 2 / (told @ told) > 10**-0.001 * energies[-1]
    if chip == 5:
        assert 10 * np.log10(2 * chip / np.mean(energies)) == pytest.approx(0.345, abs=0.003)


@pytest.mark.parametrize("chip", [2.0, 5.0, 8.0, 10.0])
def test_what_a_chip_leaks_into_its_neighbours_is_known(chip: float) -> None:
    """To 0.3 % of the chip's own integral: a tenth of what it is at five samples a chip."""
    lone = [0] * 5 + [1] + [0] * 6
    told = np.mean(
        [behind_a_front_end(lone, chip, start) @ weights(chip, start) for start in BEFORE + np.arange(4) / 4],
        axis=0,
    )
    assert told[[4, 6]] / told[5] == pytest.approx(leak(interpolation(chip), chip), abs=0.003)
