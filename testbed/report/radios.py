"""What a run's manifest says of its radios, and of anything else that it has a word for and this page has none."""

from __future__ import annotations

from collections.abc import Iterator

from testbed.report.source import Source

SHOWN_ELSEWHERE = frozenset(
    {
        "schema", "name", "state", "ok", "reason", "wall_started", "wall_ended", "experiment", "experiment_sha256",
        "seeds", "profile", "profile_source", "placeholders", "radio", "systems", "variant", "versions", "commit",
        "security", "handshake", "stop_ns", "counters", "energy",
    }
)  # fmt: skip
LOSSES = ("overflows", "underflows", "dropped_blocks", "late_bursts", "displaced_bursts")
LEAVES_MAX = 200


def radio_facts(source: Source) -> list[tuple[str, str]]:
    """Return every value of the manifest that no other section shows, by its place in it."""
    found: list[tuple[str, str]] = []
    for key, value in source.manifest.items():
        if key not in SHOWN_ELSEWHERE:
            found += [(name.replace("_", " "), str(leaf)) for name, leaf in _leaves(value, key)]
    return found[:LEAVES_MAX]


def radio_losses(source: Source) -> list[str]:
    """Return what the radios lost or sent late, in words; nothing when they did not, or were none."""
    return [
        f"radios lost time or samples: {name.partition('.')[2].replace('_', ' ')}: {leaf}"
        for name, leaf in _leaves(source.manifest.get("radios"), "radios")
        if isinstance(leaf, int) and leaf > 0 and any(each in name for each in LOSSES)
    ]


def _leaves(value: object, name: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each, f"{name}.{key}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _leaves(each, f"{name}[{index}]")
    else:
        yield name, value
