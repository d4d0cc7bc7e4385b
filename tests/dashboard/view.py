"""A live view as a user starts one, in a process and a folder of its own, with an authority and tags of `amp`."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.conftest import ROOT

GATEWAY = "0a0b0c0d"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def amp(*arguments: str, cwd: Path, live: str = "") -> str:
    """Run `amp`, watched at ``live``; it must succeed. Return what it says."""
    command = [sys.executable, "-m", "testbed.cli", *arguments]
    environment = ENVIRONMENT | ({"AMP_LIVE": live} if live else {})
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass(frozen=True)
class Answer:
    """What came back of one request."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class LiveView:
    """A running `amp dash`."""

    url: str
    live: str
    folder: Path
    log: Path
    process: subprocess.Popen[str]

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def ask(
        self, path: str, *, method: str = "GET", body: bytes = b"", headers: Mapping[str, str | None] | None = None
    ) -> Answer:
        """Send one request; a header of None is left out."""
        port = urlsplit(self.url).port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        given: dict[str, str | None] = {"Host": self.host, "Content-Length": str(len(body)), **(headers or {})}
        if method != "GET":
            given = {"Origin": self.origin, **given}
        with contextlib.closing(connection):
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in given.items():
                if value is not None:
                    connection.putheader(name, value)
            connection.endheaders(body or None)
            reply = connection.getresponse()
            return Answer(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())

    def whole(self) -> tuple[dict[str, Any], bytes]:
        """Return what a page that is opened now is told first."""
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(self.url).port, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", "/events")
            line = connection.getresponse().readline()
        return json.loads(line.removeprefix(b"data: ")), line

    def runs(self) -> list[Path]:
        """Return the folders of its runs, oldest first."""
        return sorted(path for path in (self.folder / "runs").iterdir() if path.is_dir())

    def resident_octets(self) -> int:
        """Return how much memory its process holds."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@contextlib.contextmanager
def live_view(folder: Path, *options: str, ended_by: signal.Signals = signal.SIGINT) -> Iterator[LiveView]:
    """Start `amp dash` on a free port and end it as Ctrl-C does; it must then be gone, with exit code 130."""
    log = folder / "dash.log"
    command = [sys.executable, "-m", "testbed.cli", "dash", "--port", "0", "--json", *options]
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, log.read_text()
        said = json.loads(line)
        yield LiveView(said["url"], said["live"], folder, log, process)
        process.send_signal(ended_by)
        assert process.wait(30) == 130
        assert not Path(said["live"].removeprefix("ipc://")).parent.exists()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def authority(folder: Path) -> tuple[str, ...]:
    """Make an authority with two tags in ``folder`` and return the options that tell a live view of them."""
    (folder / "tags").mkdir()
    vault = ("--db", "as.sqlite", "--key-file", "as.key")
    amp("keys", "create", *vault, cwd=folder)
    amp("keys", "gateway", GATEWAY, "--secret-file", "gw.secret", *vault, cwd=folder)
    for name in ("sensor-1", "sensor-2"):
        amp("tag", "make", "--name", name, "--out", "tags", *vault, cwd=folder)
    return (*vault, "--tags", "tags", "--gateway", GATEWAY)
