"""Events in words: what a person wants to read of a run, and what not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

TEXT_MAX = 64
_HIDDEN = frozenset({"t_ns", "node", "kind", "side"})


@dataclass(frozen=True)
class Words:
    """One line about an event; ``tone`` is good, bad, note or data."""

    text: str
    tone: str = "note"


def number(event: Mapping[str, object], key: str) -> float | None:
    """Return a number of an event, None when it has none there."""
    value = event.get(key)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def shown(data_hex: object) -> str:
    """Return octets from the air as text that cannot steer a terminal: printable UTF-8, else hex."""
    try:
        octets = bytes.fromhex(str(data_hex))
    except ValueError:
        return "?"
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    said = text if text.isprintable() and text else octets.hex(" ")
    return said if len(said) <= TEXT_MAX else said[: TEXT_MAX - 1] + "…"


def _reason(event: Mapping[str, object]) -> str:
    return str(event.get("reason", event.get("cause", "unknown"))).replace("_", " ")


def words_of(event: Mapping[str, object], name: Callable[[object], str], *, verbose: bool = False) -> Words | None:
    """Return the line about ``event``, None for one that matters only when ``verbose``; ``name`` names stations."""
    kind = str(event.get("kind", ""))
    node = name(event.get("node"))
    peer = "the AP" if event.get("peer") == "ap" else "the tag"
    known: dict[str, Callable[[], Words]] = {
        "drop": lambda: Words(f"✗ {node} dropped what it heard: {_reason(event)}", "bad"),
        "retry": lambda: Words(f"↻ {node} tries again: attempt {event.get('attempt', '?')}"),
        "no_reply": lambda: Words(f"✗ {node} heard no reply", "bad"),
        "brown_out": lambda: Words(f"✗ {node} has run dry", "bad"),
        "power_on": lambda: Words(f"↻ {node} has charged and is back"),
        "security.authenticated": lambda: Words(f"✓ {node} has authenticated {peer}", "good"),
        "security.uplink_data": lambda: Words(f"· {node} has the reading: {shown(event.get('data_hex'))}", "data"),
        "security.command": lambda: Words(f"· {node} acts on the command: {shown(event.get('data_hex'))}", "data"),
        "security.downlink_data": lambda: Words(
            f"· {node} acts on {'' if event.get('authenticated') else 'unauthenticated '}data: "
            f"{shown(event.get('data_hex'))}",
            "data" if event.get("authenticated") else "bad",
        ),
        "security.refused": lambda: Words(f"✗ {node} refused the message: {_reason(event)}", "bad"),
        "security.failed": lambda: Words(f"✗ {node} gave up: {_reason(event)}", "bad"),
        "security.retry": lambda: Words(f"↻ {node} begins again: {_reason(event)}"),
        "security.reading_too_long": lambda: Words(f"✗ {node} has a reading that fits no frame", "bad"),
        "security.entropy_refused": lambda: Words(f"✗ {node} distrusts its random source: {_reason(event)}", "bad"),
    }
    if kind in known:
        return known[kind]()
    if not verbose:
        return None
    detail = " ".join(f"{key}={_plain(value)}" for key, value in event.items() if key not in _HIDDEN)
    return Words(f"· {node} {kind} {detail}".rstrip())


def _plain(value: object) -> str:
    text = str(value)
    return text if text.isprintable() and len(text) <= TEXT_MAX else ascii(text)[:TEXT_MAX]
