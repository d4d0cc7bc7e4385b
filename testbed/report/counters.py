"""Counters: what the receivers counted, what each station told and how often, and why anything was dropped."""

from __future__ import annotations

from collections import Counter

from testbed.report.messages import DARK, Event
from testbed.report.source import Source, table_of


def receiver_counters(source: Source) -> list[tuple[str, str, int]]:
    """Return (node, counter, count) of the manifest."""
    found = []
    for node, counts in source.table("counters").items():
        for name, count in table_of(counts).items():
            if isinstance(count, int):
                found.append((source.stations.name(node), name.replace("_", " "), count))
    return found


def event_counters(source: Source) -> list[tuple[str, str, int]]:
    """Return (station, kind of event, count), the most frequent first."""
    counted = Counter((source.stations.name(each.get("node")), str(each.get("kind"))) for each in source.events)
    return [(station, kind, count) for (station, kind), count in counted.most_common()]


def drop_reasons(source: Source) -> list[tuple[str, str, int]]:
    """Return (station, reason, count) of everything that arrived and was not taken."""
    reasons = Counter(
        (source.stations.name(each.get("node")), _why(each))
        for each in source.events
        if each.get("kind") in ("drop", "security.refused", "security.dropped", "security.failed", DARK)
    )
    return [(station, reason, count) for (station, reason), count in reasons.most_common()]


def _why(event: Event) -> str:
    said = "missed: it was dark" if event.get("kind") == DARK else "unknown"
    return str(event.get("reason", event.get("cause", said))).replace("_", " ")
