"""How far a long verb is, and about how long it will still take, on standard error."""

from __future__ import annotations

import sys
import time


class Progress:
    """One line rewritten on a terminal, a line each tenth elsewhere."""

    def __init__(self, what: str, *, quiet: bool) -> None:
        self._what, self._quiet = what, quiet
        self._began_s = time.monotonic()
        self._first: int | None = None
        self._told = 0

    def __call__(self, done: int, total: int) -> None:
        """Tell that ``done`` of ``total`` are done; what was done before the first call took none of our time."""
        if self._first is None:
            self._first = done - 1
        terminal = sys.stderr.isatty()
        if self._quiet or (not terminal and done < total and done - self._told < max(total // 10, 1)):
            return
        self._told = done
        left_s = self.seconds / max(done - self._first, 1) * (total - done)
        end = "\r" if terminal and done < total else "\n"
        print(f"{done}/{total} {self._what}, about {left_s:.0f} s left   ", end=end, file=sys.stderr, flush=True)

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._began_s
