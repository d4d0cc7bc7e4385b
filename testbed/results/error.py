"""What is wrong with a question about results."""

from __future__ import annotations


class ResultsError(Exception):
    """The question cannot be answered, or a file holds no results; ``fix`` says what to do."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.reason, self.fix = reason, fix
