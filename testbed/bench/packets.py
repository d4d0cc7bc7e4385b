"""How many packets a second one core takes through each part of the link simulation, mode by mode.

A packet is a PPDU of 16 octets between two stretches of noise, at 20 MS/s. Whoever does not decode what was sent is no
measure, so every decoded PSDU is compared with the one sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from testbed.bench.packet_link import PacketLink, data_frames, randomness
from testbed.bench.packet_modes import PacketMode
from testbed.bench.stopwatch import medians_s

PARTS = ("modulate", "channel", "receive", "full chain", "noise only")


@dataclass(frozen=True)
class Rates:
    """Packets per second of each part by batch size, for packets of so many samples; ``decoded`` is a share."""

    mode: PacketMode
    samples: int
    per_s: dict[str, dict[int, float]]
    decoded: float

    def best(self, part: str) -> float:
        """Packets per second of ``part`` at its best batch."""
        return max(self.per_s[part].values())

    def best_batch(self, part: str) -> int:
        """The batch at which that is."""
        return max(self.per_s[part], key=self.per_s[part].__getitem__)

    def over_single(self, part: str) -> float:
        """How much faster ``part`` is at its best batch than a packet at a time."""
        return self.best(part) / self.per_s[part][1]


def measure(mode: PacketMode, batches: tuple[int, ...], repeat: int, seed: int) -> Rates:
    """Return the rates of ``mode``, medians of ``repeat``; ``batches`` begin with 1."""
    works: dict[tuple[str, int], Callable[[], Any]] = {}
    counts = {"right": 0, "all": 0}
    samples = 0
    for batch in batches:
        link, draw = PacketLink(mode), randomness((seed, batch))
        sent = data_frames(batch, draw.rng)
        noisy = link.through_the_air(link.modulated(sent).copy(), draw)
        silence, target = np.zeros_like(noisy), np.zeros_like(noisy)
        samples = noisy.shape[1]
        works["modulate", batch] = partial(link.modulated, sent)
        works["channel", batch] = partial(link.through_the_air, target, draw)
        works["receive", batch] = partial(link.received, noisy)
        works["noise only", batch] = partial(draw.noise.added_to, silence, mode.noise_power, target)
        works["full chain", batch] = partial(_counted, counts, link, batch, seed)
    per_s: dict[str, dict[int, float]] = {}
    for (part, batch), seconds in medians_s(works, repeat).items():
        per_s.setdefault(part, {})[batch] = batch / seconds
    return Rates(mode, samples, per_s, counts["right"] / counts["all"])


def _counted(counts: dict[str, int], link: PacketLink, packets: int, seed: int) -> None:
    outcome = link.outcome(packets, (seed, packets, counts["all"]))
    counts["all"] += outcome.packets
    counts["right"] += outcome.right
