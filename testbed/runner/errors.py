"""What can end a run before its time."""

from __future__ import annotations


class RunError(Exception):
    """The environment failed the run (a process, a port, GNU Radio); ``fix`` says what to do about it."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.fix = fix
