"""What was measured of a radio, in a file of its own, and whether a run may rely on it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal, get_type_hints

from ampradio.radio.interface import RadioIdentity
from testbed.atomic_file import write_atomically

FORMAT = 1
FOLDER_VARIABLE = "AMP_CALIBRATION"
Policy = Literal["refuse", "warn", "ignore"]
_MOST_OCTETS = 1 << 20
_NEAR_HZ = 100e6  # leakage and gains differ from band to band


class CalibrationError(Exception):
    """A calibration is missing, unusable, another radio's or out of date; ``fix`` says what to do."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(f"{reason}. Fix: {fix}")
        self.reason, self.fix = reason, fix


@dataclass(frozen=True)
class Calibration:
    """Measurements of one radio; None is what was not measured.

    ``delay_samples``: a burst reaches the own receiver by the antennas that much later than the chip's digital loopback
    says, at ``rate_sps`` and ``bandwidth_hz``; ``delay_spread_samples`` is how far the measurements differed.
    ``carrier_ppm``: the oscillator's error beside ``reference``. ``tx_leak_db``: from transmitter to own receiver, by
    nominal levels. ``noise``: ``(gain_db, noise_figure_db)`` each; the highest gain tells the receiver's own.
    ``gain_steps``: ``(gain_db, error_db)``, how much more than its number a gain gives, beside the lowest of the list.
    """

    serial: str
    model: str
    firmware: str
    measured_utc: str
    expires_utc: str
    centre_hz: int
    rate_sps: int
    bandwidth_hz: int
    delay_samples: float
    delay_spread_samples: float
    tx_leak_db: float
    noise: tuple[tuple[float, float], ...]
    gain_steps: tuple[tuple[float, float], ...]
    carrier_ppm: float | None = None
    reference: str = ""
    format: int = FORMAT

    @property
    def whole_delay_samples(self) -> int:
        """The delay as the driver takes it."""
        return round(self.delay_samples)


@dataclass(frozen=True)
class Consulted:
    """A calibration that may be used, or None, and what there is to warn about."""

    calibration: Calibration | None
    warnings: tuple[str, ...] = ()
    path: str = ""

    def delay_samples(self, rate_sps: int, bandwidth_hz: int) -> int:
        """Return the delay for the driver; 0 when none was measured at this rate and bandwidth."""
        found = self.calibration
        if found is None or (found.rate_sps, found.bandwidth_hz) != (rate_sps, bandwidth_hz):
            return 0
        return found.whole_delay_samples

    @property
    def carrier_ppm(self) -> float:
        """The oscillator's error for the tuning; 0 when it was not measured."""
        return (self.calibration.carrier_ppm or 0.0) if self.calibration else 0.0

    def as_facts(self) -> dict[str, object]:
        """Return the facts for a manifest, in JSON's types."""
        measured = asdict(self.calibration) if self.calibration else None
        return {"path": self.path, "calibration": measured, "warnings": list(self.warnings)}


def calibration_folder() -> Path:
    """Return where calibrations are kept: $AMP_CALIBRATION, or the user's data directory."""
    given = os.environ.get(FOLDER_VARIABLE)
    if given:
        return Path(given)
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "ampradio" / "calibration"


def calibration_path(serial: str, folder: Path | None = None) -> Path:
    """Return the file of the radio ``serial``."""
    name = "".join(each if each.isalnum() or each in "-_." else "_" for each in serial).strip(".") or "unknown"
    return (folder or calibration_folder()) / f"{name}.json"


def store(calibration: Calibration, path: Path) -> None:
    """Write ``calibration`` to ``path`` as a whole; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(asdict(calibration), indent=1) + "\n")


def load_calibration(path: Path) -> Calibration:
    """Return the calibration in ``path``.

    Raises:
        CalibrationError: there is none, or it is not one.
    """
    again = "measure again: amp calibrate URI"
    try:
        if path.stat().st_size > _MOST_OCTETS:
            raise CalibrationError(f"{path} is larger than any calibration", again)
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CalibrationError(f"there is no calibration {path}", "measure it: amp calibrate URI") from None
    except OSError as error:
        raise CalibrationError(f"{path}: {error.strerror}", "make it readable, or measure again") from None
    except (ValueError, RecursionError) as error:
        raise CalibrationError(f"{path} is no JSON: {error}", again) from None
    try:
        return _calibration(document)
    except (KeyError, TypeError, ValueError) as error:
        raise CalibrationError(f"{path} is no calibration: {error}", again) from None


def consult(
    identity: RadioIdentity,
    centre_hz: int,
    policy: Policy,
    *,
    path: Path | None = None,
    now: datetime | None = None,
) -> Consulted:
    """Return what may be used of the calibration of the radio ``identity``, from ``path`` or its usual place.

    Under "warn" a calibration that is missing or another radio's is left out, one that is out of date is used, and both
    are told. Under "ignore" there is none.

    Raises:
        CalibrationError: the policy is "refuse", and there is something to warn about.
    """
    if policy == "ignore":
        return Consulted(None)
    path = path or calibration_path(identity.serial)
    try:
        found = load_calibration(path)
    except CalibrationError as error:
        if policy == "refuse":
            raise
        return Consulted(None, (error.reason,), str(path))
    warnings = list(_doubts(found, identity, centre_hz, now or datetime.now(timezone.utc)))
    if warnings and policy == "refuse":
        fix = 'measure again: amp calibrate URI; or let it be used: plutos.calibration = "warn"'
        raise CalibrationError(f"{path}: {'; '.join(warnings)}", fix)
    return Consulted(found if found.serial == identity.serial else None, tuple(warnings), str(path))


def _doubts(found: Calibration, identity: RadioIdentity, centre_hz: int, now: datetime) -> list[str]:
    if found.serial != identity.serial:
        return [f"it is of radio {found.serial}, not {identity.serial}"]
    doubts = []
    if now >= datetime.fromisoformat(found.expires_utc):
        doubts.append(f"it expired {found.expires_utc}")
    if found.firmware != identity.firmware:
        doubts.append(f"it was measured with firmware {found.firmware}, now {identity.firmware}")
    if abs(found.centre_hz - centre_hz) > _NEAR_HZ:
        doubts.append(f"it was measured at {found.centre_hz / 1e6:g} MHz, not near {centre_hz / 1e6:g} MHz")
    return doubts


def _calibration(document: object) -> Calibration:
    if not isinstance(document, Mapping):
        raise TypeError("no object")
    if document.get("format") != FORMAT:
        raise ValueError(f"format {document.get('format')!r}, not {FORMAT}")
    known = {each.name for each in fields(Calibration)}
    if set(document) - known:
        raise ValueError(f"unknown keys {sorted(set(document) - known)}")
    kinds = get_type_hints(Calibration)
    values: dict[str, Any] = {name: _checked(name, value, kinds[name]) for name, value in document.items()}
    made = Calibration(**values)
    for moment in (made.measured_utc, made.expires_utc):
        if datetime.fromisoformat(moment).tzinfo is None:
            raise ValueError(f"{moment} has no time zone")
    return made


def _checked(name: str, value: object, kind: object) -> object:
    if name in ("noise", "gain_steps"):
        if not isinstance(value, list):
            raise TypeError(name)
        return tuple((_number(name, gain), _number(name, figure)) for gain, figure in value)
    if kind is str:
        if not isinstance(value, str):
            raise TypeError(name)
        return value
    if kind is int:
        number = _number(name, value)
        if number != int(number):
            raise ValueError(name)
        return int(number)
    return None if value is None and name == "carrier_ppm" else _number(name, value)


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e15:
        raise ValueError(f"{name} = {value!r}")
    return float(value)
