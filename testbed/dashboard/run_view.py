"""One run as the page shows it, from its folder and from what it tells while it happens."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from testbed.dashboard.counters import RunCounters
from testbed.dashboard.ladder_rows import LadderRows
from testbed.dashboard.shown_samples import ShownSamples
from testbed.dashboard.tag_list import TagList
from testbed.event_log import EventLogError, read_events
from testbed.live.messages import Samples
from testbed.report.messages import stations_of
from testbed.run_record import EVENTS
from testbed.runner.names import MANIFEST

MANIFEST_OCTETS_MAX = 1 << 20
EVENTS_OCTETS_MAX = 64 << 20
READ_EVERY_S = 2.0


class RunView:
    """Built from the folder of a run, running or over; ``told`` counts its events so far."""

    def __init__(self, folder: Path) -> None:
        """Read the folder as far as it is written; what cannot be read is left out."""
        self.folder = folder
        self.samples = ShownSamples()
        self.manifest: dict[str, Any] = {}
        self._begin()
        self.read()

    def read(self) -> None:
        """Read the manifest again, and the events that are not known yet."""
        self._read_s = time.monotonic()
        self.manifest = _manifest(self.folder) or self.manifest
        events = _events(self.folder)
        if self._nameless or (events and (self._gaps or len(events) < self.told)):
            self._begin()
        for event in events[self.told :]:
            self.take(event)
        counted = self.manifest.get("counters")
        for node, counters in counted.items() if isinstance(counted, dict) else ():
            self._final(node, counters)
        self.counters.radios(self.manifest.get("radios"))
        if self.state != "running":
            self.ladder.finish()
        self._said_run = None

    def look(self) -> None:
        """See whether the run has ended."""
        manifest = _manifest(self.folder)
        if manifest is not None and (self._nameless or manifest.get("state") != "running"):
            self.read()

    @property
    def state(self) -> str:
        """``running`` until its manifest says otherwise."""
        return str(self.manifest.get("state") or "running")

    def catch_up(self) -> None:
        """Read what is missing, unless that was done a moment ago; a run that is too fast is read at its end."""
        if time.monotonic() - self._read_s >= READ_EVERY_S:
            self.read()

    def tell(self, number: int, line: str) -> None:
        """Take event ``number`` as the run tells it; those that are missing before it are in the folder."""
        if number > self.told:
            self.catch_up()
        if number > self.told:
            self._gaps, self.told = True, number
        if number == self.told:
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):
                event = None
            self.take(event if isinstance(event, dict) else {})

    def take(self, event: Mapping[str, object]) -> None:
        """Take the next event."""
        self.told += 1
        for each in (self.ladder, self.tags, self.counters):
            each.take(event)
        t_ns = event.get("t_ns")
        if isinstance(t_ns, int) and not isinstance(t_ns, bool):
            self._t_ns = max(self._t_ns, t_ns)

    def show(self, message: Samples) -> None:
        """Take samples of a node."""
        self.samples.take(message)
        self.counters.receiver(message.role, message.counters, message.received, message.skipped)

    def changes(self) -> dict[str, Any]:
        """Return and forget what has changed since the last call."""
        changes: dict[str, Any] = {}
        run = self._run()
        if run != self._said_run:
            self._said_run = changes["run"] = run
        if rows := self.ladder.changed():
            changes["rows"] = rows
        if self.tags.changed:
            self.tags.changed, changes["tags"] = False, list(self.tags.tags.values())
        if self.counters.changed:
            self.counters.changed, changes["counters"] = False, self.counters.as_dict()
        if samples := self.samples.new():
            changes["samples"] = samples
        return changes

    def whole(self) -> dict[str, Any]:
        """Return everything, for a page that knows nothing yet."""
        return {
            "run": self._run(),
            "rows": list(self.ladder.rows),
            "tags": list(self.tags.tags.values()),
            "counters": self.counters.as_dict(),
            "samples": self.samples.whole(),
        }

    def _begin(self) -> None:
        self.told = 0
        self._gaps = False
        self._t_ns = 0
        self._nameless = not self.manifest
        self._stations = stations_of(self.manifest, [])
        self.ladder = LadderRows(self._stations)
        self.tags = TagList(self.manifest, self._stations)
        self.counters = RunCounters()
        self._said_run: dict[str, Any] | None = None

    def _final(self, node: str, counters: object) -> None:
        if isinstance(counters, dict):
            plain = {str(name): value for name, value in counters.items() if isinstance(value, int)}
            data = self.folder / f"{node}.sigmf-data"
            octets = 4 if _recorded_as(self.manifest) == "ci16_le" else 8
            self.counters.receiver(node, plain, 0)
            if data.is_file():
                self.counters.recorded(node, data.stat().st_size // octets)

    def _run(self) -> dict[str, Any]:
        say = self.manifest.get
        systems = say("systems")
        return {
            "folder": self.folder.name,
            "name": str(say("name") or self.folder.name),
            "state": self.state,
            "ok": say("ok"),
            "radio": say("radio"),
            "seed": (say("seeds") or {}).get("run") if isinstance(say("seeds"), dict) else None,
            "system": systems[0] if isinstance(systems, list) and systems else None,
            "variant": say("variant"),
            "reason": str(say("reason") or ""),
            "air_ms": round(self._t_ns / 1e6, 3),
        }


def _recorded_as(manifest: Mapping[str, Any]) -> str:
    try:
        return str(manifest["experiment"]["record"]["format"])
    except (KeyError, TypeError):
        return ""


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        with (folder / MANIFEST).open("rb") as stream:
            manifest = json.loads(stream.read(MANIFEST_OCTETS_MAX))
    except (OSError, ValueError, RecursionError):
        return None
    return manifest if isinstance(manifest, dict) else None


def _events(folder: Path) -> list[dict[str, object]]:
    path = folder / EVENTS
    try:
        if path.stat().st_size > EVENTS_OCTETS_MAX:
            return []
        return read_events(path)[0]
    except (OSError, EventLogError, RecursionError):
        return []
