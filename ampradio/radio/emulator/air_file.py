"""An air in a file: what `amp emulate --air FILE` reads."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeGuard


class AirFileError(ValueError):
    """A key or value of an air file is wrong; the message says which."""


@dataclass(frozen=True)
class AirFile:
    """Losses, noise and errors of emulated radios; every field is a key of the file, each with a default.

    ``carrier_ppm`` and ``clock_ppm`` have an entry per radio, from the first; those left out have no error.
    ``reflecting`` lists radios, counted from 0, whose samples are reflection coefficients.
    """

    path_loss_db: float = 60.0
    leak_db: float = 50.0
    delay_ns: float = 0.0
    multipath: str = "none"
    doppler_hz: float = 0.0
    noise_figure_db: float = 3.0
    carrier_ppm: tuple[float, ...] = ()
    clock_ppm: tuple[float, ...] = ()
    reflecting: tuple[int, ...] = ()
    seed: int = 0


_LIMITS = {
    "path_loss_db": (0, 200),
    "leak_db": (0, 200),
    "delay_ns": (0, 100_000),
    "doppler_hz": (0, 1000),
    "noise_figure_db": (0, 40),
    "seed": (0, 2**63),
}
_LISTS = {"carrier_ppm": (-100, 100), "clock_ppm": (-100, 100), "reflecting": (0, 15)}
_WHOLE = ("seed", "reflecting")
_MODELS = ("none", "B", "D")


def air_of(table: Mapping[str, Any]) -> AirFile:
    """Return the air that the keys of ``table`` describe; raises AirFileError."""
    known = [each.name for each in fields(AirFile)]
    for key, value in table.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            raise AirFileError(f"unknown key {key!r}; " + (f"did you mean {near[0]!r}?" if near else f"known: {known}"))
        if key == "multipath":
            right, wanted = value in _MODELS, f"one of {', '.join(_MODELS)}"
        elif key in _LISTS:
            least, most = _LISTS[key]
            right = isinstance(value, list) and all(_fits(key, each, least, most) for each in value)
            wanted = f"a list of numbers from {least} to {most}"
        else:
            least, most = _LIMITS[key]
            right, wanted = _fits(key, value, least, most), f"a number from {least} to {most}"
        if not right:
            raise AirFileError(f"{key} must be {wanted}, not {value!r}")
    values: dict[str, Any] = {key: tuple(value) if key in _LISTS else value for key, value in table.items()}
    file = AirFile(**values)
    if file.doppler_hz and file.multipath == "none":
        raise AirFileError('doppler_hz needs multipath = "B" or "D" beside it: nothing else fades')
    return file


def _fits(key: str, value: object, least: float, most: float) -> bool:
    return _is_number(value) and least <= value <= most and (key not in _WHOLE or isinstance(value, int))


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
