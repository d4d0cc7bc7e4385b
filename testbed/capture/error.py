"""The one error of recordings: which file, what is wrong with it, and what to do."""

from __future__ import annotations


class CaptureError(Exception):
    """A recording cannot be written or read."""

    def __init__(self, path: object, reason: str, fix: str) -> None:
        super().__init__(f"{path}: {reason}. Fix: {fix}")
        self.path, self.reason, self.fix = str(path), reason, fix
