"""A PHY whose receive stream can be watched: the flowgraph feeds this one, which feeds the real one first."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from testbed.live.feed import LiveFeed
from testbed.live.messages import Samples
from testbed.live.sample_tap import SampleTap

FLUSH_S = 0.1


class SampleFeed:
    """Decimated samples of one receive stream, up to ten times a second while somebody watches.

    Args:
        feed: where they go, used in the thread that calls ``take``.
        role: whose receiver, ``ap`` or ``tag``.
        rate_sps: of the stream.
        counters: gives what the receiver has counted.
    """

    def __init__(self, feed: LiveFeed, role: str, rate_sps: int, counters: Callable[[], Mapping[str, int]]) -> None:
        self._feed, self._role, self._rate_sps, self._counters = feed, role, rate_sps, counters
        self._tap: SampleTap | None = None
        self._flushed_s = 0.0

    def take(self, samples: npt.NDArray[np.complex64], first: int, received: int) -> None:
        """Look at samples from ``first`` on; ``received`` is how many there have been in all."""
        if not self._feed.watched():
            self._tap = None
            return
        self._tap = self._tap or SampleTap(self._rate_sps)
        self._tap.take(samples, first)
        if self._tap.full or time.monotonic() - self._flushed_s >= FLUSH_S:
            self._send(received)

    def finish(self, received: int) -> None:
        """Send what is left."""
        if self._tap is not None and self._feed.watched():
            self._tap.finish()
            self._send(received)

    def _send(self, received: int) -> None:
        assert self._tap is not None
        self._flushed_s = time.monotonic()
        pieces, rows = self._tap.gathered()
        self._feed.send(
            Samples,
            role=self._role,
            rate_sps=self._rate_sps,
            step=self._tap.step,
            received=received,
            skipped=self._tap.skipped,
            envelope=pieces,
            rows=rows,
            counters=dict(self._counters()),
        )


class WatchedPhy:
    """Stands before a lock-step PHY in a flowgraph. Whoever watches is served after the MAC, in the same thread."""

    def __init__(self, phy: Any, samples: SampleFeed) -> None:
        """Take the PHY, and where its receive stream is shown."""
        self._phy, self._samples = phy, samples
        self._over = False

    def transmit(self, count: int) -> npt.NDArray[np.complex64] | None:
        """Return the next samples of the transmit stream."""
        samples: npt.NDArray[np.complex64] | None = self._phy.transmit(count)
        return samples

    def attend(self, patience_s: float) -> None:
        """Let the PHY wait for its MAC."""
        self._phy.attend(patience_s)

    def close(self) -> None:
        """End the PHY's streams."""
        self._phy.close()

    def receive(self, items: npt.NDArray[np.complex64]) -> None:
        """Pass the next items of the receive stream on, then show those that the station's time counts."""
        before = self._phy.received
        self._phy.receive(items)
        if self._over:
            return
        received = self._phy.received
        items = items[items.size - (received - before) :]  # what aligns a radio's streams comes before
        if self._phy.stopped.is_set():
            self._over = True
            self._samples.finish(received)
            return
        self._samples.take(items, received - items.size, received)
