"""A run's own end of the live feed: where its folder is, and every event."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from testbed.event_log import event_line
from testbed.live.address import feed_from_here
from testbed.live.feed import LiveFeed
from testbed.live.messages import Closed, Opened, Told

HIGH_WATER = 4096


class RunFeed:
    """Tells a run as it goes, if the environment names somebody to tell. Use as a context manager, in one thread."""

    def __init__(self, folder: Path) -> None:
        """Make the feed of the run in ``folder``."""
        self._folder = folder.absolute()
        self._feed = feed_from_here("run", high_water=HIGH_WATER)
        self._told = 0
        self._said_opened = False

    def tell(self, event: Mapping[str, object]) -> None:
        """Tell an event that the folder's log has already."""
        number, self._told = self._told, self._told + 1
        feed = self._feed
        if feed is None or not self._watched(feed):
            return
        feed.send(Told, number=number, line=event_line(event))

    def _watched(self, feed: LiveFeed) -> bool:
        if not feed.watched():
            self._said_opened = False
            return False
        if not self._said_opened:
            self._said_opened = True
            feed.send(Opened, folder=str(self._folder))
        return True

    def __enter__(self) -> RunFeed:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        feed = self._feed
        if feed is None:
            return
        if self._watched(feed):
            feed.send(Closed)
        feed.close()
