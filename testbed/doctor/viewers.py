"""What looks at frames and pages: no run needs it, Wireshark's users and the tests do."""

from __future__ import annotations

import os
from pathlib import Path

from testbed.doctor.machine import APT, OK, WARN, Check, Machine

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def viewer_checks(machine: Machine) -> list[Check]:
    """Return the findings on Wireshark's terminal program and on a browser that tests can drive."""
    wireshark = "it shows a run's frames in a terminal, and the tests judge them by it; only they need it"
    browser = "the tests drive the live view and these pages' site with it; any browser shows them"
    return [
        _program(machine, "tshark", ("tshark",), wireshark, f"{APT} tshark"),
        _program(machine, "Chromium", CHROMIUM, browser, f"{APT} chromium (Ubuntu: sudo snap install chromium)"),
    ]


def _program(machine: Machine, name: str, programs: tuple[str, ...], why: str, fix: str) -> Check:
    for folder in machine.environment.get("PATH", "").split(os.pathsep):
        for program in programs:
            if os.access(Path(folder) / program, os.X_OK):
                return Check(name, OK, str(Path(folder) / program), why)
    return Check(name, WARN, "not on the PATH", why, fix)
