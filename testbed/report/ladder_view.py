"""The ladder of a run: all of it, or of a long one its beginning and its end."""

from __future__ import annotations

from dataclasses import dataclass

from testbed.report.ladder_svg import ladder_svg
from testbed.report.notes import notes_of
from testbed.report.source import Source

FIRST, LAST = 300, 100


@dataclass(frozen=True)
class LadderView:
    """The SVG, and what is not in it."""

    svg: str
    note: str


def ladder_of(source: Source) -> LadderView:
    """Return the ladder; of more than FIRST + LAST messages the middle is left out."""
    messages, notes = list(source.messages), notes_of(source.events, source.stations)
    note = ""
    if len(messages) > FIRST + LAST:
        from_ns, to_ns = messages[FIRST].start_ns, messages[-LAST].start_ns
        note = f" Of {len(messages)} messages the first {FIRST} and the last {LAST} are drawn."
        messages = messages[:FIRST] + messages[-LAST:]
        notes = [each for each in notes if not from_ns <= each.t_ns < to_ns]
    title = f"message ladder of {source.manifest.get('name', 'a run')}: {len(messages)} messages"
    return LadderView(ladder_svg(source.stations.lifelines, messages, notes, title), note)
