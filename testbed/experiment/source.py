"""The text of an experiment file, and where in it a complaint belongs."""

from __future__ import annotations

from pathlib import Path

from testbed.experiment.error import ExperimentError, KeyPath, dotted
from testbed.experiment.lines import key_lines, line_of


class Source:
    """The text of one experiment file, the overrides of it, and how to complain about a key."""

    def __init__(self, name: str, text: str, folder: Path) -> None:
        self.name, self.text, self.folder = name, text, folder
        self.lines = key_lines(text)
        self.overridden: dict[str, str] = {}

    def error(self, path: KeyPath, reason: str, fix: str) -> ExperimentError:
        """Return the complaint about ``path``, at the override that set it or at its line of the file."""
        for key, override in self.overridden.items():
            if dotted(path).startswith(key) or (path not in self.lines and key.startswith(dotted(path))):
                return ExperimentError(override, dotted(path), reason, fix)
        return ExperimentError(self.name, dotted(path), reason, fix, line_of(self.lines, path))
