"""The one error of an experiment file: where, what, why, and what to write instead."""

from __future__ import annotations

KeyPath = tuple[str | int, ...]


def dotted(path: KeyPath) -> str:
    """Return ``path`` as a person writes it: ``("tags", 0, "address")`` gives ``tags[0].address``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


class ExperimentError(Exception):
    """An experiment file, or an override of it, cannot be run.

    ``file`` is the file's name (or ``--set``), ``line`` counts from 1 and is None when no line says it,
    ``path`` is the dotted key. No text of it ever holds a key or a PSK.
    """

    def __init__(self, file: str, path: str, reason: str, fix: str, line: int | None = None) -> None:
        self.file, self.line, self.path, self.reason, self.fix = file, line, path, reason, fix
        where = file if line is None else f"{file}:{line}"
        super().__init__(": ".join(part for part in (where, path, reason) if part) + (f". Fix: {fix}" if fix else ""))

    def as_dict(self) -> dict[str, str | int | None]:
        """Return the parts for ``--json``."""
        return {"file": self.file, "line": self.line, "path": self.path, "reason": self.reason, "fix": self.fix}
