"""An air in a file: what `amp emulate --air FILE` reads."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


class AirFileError(ValueError):
    """A key or value of an air file is wrong; the message says which."""


@dataclass(frozen=True)
class AirFile:
    """Losses, noise and carrier errors of emulated radios; every field is a key of the file, each with a default.

    ``carrier_ppm`` has an entry per radio, from the first; those left out have no error.
    """

    path_loss_db: float = 60.0
    leak_db: float = 50.0
    noise_figure_db: float = 3.0
    carrier_ppm: tuple[float, ...] = ()
    seed: int = 0


_LIMITS = {"path_loss_db": (0, 200), "leak_db": (0, 200), "noise_figure_db": (0, 40), "seed": (0, 2**63)}
_MOST_PPM = 100


def air_of(table: Mapping[str, Any]) -> AirFile:
    """Return the air that the keys of ``table`` describe; raises AirFileError."""
    known = [each.name for each in fields(AirFile)]
    for key, value in table.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            raise AirFileError(f"unknown key {key!r}; " + (f"did you mean {near[0]!r}?" if near else f"known: {known}"))
        if key == "carrier_ppm":
            right = isinstance(value, list) and all(_is_number(each) and abs(each) <= _MOST_PPM for each in value)
            wanted = f"a list of numbers from -{_MOST_PPM} to {_MOST_PPM}"
        else:
            least, most = _LIMITS[key]
            right = _is_number(value) and least <= value <= most and (key != "seed" or isinstance(value, int))
            wanted = f"a number from {least} to {most}"
        if not right:
            raise AirFileError(f"{key} must be {wanted}, not {value!r}")
    values: dict[str, Any] = {key: tuple(value) if key == "carrier_ppm" else value for key, value in table.items()}
    return AirFile(**values)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
