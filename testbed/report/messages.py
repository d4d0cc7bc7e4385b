"""What was said in a run: every PPDU that somebody sent, with what came of it at each station that it was for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ampradio.mac.ladder import AP_NAME, ENERGIZER_NAME
from testbed.event_words import number

Event = Mapping[str, object]

DARK = "missed_dark"
PLACE_NS = 200_000
"""How far apart two accounts of the start of one PPDU may be: delays, and what an estimate is off by."""


@dataclass(frozen=True)
class Arrival:
    """What came of a PPDU at one station: ``outcome`` is ``received``, ``dropped`` or ``not heard``."""

    station: str
    outcome: str
    reason: str = ""
    t_ns: float | None = None
    snr_db: float | None = None
    clock_ppm: float | None = None
    cfo_hz: float | None = None


@dataclass(frozen=True)
class Message:
    """One PPDU; ``number`` counts from 1 in order of air time, ``sender`` and arrivals name lifelines."""

    number: int
    start_ns: float
    end_ns: float
    sender: str
    down: bool
    name: str
    frame: str
    octets: int
    rate_bps: int
    protected: bool
    arrivals: tuple[Arrival, ...]

    @property
    def air_ns(self) -> float:
        """Its duration on the air."""
        return self.end_ns - self.start_ns

    @property
    def outcome(self) -> str:
        """The best of its arrivals."""
        found = {each.outcome for each in self.arrivals}
        return next((each for each in ("received", "dropped") if each in found), "not heard")

    @property
    def reason(self) -> str:
        """Why the first station that did not take it did not."""
        return next((each.reason for each in self.arrivals if each.reason), "")


@dataclass(frozen=True)
class Stations:
    """Who took part: ``lifelines`` from left to right, and what events call them."""

    lifelines: tuple[str, ...]
    by_node: Mapping[str, str]
    by_id: Mapping[str, str]

    def name(self, node: object) -> str:
        """Return the lifeline of a node, or of a station's ID."""
        text = str(node)
        return self.by_node.get(text) or self.by_id.get(text) or text

    def tags(self) -> tuple[str, ...]:
        """Return every lifeline but the AP's and its energizer's."""
        return tuple(each for each in self.lifelines if each not in (AP_NAME, ENERGIZER_NAME))


def stations_of(manifest: Mapping[str, object], events: Iterable[Event]) -> Stations:
    """Return who took part, by the experiment and by who is heard of."""
    experiment = manifest.get("experiment")
    listed = experiment.get("tags") if isinstance(experiment, Mapping) else None
    tags = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    by_id = {f"0x{each['station_id']:04X}": _text(each.get("name")) for each in tags if _is_id(each.get("station_id"))}
    by_node = {"ap": AP_NAME, AP_NAME: AP_NAME}
    if len(tags) == 1 and _text(tags[0].get("name")):
        by_node["tag"] = _text(tags[0]["name"])
    nodes = dict.fromkeys(str(event.get("node")) for event in events if event.get("kind") in ("tx", "rx", "drop"))
    lit = isinstance(experiment, Mapping) and experiment.get("energizer") is not None
    first = [ENERGIZER_NAME, AP_NAME] if lit else [AP_NAME]
    found = dict.fromkeys([*first, *(by_node.get(node, node) for node in nodes), *by_id.values()])
    return Stations(tuple(found), by_node, by_id)


def messages_of(events: Sequence[Event], stations: Stations) -> list[Message]:
    """Return every PPDU that was sent, in order of its start."""
    sent = sorted((event for event in events if event.get("kind") == "tx"), key=_start)
    heard: dict[int, list[Arrival]] = {}
    starts = [_start(event) for event in sent]
    for event in events:
        if event.get("kind") in ("rx", "drop", DARK):
            index = _match(event, sent, starts)
            if index is not None:
                heard.setdefault(index, []).append(_arrival(event, stations))
    return [_message(index, event, heard.get(index, []), stations) for index, event in enumerate(sent)]


def _match(event: Event, sent: Sequence[Event], starts: Sequence[float]) -> int | None:
    """Return which PPDU a station speaks of: the nearest of another station, in the same direction if it says so."""
    at = number(event, "start_ns")
    if at is None:  # of what a dark tag missed only the end is known
        ended = number(event, "t_ns") or 0.0
        last = bisect_right(starts, ended) - 1
        return last if last >= 0 and sent[last].get("node") != event.get("node") else None
    best, distance = None, float(PLACE_NS)
    for index in range(bisect_left(starts, at - PLACE_NS), len(sent)):
        if starts[index] > at + PLACE_NS:
            break
        other = event.get("node") != sent[index].get("node")
        along = event.get("direction") in (None, sent[index].get("direction"))
        if other and along and abs(starts[index] - at) <= distance:
            best, distance = index, abs(starts[index] - at)
    return best


def _arrival(event: Event, stations: Stations) -> Arrival:
    kind = event.get("kind")
    reason = str(event.get("reason", "unknown")).replace("_", " ")
    return Arrival(
        station=stations.name(event.get("node")),
        outcome={"rx": "received", DARK: "not heard"}.get(str(kind), "dropped"),
        reason={"rx": "", DARK: "it was dark"}.get(str(kind), reason),
        t_ns=number(event, "t_ns"),
        snr_db=number(event, "snr_db"),
        clock_ppm=number(event, "clock_ppm"),
        cfo_hz=number(event, "cfo_hz"),
    )


def _message(index: int, event: Event, heard: list[Arrival], stations: Stations) -> Message:
    down = event.get("direction") != "UL"
    one = stations.by_id.get(str(event.get("dst"))) if down else AP_NAME
    everybody = () if heard and event.get("dst") != "all" else stations.tags()
    there = {each.station for each in heard}
    meant = (one,) if one else everybody
    silent = [Arrival(each, "not heard", "not heard") for each in meant if each not in there]
    start_ns = _start(event)
    end_ns = number(event, "end_ns")
    return Message(
        number=index + 1,
        start_ns=start_ns,
        end_ns=start_ns if end_ns is None else end_ns,
        sender=ENERGIZER_NAME if event.get("src") == ENERGIZER_NAME else stations.name(event.get("node")),
        down=down,
        name=_text(event.get("name")) or "frame",
        frame=_text(event.get("frame")),
        octets=int(number(event, "octets") or 0),
        rate_bps=int(number(event, "rate_bps") or 0),
        protected=bool(event.get("protected")),
        arrivals=(*heard, *silent),
    )


def _start(event: Event) -> float:
    at = number(event, "start_ns")
    return at if at is not None else number(event, "t_ns") or 0.0


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0xFFFF
