"""The AMP-Sync search over noise, beside a copy of the same samples and beside the obvious way to write it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.amp_sync import downlink_chips
from ampradio.phy.envelope_sync import EnvelopeSync
from ampradio.phy.tag_receiver import TagReceiver
from ampradio.profile import load_profile
from testbed.bench.stopwatch import medians_s

DECIMATION = 2
PIECE = 1 << 17
NAIVE_SIGMAS = 6.5
_NS_PER_S = 1_000_000_000


def envelope(samples: npt.NDArray[np.complex64]) -> npt.NDArray[np.float32]:
    """Return |x|² summed over ``DECIMATION`` samples of (..., n), as a tag's detector gives it."""
    parts = samples.view(np.float32).reshape(*samples.shape[:-1], -1, 2 * DECIMATION)
    power: npt.NDArray[np.float32] = np.einsum("...nk,...nk->...n", parts, parts)
    return power


class NaiveDetector:
    """At full rate all the way: |x|², a running sum to chips, a shifted add per chip of the word, one threshold."""

    def __init__(self, sample_rate_sps: int) -> None:
        down = load_profile().downlink
        self._chip = down.sync_chip_ns * sample_rate_sps // _NS_PER_S
        self._word = downlink_chips(down, down.rate_low_bps)

    @property
    def reach(self) -> int:
        """Samples that the word spans."""
        return int(self._chip * self._word.size)

    def find(self, samples: npt.NDArray[np.complex64], noise_power: float) -> npt.NDArray[np.intp]:
        """Return every position of ``samples`` (n,) at which the word stands out of the noise."""
        power = samples.real * samples.real + samples.imag * samples.imag
        sums = np.concatenate((np.zeros(1), np.cumsum(power, dtype=np.float64)))
        chips = sums[self._chip :] - sums[: -self._chip]
        positions = samples.size - self.reach + 1
        difference = np.zeros(positions)
        for index, on in enumerate(self._word):
            shifted = chips[index * self._chip : index * self._chip + positions]
            difference += shifted if on else -shifted
        return np.flatnonzero(np.abs(difference) > NAIVE_SIGMAS * noise_power * np.sqrt(self.reach))


def measure(samples: int, repeat: int, seed: int) -> dict[str, float]:
    """Return MS/s of 20 MS/s complex samples by what is done with ``samples`` of noise that lie in memory.

    ``copy``: numpy's; ``search``: |x|² and ``EnvelopeSync``; ``search of power``: that without the |x|²;
    ``receiver``: |x|² and ``TagReceiver``, which also tracks the floor; ``naive``: ``NaiveDetector``.
    """
    profile = load_profile()
    rate_sps = profile.preamble.sample_rate_sps
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal(2 * samples, dtype=np.float32).view(np.complex64) * np.float32(np.sqrt(0.5))
    power, target = envelope(noise), np.empty_like(noise)
    search, naive = EnvelopeSync(profile, rate_sps, DECIMATION), NaiveDetector(rate_sps)
    receiver = TagReceiver(profile, rate_sps, DECIMATION)
    overlap = (search.block_reach - search.block) * DECIMATION
    floor = np.array([float(DECIMATION)])

    def searched() -> None:
        for begin in range(0, samples, PIECE):
            search.first(envelope(noise[begin : begin + PIECE + overlap])[np.newaxis], floor)

    def searched_power() -> None:
        for begin in range(0, samples // DECIMATION, PIECE // DECIMATION):
            search.first(power[np.newaxis, begin : begin + (PIECE + overlap) // DECIMATION], floor)

    def received() -> None:
        for begin in range(0, samples, PIECE):
            receiver.feed(envelope(noise[begin : begin + PIECE]))

    def naively() -> None:
        for begin in range(0, samples - naive.reach, PIECE):
            naive.find(noise[begin : begin + PIECE + naive.reach - 1], 1.0)

    works = {
        "copy": lambda: np.copyto(target, noise),
        "search": searched,
        "search of power": searched_power,
        "receiver": received,
        "naive": naively,
    }
    return {name: samples / seconds / 1e6 for name, seconds in medians_s(works, repeat).items()}
