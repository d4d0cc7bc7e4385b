"""Every PPDU of a run as a row: one for each station that it was for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from testbed.report.messages import PLACE_NS, Arrival, Message
from testbed.report.source import Source

ROWS_MAX = 3000
HEADINGS = (
    "#", "time, ms", "way", "from", "to", "frame", "PPDU", "kb/s", "octets", "air, ms", "SNR, dB", "RSSI, dBFS",
    "clock, ppm", "carrier, Hz", "outcome",
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """What is shown, and what it is sorted by where that is something else."""

    text: str
    value: float | str

    @property
    def sorted_by(self) -> str:
        """The value as text, empty where it is what is shown."""
        said = f"{self.value:.12g}" if isinstance(self.value, float) else str(self.value)
        return "" if said == self.text else said


@dataclass(frozen=True)
class Row:
    """One PPDU at one station; ``message`` is its number in the ladder, ``tone`` good or bad."""

    message: int
    tone: str
    cells: tuple[Cell, ...]


def rows_of(source: Source) -> list[Row]:
    """Return every row, in order of air time."""
    seen = _Seen(source)
    return [_row(each, arrival, seen) for each in source.messages for arrival in each.arrivals or (None,)]


class _Seen:
    """What frames.pcapng says of a PPDU: its kind, and how strong it was at a station."""

    def __init__(self, source: Source) -> None:
        self._stations = source.stations
        self._kinds = {each.start_ns: each.kind.name for each in source.seen if each.sent}
        self._rssi: dict[str, list[tuple[int, float | None]]] = {}
        for each in source.seen:
            if not each.sent:
                self._rssi.setdefault(self._stations.name(each.node), []).append((each.start_ns, each.rssi_dbfs))
        for heard in self._rssi.values():
            heard.sort(key=lambda pair: pair[0])

    def kind(self, message: Message) -> str:
        return self._kinds.get(int(message.start_ns), "")

    def rssi_dbfs(self, message: Message, arrival: Arrival) -> float | None:
        heard: Sequence[tuple[int, float | None]] = self._rssi.get(arrival.station, ())
        at = bisect_left(heard, message.start_ns - PLACE_NS, key=lambda pair: pair[0])
        near = [each for each in heard[at : at + 8] if abs(each[0] - message.start_ns) <= PLACE_NS]
        best = min(near, key=lambda pair: abs(pair[0] - message.start_ns), default=None)
        return None if best is None or arrival.outcome == "not heard" else best[1]


def _row(message: Message, arrival: Arrival | None, seen: _Seen) -> Row:
    good = arrival is not None and arrival.outcome == "received"
    fate = "not heard" if arrival is None else arrival.outcome
    why = f": {arrival.reason}" if arrival is not None and arrival.reason not in ("", fate) else ""
    return Row(
        message.number,
        "good" if good else "bad",
        (
            Cell(str(message.number), message.number),
            Cell(f"{message.start_ns / 1e6:.4f}", message.start_ns),
            Cell("↓ DL" if message.down else "↑ UL", "DL" if message.down else "UL"),
            _words(message.sender),
            _words(arrival.station if arrival else "–"),
            _words(message.name),
            _words(seen.kind(message)),
            Cell(f"{message.rate_bps / 1e3:g}", message.rate_bps),
            Cell(str(message.octets), message.octets),
            Cell(f"{message.air_ns / 1e6:.4f}", message.air_ns),
            _number(arrival.snr_db if arrival else None, 1),
            _number(seen.rssi_dbfs(message, arrival) if arrival else None, 1),
            _number(arrival.clock_ppm if arrival else None, 1),
            _number(arrival.cfo_hz if arrival else None, 0),
            _words(f"{'✓' if good else '✗'} {fate}{why}"),
        ),
    )


def _words(text: str) -> Cell:
    return Cell(text, text)


def _number(value: float | None, digits: int) -> Cell:
    return Cell("", "") if value is None else Cell(f"{round(value, digits) + 0.0:.{digits}f}", value)
