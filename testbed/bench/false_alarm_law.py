"""How often noise alone passes the tag's AMP-Sync thresholds, counted where that is often, beside the law.

The law (performance page, section 1): 3.5 · P_FA / Tchip a second for one sync word and one clock, P_FA the probability
that ON minus OFF exceeds the threshold at one position. A tag looks for the word and its complement: twice that. A bank
of clocks multiplies it by its size at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from ampradio.phy import sync_theory
from ampradio.phy.amp_sync import downlink_chips
from ampradio.phy.envelope_sync import BANK, EnvelopeSync
from ampradio.phy.noise_floor import HISTORY, NoiseFloor
from ampradio.profile import load_profile
from testbed.bench.detectors import DECIMATION, envelope

PIECE_BLOCKS = HISTORY
APART_CHIPS = 2  # closer together is one alarm
WORDS = 2
CONFIDENCE = 0.95
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class Alarms:
    """How often noise passed in ``seconds`` of air, and how often a second it should by the law for one clock."""

    what: str
    sigmas: float
    count: int
    seconds: float
    law_per_s: float

    @property
    def per_s(self) -> float:
        """The rate that was seen."""
        return self.count / self.seconds

    @property
    def interval_per_s(self) -> tuple[float, float]:
        """The rate's exact Poisson interval at 95 %."""
        tail = (1 - CONFIDENCE) / 2
        low = float(stats.chi2.ppf(tail, 2 * self.count)) / 2 if self.count else 0.0
        return low / self.seconds, float(stats.chi2.isf(tail, 2 * self.count + 2)) / 2 / self.seconds


def law_per_s(sigmas: float) -> float:
    """Return the false alarms per second of either word under one clock by the law, the floor known."""
    down = load_profile().downlink
    word = downlink_chips(down, down.rate_low_bps)
    dof = down.sync_chip_ns * load_profile().preamble.sample_rate_sps / _NS_PER_S
    on_chips = int(word.sum())
    p_fa = sync_theory.p_false_alarm(sigmas * np.sqrt(word.size * dof), dof, on_chips)
    return WORDS * sync_theory.false_alarms_per_s(p_fa, down.sync_chip_ns / _NS_PER_S)


def noise(samples: int, piece: int, rng: np.random.Generator) -> Iterator[npt.NDArray[np.complex64]]:
    """Yield ``samples`` of complex noise of unit power in pieces of at most ``piece``, none of it used twice."""
    for begin in range(0, samples, piece):
        parts = rng.standard_normal(2 * min(piece, samples - begin), dtype=np.float32)
        parts *= np.float32(np.sqrt(0.5))
        yield parts.view(np.complex64)


def count_alarms(sigmas: tuple[float, ...], samples: int, seed: int) -> list[Alarms]:
    """Return the alarms in ``samples`` of noise at each threshold: one clock, the bank, and all that the receiver asks.

    One clock and the bank are given the floor; the last, as in the receiver, tracks it, and asks for likeness with
    the word as well. There is no gate before any of them.
    """
    profile = load_profile()
    rate_sps = profile.preamble.sample_rate_sps
    searches = [
        (name, each, EnvelopeSync(profile, rate_sps, DECIMATION, sigmas=each, **options), name == RECEIVER)
        for each in sigmas
        for name, options in KINDS.items()
    ]
    block, reach = searches[0][2].block, searches[0][2].block_reach
    found: list[list[npt.NDArray[np.float64]]] = [[] for _ in searches]
    tracked = NoiseFloor(float(block * DECIMATION))
    known = np.full(PIECE_BLOCKS, float(DECIMATION))
    tail = np.zeros(0, np.float32)
    position = 0
    for part in noise(samples, PIECE_BLOCKS * block * DECIMATION, np.random.default_rng(seed)):
        power = np.concatenate((tail, envelope(part)))
        blocks = min((power.size - reach) // block + 1, PIECE_BLOCKS)
        rows = np.lib.stride_tricks.sliding_window_view(power, reach)[: blocks * block : block]
        means = power[: blocks * block].reshape(blocks, block).mean(axis=1, dtype=np.float64)
        floors, _ = tracked.before_each(means)
        tracked.add(means)
        for index, (_, _, search, tracks) in enumerate(searches):
            hits = search.first(np.ascontiguousarray(rows), floors if tracks else known[:blocks])
            at = np.flatnonzero(hits.found)
            found[index].append(position + at * block + hits.timing.start[at])
        position += blocks * block
        tail = power[blocks * block :]
    apart = APART_CHIPS * profile.downlink.sync_chip_ns * rate_sps / _NS_PER_S / DECIMATION
    seconds = position * DECIMATION / rate_sps
    return [
        Alarms(name, each, _separate(np.concatenate(places), apart), seconds, law_per_s(each))
        for (name, each, _, _), places in zip(searches, found, strict=True)
    ]


def _separate(places: npt.NDArray[np.float64], apart: float) -> int:
    return int(np.count_nonzero(np.diff(np.sort(places)) > apart)) + 1 if places.size else 0


ONE_CLOCK, BANK_OF_CLOCKS, RECEIVER = "one clock", f"bank of {len(BANK)} clocks", "as in the receiver"
KINDS = {ONE_CLOCK: {"clocks": (0.0,), "likeness": 0.0}, BANK_OF_CLOCKS: {"likeness": 0.0}, RECEIVER: {}}
