"""What gr-iio's blocks say of losses: they clear the radio's loss register, and say so on standard output alone.

Whoever reads the register beside them sees a loss only where no block was faster. Each block prints a letter before it
clears, so the letters and the register together miss nothing. The source clears it once more without a word, a second
or two after it has started: what is to be relied on begins later (``SILENT_S``).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys

OVERFLOW, UNDERFLOW = b"O", b"U"
SILENT_S = 3.0  # from the flowgraph's start: the source looks whether it runs once a second, and a second later clears
_AT_ONCE = 1 << 16


class GrIioLosses:
    """Takes the process's standard output of C code; Python's stays as it is, and what is no letter goes to its error.

    Other text may hold such a letter: then there is one loss too many, never one too few.

    One per process, before the flowgraph.
    """

    def __init__(self) -> None:
        self._flush = ctypes.CDLL(None).fflush
        sys.stdout.flush()
        self._flush(None)
        sys.stdout = os.fdopen(os.dup(1), "w", encoding="utf-8")
        self._said, write = os.pipe()
        os.set_blocking(self._said, False)
        os.set_blocking(write, False)  # a full pipe has letters enough
        os.dup2(write, 1)
        os.close(write)

    def told(self) -> tuple[bool, bool]:
        """Return whether a block has said that received samples were lost, and that the transmitter ran dry."""
        self._flush(None)
        said = b""
        with contextlib.suppress(BlockingIOError):
            said = os.read(self._said, _AT_ONCE)
        other = said.translate(None, OVERFLOW + UNDERFLOW)
        if other.strip():
            sys.stderr.write(other.decode(errors="replace"))
        return OVERFLOW in said, UNDERFLOW in said
