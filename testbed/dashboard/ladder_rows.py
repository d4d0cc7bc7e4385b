"""The message ladder as it grows: a row per PPDU, changed once its fate is known, and a row per conclusion."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from ampradio.mac.ladder import AP_NAME
from testbed.event_words import number, words_of
from testbed.report.messages import PLACE_NS, Stations

Row = dict[str, Any]
ROWS_MAX = 600
OPEN_MAX = 64


class LadderRows:
    """Takes events in order of air time. ``rows`` are the newest, oldest first; ``changed`` gives what is new of them.

    A row has a number ``n``, the time ``t`` in ms and a ``kind``: ``message`` or ``note``.
    """

    def __init__(self, stations: Stations) -> None:
        self.rows: deque[Row] = deque(maxlen=ROWS_MAX)
        self._stations = stations
        self._open: deque[tuple[Row, float, float, object]] = deque(maxlen=OPEN_MAX)
        self._changed: dict[int, Row] = {}
        self._count = 0

    def take(self, event: Mapping[str, object]) -> None:
        """Show an event, if it is one that people look for."""
        kind, t_ns = event.get("kind"), number(event, "t_ns") or 0.0
        self._give_up_before(t_ns - PLACE_NS)
        if kind == "tx":
            self._sent(event, t_ns)
        elif kind == "rx" or (kind == "drop" and number(event, "start_ns") is not None):
            self._arrived(event, heard=kind == "rx")
        else:
            words = words_of(event, self._stations.name)
            if words is not None:
                station = self._stations.name(event.get("node"))
                self._add({"kind": "note", "station": station, "text": words.text, "tone": words.tone}, t_ns)

    def finish(self) -> None:
        """What nobody has heard by now, nobody will."""
        self._give_up_before(float("inf"))

    def changed(self) -> list[Row]:
        """Return and forget what has changed since the last call."""
        changed, self._changed = self._changed, {}
        return [changed[each] for each in sorted(changed)][-ROWS_MAX:]

    def _sent(self, event: Mapping[str, object], t_ns: float) -> None:
        start_ns = _or(number(event, "start_ns"), t_ns)
        end_ns = max(_or(number(event, "end_ns"), start_ns), start_ns)
        down = event.get("direction") != "UL"
        sender = self._stations.name(event.get("node"))
        to = self._receiver(event) if down else AP_NAME
        row = {
            "kind": "message",
            "from": sender,
            "to": to,
            "down": down,
            "name": str(event.get("name") or "frame"),
            "octets": int(number(event, "octets") or 0),
            "rate": int(number(event, "rate_bps") or 0),
            "air": round((end_ns - start_ns) / 1e6, 4),
            "outcome": "sent",
        }
        self._open.append((self._add(row, start_ns), start_ns, end_ns, event.get("node")))

    def _receiver(self, event: Mapping[str, object]) -> str:
        tags = self._stations.tags()
        name = self._stations.by_id.get(str(event.get("dst")))
        if name is None and event.get("dst") == "all":
            return "all" if len(tags) > 1 else (tags[0] if tags else "tag")
        return name or (tags[0] if len(tags) == 1 else str(event.get("dst")))

    def _arrived(self, event: Mapping[str, object], *, heard: bool) -> None:
        at_ns, along = number(event, "start_ns") or 0.0, event.get("direction")
        near = [
            (abs(start_ns - at_ns), row)
            for row, start_ns, _, node in self._open
            if node != event.get("node") and along in (None, "DL" if row["down"] else "UL")
        ]
        distance, row = min(near, key=lambda each: each[0], default=(0.0, None))
        if row is None or distance > PLACE_NS or row["outcome"] == "received":
            return
        station = self._stations.name(event.get("node"))
        if row["down"] and row["to"] not in ("all", station) and not heard:
            return  # another tag's business
        row["outcome"] = "received" if heard else "dropped"
        row["snr"] = _rounded(number(event, "snr_db"))
        row["clock"] = _rounded(number(event, "clock_ppm"))
        row["carrier"] = _rounded(number(event, "cfo_hz"))
        row["reason"] = "" if heard else str(event.get("reason", "unknown")).replace("_", " ")
        self._changed[row["n"]] = row

    def _give_up_before(self, t_ns: float) -> None:
        while self._open and self._open[0][2] < t_ns:
            row = self._open.popleft()[0]
            if row["outcome"] == "sent":
                row["outcome"], row["reason"] = "not heard", "not heard"
                self._changed[row["n"]] = row

    def _add(self, row: Row, t_ns: float) -> Row:
        row |= {"n": self._count, "t": round(t_ns / 1e6, 4)}
        self._count += 1
        self.rows.append(row)
        self._changed[row["n"]] = row
        if len(self._changed) > ROWS_MAX:
            del self._changed[min(self._changed)]
        return row


def _or(value: float | None, other: float) -> float:
    return other if value is None else value


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
