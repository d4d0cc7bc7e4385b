"""Whole runs through an authentication server: of its own process, beside the gateway, silent or mad."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ampradio.mac.exchange import Exchange, perfect_link
from testbed.authority.database import Database
from testbed.authority.service import Service
from testbed.authority.vault import Vault
from testbed.cli import main
from testbed.experiment.error import ExperimentError
from testbed.radius.client import RadiusError
from testbed.runner.stations import stations_of
from tests.testbed.authority.world import (
    GWID,
    KEY,
    SECRETS,
    World,
    experiment,
    readings,
    run,
    serving,
    shared,
)


@contextlib.contextmanager
def amp_as(folder: Path, *more: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The program itself; yields its endpoint."""
    command = [sys.executable, "-m", "testbed.cli", "as", "--db", str(folder / "as.sqlite"), "--json"]
    command += ["--key-file", str(folder / "as.key"), "--listen", "127.0.0.1:0", *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["endpoint"], process
        finally:
            process.kill()


def test_a_tag_is_provisioned_through_amp_as(world: World) -> None:
    """R2.21, R2.23, R2.24: a server of its own process, TK1 and TK2 under the gateway's secret; twice, with epochs."""
    world.database.close()
    with amp_as(world.folder) as (endpoint, process):
        for _ in range(2):
            told, ok = run(experiment(world.folder, endpoint, "gw.secret"))
            assert ok and readings(told) == ["21.5C", "41%"]
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr is not None and "accept 2, challenge 2" in process.stderr.read()
    record = Database(world.folder / "as.sqlite", Vault(KEY)).find(world.made.qr)
    assert record is not None and record.epoch == 3 and record.current is not None and record.current.gwid == GWID


@pytest.mark.parametrize("variant", ["literal", "identity-hiding"])
def test_every_variant_speaks_radius(tmp_path: Path, variant: str) -> None:
    world = World(tmp_path, variant)
    with serving(lambda heard: [said] if (said := shared(tmp_path, heard)) else []) as endpoint:
        told, ok = run(experiment(tmp_path, str(endpoint), "gw.secret", f"security.variant={variant}"))
    assert ok and readings(told) == ["21.5C", "41%"]
    world.database.close()


def test_a_database_beside_the_gateway(world: World) -> None:
    """R2.22, R2.10: collocated, and end to end too."""
    plan = experiment(world.folder, "sqlite:as.sqlite", "as.key", "security.provisioning.end_to_end=true")
    told, ok = run(plan)
    assert ok and readings(told) == ["21.5C", "41%"]
    assert "as.key" not in json.dumps(plan.to_manifest()) and KEY.hex() not in repr(plan)


MISTAKES = [
    ("security.server=http://x", "radius://"),
    ("security.server=radius://x:99999", "radius://"),
    ("security.server_secret_file=none", "none cannot be read"),
    ("security.server_secret_file=empty", "no octets"),
    ("security.system=aiot", "no authentication server"),
    ("security.variant=literal", "made for variant"),
    ("security.provisioning.end_to_end=true", "no commands"),
    ("security.provisioning.hash_octets=16", "made for 8 octets"),
    ("security.provisioning.qr_file=gw.secret", "no picture"),
    ("security.server=", "there is no server"),
    ("tags[0].identity_file=gw.secret", "no tag's file"),
]


@pytest.mark.parametrize(("override", "what"), MISTAKES)
def test_an_experiment_that_cannot_be(world: World, override: str, what: str) -> None:
    (world.folder / "empty").touch()
    with pytest.raises(ExperimentError, match=re.escape(what)) as raised:
        experiment(world.folder, "radius://127.0.0.1:1", "gw.secret", override)
    assert raised.value.fix and SECRETS[GWID].expose().decode() not in str(raised.value)


@pytest.mark.parametrize("respond", [lambda heard: [], lambda heard: [b"\x02" * 64] * 50, lambda heard: [heard]])
def test_a_silent_mad_or_echoing_server_ends_the_run_clearly(world: World, respond: Any, tmp_path: Path) -> None:
    """Nothing is installed at either end, and the error names the server."""
    with serving(respond) as endpoint:
        plan = experiment(world.folder, str(endpoint), "gw.secret")
        stations = stations_of(plan)
        exchange = Exchange(plan.profile, {"ap": stations.ap}, {"tag": stations.tag}, perfect_link)
        with pytest.raises(RadiusError, match=f":{endpoint.port} does not answer"):
            exchange.run(1_000_000_000)
    assert [record.epoch for record in world.database] == [0]


def test_amp_provision_tells_that_nobody_listens(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """cli.md: an AS that does not answer is exit code 3."""
    from testbed.authority.label import write_label

    write_label(world.folder / "l.png", world.made.qr, "sensor")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        arguments = ["--qr", str(world.folder / "l.png"), "--tag", str(world.folder / "sensor.tag.json")]
        arguments += ["--gateway", GWID.hex(), "--server", f"radius://127.0.0.1:{silent.getsockname()[1]}"]
        arguments += ["--secret-file", str(world.folder / "gw.secret"), "--out", str(world.folder / "run")]
        assert main(["provision", *arguments, "-q"]) == 3
    said = capsys.readouterr().err
    assert "does not answer" in said and SECRETS[GWID].expose().decode() not in said
    assert SECRETS[GWID].expose().decode() not in (world.folder / "run/manifest.json").read_text()


def test_a_port_in_use(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    with Service(world.server, "127.0.0.1", 0) as service:
        files = ["--db", str(world.folder / "as.sqlite"), "--key-file", str(world.folder / "as.key")]
        assert main(["as", *files, "--listen", f"127.0.0.1:{service.port}"]) == 3
    assert "cannot be listened on" in capsys.readouterr().err
    assert os.environ.get("AMP_AS_KEY") is None
