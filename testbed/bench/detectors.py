"""The AMP-Sync detector of a tag over noise, beside a copy of the same samples and the obvious way to write it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from ampradio.phy.amp_sync import downlink_chips
from ampradio.phy.tag_receiver import TagReceiver
from ampradio.profile import load_profile
from testbed.bench.flowgraph_content import NOISE_POWER, content
from testbed.bench.stopwatch import medians_s

DECIMATION = 2
PIECE = 1 << 17
NAIVE_SIGMAS = 6.5
DETECTOR = "detector"
PPDUS_PER_S = 10
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

    ``copy``: numpy's; ``detector``: a tag's receiver, that is noise floor, gate, and the search where it opens;
    ``detector, no gate``: the same that searches everywhere; ``naive``: ``NaiveDetector``. And, over a stretch with
    PPDUs in it, ``receiver, 10 PPDUs a second``: the same with what it takes to decode them.
    """
    noise, traffic = _noise(samples, seed), content(PPDUS_PER_S, seed).samples
    target = np.empty_like(noise)
    naive = NaiveDetector(load_profile().preamble.sample_rate_sps)

    def naively() -> None:
        for begin in range(0, samples - naive.reach, PIECE):
            naive.find(noise[begin : begin + PIECE + naive.reach - 1], NOISE_POWER)

    works: dict[str, tuple[int, Callable[[], None]]] = {
        "copy": (samples, partial(np.copyto, target, noise)),
        DETECTOR: (samples, partial(_fed, _settled(noise, gated=True), noise)),
        "detector, no gate": (samples, partial(_fed, _settled(noise, gated=False), noise)),
        f"receiver, {PPDUS_PER_S} PPDUs a second": (traffic.size, partial(_fed, _settled(noise, gated=True), traffic)),
        "naive": (samples, naively),
    }
    seconds = medians_s({name: work for name, (_, work) in works.items()}, repeat)
    return {name: size / seconds[name] / 1e6 for name, (size, _) in works.items()}


def opened(samples: int, seed: int) -> dict[str, float]:
    """Return what share of ``samples`` of noise, and of a stretch with PPDUs, the gate hands to the search."""
    noise = _noise(samples, seed)
    shares = {}
    for name, stream in (("noise", noise), (f"{PPDUS_PER_S} PPDUs a second", content(PPDUS_PER_S, seed).samples)):
        receiver = _settled(noise, gated=True)
        receiver.counters.clear()
        _fed(receiver, stream)
        shares[name] = receiver.counters["blocks_searched"] * receiver.block_samples / stream.size
    return shares


def _noise(samples: int, seed: int) -> npt.NDArray[np.complex64]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal(2 * samples, dtype=np.float32).view(np.complex64) * np.float32(np.sqrt(NOISE_POWER / 2))


def _settled(noise: npt.NDArray[np.complex64], *, gated: bool) -> TagReceiver:
    """Return a receiver that knows the noise floor."""
    profile = load_profile()
    receiver = TagReceiver(profile, profile.preamble.sample_rate_sps, DECIMATION, squares=True, gated=gated)
    _fed(receiver, noise)
    return receiver


def _fed(receiver: TagReceiver, samples: npt.NDArray[np.complex64]) -> None:
    for begin in range(0, samples.size, PIECE):
        receiver.feed(samples[begin : begin + PIECE])
