"""`make test-hw`: it passes on `amp emulate`, where it is a radio of its own, and fails where there is none."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.doc_reader import targets

PATIENCE_S = 200


def make_test_hw(uri: str) -> subprocess.CompletedProcess[str]:
    recipe = targets()["test-hw"].replace("$(PYTHON)", sys.executable).replace("$(URI)", uri)
    return subprocess.run(recipe, shell=True, capture_output=True, text=True, timeout=PATIENCE_S, check=False, cwd=ROOT)


def test_an_emulated_radio_passes_what_a_real_one_has_to() -> None:
    command = [sys.executable, "-m", "testbed.cli", "emulate", "--port", "0", "--json"]
    emulator = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert emulator.stdout is not None
        (uri,) = json.loads(emulator.stdout.readline())["uris"]
        done = make_test_hw(uri)
    finally:
        emulator.kill()
        emulator.communicate()
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"serial emulated0000, firmware v0.38, at {uri}" in done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed and int(passed[1]) > 25
    assert "skipped" not in done.stdout and "failed" not in done.stdout


@pytest.mark.parametrize(
    ("uri", "said"),
    [("", "which radio?"), ("ip:127.0.0.1:1", "no radio answers at ip:127.0.0.1:1"), ("zmq:", "names no radio")],
)
def test_without_a_radio_it_fails_and_says_why(uri: str, said: str) -> None:
    done = make_test_hw(uri)
    assert (done.returncode, done.stdout) == (3, "")
    assert said in done.stderr and "fix: " in done.stderr
