"""What a run with two stations comes to as their events arrive: in order of air time, until the AP is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ampradio.mac.events import Event
from flowgraphs.streams import ROLES
from testbed.runner.mac_host import MacHost, event_record
from testbed.runner.merge import EventMerge
from testbed.runner.tell import Tell

TAIL_NS = 200_000


class Conductor:
    """Takes the events of both stations, tells them in order, and ends the run.

    Args:
        hosts: the stations by role; may be filled later.
        max_air_time_ns: the run is given up then.
        tell: whoever wants the settled events.

    ``ok`` is None until the AP has done its work; ``stop_ns`` None until the run's end is fixed.
    """

    def __init__(self, hosts: Mapping[str, MacHost], max_air_time_ns: int, tell: Tell) -> None:
        self.ok: bool | None = None
        self.stop_ns: int | None = None
        self._hosts = hosts
        self._max_air_time_ns = max_air_time_ns
        self._tell = tell
        self._merge = EventMerge(list(ROLES))

    def note(self, name: str, events: Sequence[Event]) -> None:
        """See whether ``events`` of station ``name`` end the run; before its PHY is granted more."""
        host = self._hosts[name]
        for event in events:
            if event.kind == "finished" and name == "ap":
                self.ok = bool(event.detail.get("ok"))
                self._stop(event.t_ns)
        if name == "ap" and host.now_ns >= self._max_air_time_ns:
            self._stop(host.now_ns)

    def write(self, name: str, events: Sequence[Event], reached_ns: int) -> None:
        """Tell what is settled now that station ``name`` has got to ``reached_ns``."""
        records = [event_record(name, event) for event in events]
        for record in self._merge.put(name, reached_ns, records):
            self._tell(record)

    def rest(self) -> int:
        """Tell what is left up to the end of the run, and return that."""
        assert self.stop_ns is not None
        for record in self._merge.rest(self.stop_ns):
            self._tell(record)
        return self.stop_ns

    def _stop(self, now_ns: int) -> None:
        """End the run a little after now; the tag is told first, so that it has not gone further."""
        if self.stop_ns is not None:
            return
        # The AP alone says where: what has come of the tag by now depends on how the processes were scheduled.
        last_ns = max(now_ns, self._hosts["ap"].last_end_ns)
        self.stop_ns = -(-(last_ns + TAIL_NS) // TAIL_NS) * TAIL_NS
        for name in reversed(ROLES):
            self._hosts[name].stop(self.stop_ns)
