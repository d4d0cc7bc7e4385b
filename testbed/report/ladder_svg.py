"""The message ladder as SVG: stations are lifelines, a PPDU is an arrow, what a station concludes a note on its line.

Rows follow each other in air time; a pause is marked with its length, not drawn to scale.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from statistics import median

from testbed.report.messages import Message
from testbed.report.notes import Note
from testbed.report.palette import colour

TIME_X, FIRST_X, STEP_X, RIGHT_X = 84, 132, 380, 148
HEAD_Y, MESSAGE_Y, NOTE_Y, PAUSE_Y, FOOT_Y = 52, 40, 22, 26, 18
PAUSE_NS, PAUSE_OF_USUAL = 5_000_000, 3
LETTER = 6.3
NOTE_LETTERS = 64
TONES = {"good": "good", "bad": "bad", "note": "note", "data": "accent"}


def ladder_svg(
    stations: Sequence[str], messages: Sequence[Message], notes: Sequence[Note] = (), title: str = ""
) -> str:
    """Return the ladder as one ``<svg>`` element.

    Every message is a focusable ``<g class="message" data-message="NUMBER">`` with its details in ``<title>``. All text
    is escaped. Colours are the page's, or the light ones (testbed.report.palette).

    Args:
        stations: lifelines from left to right; a message between others gets lifelines of its own.
        messages: in any order.
        notes: in any order.
        title: what it is of, for those who do not see it.
    """
    named = [*stations, *(each.sender for each in messages), *(arr.station for m in messages for arr in m.arrivals)]
    lines = list(dict.fromkeys(named)) or ["AP"]
    places = {name: FIRST_X + STEP_X * index for index, name in enumerate(lines)}
    right = FIRST_X + STEP_X * (max(len(lines), 2) - 1)
    width = right + RIGHT_X
    rows: list[tuple[float, int, Message | Note]] = [(each.start_ns, 0, each) for each in messages]
    rows += [(each.t_ns, 1, each) for each in notes]
    rows.sort(key=lambda row: row[:2])
    pause_ns = max(PAUSE_NS, PAUSE_OF_USUAL * _usual_gap_ns(messages))
    y, body, until = float(HEAD_Y), [], None
    for t_ns, _, row in rows:
        if until is not None and t_ns - until > pause_ns:
            body.append(_pause(y, t_ns - until, width))
            y += PAUSE_Y
        if isinstance(row, Message):
            body.append(_message(row, places, y, right))
            y += MESSAGE_Y
        else:
            body.append(_note(row, places, y))
            y += NOTE_Y
        until = max(until or 0.0, row.end_ns if isinstance(row, Message) else t_ns)
    height = y + FOOT_Y
    heads = "".join(_lifeline(name, x, y) for name, x in places.items())
    label = escape(title or f"message ladder of {len(messages)} messages")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ladder" viewBox="0 0 {width} {height:.0f}" width="{width}" '
        f'height="{height:.0f}" role="group" aria-label="{label}" font-family="system-ui,sans-serif" font-size="12">'
        f'<text x="{TIME_X - 8}" y="24" text-anchor="end" fill="{colour("muted")}" font-size="11">air time, ms</text>'
        f"{heads}{''.join(body)}</svg>"
    )


def _usual_gap_ns(messages: Sequence[Message]) -> float:
    ordered = sorted(messages, key=lambda each: each.start_ns)
    return median([0.0, *(after.start_ns - before.end_ns for before, after in pairwise(ordered))])


def _lifeline(name: str, x: int, bottom: float) -> str:
    half = max(26.0, len(name) * LETTER / 2 + 12)
    return (
        f'<line x1="{x}" y1="34" x2="{x}" y2="{bottom:.0f}" stroke="{colour("line")}" stroke-width="2"/>'
        f'<rect x="{x - half:.1f}" y="8" width="{2 * half:.1f}" height="26" rx="5" fill="{colour("panel")}" '
        f'stroke="{colour("muted")}"/>'
        f'<text x="{x}" y="25" text-anchor="middle" font-weight="600" fill="{colour("ink")}">{escape(name)}</text>'
    )


def _message(message: Message, places: dict[str, int], y: float, right: int) -> str:
    good = message.outcome == "received"
    shade = colour("bad") if not good else colour("down" if message.down else "up")
    begin = places[message.sender]
    ends = [places[each.station] for each in message.arrivals] or [begin + STEP_X // 2]
    end = max(ends, key=lambda x: abs(x - begin))
    sign = math.copysign(1, end - begin)
    line_y = y + 24
    dashes = "" if good else ' stroke-dasharray="6 4"'
    tip = end - sign * (9 if good else 14)
    parts = [
        f'<line x1="{begin}" y1="{line_y:.0f}" x2="{tip:.0f}" y2="{line_y:.0f}" stroke="{shade}" '
        f'stroke-width="1.8"{dashes}/>'
    ]
    for each in message.arrivals:
        parts.append(_arrival_mark(places[each.station], line_y, sign, each.outcome == "received", shade))
    middle = (begin + end) / 2
    parts.append(
        f'<text x="{middle:.0f}" y="{line_y - 7:.0f}" text-anchor="middle" fill="{colour("ink")}">'
        f'<tspan font-weight="600" fill="{shade}">{escape(message.name)}</tspan>'
        f'<tspan dx="8" font-size="11" fill="{colour("muted")}">{size_words(message)}</tspan></text>'
        f'<text x="{TIME_X - 8}" y="{line_y + 4:.0f}" text-anchor="end" font-size="11" '
        f'fill="{colour("muted")}">{message.start_ns / 1e6:.3f}</text>'
        f'<text x="{right + 14}" y="{line_y + 4:.0f}" font-size="11" fill="{colour("muted") if good else shade}">'
        f"{escape(outcome_words(message))}</text>"
    )
    details = escape(_details(message))
    return (
        f'<g class="message" data-message="{message.number}" tabindex="0" role="img">'
        f'<title>{details}</title><rect x="{TIME_X - 76}" y="{y + 2:.0f}" width="{right + RIGHT_X - TIME_X + 72}" '
        f'height="{MESSAGE_Y - 4}" rx="4" fill="{colour("down")}" fill-opacity="0" class="hit"/>{"".join(parts)}</g>'
    )


def _arrival_mark(x: int, y: float, sign: float, received: bool, shade: str) -> str:
    if received:
        back = x - sign * 10
        return f'<path d="M{x - sign:.0f} {y:.0f}L{back:.0f} {y - 5:.0f}L{back:.0f} {y + 5:.0f}Z" fill="{shade}"/>'
    at = x - sign * 10
    cross = f"M{at - 4:.0f} {y - 4:.0f}l8 8m0 -8l-8 8"
    return f'<path d="{cross}" stroke="{shade}" stroke-width="2" fill="none"/>'


def _note(note: Note, places: dict[str, int], y: float) -> str:
    x = places.get(note.station, FIRST_X)
    last = x == max(places.values()) and len(places) > 1
    text = note.text if len(note.text) <= NOTE_LETTERS else note.text[: NOTE_LETTERS - 1] + "…"
    shade = colour(TONES.get(note.tone, "note"))
    return (
        f'<g class="note"><circle cx="{x}" cy="{y + 11:.0f}" r="3.5" fill="{shade}"/>'
        f'<text x="{x - 12 if last else x + 12}" y="{y + 15:.0f}" text-anchor="{"end" if last else "start"}" '
        f'font-size="11" fill="{shade}">{escape(text)}</text>'
        f"<title>{note.t_ns / 1e6:.3f} ms: {escape(note.text)}</title></g>"
    )


def _pause(y: float, lasts_ns: float, width: int) -> str:
    middle = y + PAUSE_Y / 2
    return (
        f'<g class="pause"><line x1="{TIME_X}" y1="{middle:.0f}" x2="{width - 12}" y2="{middle:.0f}" '
        f'stroke="{colour("line")}" stroke-dasharray="2 5"/>'
        f'<text x="{TIME_X - 8}" y="{middle + 4:.0f}" text-anchor="end" font-size="11" font-style="italic" '
        f'fill="{colour("muted")}">+{lasts_ns / 1e6:.1f}</text></g>'
    )


def _rate(rate_bps: int) -> str:
    return f"{rate_bps / 1e6:g} Mb/s" if rate_bps >= 1_000_000 else f"{rate_bps / 1e3:g} kb/s"


def size_words(message: Message) -> str:
    """Return octets, rate and air time."""
    return f"{message.octets} octets · {_rate(message.rate_bps)} · {message.air_ns / 1e6:.3f} ms"


def outcome_words(message: Message) -> str:
    """Return what came of it, as it stands at the right of the ladder."""
    if message.outcome != "received":
        return f"✗ {message.reason or message.outcome}"
    heard = [each for each in message.arrivals if each.outcome == "received"]
    if len(message.arrivals) > 1:
        return f"heard by {len(heard)} of {len(message.arrivals)}"
    return "" if heard[0].snr_db is None else f"SNR {heard[0].snr_db:.1f} dB"


def _details(message: Message) -> str:
    lines = [
        f"{message.number}. {message.name} ({message.frame})" if message.frame else f"{message.number}. {message.name}",
        f"{message.sender}, {'downlink' if message.down else 'uplink'}, from {message.start_ns / 1e6:.4f} ms "
        f"for {message.air_ns / 1e3:.1f} µs",
        f"{message.octets} octets at {_rate(message.rate_bps)}" + (", protected" if message.protected else ""),
    ]
    for each in message.arrivals:
        figures = [
            f"SNR {each.snr_db:.1f} dB" if each.snr_db is not None else "",
            f"clock {each.clock_ppm:+.1f} ppm" if each.clock_ppm is not None else "",
            f"carrier {each.cfo_hz:+.0f} Hz" if each.cfo_hz is not None else "",
        ]
        said = each.outcome if each.outcome == each.reason or not each.reason else f"{each.outcome}: {each.reason}"
        lines.append(", ".join([f"{each.station}: {said}", *filter(None, figures)]))
    return "\n".join(lines)
