"""The message ladder: one line per PPDU as it happens, with what came of it on the other side.

A line is printed once its fate is known: received (with the SNR), dropped (with the reason) or not heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from testbed.event_words import Words, number, words_of

Event = Mapping[str, object]

NAME_COLUMNS = 26
PLACE_NS = 200_000
STYLES = {"good": "green", "bad": "bold red", "note": "yellow", "data": "cyan"}
ASCII = str.maketrans({"─": "-", "▶": ">", "◀": "<", "✗": "x", "✓": "+", "↻": "~", "·": ".", "…": "~"})


@dataclass(frozen=True)
class _Sent:
    """A ``tx`` event whose fate is not known yet."""

    event: Event
    start_ns: float
    end_ns: float


class Ladder:
    """Prints the ladder of one run.

    Args:
        console: where to; plain lines when it is not a terminal.
        names: what to call a station, by node and by ID as events have them (``{"tag": "tag1", "0x0234": "tag1"}``).
        verbose: print every event, not only those that matter to the exchange.
    """

    def __init__(self, console: Console, names: Mapping[str, str] | None = None, *, verbose: bool = False) -> None:
        self._console = console
        self._names = {"AP": "AP", "ap": "AP", **(names or {})}
        self._verbose = verbose
        self._waiting: list[_Sent] = []
        self._plain = (console.encoding or "").lower().replace("-", "") not in ("utf8", "utf16", "utf32")
        self._width = max(len(name) for name in self._names.values())

    def take(self, event: Event) -> None:
        """Show an event; events come in order of air time."""
        t_ns = number(event, "t_ns") or 0.0
        self._give_up_before(t_ns - PLACE_NS)
        kind = event.get("kind")
        if kind == "tx":
            start_ns = number(event, "start_ns")
            start_ns = t_ns if start_ns is None else start_ns
            end_ns = number(event, "end_ns")
            self._waiting.append(_Sent(event, start_ns, max(start_ns if end_ns is None else end_ns, t_ns)))
        elif kind == "rx":
            self._arrived(event)
        elif kind == "drop" and self._dropped(event):
            return
        else:
            words = words_of(event, self._name, verbose=self._verbose)
            if words:
                self._say(t_ns, words)

    def finish(self) -> None:
        """Show what was sent last, heard or not."""
        self._give_up_before(float("inf"))

    def _name(self, station: object) -> str:
        return self._names.get(str(station), str(station))

    def _match(self, event: Event) -> _Sent | None:
        """Return the PPDU that a receive event speaks of: same direction, same place in time."""
        start_ns = number(event, "start_ns")
        for sent in self._waiting:
            same_side = event.get("node") == sent.event.get("node")
            if start_ns is None or same_side or abs(sent.start_ns - start_ns) > PLACE_NS:
                continue
            if event.get("direction") in (None, sent.event.get("direction")):
                return sent
        return None

    def _arrived(self, event: Event) -> None:
        sent = self._match(event)
        if sent is None:
            self._print(event, _snr(event), "")
            return
        self._waiting.remove(sent)
        self._print(sent.event, _snr(event), "")

    def _dropped(self, event: Event) -> bool:
        sent = self._match(event)
        if sent is None:
            return False
        self._waiting.remove(sent)
        reason = str(event.get("reason", "unknown")).replace("_", " ")
        self._print(sent.event, _snr(event), f"✗ dropped by {self._name(event.get('node'))}: {reason}")
        return True

    def _give_up_before(self, t_ns: float) -> None:
        for sent in [each for each in self._waiting if each.end_ns < t_ns]:
            self._waiting.remove(sent)
            self._print(sent.event, "", "✗ not heard")

    def _print(self, event: Event, snr: str, trouble: str) -> None:
        down = event.get("direction") != "UL"
        left, right = (event.get("src"), event.get("dst")) if down else (event.get("dst"), event.get("src"))
        name = f" {event.get('name', 'frame')} "
        shaft = name.center(NAME_COLUMNS, "─")
        arrow = f"{shaft}▶" if down else f"◀{shaft}"
        rate = (number(event, "rate_bps") or 0.0) / 1000
        octets = int(number(event, "octets") or 0)
        start_ns = number(event, "start_ns")
        line = Text().append(_time(start_ns if start_ns is not None else number(event, "t_ns") or 0.0), style="dim")
        line.append(f"  {self._name(left):>{self._width}} ", style="bold")
        line.append(arrow, style="bold red" if trouble else "cyan" if down else "magenta")
        line.append(f" {self._name(right):<{self._width}}", style="bold")
        line.append(f"  {octets:3d} octets  {rate:4.0f} kb/s")
        line.append(f"  {snr}" if snr else "")
        line.append(f"  {trouble}" if trouble else "", style=STYLES["bad"])
        self._out(line)

    def _say(self, t_ns: float, words: Words) -> None:
        line = Text().append(_time(t_ns), style="dim")
        line.append("  " + " " * self._width + " " + words.text, style=STYLES[words.tone])
        self._out(line)

    def _out(self, line: Text) -> None:
        if self._plain:
            plain = line.plain.translate(ASCII)
            line = Text(plain.encode("ascii", errors="replace").decode("ascii"))
        self._console.print(line, soft_wrap=True, highlight=False)


def _time(t_ns: float) -> str:
    return f"{t_ns / 1e6:10.3f} ms"


def _snr(event: Event) -> str:
    snr_db = number(event, "snr_db")
    return "" if snr_db is None else f"SNR {snr_db:4.1f} dB"
