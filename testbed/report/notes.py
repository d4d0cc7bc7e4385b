"""What the stations of a run concluded between its messages, for the ladder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from testbed.event_words import number, words_of
from testbed.report.messages import Event, Stations

TOLD_BY_ITS_ARROW = ("tx", "rx", "drop", "missed_dark")


@dataclass(frozen=True)
class Note:
    """What a station concluded; ``tone`` is good, bad, note or data."""

    t_ns: float
    station: str
    text: str
    tone: str = "note"


def notes_of(events: Iterable[Event], stations: Stations) -> list[Note]:
    """Return what a person wants to read of the events beside the messages."""
    found = []
    for event in events:
        words = None if event.get("kind") in TOLD_BY_ITS_ARROW else words_of(event, stations.name)
        if words is not None:
            text = words.text.removeprefix("· ")
            found.append(Note(number(event, "t_ns") or 0.0, stations.name(event.get("node")), text, words.tone))
    return found
