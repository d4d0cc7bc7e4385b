"""What a sweep varies: ``--over channel.uplink_snr_db=0:14:1``, ``--over ap.uplink_rate_kbps=250,1000``."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from testbed.experiment.toml import TomlError, parse_toml, parse_value
from testbed.seeds import seed_for
from testbed.sweep.error import SweepError

POINTS_MAX = 100_000
SEED_BITS = 53
"""What every reader of JSON keeps exactly."""
_NUMBER = r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d{1,2})?"
_RANGE = re.compile(rf"\s*({_NUMBER}):({_NUMBER})(?::({_NUMBER}))?\s*")
_EXAMPLE = "write --over channel.uplink_snr_db=0:14:1 or --over ap.uplink_rate_kbps=250,1000"


@dataclass(frozen=True)
class Axis:
    """A key of the experiment file and the values it takes, in order."""

    key: str
    values: tuple[object, ...]


@dataclass(frozen=True)
class Point:
    """One value for each axis; ``index`` is its place in the table."""

    index: int
    values: tuple[tuple[str, object], ...]

    @property
    def overrides(self) -> tuple[str, ...]:
        """The point as ``--set`` texts."""
        return tuple(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in self.values)

    @property
    def label(self) -> str:
        """The point as a person reads it."""
        return ", ".join(f"{key}={value}" for key, value in self.values)

    def seed(self, sweep_seed: int, run: int) -> int:
        """Return the seed of run number ``run``: it depends on the point's values, not on what else is swept."""
        name = ",".join(sorted(f"{key}={_canonical(value)}" for key, value in self.values))
        word = seed_for(sweep_seed, f"sweep {name} run {run}").generate_state(1, np.uint64)[0]
        return int(word) >> (64 - SEED_BITS)


def axis_of(text: str) -> Axis:
    """Return the axis of ``key=a:b:step`` (``b`` included) or ``key=value,value``; raises SweepError."""
    key, equals, values = text.partition("=")
    if not equals or not key.strip() or not values.strip():
        raise SweepError(f"--over {text}: it is not key=values", _EXAMPLE)
    found = tuple(_values(text, values))
    for at, value in enumerate(found):
        if not isinstance(value, (str, int, float, list)):
            raise SweepError(f"--over {text}: {value} is no value of an experiment file", _EXAMPLE)
        if value in found[:at]:
            raise SweepError(f"--over {text}: {value} comes twice", "name each value once")
    return Axis(key.strip(), found)


def points_of(axes: Sequence[Axis]) -> tuple[Point, ...]:
    """Return every combination, the last axis fastest; raises SweepError."""
    keys = [axis.key for axis in axes]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice:
        raise SweepError(f"{twice} is swept twice", "give its values in one --over")
    size = int(np.prod([len(axis.values) for axis in axes], dtype=object))
    if size > POINTS_MAX:
        raise SweepError(f"these are {size} points", f"ask for at most {POINTS_MAX}")
    combinations = itertools.product(*(axis.values for axis in axes))
    return tuple(Point(at, tuple(zip(keys, values, strict=True))) for at, values in enumerate(combinations))


def _values(text: str, values: str) -> list[object]:
    parts = values.split(",")
    if any(_RANGE.fullmatch(part) for part in parts):
        return [value for part in parts for value in (_range(text, part) or [parse_value(part.strip())])]
    try:
        listed = parse_toml(f"values = [{values}]")["values"]
    except TomlError:
        return [parse_value(part.strip()) for part in parts]
    assert isinstance(listed, list)
    return listed


def _range(text: str, part: str) -> list[object]:
    match = _RANGE.fullmatch(part)
    if match is None:
        return []
    first, last, step = (Decimal(each or "1") for each in match.groups())
    if step == 0 or (last - first) / step < 0:
        raise SweepError(f"--over {text}: {part} never gets from {first} to {last}", "give first:last:step")
    size = int((last - first) / step) + 1
    if size > POINTS_MAX:
        raise SweepError(f"--over {text}: these are {size} values", f"ask for at most {POINTS_MAX}")
    # decimals, so that 0:1:0.1 holds 0.3 and not 0.30000000000000004
    return [_plain(first + number * step) for number in range(size)]


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def _canonical(value: object) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return json.dumps(float(value))
    return json.dumps(value)
