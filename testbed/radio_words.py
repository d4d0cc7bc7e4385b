"""What a person is told of the radios of a run: which they were, what they left out, and what they lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

NARROW = "PPDUs without their non-AMP portion (narrow mode): Wi-Fi nearby is told nothing"


def radio_lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a summary on ``facts`` (see ``radio_facts``)."""
    for radio in facts["radios"]:
        kind = "emulated" if radio["emulated"] else radio["model"]
        where = f"{radio['centre_hz'] / 1e6:g} MHz, {radio['rate_sps'] / 1e6:g} MS/s, loopback {radio['loopback']}"
        yield f"Radio: {kind} {radio['serial']} at {radio['uri']}, {where}; {facts['path']}, {facts['clock']} clock"
    if facts["narrow"]:
        yield f"Mode: {NARROW}"
    lost = _lost(facts)
    if lost:
        yield f"Lost: {lost}"


def _lost(facts: Mapping[str, Any]) -> str:
    late = {f"{role} bursts too late": count for role, count in facts.get("late_bursts", {}).items()}
    counts = {name.replace("_", " "): 0 for each in facts.get("losses", ()) for name in each if name != "late_bursts"}
    for each in facts.get("losses", ()):
        for name in counts:
            counts[name] += each[name.replace(" ", "_")]
    return ", ".join(f"{count} {name}" for name, count in (late | counts).items() if count)
