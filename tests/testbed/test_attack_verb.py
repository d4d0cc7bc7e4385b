"""`amp attack`: the matrix as JSON, one system from a file, and what is said about an attack that is none."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from testbed.cli import main
from tests.conftest import ROOT

SYSTEMS = 10


def test_one_system_of_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    """cli.md: `matrix`; an attack that succeeds is a finding, the exit code is 0."""
    assert main(["attack", str(ROOT / "examples/aiot.toml"), "--only", "X1,X5", "--json"]) == 0
    out = capsys.readouterr()
    matrix = json.loads(out.out)["matrix"]
    assert set(matrix) == {"X1", "X5"}
    assert matrix["X5"]["aiot hardened"] == {"succeeds": False, "text": "rejected"}
    assert "2/2 X5 on aiot hardened: rejected" in out.err


def test_the_variant_of_the_file_is_what_is_attacked(capsys: pytest.CaptureFixture[str]) -> None:
    """W3.1: the literal variant executes a command again."""
    example = str(ROOT / "examples/aiot.toml")
    assert main(["attack", example, "--only", "X1", "--set", "security.variant=literal", "--json", "-q"]) == 0
    assert json.loads(capsys.readouterr().out)["matrix"]["X1"]["aiot literal"]["succeeds"] is True


def test_an_attack_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attack", "--only", "X99"]) == 2
    assert "use some of X1" in capsys.readouterr().err


def test_in_a_narrow_terminal_each_cell_is_a_line_that_can_be_read() -> None:
    """Ten columns of a matrix do not fit 80 of a terminal: names of systems were broken over three lines."""
    master, slave = os.openpty()
    command = [sys.executable, "-m", "testbed.cli", "attack", "--only", "X5"]
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}
    with subprocess.Popen(command, stdout=slave, stderr=subprocess.DEVNULL, env=environment) as process:
        os.close(slave)
        said = b""
        while "└".encode() not in said:
            said += os.read(master, 65536)
        assert process.wait(60) == 0
    os.close(master)
    lines = re.sub("\x1b\\[[0-9;]*m", "", said.decode()).splitlines()
    assert max(map(len, lines)) <= 80
    assert len([line for line in lines if re.match(r"│ X5 rogue gateway +│ S[1-5]\S* +│ \w", line)]) == SYSTEMS
