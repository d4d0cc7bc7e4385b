"""Read a profile file into the typed, frozen Profile, and refuse a bad one by field and reason."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

from ampradio.profile.errors import ProfileError
from ampradio.profile.limits import first_impossible
from ampradio.profile.model import Entry, Profile

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DEFAULT = "11bp-2026.09"
PROVENANCES = ("adopted", "poll", "pdt", "contribution", "baseline", "placeholder")
ENTRY_KEYS = ("value", "unit", "provenance", "source")

_FOLDER = Path(__file__).resolve().parent
_UNIT_OF_SUFFIX = {
    "_ns": "ns", "_hz": "Hz", "_sps": "S/s", "_bps": "b/s", "_db": "dB", "_dbm": "dBm", "_ppm": "ppm", "_deg": "deg",
    "_m": "m", "_w": "W", "_f": "F", "_v": "V", "_octets": "octets", "_octets_max": "octets", "_samples": "samples",
    "_widths": "bits", "_cycles": "cycles", "_j": "J", "_bits": "bits", "_bits_max": "bits",
}  # fmt: skip
_TYPE_NAMES = {int: "an integer", float: "a number", str: "a text"}


def built_in_profiles() -> tuple[str, ...]:
    """Return the names of the profiles that ship with the library."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def load_profile(name_or_path: str | Path = DEFAULT) -> Profile:
    """Return the profile of a built-in name or of a TOML file of the caller's, cached while the file is unchanged.

    Raises ProfileError naming the file, the field and the reason.
    """
    path = _locate(name_or_path)
    try:
        status = path.stat()
    except OSError as error:
        raise ProfileError(str(name_or_path), "", error.strerror or "cannot be read") from error
    return _load(path, (status.st_mtime_ns, status.st_size))


def unit_of(key: str, kind: object) -> str:
    """Return the unit that the field ``key`` of type ``kind`` is written in; "1" is a plain number or code."""
    if kind is str and key.endswith("_bits"):
        return "chips"
    longest = max(filter(key.endswith, _UNIT_OF_SUFFIX), key=len, default="")
    return _UNIT_OF_SUFFIX.get(longest, "1")


def _locate(name_or_path: str | Path) -> Path:
    text = str(name_or_path)
    if isinstance(name_or_path, str) and text in built_in_profiles():
        return _FOLDER / f"{text}.toml"
    path = Path(name_or_path)
    if not path.exists():
        known = ", ".join(built_in_profiles())
        raise ProfileError(text, "", f"no such profile: neither a file nor a built-in one ({known})")
    return path.resolve()


@lru_cache(maxsize=32)
def _load(path: Path, _stamp: tuple[int, int]) -> Profile:
    document = parse_toml(path)
    hints = get_type_hints(Profile)
    sections: dict[str, Any] = {key: kind for key, kind in hints.items() if is_dataclass(kind)}
    _same_keys(path, "", document, ("name", *sections))
    name = document["name"]
    if not isinstance(name, str) or not name:
        raise ProfileError(str(path), "name", "must be a non-empty text")
    groups: dict[str, Any] = {}
    entries: list[Entry] = []
    for section, kind in sections.items():
        read = read_section(path, section, kind, document[section])
        groups[section] = kind(**{entry.key.partition(".")[2]: entry.value for entry in read})
        entries += read
    profile = Profile(name=name, entries=tuple(entries), **groups)
    impossible = first_impossible(profile)
    if impossible is not None:
        raise ProfileError(str(path), impossible.field, impossible.reason)
    return profile


def parse_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file holds; raises ProfileError naming the file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(str(path), "", f"not a TOML file: {error}") from error
    except OSError as error:
        raise ProfileError(str(path), "", error.strerror or "cannot be read") from error


def read_section(path: Path, section: str, kind: Any, table: object) -> list[Entry]:
    """Return the entries of a table that has one for every field of the dataclass ``kind``, each with its provenance.

    Raises ProfileError naming the file, the field and the reason.
    """
    if not isinstance(table, dict):
        raise ProfileError(str(path), section, "must be a table of entries")
    hints = get_type_hints(kind)
    keys = tuple(field.name for field in fields(kind))
    _same_keys(path, section, table, keys)
    return [_read_entry(path, f"{section}.{key}", hints[key], table[key]) for key in keys]


def _read_entry(path: Path, key: str, kind: Any, entry: object) -> Entry:
    if not isinstance(entry, dict):
        raise ProfileError(str(path), key, "must be { value = …, unit = …, provenance = …, source = … }")
    _same_keys(path, key, entry, ENTRY_KEYS)
    for part in ENTRY_KEYS[1:]:
        if not isinstance(entry[part], str) or not entry[part].strip():
            raise ProfileError(str(path), f"{key}.{part}", "must be a non-empty text")
    unit = unit_of(key.partition(".")[2], kind)
    if entry["unit"] != unit:
        raise ProfileError(str(path), f"{key}.unit", f'is "{entry["unit"]}", must be "{unit}"')
    if entry["provenance"] not in PROVENANCES:
        near = _nearest(entry["provenance"], PROVENANCES)
        raise ProfileError(str(path), f"{key}.provenance", f'"{entry["provenance"]}" is none of {PROVENANCES}{near}')
    value = _typed(path, f"{key}.value", kind, entry["value"])
    return Entry(key, value, unit, entry["provenance"], entry["source"])


def _typed(path: Path, key: str, kind: Any, value: object) -> object:
    items = get_args(kind)
    if items:
        if not isinstance(value, list) or not value:
            raise ProfileError(str(path), key, f"must be a list, each item {_TYPE_NAMES[items[0]]}")
        return tuple(_typed(path, f"{key}[{index}]", items[0], item) for index, item in enumerate(value))
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise ProfileError(str(path), key, f"is {value!r}, must be {_TYPE_NAMES[kind]}")
    return value


def _same_keys(path: Path, place: str, table: Mapping[str, object], known: tuple[str, ...]) -> None:
    prefix = f"{place}." if place else ""
    for key in table:
        if key not in known:
            raise ProfileError(str(path), prefix + key, f"is not known{_nearest(key, known)}")
    for key in known:
        if key not in table:
            raise ProfileError(str(path), prefix + key, "is missing")


def _nearest(word: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(word, known, n=1)
    return f"; nearest is {close[0]}" if close else ""
