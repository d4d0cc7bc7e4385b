"""``events.jsonl``: one event a line, flushed as it happens; everything from a wall clock is called ``wall_…``."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TextIO

import msgspec

WALL = "wall_"
_PLAIN = frozenset((str, int, float, bool, type(None)))
_ENCODER = msgspec.json.Encoder()


class EventLogError(Exception):
    """The file is no event log: says the line; ``fix`` says what to do."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(f"{reason}. Fix: {fix}")
        self.reason, self.fix = reason, fix


def _plain(value: object) -> object:
    """Return ``value`` in JSON's types: octets in hex, numbers that JSON does not have as null."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, (str, int)):
        return value
    return _plain(value.item()) if hasattr(value, "item") else str(value)


def event_line(event: Mapping[str, object]) -> str:
    """Return one event as the line that the log holds, without its end."""
    if _PLAIN.issuperset(map(type, event.values())):
        # A run writes thousands of lines, and its stations wait for nobody less than for their log.
        return _ENCODER.encode(event).decode()
    return json.dumps(_plain(event), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class EventLog:
    """Append-only writer of ``events.jsonl``."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("a", encoding="utf-8", buffering=1)
        self._began_s = time.monotonic()

    def write(self, event: Mapping[str, object]) -> None:
        """Append one event with ``wall_s``, the seconds since the log was opened."""
        self._file.write(event_line({**event, f"{WALL}s": round(time.monotonic() - self._began_s, 6)}) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file; writing afterwards raises ValueError."""
        self._file.close()

    def __enter__(self) -> EventLog:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def read_events(path: Path) -> tuple[list[dict[str, object]], bool]:
    """Return the events of a log and whether its last line was torn (and is left out); raises EventLogError."""
    events: list[dict[str, object]] = []
    lines = path.read_bytes().split(b"\n")
    unfinished = lines.pop()
    for number, line in enumerate(lines, start=1):
        event = _event_of(line)
        if event is None:
            raise EventLogError(f"{path}:{number}: not a JSON object", "remove the line, or run again")
        events.append(event)
    if not unfinished:
        return events, False
    last = _event_of(unfinished)
    return ([*events, last], False) if last is not None else (events, True)


def _event_of(line: bytes) -> dict[str, object] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def without_wall(event: Mapping[str, object]) -> dict[str, object]:
    """Return the event less its wall-clock fields: what two runs of one seed have in common, to the bit."""
    return {
        key: without_wall(value) if isinstance(value, Mapping) else value
        for key, value in event.items()
        if not key.startswith(WALL)
    }
