"""What is wrong with a sweep that was asked for."""

from __future__ import annotations


class SweepError(Exception):
    """The points make no sense, or the folder belongs to another sweep; ``fix`` says what to do."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.reason, self.fix = reason, fix
