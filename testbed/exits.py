"""How `amp` ends: the exit codes that scripts rely on, and the two errors a verb ends with."""

from __future__ import annotations

import errno
import sys
import traceback
from dataclasses import dataclass

DONE = 0
DID_NOT_HOLD = 1
CALLERS_MISTAKE = 2
ENVIRONMENT = 3
INTERRUPTED = 130


class CallerMistake(Exception):  # noqa: N818 – reads as what it is
    """The caller asked for what cannot be done; ``fix`` says what to write instead."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.reason, self.fix = reason, fix


class EnvironmentFault(Exception):  # noqa: N818 – reads as what it is
    """The machine lacks something; ``fix`` says what to do about it."""

    def __init__(self, reason: str, fix: str = "run: amp doctor") -> None:
        super().__init__(reason)
        self.reason, self.fix = reason, fix


@dataclass(frozen=True)
class Ending:
    """What an error means to the caller of `amp`: exit code, reason and fix."""

    code: int
    reason: str
    fix: str

    def as_dict(self) -> dict[str, object]:
        """Return the parts for ``--json``."""
        return {"error": {"exit_code": self.code, "reason": self.reason, "fix": self.fix}}


# By module and name, so that asking does not import what the verb did not need
_CODE_OF = {
    ("testbed.exits", "CallerMistake"): CALLERS_MISTAKE,
    ("testbed.exits", "EnvironmentFault"): ENVIRONMENT,
    ("ampradio.profile.errors", "ProfileError"): CALLERS_MISTAKE,
    ("testbed.experiment.error", "ExperimentError"): CALLERS_MISTAKE,
    ("testbed.run_record", "RunFolderError"): CALLERS_MISTAKE,
    ("testbed.capture.error", "CaptureError"): CALLERS_MISTAKE,
    ("testbed.event_log", "EventLogError"): CALLERS_MISTAKE,
    ("testbed.sweep.error", "SweepError"): CALLERS_MISTAKE,
    ("testbed.results.error", "ResultsError"): CALLERS_MISTAKE,
    ("testbed.runner.errors", "RunError"): ENVIRONMENT,
    ("testbed.radius.client", "RadiusError"): ENVIRONMENT,
    ("testbed.authority.database", "DatabaseError"): ENVIRONMENT,
    ("testbed.authority.vault", "VaultError"): CALLERS_MISTAKE,
    ("testbed.authority.entry", "EntryError"): CALLERS_MISTAKE,
    ("testbed.authority.label", "LabelError"): CALLERS_MISTAKE,
    ("ampradio.radio.errors", "RadioUriError"): CALLERS_MISTAKE,
    ("testbed.regulatory.region", "RegulatoryError"): CALLERS_MISTAKE,
    ("testbed.radios.calibration", "CalibrationError"): CALLERS_MISTAKE,
    ("ampradio.radio.errors", "RadioSettingError"): CALLERS_MISTAKE,
    ("ampradio.radio.errors", "RadioError"): ENVIRONMENT,
}
_FIX_OF = {
    "ProfileError": "correct the file, or its name; `amp profile` shows the shipped one",
    "EntryError": "correct the record; nothing was changed",
}
_FIX_OF_OS: dict[int | None, str] = {
    errno.ENOENT: "is the name right, and its folder there?",
    errno.ENOTDIR: "is the name right? a part of it is a file, not a folder",
    errno.EISDIR: "name a file; this is a folder",
    errno.EACCES: "look at its rights, or name another place",
    errno.EROFS: "name a place that can be written",
    errno.ENOSPC: "make space there, or name another place",
}
_DISTRIBUTION_MODULES = ("gnuradio", "pmt", "iio", "adi", "zmq", "numpy")


def ending_of(error: BaseException) -> Ending | None:
    """Return how ``error`` ends `amp`, or None for an error nobody foresaw."""
    if isinstance(error, ImportError) and (unusable := _unusable_module(error)):
        return Ending(ENVIRONMENT, f"cannot use {unusable}: {error}", "run: amp doctor")
    for kind in type(error).__mro__:
        code = _CODE_OF.get((kind.__module__, kind.__name__))
        if code is not None:
            fix = str(getattr(error, "fix", "") or _FIX_OF.get(kind.__name__, ""))
            return Ending(code, str(error).removesuffix(f". Fix: {fix}"), fix)
    if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
        where = f"{error.filename}: " if error.filename else ""
        return Ending(ENVIRONMENT, f"{where}{error.strerror or error}", _FIX_OF_OS.get(error.errno, "run: amp doctor"))
    return None


def _unusable_module(error: ImportError) -> str:
    """Return the distribution's module that could not be imported; empty when it was one of another kind."""
    if (error.name or "").partition(".")[0] in _DISTRIBUTION_MODULES:
        return error.name or ""
    # compiled modules that do not fit (numpy 2 beside GNU Radio) do not say who they are
    importing = (frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__))
    return next((name for name in importing if name.partition(".")[0] in _DISTRIBUTION_MODULES), "")


def tell(ending: Ending) -> None:
    """Write ``ending`` on standard error as `amp` words every error."""
    print(f"amp: error: {ending.reason}", file=sys.stderr)
    if ending.fix:
        print(f"     fix: {ending.fix}", file=sys.stderr)
