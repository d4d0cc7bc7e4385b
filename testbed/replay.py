"""A recording through the receiver that made it: GNU Radio's replay flowgraph, told the same windows."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ampradio.phy.reception import Reception
from ampradio.profile import Profile
from flowgraphs.entities import receiver_for
from flowgraphs.generated.amp_replay import amp_replay
from flowgraphs.streams import DATATYPES, ROLES
from testbed.capture import CaptureError, Recording

POLL_S = 0.2

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Replayed:
    """What came out of one recording through one role's receiver."""

    role: str
    receptions: tuple[Reception, ...]
    counters: dict[str, int]


class _Collector:
    """Stands where the lock-step PHY stands in a live run."""

    def __init__(self, receiver: Any) -> None:
        self._receiver = receiver
        self.items = 0
        self.receptions: list[Reception] = []
        self.failure: Exception | None = None

    def receive(self, items: npt.NDArray[np.generic]) -> None:
        """Take the next items of the stream."""
        self.items += items.size
        if self.failure is None:
            try:
                self.receptions += self._receiver.feed(items)
            except Exception as error:
                # GNU Radio would only print it and go on.
                self.failure = error


def replay(recording: Recording, profile: Profile, role: str = "", progress: Progress = lambda share: None) -> Replayed:
    """Run ``recording`` through the receiver of its role (or of ``role``) and return what it decodes.

    An uplink recording with listening windows is searched in them alone, as it was live; one without (a foreign one) is
    searched throughout, at every rate and seed.

    Raises:
        CaptureError: the recording's rate or format is not one the flowgraph takes, or nothing tells its role.
    """
    role = role or recording.role
    if role not in ROLES:
        raise CaptureError(recording.meta_path, "does not say who received it", "give --role ap or --role tag")
    rate_sps = profile.preamble.sample_rate_sps
    if recording.sample_rate_sps != rate_sps:
        reason = f"is at {recording.sample_rate_sps} sample/s"
        raise CaptureError(recording.meta_path, reason, f"resample it to {rate_sps}")
    if recording.datatype not in DATATYPES:
        raise CaptureError(recording.meta_path, f"is {recording.datatype}", "convert it to " + " or ".join(DATATYPES))
    blind = role == "ap" and not recording.windows
    receiver = receiver_for(role, profile, rate_sps, blind=blind)
    for window in recording.windows if role == "ap" else ():
        receiver.listen(window)
    for start, stop in recording.blanks:
        receiver.blank(start, stop)
    collector = _Collector(receiver)
    top = amp_replay(
        phy=collector, role=role, path=str(recording.data_path), datatype=recording.datatype, scale=recording.unit
    )
    total = max(recording.samples, 1)
    flow = threading.Thread(target=top.run, daemon=True)
    flow.start()
    while flow.is_alive():
        flow.join(POLL_S)
        progress(min(collector.items / total, 1.0))
    if collector.failure is not None:
        raise collector.failure
    counters: Counter[str] = receiver.counters
    return Replayed(role, tuple(collector.receptions), dict(sorted(counters.items())))

