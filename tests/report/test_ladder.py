"""The ladder of several tags, some of which hear and some do not: who said what to whom, as the events have it."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from testbed.report.ladder_svg import FIRST_X, STEP_X, ladder_svg
from testbed.report.messages import messages_of, stations_of
from testbed.report.notes import notes_of
from testbed.report.palette import DARK, LIGHT, plain

SVG = "{http://www.w3.org/2000/svg}"
MANIFEST = {"experiment": {"tags": [{"name": "left", "station_id": 1}, {"name": "right", "station_id": 0x2A}]}}
SENT = {"kind": "tx", "octets": 9, "rate_bps": 250_000, "name": "PAGING", "direction": "DL", "src": "AP", "dst": "all"}
EVENTS = [
    {**SENT, "t_ns": 0, "node": "ap", "start_ns": 1_000, "end_ns": 301_000},
    {"t_ns": 301_000, "node": "left", "kind": "rx", "direction": "DL", "start_ns": 1_050, "snr_db": 7.25},
    {"t_ns": 302_000, "node": "left", "kind": "security.authenticated", "peer": "ap"},
    # two replies in one slot: the AP has one of them, cannot read the other
    {**SENT, "t_ns": 311_000, "node": "left", "start_ns": 311_000, "end_ns": 400_000, "direction": "UL", "name": "A"},
    {**SENT, "t_ns": 311_900, "node": "right", "start_ns": 311_900, "end_ns": 400_900, "direction": "UL", "name": "B"},
    {"t_ns": 400_100, "node": "ap", "kind": "rx", "direction": "UL", "start_ns": 311_100, "snr_db": 9.0},
    {"t_ns": 400_950, "node": "ap", "kind": "drop", "start_ns": 311_850, "reason": "bad_fcs"},
    {**SENT, "t_ns": 60_000_000, "node": "ap", "start_ns": 60_000_000, "end_ns": 60_100_000, "dst": "0x002A"},
    {"t_ns": 60_100_000, "node": "right", "kind": "missed_dark", "octets": 9},
]


def test_what_came_of_each_at_every_station() -> None:
    stations = stations_of(MANIFEST, EVENTS)
    assert stations.lifelines == ("AP", "left", "right")
    told = [
        (each.name, each.sender, each.outcome, {arr.station: (arr.outcome, arr.reason) for arr in each.arrivals})
        for each in messages_of(EVENTS, stations)
    ]
    heard, missed = ("received", ""), ("not heard", "not heard")
    assert told == [
        ("PAGING", "AP", "received", {"left": heard, "right": missed}),
        ("A", "left", "received", {"AP": heard}),
        ("B", "right", "dropped", {"AP": ("dropped", "bad fcs")}),
        ("PAGING", "AP", "not heard", {"right": ("not heard", "it was dark")}),
    ]


def test_it_is_drawn_so() -> None:
    """Arrows go from lifeline to lifeline, marks stand where a station heard or did not, a pause is told."""
    stations = stations_of(MANIFEST, EVENTS)
    messages = messages_of(EVENTS, stations)
    svg = plain(ladder_svg(stations.lifelines, messages, notes_of(EVENTS, stations)))
    root = ElementTree.fromstring(svg)
    groups = {each.get("data-message"): each for each in root.iter(f"{SVG}g") if each.get("class") == "message"}
    assert list(groups) == ["1", "2", "3", "4"]
    ends = {}
    for number, group in groups.items():
        line = next(group.iter(f"{SVG}line"))
        ends[number] = [round((float(line.get(key, "0")) - FIRST_X) / STEP_X) for key in ("x1", "x2")]
        assert (line.get("stroke-dasharray") is None) is (messages[int(number) - 1].outcome == "received")
    assert ends == {"1": [0, 2], "2": [1, 0], "3": [2, 0], "4": [0, 2]}
    marks = [path.get("fill") == "none" for path in groups["1"].iter(f"{SVG}path")]
    assert marks == [False, True] and "heard by 1 of 2" in "".join(groups["1"].itertext())
    assert "7.2" in "".join(groups["1"].itertext()) and "+59.6" in "".join(root.itertext())
    assert "left has authenticated the AP" in "".join(root.itertext())


def test_every_colour_stands_out_from_its_paper() -> None:
    """WCAG 2.1, 1.4.3: text has a contrast of 4.5 to 1 with what is behind it, light and dark."""
    for scheme in (LIGHT, DARK):
        for name in set(scheme) - {"paper", "panel", "line"}:
            for behind in ("paper", "panel"):
                assert _contrast(scheme[name], scheme[behind]) >= 4.5, (name, behind)


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
