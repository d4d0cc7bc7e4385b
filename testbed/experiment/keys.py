"""Unknown keys of an experiment file: the nearest known one, or the unit that is meant."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterator, Mapping

import msgspec

from testbed.experiment.error import KeyPath

_UNITS: dict[str, tuple[str, float]] = {
    "hz": ("frequency", 1.0),
    "khz": ("frequency", 1e3),
    "mhz": ("frequency", 1e6),
    "ghz": ("frequency", 1e9),
    "ns": ("time", 1e-9),
    "us": ("time", 1e-6),
    "ms": ("time", 1e-3),
    "s": ("time", 1.0),
    "db": ("ratio", 1.0),
    "dbm": ("power", 1.0),
    "dbfs": ("level", 1.0),
    "ppm": ("fraction", 1e-6),
    "ppb": ("fraction", 1e-9),
    "percent": ("fraction", 1e-2),
    "bps": ("rate", 1.0),
    "kbps": ("rate", 1e3),
    "mbps": ("rate", 1e6),
    "octets": ("length", 8.0),
    "bytes": ("length", 8.0),
    "bits": ("length", 1.0),
}


def _stem_and_unit(key: str) -> tuple[str, str]:
    stem, _, unit = key.rpartition("_")
    return (stem, unit.lower()) if stem and unit.lower() in _UNITS else (key, "")


def _number(value: float) -> str:
    return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.10g}"


def _with_unit(key: str, value: object, known: list[str]) -> tuple[str, str] | None:
    """Return reason and fix when ``key`` is a known key with another unit, or with none."""
    stem, unit = _stem_and_unit(key)
    for candidate in known:
        if candidate == key or _stem_and_unit(candidate)[0] != stem:
            continue
        expected = _stem_and_unit(candidate)[1]
        if not expected:
            continue
        reason = f"wrong unit {unit}: this key is in {expected}" if unit else f"no unit: this key is in {expected}"
        same = unit in _UNITS and _UNITS[unit][0] == _UNITS[expected][0]
        if same and isinstance(value, (int, float)) and not isinstance(value, bool):
            return reason, f"write {candidate} = {_number(value * _UNITS[unit][1] / _UNITS[expected][1])}"
        return reason, f"write {candidate} = a value in {expected}"
    return None


def explain_unknown(key: str, value: object, known: list[str]) -> tuple[str, str]:
    """Return the reason and the fix for a ``key`` that is none of ``known``."""
    unit = _with_unit(key, value, known)
    if unit:
        return unit
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    if near:
        return "unknown key", f"did you mean {near[0]}?"
    return "unknown key", "known here: " + ", ".join(known)


def _struct_of(kind: object) -> tuple[type[msgspec.Struct] | None, bool]:
    """Return the table type of a field and whether the field is an array of it."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind, False
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is tuple and arguments:
        return _struct_of(arguments[0])[0], True
    return None, False


def unknown_keys(
    table: Mapping[str, object], shape: type[msgspec.Struct], path: KeyPath = ()
) -> Iterator[tuple[KeyPath, str, str]]:
    """Yield the path, the reason and the fix of every key of ``table`` that ``shape`` does not have."""
    kinds = typing.get_type_hints(shape)
    for key, value in table.items():
        if key not in kinds:
            yield (*path, key), *explain_unknown(key, value, list(kinds))
            continue
        struct, array = _struct_of(kinds[key])
        if struct is None:
            continue
        rows = list(enumerate(value)) if array and isinstance(value, list) else [(None, value)]
        for index, row in rows:
            if isinstance(row, Mapping):
                yield from unknown_keys(row, struct, (*path, key) if index is None else (*path, key, index))
