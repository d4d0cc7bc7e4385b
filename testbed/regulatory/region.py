"""The table of a region: ranges of frequency with what they allow, each with its source."""

from __future__ import annotations

from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from testbed.experiment.toml import TomlError, parse_toml

_TABLE = Path(__file__).with_name("regions.toml")
_TEXTS = ("source", "provenance")


class RegulatoryError(Exception):
    """Something may not be sent, or a table cannot be read; ``fix`` says what to change."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(f"{reason}. Fix: {fix}")
        self.reason, self.fix = reason, fix


@dataclass(frozen=True)
class Range:
    """One row: what may be sent between ``low_hz`` and ``high_hz``, whole bandwidth within."""

    low_hz: float
    high_hz: float
    max_eirp_dbm: float
    duty_cycle: float
    duty_window_s: float
    source: str
    provenance: str
    max_dbm_per_mhz: float | None = None
    min_bandwidth_hz: float | None = None
    max_bandwidth_hz: float | None = None


@dataclass(frozen=True)
class Region:
    """A region's rows."""

    name: str
    title: str
    ranges: tuple[Range, ...]


def load_region(name_or_path: str) -> Region:
    """Return the region of a built-in name, capitals or not, or of a TOML file of that form.

    Raises:
        RegulatoryError: no such region, or a row is wrong.
    """
    regions = {region.name.lower(): region for region in _read(_TABLE)}
    if name_or_path.lower() in regions:
        return regions[name_or_path.lower()]
    path = Path(name_or_path)
    if path.suffix != ".toml" and not path.is_file():
        near = get_close_matches(name_or_path.lower(), regions, n=1)
        known = ", ".join(region.name for region in regions.values())
        fix = f"did you mean {regions[near[0]].name}?" if near else f"give {known}, or a TOML file"
        raise RegulatoryError(f"there is no region {name_or_path!r}", fix)
    found = _read(path)
    if len(found) != 1:
        raise RegulatoryError(f"{path}: {len(found)} regions", "write one table: [name], with [[name.ranges]]")
    return found[0]


def _read(path: Path) -> list[Region]:
    try:
        document = parse_toml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RegulatoryError(f"{path}: {error}", "give --region a readable TOML file") from None
    except TomlError as error:
        raise RegulatoryError(f"{path}: line {error.line}: {error}", "correct the file") from None
    return [_region(path, name, table) for name, table in document.items()]


def _region(path: Path, name: str, table: object) -> Region:
    where = f"{path}: {name}"
    if not isinstance(table, dict) or not isinstance(table.get("ranges"), list) or not table["ranges"]:
        raise RegulatoryError(f"{where} has no ranges", f"write [[{name}.ranges]]; testbed/regulatory has examples")
    rows = tuple(_range(f"{where}.ranges[{index}]", row) for index, row in enumerate(table["ranges"]))
    return Region(name, str(table.get("title", name)), rows)


def _range(where: str, row: object) -> Range:
    known = {each.name: each for each in fields(Range)}
    if not isinstance(row, dict):
        raise RegulatoryError(f"{where} is no table", "write key = value lines")
    values: dict[str, Any] = {}
    for key, value in row.items():
        right = isinstance(value, str) if key in _TEXTS else isinstance(value, (int, float)) and value == value
        if key not in known or isinstance(value, bool) or not right:
            raise RegulatoryError(f"{where}: {key} = {value!r}", f"known keys: {', '.join(known)}")
        values[key] = value
    missing = [name for name, each in known.items() if name not in values and not _has_default(each)]
    if missing:
        raise RegulatoryError(f"{where} lacks {', '.join(missing)}", "add them")
    made = Range(**values)
    if not (0 < made.low_hz < made.high_hz and 0 < made.duty_cycle <= 1 and made.duty_window_s > 0):
        raise RegulatoryError(f"{where}: a range or a share that cannot be", "low < high, duty cycle above 0 up to 1")
    if made.provenance not in ("rule", "default"):
        raise RegulatoryError(f"{where}: provenance {made.provenance!r}", 'write "rule" or "default"')
    return made


def _has_default(each: Any) -> bool:
    return each.default is None
