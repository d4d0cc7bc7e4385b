"""Mono-static backscatter in both directions as modes of the packet error bench: the links of ``bench-mono``."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from testbed.bench.mono_links import Link, heard, received
from testbed.bench.per_case import Air, Case


@dataclass(frozen=True, kw_only=True)
class Mono(Case):
    """A link, with a leak of the AP's own ``leak_db`` above the reply if the link says so."""

    link: Link

    def limit(self, ecn0_db: float) -> float:
        """Return the packet error rate of the ideal receiver."""
        return self.link.limit(ecn0_db)

    def generate(self, rng: np.random.Generator, packets: int, ecn0_db: float, clock_ppm: float) -> Air:
        """Return replies as the AP hears them, or commands as the tag does."""
        leak_rng = np.random.default_rng(int(rng.integers(1 << 62)))
        link = replace(self.link, clock_ppm=clock_ppm)
        sent, samples, noise_power = heard(link, ecn0_db, packets, rng, leak_rng)
        nothing = np.zeros(packets)
        return Air(sent, samples, noise_power, samples[:, :0], nothing, nothing)

    def receive(self, air: Air) -> npt.NDArray[np.bool_]:
        """Return what is read as sent; nobody tells the receiver the clock."""
        return air.right(received(self.link, air.samples, air.noise_power))
