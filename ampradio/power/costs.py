"""What a primitive call, an NVM row or an octet costs a tag: a swappable table, each figure with its origin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ampradio.profile.errors import ProfileError
from ampradio.profile.load import parse_toml, read_section
from ampradio.profile.model import Entry

_FOLDER = Path(__file__).resolve().parent
_NS_PER_S = 1e9


@dataclass(frozen=True)
class Costs:
    """The figures of one table; cycles are per unit of a primitive (a compression, a block, a ladder, an octet)."""

    clock_hz: int
    core_w: float
    sha256_cycles: int
    sha1_cycles: int
    aes_cycles: int
    x25519_cycles: int
    rng_octet_cycles: int
    nvm_row_j: float
    nvm_row_ns: int
    rx_octet_j: float
    tx_octet_j: float

    def of(self, cause: str, units: int) -> tuple[float, float]:
        """Return energy in J and time in ns of ``units`` of a primitive or of NVM rows.

        Raises ``ValueError`` for a cause that the table does not have.
        """
        if cause == "nvm_row":
            return units * self.nvm_row_j, float(units * self.nvm_row_ns)
        cycles = {
            "sha256": self.sha256_cycles,
            "sha1": self.sha1_cycles,
            "aes": self.aes_cycles,
            "x25519": self.x25519_cycles,
            "rng": self.rng_octet_cycles,
        }.get(cause)
        if cycles is None:
            raise ValueError(f"no cost for {cause!r}")
        seconds = units * cycles / self.clock_hz
        return seconds * self.core_w, seconds * _NS_PER_S


@dataclass(frozen=True)
class CostTable:
    """A table with the provenance of its entries."""

    name: str
    costs: Costs
    entries: tuple[Entry, ...]

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The keys of figures that are this project's own."""
        return tuple(entry.key for entry in self.entries if entry.provenance == "placeholder")


def built_in_tables() -> tuple[str, ...]:
    """Return the names of the tables that ship with the library."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def load_costs(name_or_path: str | Path) -> CostTable:
    """Return the table of a built-in name or of a TOML file of the caller's.

    Raises ProfileError naming the file, the field and the reason.
    """
    text = str(name_or_path)
    path = _FOLDER / f"{text}.toml" if text in built_in_tables() else Path(name_or_path)
    document = parse_toml(path)
    for key in document:
        if key not in ("name", "costs"):
            raise ProfileError(str(path), key, "is not known; a cost table has name and [costs]")
    name = document.get("name")
    if not isinstance(name, str) or not name:
        raise ProfileError(str(path), "name", "must be a non-empty text")
    entries = read_section(path, "costs", Costs, document.get("costs"))
    for entry in entries:
        if isinstance(entry.value, bool) or not isinstance(entry.value, (int, float)) or not entry.value >= 0:
            raise ProfileError(str(path), f"{entry.key}.value", "must not be negative")
    # Any: read_section has held every value to the type of its field
    figures: dict[str, Any] = {entry.key.partition(".")[2]: entry.value for entry in entries}
    costs = Costs(**figures)
    if not costs.clock_hz:
        raise ProfileError(str(path), "costs.clock_hz.value", "must be above 0")
    return CostTable(name, costs, tuple(entries))
