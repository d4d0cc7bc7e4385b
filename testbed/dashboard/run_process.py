"""The one run that the page may start: `amp` as a process of its own, stopped as Ctrl-C stops it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from testbed.live.address import VARIABLE

SAID_OCTETS_MAX = 1 << 20
INTERRUPT_PATIENCE_S = 15.0
IDLE, RUNNING, STOPPING = "idle", "running", "stopping"


class BusyError(Exception):
    """A run is going on already."""


class RunProcess:
    """Starts, watches and stops it. ``changed`` is called whenever ``status`` has changed."""

    def __init__(self, live_address: str, changed: Callable[[], None]) -> None:
        self._environment = {**os.environ, VARIABLE: live_address}
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._state = IDLE
        self.what = ""
        self.folder: Path | None = None
        self._end: dict[str, Any] | None = None

    @property
    def pid(self) -> int | None:
        """Of the run that goes on."""
        return None if self._process is None else self._process.pid

    @property
    def busy(self) -> bool:
        """Whether a run goes on."""
        return self._state != IDLE

    def status(self) -> dict[str, Any]:
        """Return what the page shows of it; ``end`` says how the last one ended."""
        folder = None if self.folder is None else self.folder.name
        return {"state": self._state, "what": self.what, "folder": folder, "end": self._end}

    async def start(self, arguments: Sequence[str], what: str, folder: Path, done: Callable[[], None]) -> None:
        """Start `amp` with ``arguments``; ``done`` is called at its end. Raises BusyError."""
        if self.busy:
            raise BusyError
        self._state, self.what, self.folder, self._end = RUNNING, what, folder, None
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "testbed.cli",
                *arguments,
                "--json",
                "--quiet",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=self._environment,
                start_new_session=True,
            )
        except OSError as error:
            self._finish({"ok": False, "code": 3, "reason": f"it cannot be started: {error.strerror}", "fix": ""})
            done()
            return
        self._watch = asyncio.create_task(self._wait(done))
        self._changed()

    async def stop(self) -> None:
        """Interrupt the run, if one goes on, and wait for its end; kill it when it does not end."""
        process, watch = self._process, self._watch
        if process is None or watch is None:
            return
        if self._state == RUNNING:
            self._state = STOPPING
            self._changed()
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.shield(watch), INTERRUPT_PATIENCE_S)
        if not watch.done():
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await watch

    def abandon(self) -> None:
        """Interrupt the run without waiting for it: for an impatient end, when nobody waits for anything."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGINT)

    async def _wait(self, done: Callable[[], None]) -> None:
        process = self._process
        assert process is not None and process.stdout is not None
        said = b""
        while piece := await process.stdout.read(65_536):
            if len(said) < SAID_OCTETS_MAX:
                said += piece
        code = await process.wait()
        self._finish(_ending(code, said))
        done()

    def _finish(self, end: dict[str, Any]) -> None:
        self._process, self._watch = None, None
        self._state, self._end = IDLE, end
        if self.folder is not None and self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()  # it was stopped, or refused, before it began
        self._changed()


def _ending(code: int, said: bytes) -> dict[str, Any]:
    """Return how a run ended in words for the page: never more than `amp` says to everybody."""
    try:
        document = json.loads(said)
    except ValueError:
        document = {}
    document = document if isinstance(document, dict) else {}
    error = document.get("error")
    if isinstance(error, dict):
        return {"ok": False, "code": code, "reason": str(error.get("reason")), "fix": str(error.get("fix"))}
    if code in (130, -signal.SIGINT):
        return {"ok": False, "code": 130, "reason": "stopped", "fix": ""}
    if code not in (0, 1):
        return {"ok": False, "code": code, "reason": f"it ended with exit code {code}", "fix": "run: amp doctor"}
    return {"ok": code == 0, "code": code, "reason": str(document.get("reason") or ""), "fix": ""}
