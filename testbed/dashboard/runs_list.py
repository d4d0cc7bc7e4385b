"""The runs of a folder, newest first: what each was and how it ended, and where its folder is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from testbed.run_record import STATES
from testbed.runner.names import MANIFEST

RUNS_MAX = 200
MANIFEST_OCTETS_MAX = 1 << 20


class RunsList:
    """Reads manifests as they change. ``also`` is a run folder of another place that may be looked at too."""

    def __init__(self, root: Path, also: Path | None = None) -> None:
        self._root, self._also = root, also
        self._known: dict[Path, tuple[int, dict[str, Any] | None]] = {}

    def all(self) -> list[dict[str, Any]]:
        """Return what the page shows of each run."""
        found = [self._row(path) for path in self._folders()]
        return [row for row in found if row is not None]

    def folder(self, key: str) -> Path | None:
        """Return the folder of a run that ``all`` has named; None for any other."""
        return next((path for path in self._folders() if path.name == key and self._row(path)), None)

    def _folders(self) -> list[Path]:
        also = [] if self._also is None else [self._also]
        try:
            inside = [path for path in self._root.iterdir() if (path / MANIFEST).is_file()]
        except OSError:
            inside = []
        inside.sort(key=lambda path: path.name, reverse=True)
        return [*also, *(path for path in inside[:RUNS_MAX] if path not in also)]

    def _row(self, folder: Path) -> dict[str, Any] | None:
        path = folder / MANIFEST
        try:
            changed = path.stat().st_mtime_ns
            known = self._known.get(path)
            if known is None or known[0] != changed:
                with path.open("rb") as stream:
                    self._known[path] = known = (changed, _row(folder, json.loads(stream.read(MANIFEST_OCTETS_MAX))))
        except (OSError, ValueError, RecursionError):
            return None
        return known[1]


def _row(folder: Path, manifest: object) -> dict[str, Any] | None:
    if not isinstance(manifest, dict) or manifest.get("state") not in STATES:
        return None
    systems, started = manifest.get("systems"), str(manifest.get("wall_started") or "")
    return {
        "folder": folder.name,
        "name": str(manifest.get("name") or folder.name),
        "state": manifest["state"],
        "ok": manifest.get("ok") is True,
        "system": str(systems[0]) if isinstance(systems, list) and systems else "",
        "radio": str(manifest.get("radio") or ""),
        "started": started[:32],
        "reason": str(manifest.get("reason") or "")[:400],
    }
