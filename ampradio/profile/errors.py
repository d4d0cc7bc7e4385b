"""The one error a profile file can cause."""

from __future__ import annotations


class ProfileError(ValueError):
    """A profile file cannot be used; says which file, which field and why."""

    def __init__(self, file: str, field: str, reason: str) -> None:
        self.file = file
        self.field = field
        self.reason = reason
        place = f"{file}: {field}" if field else file
        super().__init__(f"{place}: {reason}")
