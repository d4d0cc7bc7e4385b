"""X11: power fails at the tag at every point: each primitive call, each NVM row, around frames and inside replies."""

from __future__ import annotations

from dataclasses import replace

from ampradio.mac.events import Event
from ampradio.mac.tag import TagStation
from ampradio.security.meter import FailAt, Meter, PowerLost, Tally, metered
from ampradio.vectors import RxVector, Tx
from testbed.attack.outcome import Outcome
from testbed.attack.scene import Scene, data_of
from testbed.attack.suspects import Suspect
from testbed.attack.tamper import ACTED, TRUTH
from testbed.runner.stations import stations_of

TORN_OCTETS = 7


class Frail:
    """A tag station whose power fails once, at one point, and is back at once."""

    def __init__(self, station: TagStation, meter: Meter, *, frame: int = -1, after: bool = False, sent: int = -1):
        """Fail where ``meter`` says, before or after the ``frame``-th reception, or inside the ``sent``-th reply."""
        self._station = station
        self._meter = meter
        self._frame, self._after, self._sent = frame, after, sent
        self.frames = self.replies = 0

    def receive(self, psdu: bytes, rx: RxVector, now_ns: int) -> None:
        """Receive, unless power fails before; lose what was understood if it fails behind."""
        due = self.frames == self._frame
        self.frames += 1
        if due and not self._after:
            self._fail(now_ns)
            return
        try:
            with metered(self._meter):
                self._station.receive(psdu, rx, now_ns)
        except PowerLost:
            self._fail(now_ns)
        if due and self._after:
            self._fail(now_ns)

    def ppdus_to_send(self, now_ns: int) -> list[Tx]:
        """Return the replies; one in which power fails is cut off in its middle."""
        said = []
        for tx in self._station.ppdus_to_send(now_ns):
            if self.replies == self._sent:
                tx = replace(tx, vector=replace(tx.vector, cut_off_ns=1))
                self._fail(now_ns)
            self.replies += 1
            said.append(tx)
        return said

    def next_deadline_ns(self) -> int | None:
        """Return the station's."""
        return self._station.next_deadline_ns()

    def handle_deadline(self, now_ns: int) -> None:
        """Let the station act, unless power fails."""
        try:
            with metered(self._meter):
                self._station.handle_deadline(now_ns)
        except PowerLost:
            self._fail(now_ns)

    def events(self) -> list[Event]:
        """Return the station's."""
        return self._station.events()

    def silent_until_ns(self) -> int:
        """Return the station's promise."""
        return self._station.silent_until_ns()

    def _fail(self, now_ns: int) -> None:
        self._station.power_off(now_ns)
        self._station.power_on(now_ns)


def outages(suspect: Suspect) -> Outcome:
    """Cut the power once at every point; broken when the exchange does not complete in the attempts that are left."""
    tally = Tally()
    honest = _frail(suspect, tally)
    honest[1].run()
    calls = sum(tally.calls.values())
    frames, replies = honest[0].frames, honest[0].replies
    stuck: list[str] = []
    points = 0
    for call in range(calls):
        points += 1
        stuck += _stuck(f"call {call}", suspect, FailAt(call, TORN_OCTETS))
    for frame in range(frames):
        for after in (False, True):
            points += 1
            stuck += _stuck(f"frame {frame}", suspect, Tally(), frame=frame, after=after)
    for sent in range(replies):
        points += 1
        stuck += _stuck(f"reply {sent}", suspect, Tally(), sent=sent)
    figures = (("points", float(points)), ("survived", float(points - len(stuck))))
    text = f"survives all {points}" if not stuck else f"stuck at {len(stuck)} of {points}: {', '.join(stuck[:5])}"
    return Outcome("X11", suspect.label, bool(stuck), text, figures)


def _frail(
    suspect: Suspect, meter: Meter, *, frame: int = -1, after: bool = False, sent: int = -1
) -> tuple[Frail, Scene]:
    experiment = suspect.experiment()
    stations = stations_of(experiment)
    assert isinstance(stations.tag, TagStation)
    frail = Frail(stations.tag, meter, frame=frame, after=after, sent=sent)
    return frail, Scene(experiment, tag=frail, infrastructure=stations)


def _stuck(
    name: str, suspect: Suspect, meter: Meter, *, frame: int = -1, after: bool = False, sent: int = -1
) -> list[str]:
    _, scene = _frail(suspect, meter, frame=frame, after=after, sent=sent)
    told = scene.run()
    untrue = (set(data_of(told, "tag", *ACTED)) | set(data_of(told, "ap", *ACTED))) - TRUTH
    return [] if scene.succeeded and not untrue else [name]
