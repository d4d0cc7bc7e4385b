"""What the live view knows and does: the run that is watched, the run that it started, who looks on."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.dashboard.experiments import OWN, RADIOS, Choices, own_experiment
from testbed.dashboard.live_source import LiveSource
from testbed.dashboard.onboarding import READING_MAX, Desk, forget, scanned
from testbed.dashboard.run_process import BusyError, RunProcess
from testbed.dashboard.run_view import RunView
from testbed.dashboard.runs_list import RunsList
from testbed.dashboard.watchers import Watchers
from testbed.exits import CallerMistake
from testbed.live.messages import Closed, LiveMessage, Opened, Samples, Told
from testbed.run_folder import new_folder
from testbed.runner.names import MANIFEST

PUMP_S = 0.05
LOOK_S = 0.5
SEED_MAX = 1 << 63


@dataclass(frozen=True)
class Places:
    """Folders: of runs, of a finished run to show first, of experiment files, and one that only its owner enters."""

    runs: Path
    private: Path
    here: Path
    shown: Path | None = None

    @property
    def pasted(self) -> Path:
        """Where a pasted experiment is while it runs."""
        return self.private / "own.toml"


class Control:
    """One thread's: everything here happens in the server's event loop."""

    def __init__(self, places: Places, desk: Desk) -> None:
        """Listen for runs; raises zmq.ZMQError."""
        self.places, self.desk = places, desk
        self.choices = Choices(places.here)
        self.runs = RunsList(places.runs, places.shown)
        self.source = LiveSource(f"ipc://{places.private}/live", self._take)
        self.process = RunProcess(self.source.address, self._process_changed)
        self.watchers = Watchers(self.whole)
        self._view: RunView | None = None
        self._run = ""
        self._looked_s = 0.0
        self._process_news = False
        self._said_watching: dict[str, int] = {}
        self._starting = asyncio.Lock()

    def whole(self) -> dict[str, Any]:
        """Return what a page that has just been opened shows."""
        view = {} if self._view is None else self._view.whole()
        return {"whole": True, "process": self.process.status(), "watching": self._watching(), **view}

    async def pump(self) -> None:
        """Tell the watchers what has changed, twenty times a second, until cancelled."""
        while True:
            await asyncio.sleep(PUMP_S)
            self.source.listen(len(self.watchers) > 0)
            self._look()
            document = {} if self._view is None else self._view.changes()
            if self._process_news:
                self._process_news = False
                document["process"] = self.process.status()
            watching = self._watching()
            if watching != self._said_watching:
                document["watching"] = self._said_watching = watching
            if document:
                self.watchers.publish(document)

    async def start(self, request: dict[str, Any]) -> None:
        """Start what a page asks for; raises CallerMistake, ExperimentError or BusyError."""
        radio, seed = request.get("radio") or "", request.get("seed")
        if radio not in RADIOS:
            raise CallerMistake("the page starts runs over zmq: and sim: only", "start it in a terminal: amp run FILE")
        if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < SEED_MAX):
            raise CallerMistake("a seed is a whole number that is not negative", "leave it out for the file's own")
        key, text = request.get("experiment"), request.get("text")
        async with self._starting:
            self._refuse_when_busy()
            if key == OWN:
                experiment = own_experiment(text if isinstance(text, str) else "", "own.toml")
                path, name = self.places.pasted, experiment.name
                path.write_text(experiment.text if not isinstance(text, str) else text, encoding="utf-8")
            else:
                choice = await asyncio.to_thread(self.choices.of, str(key))
                path, name = choice.path.absolute(), choice.name
            options = [*(["--radio", radio] if radio else []), *(["--seed", str(seed)] if seed is not None else [])]
            await self._begin(["run", str(path), *options], name, lambda: self.places.pasted.unlink(missing_ok=True))

    async def provision(self, octets: bytes, kind: str, radio: str, reading: str) -> str:
        """Provision the tag whose label a picture shows and return its name; raises CallerMistake or BusyError."""
        if self.desk.lacks:
            raise CallerMistake("this live view knows nowhere to provision", f"amp dash {self.desk.lacks}")
        if radio not in RADIOS or len(reading) > READING_MAX or not reading.isprintable():
            raise CallerMistake("that radio or reading cannot be", "a reading is up to 32 printable characters")
        async with self._starting:
            self._refuse_when_busy()
            found = await asyncio.to_thread(scanned, octets, kind, self.desk, self.places.private)
            words = self.desk.arguments(found.picture, found.tag, radio or "sim:", reading)
            await self._begin(words, f"provision {found.name}", lambda: forget(found.picture))
            return found.name

    async def close(self) -> None:
        """Stop the run that was started here, and let every watcher go."""
        self.watchers.closing = True
        await self.process.stop()
        self.source.close()

    def _refuse_when_busy(self) -> None:
        if self.process.busy:
            raise BusyError

    async def _begin(self, words: list[str], name: str, done: Callable[[], None]) -> None:
        folder = new_folder(name, None, self.places.runs).absolute()

        def ended() -> None:
            done()
            self._look(at_once=True)

        self._view = None
        self.watchers.publish({"cleared": True})
        await self.process.start([*words, "--out", str(folder)], name, folder, ended)

    def _take(self, message: LiveMessage) -> None:
        ours = self.process.pid
        if ours is not None and message.run != str(ours):
            return  # while a run of this page goes on, it is the one that is shown
        if isinstance(message, Opened):
            if self._run != message.run or self._view is None:
                self._show(message.run, Path(message.folder))
            else:
                self._view.catch_up()
        elif message.run == self._run and self._view is not None:
            if isinstance(message, Told):
                self._view.tell(message.number, message.line)
            elif isinstance(message, Samples):
                self._view.show(message)
            elif isinstance(message, Closed):
                self._look(at_once=True)

    def _show(self, run: str, folder: Path) -> None:
        if folder.is_absolute() and (folder / MANIFEST).is_file():
            self._run, self._view = run, RunView(folder)

    def _look(self, *, at_once: bool = False) -> None:
        """See, now and then, whether the run that is shown has begun or ended."""
        now_s = time.monotonic()
        if not at_once and now_s - self._looked_s < LOOK_S:
            return
        self._looked_s = now_s
        folder, pid = self.process.folder, self.process.pid
        if self._view is None and pid is not None and folder is not None:
            self._show(str(pid), folder)
        elif self._view is not None and self._view.state == "running":
            with contextlib.suppress(OSError):
                self._view.look()

    def _process_changed(self) -> None:
        self._process_news = True

    def _watching(self) -> dict[str, int]:
        return {
            "browsers": len(self.watchers),
            "dropped": self.watchers.dropped,
            "missed": self.source.counters["missed"],
            "malformed": self.source.counters["malformed"],
        }
