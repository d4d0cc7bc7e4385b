"""A recording through the receiver that made it: GNU Radio's replay flowgraph, told the same windows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.reception import Reception
from ampradio.profile import Profile
from flowgraphs.generated.amp_replay import amp_replay
from flowgraphs.streams import DATATYPES, ROLES
from testbed.capture import CaptureError, Recording
from testbed.replay_receivers import StreamReceiver, replay_receiver

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

    def __init__(self, receiver: StreamReceiver) -> None:
        self._receiver = receiver
        self.items = 0
        self.receptions: list[Reception] = []
        self.failure: Exception | None = None

    def receive(self, items: npt.NDArray[np.complex64]) -> None:
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
    searched throughout, at every coded rate and seed.

    Raises:
        CaptureError: no receiver takes the recording's rate, the flowgraph not its format, or nothing tells its role.
    """
    role = role or recording.role
    if role not in ROLES:
        raise CaptureError(recording.meta_path, "does not say who received it", "give --role ap or --role tag")
    if recording.datatype not in DATATYPES:
        raise CaptureError(recording.meta_path, f"is {recording.datatype}", "convert it to " + " or ".join(DATATYPES))
    if recording.data_offset:
        raise CaptureError(recording.meta_path, "is an archive", f"unpack it with `tar -xf {recording.meta_path.name}`")
    receiver = replay_receiver(recording, profile, role)
    collector = _Collector(receiver)
    top = amp_replay(
        phy=collector, role=role, path=str(recording.data_path), datatype=recording.datatype, scale=recording.unit
    )
    total = max(recording.samples, 1)
    ended = threading.Event()  # for a join that Ctrl-C interrupts takes the thread for ended (Python 3.11)
    threading.Thread(target=_run, args=(top, ended), daemon=True).start()
    try:
        while not ended.wait(POLL_S):
            progress(min(collector.items / total, 1.0))
        progress(1.0)
    finally:  # an interpreter that ends while its blocks are at work is aborted
        top.stop()
        ended.wait()
    if collector.failure is not None:
        raise collector.failure
    return Replayed(role, tuple(collector.receptions), dict(sorted(receiver.counters.items())))


def _run(top: amp_replay, ended: threading.Event) -> None:
    try:
        top.run()
    finally:
        ended.set()
