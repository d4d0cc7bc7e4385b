"""The processes of a run: started, watched, and never left behind."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Protocol

import msgspec

from testbed.runner.errors import RunError

_LOG = logging.getLogger(__name__)
DOCTOR = "run `amp doctor`"
GRACE_S = 3.0


class RoleConfig(Protocol):
    """What a process is told: a structure that says which part it plays."""

    @property
    def role(self) -> str: ...


class NodeProcess:
    """One process of a run; its standard input is the leash it lives on.

    Args:
        config: what it is to do.
        folder: where its configuration goes.
        log_folder: where its standard error (``ROLE.log``) goes.
        module: which program it is.
    """

    def __init__(self, config: RoleConfig, folder: Path, log_folder: Path, module: str = "testbed.node") -> None:
        self.role = config.role
        self.log = log_folder / f"{config.role}.log"
        path = folder / f"{config.role}.json"
        path.write_bytes(msgspec.json.format(msgspec.json.encode(config)))
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, str(path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # a socket that it names itself must not stay where the user happens to be
                env={**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(folder)},
                start_new_session=True,
            )
        self._told = False
        self._said: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def expect(self, state: str, patience_s: float) -> dict[str, Any]:
        """Return what the process says when it reaches ``state``; whatever else it says renews ``patience_s``.

        Raises:
            RunError: it failed, ended or said nothing in time.
        """
        while True:
            said = self._next(state, patience_s)
            if said["state"] == state:
                return said
            if said["state"] == "compiled":
                self._tell_compiling()
            if said["state"] == "error":
                raise self._failed(str(said.get("reason")))

    def check(self) -> None:
        """Raise RunError when the process has failed or ended; what else it has said waits for ``expect``."""
        for _ in range(self._said.qsize()):
            said = self._said.get()
            if said is None:
                raise self._failed(f"ended with exit code {self._process.wait()}")
            if said["state"] == "error":
                raise self._failed(str(said.get("reason")))
            self._said.put(said)

    def end(self) -> None:
        """End the process: close its standard input, then kill what is left."""
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def reap(self, until_s: float = 0.0) -> None:
        """Wait for the end up to this time of ``time.monotonic``, usually a little, and make sure of it."""
        try:
            self._process.wait(max(0.0, (until_s or time.monotonic() + GRACE_S) - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def wrote_log(self) -> bool:
        """Whether it had anything to say on standard error."""
        return self.log.is_file() and self.log.stat().st_size > 0

    def _tell_compiling(self) -> None:
        if not self._told:
            _LOG.warning("the %s process compiles its receiver's loops first, which takes a minute once", self.role)
        self._told = True

    def _next(self, state: str, patience_s: float) -> dict[str, Any]:
        try:
            said = self._said.get(timeout=patience_s)
        except queue.Empty:
            raise self._failed(f"was not {state} within {patience_s:g} s") from None
        if said is None:
            raise self._failed(f"ended with exit code {self._process.wait()}")
        return said

    def _failed(self, reason: str) -> RunError:
        if "in use" in reason.lower():
            fix = "another run holds this address: end it, or give another port with --radio zmq:tcp://127.0.0.1:PORT"
        else:
            fix = DOCTOR + (f"; the process's own words are in {self.log}" if self.wrote_log else "")
        return RunError(f"the {self.role} process: {reason}", fix)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            # GNU Radio writes notices to standard output too.
            if line.startswith(b"{"):
                with contextlib.suppress(ValueError):
                    self._said.put(json.loads(line))
        self._said.put(None)
