"""What a person is told of the radios of a run: which they were, what they left out, and what they lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

RERADIATED = (
    "what a tag would reflect is sent by a radio: its own carrier and clock, brought to the AP's by what it has heard"
)
NARROW = "PPDUs without their non-AMP portion (narrow mode): Wi-Fi nearby is told nothing"


def radio_lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a summary on ``facts`` (see ``radio_facts``)."""
    for radio in facts["radios"]:
        kind = "emulated" if radio["emulated"] else radio["model"]
        where = f"{radio['centre_hz'] / 1e6:g} MHz, {radio['rate_sps'] / 1e6:g} MS/s, loopback {radio['loopback']}"
        yield f"Radio: {kind} {radio['serial']} at {radio['uri']}, {where}; {facts['path']}, {facts['clock']} clock"
    if facts["narrow"]:
        yield f"Mode: {NARROW}"
    if facts.get("reflection"):
        yield f"Reflection: {RERADIATED}{_corrected(facts.get('reradiated') or {})}"
    lost = _lost(facts)
    if lost:
        yield f"Lost: {lost}"


def _corrected(reradiated: Mapping[str, Any]) -> str:
    if not reradiated.get("excitations_learnt"):
        return ""
    return f" (by {reradiated['carrier_corrected_hz']:.0f} Hz and {reradiated['clock_corrected_ppm']:g} ppm)"


def _lost(facts: Mapping[str, Any]) -> str:
    late = {f"{role} bursts too late": count for role, count in facts.get("late_bursts", {}).items()}
    counts = {name.replace("_", " "): 0 for each in facts.get("losses", ()) for name in each if name != "late_bursts"}
    for each in facts.get("losses", ()):
        for name in counts:
            counts[name] += each[name.replace(" ", "_")]
    return ", ".join(f"{count} {name}" for name, count in (late | counts).items() if count)
