"""`amp doctor`: what this machine lacks or has in a combination that does not work, and the command that fixes it.

Needs nothing but Python's own library, so that it runs where everything else is broken.
"""

from __future__ import annotations

import tempfile

from testbed.doctor.machine import FAIL, OK, WARN, Check, Machine
from testbed.doctor.pluto import pluto_checks
from testbed.doctor.software import software_checks
from testbed.doctor.viewers import viewer_checks

__all__ = ["FAIL", "OK", "WARN", "Check", "Machine", "run_checks"]


def run_checks(machine: Machine | None = None) -> list[Check]:
    """Return every finding on ``machine`` (default: this one), in the order in which a person should mend them."""
    machine = machine or Machine()
    return [*software_checks(machine), *pluto_checks(machine), *viewer_checks(machine), _runs(machine)]


def _runs(machine: Machine) -> Check:
    name, why = "run folder", "every run writes its recording and events there"
    folder = next(path for path in (machine.runs.absolute(), *machine.runs.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Check(name, FAIL, f"{folder}: {error.strerror}", why, "amp run --out DIR with a folder you may write")
    return Check(name, OK, f"{machine.runs} can be written", why)
