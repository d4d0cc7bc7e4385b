"""What a run without a stream shows: the pieces of air that its receivers were given."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from testbed.live.address import feed_from_here
from testbed.live.watched_phy import SampleFeed


class AirFeed:
    """The samples of each role's receiver, if the environment names somebody to tell."""

    def __init__(self, rate_sps: int, counters: Mapping[str, Mapping[str, int]]) -> None:
        """Take the rate of the samples, and what each role's receiver counts."""
        self._counters = counters
        self._received = dict.fromkeys(counters, 0)
        self._feeds: dict[str, SampleFeed] = {}
        for role in counters:
            feed = feed_from_here(role)
            if feed is not None:
                self._feeds[role] = SampleFeed(feed, role, rate_sps, lambda role=role: self._counters[role])

    def take(self, role: str, samples: npt.NDArray[np.complex64], first: int) -> None:
        """Show what ``role`` hears from sample ``first`` of the run on."""
        if role in self._feeds:
            self._received[role] += samples.size
            self._feeds[role].take(samples[max(-first, 0) :], max(first, 0), self._received[role])

    def finish(self) -> None:
        """Show what is left."""
        for role, feed in self._feeds.items():
            feed.finish(self._received[role])
