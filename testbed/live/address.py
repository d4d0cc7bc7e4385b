"""Where a run finds who watches it: ``AMP_LIVE``, which `amp dash` says and sets for the runs that it starts.

The processes of one run name it by the process that leads it.
"""

from __future__ import annotations

import logging
import os
from typing import Any

import zmq

from testbed.live.feed import LiveFeed
from testbed.live.watched_phy import SampleFeed, WatchedPhy

VARIABLE = "AMP_LIVE"
_LOG = logging.getLogger(__name__)


def feed_from_here(source: str, *, leader: int | None = None, high_water: int | None = None) -> LiveFeed | None:
    """Return the feed that the environment asks for; None without one, or with a warning when it cannot be made."""
    address = os.environ.get(VARIABLE, "")
    if not address:
        return None
    limits = {} if high_water is None else {"high_water": high_water}
    try:
        return LiveFeed(address, str(leader or os.getpid()), source, **limits)
    except zmq.ZMQError as error:
        _LOG.warning("nobody can watch at %s=%s: %s", VARIABLE, address, error.strerror)
        return None


def watched(phy: Any, receiver: Any, role: str, rate_sps: int, leader: int | None = None) -> Any:
    """Return ``phy``, or what stands before it when the run is to be watched.

    ``leader`` is the process that leads the run, by default the one that started this one.
    """
    feed = feed_from_here(role, leader=leader or os.getppid())
    if feed is None:
        return phy
    return WatchedPhy(phy, SampleFeed(feed, role, rate_sps, lambda: receiver.counters + phy.counters))
