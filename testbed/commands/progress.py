"""How far a long verb is, and about how long it will still take, on standard error."""

from __future__ import annotations

import sys
import time

FIRST_S, AGAIN_S, REDRAW_S = 2.0, 10.0, 0.1


class Progress:
    """Nothing of what is done within two seconds; then one line rewritten on a terminal, elsewhere a line each tenth.

    Elsewhere there is also a line every ten seconds, so that a log shows that something is alive.
    """

    def __init__(self, what: str, *, quiet: bool) -> None:
        self._what, self._quiet = what, quiet
        self._began_s = time.monotonic()
        self._first: int | None = None
        self._told, self._told_s = 0, 0.0

    def begin(self, processes: str) -> None:
        """Say at once that something begins whose first result may take a while."""
        if not self._quiet:
            print(f"{self._what} begin, {processes}", file=sys.stderr, flush=True)

    def __call__(self, done: int, total: int) -> None:
        """Tell that ``done`` of ``total`` are done; what was done before the first call took none of our time."""
        if self._first is None:
            self._first = self._told = done - 1
        terminal, now_s = sys.stderr.isatty(), self.seconds
        if self._quiet or not self._is_due(done, total, now_s, terminal):
            return
        self._told, self._told_s = done, now_s
        left_s = now_s / max(done - self._first, 1) * (total - done)
        left = f", about {left_s:.0f} s left   " if done else ""
        end = "\r" if terminal and done < total else "\n"
        sys.stderr.write(f"{done}/{total} {self._what}{left}{end}")
        sys.stderr.flush()

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._began_s

    def _is_due(self, done: int, total: int, now_s: float, terminal: bool) -> bool:
        if self._told_s == 0.0:
            return now_s >= FIRST_S and done < total
        if terminal or done == total:
            return done == total or now_s - self._told_s >= REDRAW_S
        return done - self._told >= max(total // 10, 1) or now_s - self._told_s >= AGAIN_S
