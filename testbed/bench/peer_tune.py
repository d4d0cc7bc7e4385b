"""The peer's settings, tuned for one clock error: the loop first, then one after another, keeping what loses fewest."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

from testbed.bench.peer_chain import Settings, errors, receive
from testbed.bench.peer_packets import Packets

# Performance page, end of section 3: the bandwidths to be swept. The others are ours, in the peer's favour.
LOOP_BANDWIDTHS = (0.02, 0.03, 0.04, 0.05)
WIDER_BANDWIDTHS = (0.01, 0.1, 0.2)
_SYNC_SHARES = (0, 12, 24, 36)  # chips into the sync at which the time tag may stand
_CHOICES: dict[str, tuple[Any, ...]] = {
    "ted_gain": (0.1, 0.2, 0.35, 0.7),
    "damping": (0.7, 1.0, 2.0),
    "deviation": (1.1, 1.5, 3.0, 10.0),
    "offset": (0.0, 0.3, 0.5, 0.8),
    "filtered": (True, False),
    "threshold": (0.3, 0.4, 0.5),
}
PASSES = 2


def tuned(heard: Packets, clock_ppm: float, bandwidths: tuple[float, ...], passes: int = PASSES) -> Settings:
    """Return the settings that lose fewest of the packets ``heard``, which are for tuning and nothing else.

    Without ``passes`` they are the defaults, and only the place of the data is found.
    """
    best, fewest = _aligned(heard, Settings(), clock_ppm)
    chip = heard.form.chip
    for begun in _starts(bandwidths) if passes else ():
        tried, lost = _aligned(heard, begun, clock_ppm)
        if lost < fewest:
            best, fewest = tried, lost
    marks = tuple(chip * share + lag for share in _SYNC_SHARES for lag in (0, chip - 1, chip))
    for _ in range(passes):
        before = best
        for name, values in ({"loop_bandwidth": bandwidths, "mark_delay": marks} | _CHOICES).items():
            for value in values:
                if value == getattr(best, name):
                    continue
                tried, lost = _aligned(heard, replace(best, **{name: value}), clock_ppm)
                if lost < fewest:
                    best, fewest = tried, lost
        if best == before:
            break
    return best


def _starts(bandwidths: tuple[float, ...]) -> list[Settings]:
    """Return what belongs together, so that one after another would not find it: loop bandwidth, gain and offset."""
    gains, offsets = _CHOICES["ted_gain"], _CHOICES["offset"][::2]
    return [Settings(*pair, offset=offset) for pair in product(bandwidths, gains) for offset in offsets]


def _aligned(heard: Packets, settings: Settings, clock_ppm: float) -> tuple[Settings, int]:
    """Return ``settings`` with the count of chips from tag to data that loses fewest, and how many that are."""
    chips, found = receive(heard, settings, clock_ppm)
    form = heard.form
    about = len(form.word) + form.before_data + 1 - settings.mark_delay // form.chip
    lost, after = min((errors(heard, chips, found, each), each) for each in range(about - 2, about + 3))
    return replace(settings, data_after=after), lost
