"""Ctrl-C where Python would lose it, or leave a lock taken; while something cleans up; and a second time."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT

BEGINNING = """
import os, signal, sys, threading, time
from testbed import interruption
interruption.listen()
lock = threading.Lock()

def ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)

"""
FORGOTTEN = """
class Last:
    def __del__(self):
        ctrl_c()

try:
    Last()
    time.sleep(60)
except KeyboardInterrupt:
    interruption.end(130)
"""
CALLED_BACK = """
import ctypes

try:
    ctypes.CFUNCTYPE(None)(ctrl_c)()
    time.sleep(60)
except KeyboardInterrupt:
    interruption.end(130)
"""
TAKEN = """
class Taking:
    def __enter__(self):
        lock.acquire()
        os.kill(os.getpid(), signal.SIGINT)

    def __exit__(self, *error):
        lock.release()

try:
    with Taking():
        time.sleep(60)
except KeyboardInterrupt:
    interruption.end(1 if lock.locked() else 130)
"""
SWALLOWED = """
try:
    try:
        ctrl_c()
    except KeyboardInterrupt:
        pass
    time.sleep(60)
except KeyboardInterrupt:
    interruption.end(130 if interruption.asked() else 1)
"""
CLEANS_UP = """
try:
    ctrl_c()
finally:
    try:
        time.sleep(2 * interruption.LOOK_S)
        raise OSError
    except OSError:
        time.sleep(interruption.LOOK_S)
    interruption.end(130)
"""
NEVER_ENDS = """
try:
    ctrl_c()
finally:
    print("cleaning", flush=True)
    time.sleep(60)
"""
ANOTHER_ERROR = """
from testbed import cli

def imported(arguments):
    try:
        ctrl_c()
    except KeyboardInterrupt:
        raise ImportError("numpy.core.multiarray failed to import") from None

cli._run = imported
cli.script()
"""


@pytest.mark.parametrize(
    "program",
    [FORGOTTEN, CALLED_BACK, TAKEN, SWALLOWED, CLEANS_UP, ANOTHER_ERROR],
    ids=["in a __del__", "in a callback", "taking a lock", "swallowed", "cleaning up", "another error"],
)
def test_ctrl_c_is_heard(program: str) -> None:
    """Python's own is forgotten in the first two, leaves the lock taken in the third, is not repeated in the fourth."""
    command = [sys.executable, "-c", BEGINNING + program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr


def test_the_second_ends_at_once() -> None:
    """And one that comes right after the first, from a wrapper that passes it on, is the same one."""
    process = subprocess.Popen(
        [sys.executable, "-c", BEGINNING + NEVER_ENDS],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline() == "cleaning\n"
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=1.2)
    process.send_signal(signal.SIGINT)
    began_s = time.monotonic()
    _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (130, "\namp: interrupted at once\n") and time.monotonic() - began_s < 30


def test_what_a_shell_ignores_stays_ignored() -> None:
    """A job in the background of a script does not hear its Ctrl-C."""
    program = "import os, signal; from testbed import interruption; interruption.listen(); os.kill(os.getpid(), 2)"
    deaf = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); {program}; interruption.end(7)"
    assert subprocess.run([sys.executable, "-c", deaf], cwd=ROOT, check=False, timeout=60).returncode == 7
