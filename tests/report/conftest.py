"""Runs to report on: one over ZMQ with recordings, and one of each security system, with the keys that they used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ampradio.security.secret import Secret
from testbed.cli import main
from tests.conftest import ROOT

SYSTEMS = ("demo", "provisioning", "aiot", "rsna", "handover")
LEAST_KEY_OCTETS = 8
PSK = bytes(range(7, 39))


@dataclass(frozen=True)
class Recorded:
    """A run folder, and every key that existed in this process while it was made."""

    path: Path
    keys: frozenset[bytes]


def run(name: str, out: Path, *arguments: str) -> Recorded:
    """Run an example, and note every Secret that is made meanwhile."""
    keys: set[bytes] = set()
    real = Secret.__init__

    def noted(self: Secret, octets: bytes) -> None:
        real(self, octets)
        keys.add(bytes(octets))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Secret, "__init__", noted)
        main(["run", str(ROOT / "examples" / f"{name}.toml"), "--out", str(out), "-q", *arguments])
    return Recorded(out, frozenset(each for each in keys if len(each) >= LEAST_KEY_OCTETS and any(each)))


@pytest.fixture(scope="session")
def over_zmq(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """One round of S1 over flowgraphs, recorded."""
    return run("minimal", tmp_path_factory.mktemp("zmq") / "run", "--radio", "zmq:")


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recorded]:
    """All five systems, the tag of one of them powered, and a run that failed."""
    root = tmp_path_factory.mktemp("sim")
    made = {name: run(name, root / name, "--radio", "sim:") for name in SYSTEMS}
    power = ["power.incident_dbm=-14", "ap.retry_pause_ms=60", "ap.retries=20"]
    made["powered"] = run("aiot", root / "powered", "--radio", "sim:", *(f for s in power for f in ("--set", s)))
    drowned = ["--set", "channel.uplink_snr_db=-25", "--set", "ap.retries=1", "--set", f'tags[0].psk_hex="{PSK.hex()}"']
    made["failed"] = run("minimal", root / "failed", "--radio", "sim:", *drowned)
    return made


@pytest.fixture(scope="session")
def page_over_zmq(over_zmq: Recorded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The page of the recorded run, with its plots as files beside it."""
    folder = tmp_path_factory.mktemp("page")
    plots = ["--svg", str(folder / "svg"), "--png", str(folder / "png")]
    assert main(["report", str(over_zmq.path), "--out", str(folder / "page.html"), "-q", *plots]) == 0
    yield folder / "page.html"
