"""What gr-iio's blocks print of losses is read from the process, without its own output being lost."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.conftest import ROOT

# as gr-iio prints: C's printf, which keeps what it is given until somebody flushes it
PROGRAM = """
import ctypes, json, sys
from flowgraphs.gr_iio_losses import GrIioLosses
c = ctypes.CDLL(None)
losses, told = GrIioLosses(), []
told.append(losses.told())
for letters in (b"O", b"U", b"UOO"):
    c.printf(letters)
    told.append(losses.told())
c.printf(b"a library's word\\n")
told.append(losses.told())
for _ in range(200_000):
    c.printf(b"O")
told += [losses.told(), losses.told()]
print(json.dumps(told))
"""


def test_letters_are_losses_and_nothing_else_is() -> None:
    """Each is told once, however many; Python's own output and other text go where they belong, and nothing hangs."""
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    nothing, overflow, underflow = [False, False], [True, False], [False, True]
    told = json.loads(done.stdout)
    assert told[:5] == [nothing, overflow, underflow, [True, True], nothing]
    assert told[5] == overflow
    assert "a library's word" in done.stderr
