"""`amp doctor` in environments that really are broken: other interpreters, other packages on the path, other roots."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from testbed.cli import main
from testbed.doctor import FAIL, OK, WARN, Check, Machine, run_checks

NAMES = [
    "Python", "GNU Radio", "numpy", "gr-zeromq", "grcc", "Companion", "pyzmq", "cryptography", "libiio", "pylibiio",
    "pyadi-iio", "USB permissions", "tshark", "Chromium", "run folder",
]  # fmt: skip


def _checks(**changes: object) -> dict[str, Check]:
    return {check.name: check for check in run_checks(Machine(**changes))}  # type: ignore[arg-type]


def _beside(folder: Path, **variables: str) -> dict[str, str]:
    """This process's environment with ``folder`` ahead of everything installed."""
    return {**os.environ, "PYTHONPATH": str(folder), **variables}


def _module(folder: Path, name: str, text: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(text)


def _installed(folder: Path, name: str, version: str) -> None:
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def _rule(root: Path, text: str) -> None:
    folder = root / "etc/udev/rules.d"
    folder.mkdir(parents=True)
    (folder / "53-sdr.rules").write_text(text)


def _plug_in_pluto(root: Path, *, with_node: bool) -> None:
    device = root / "sys/bus/usb/devices/1-2"
    device.mkdir(parents=True)
    for name, text in (("idVendor", "0456"), ("idProduct", "b673"), ("busnum", "1"), ("devnum", "7")):
        (device / name).write_text(text + "\n")
    if with_node:
        node = root / "dev/bus/usb/001/007"
        node.parent.mkdir(parents=True)
        node.touch()


def test_here_everything_the_simulated_air_needs_is_found() -> None:
    """Issue item 1: a machine that was set up has no failing check, and every check says why it matters."""
    checks = _checks()
    assert list(checks) == NAMES
    assert not [check for check in checks.values() if check.status == FAIL]
    assert all(check.why and check.found for check in checks.values())
    assert all(check.fix for check in checks.values() if check.status != OK)


def test_numpy_2_beside_the_distributions_gnu_radio(tmp_path: Path) -> None:
    """Issue item 1: numpy 2 beside the distribution's GNU Radio is named, with where it comes from."""
    _module(tmp_path, "numpy", "__version__ = '2.4.6'\n")
    checks = _checks(environment=_beside(tmp_path))
    assert checks["GNU Radio"].status == FAIL and "numpy 2" in checks["GNU Radio"].found
    assert checks["numpy"].status == FAIL
    assert checks["numpy"].found == f"2.4.6 in {tmp_path}"
    assert checks["numpy"].fix == "unset PYTHONPATH"


def test_an_interpreter_with_nothing_installed(tmp_path: Path) -> None:
    """Issue item 1: GNU Radio, ZMQ and the rest missing: a command for each."""
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    python = str(tmp_path / "bare/bin/python")
    environment = {"PATH": str(tmp_path)}
    checks = _checks(python=python, environment=environment, root=tmp_path)
    assert checks["Python"].status == OK
    for name in ("GNU Radio", "numpy", "gr-zeromq", "pyzmq", "cryptography"):
        assert checks[name].status == FAIL, name
    assert "apt-get install" in checks["GNU Radio"].fix and "gnuradio" in checks["GNU Radio"].fix
    assert checks["pyzmq"].fix == f"{python} -m pip install 'pyzmq>=24'"
    assert {checks[name].status for name in ("grcc", "tshark", "Chromium")} == {WARN}
    assert checks["Companion"].status == WARN and "gir1.2-gtk-3.0" in checks["Companion"].fix
    assert checks["pyadi-iio"].status == WARN and checks["pylibiio"].status == WARN


def test_gnu_radio_that_the_virtual_environment_hides(tmp_path: Path) -> None:
    """`pip install .` into a plain environment: the fix opens that very environment to the distribution's packages."""
    bare = tmp_path / "bare"
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", bare], check=True)
    before = _checks(python=str(bare / "bin/python"), environment={})["GNU Radio"]
    assert before.status == FAIL and str(bare) in before.found
    subprocess.run([*before.fix.split(), "--without-pip"], check=True)
    after = _checks(python=str(bare / "bin/python"), environment={})["GNU Radio"]
    assert "does not let this Python see it" not in after.found and after.found != "not found by this Python"


def test_no_interpreter_at_all(tmp_path: Path) -> None:
    """The doctor reports, it does not crash."""
    checks = _checks(python=str(tmp_path / "gone"))
    assert checks["Python"].status == FAIL and "gone" in checks["Python"].found


def test_gnu_radio_that_kills_the_interpreter(tmp_path: Path) -> None:
    """A module that dies when imported is a finding."""
    _module(tmp_path, "gnuradio", "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    checks = _checks(environment=_beside(tmp_path))
    assert checks["GNU Radio"].status == FAIL and "signal 11" in checks["GNU Radio"].found


@pytest.mark.parametrize(("version", "status"), [("1.0", FAIL), ("0.25", OK)])
def test_pylibiio_must_be_of_the_librarys_major_version(tmp_path: Path, version: str, status: str) -> None:
    """Issue item 1: pylibiio 1.x beside the distribution's libiio 0.x."""
    _installed(tmp_path, "pylibiio", version)
    check = _checks(environment=_beside(tmp_path))["pylibiio"]
    assert check.status == status
    if status == FAIL:
        assert "beside libiio 0." in check.found and "pylibiio>=0.25,<1" in check.fix


def test_no_libiio() -> None:
    """Issue item 1: no libiio is a warning, the simulated air does without."""
    check = _checks(libiio="libiio-that-is-not-there.so.0")["libiio"]
    assert check.status == WARN and "apt-get install" in check.fix


def test_no_zmq(tmp_path: Path) -> None:
    """Issue item 1: no ZMQ."""
    _module(tmp_path, "zmq", "raise ImportError('libzmq.so.5: cannot open shared object file')\n")
    check = _checks(environment=_beside(tmp_path))["pyzmq"]
    assert check.status == FAIL and "libzmq.so.5" in check.found and "pip install" in check.fix


def test_cryptography_too_old(tmp_path: Path) -> None:
    """The distribution's own cryptography of Debian 12 is older than what the protocols need."""
    _module(tmp_path, "cryptography", "__version__ = '38.0.4'\n")
    assert _checks(environment=_beside(tmp_path))["cryptography"].status == FAIL


@pytest.mark.parametrize(
    ("rule", "is_root", "status"),
    [
        (None, False, WARN),
        (None, True, OK),
        ('SUBSYSTEM=="usb", ATTRS{idVendor}=="0456", ATTRS{idProduct}=="b673", MODE="0666"', False, OK),
        ('SUBSYSTEM=="tty", MODE="0666"', False, WARN),
    ],
)
def test_usb_rule(tmp_path: Path, rule: str | None, is_root: bool, status: str) -> None:
    """Issue item 1: USB permissions."""
    if rule:
        _rule(tmp_path, rule)
    check = _checks(root=tmp_path, is_root=is_root)["USB permissions"]
    assert check.status == status
    assert "udevadm" in check.fix or status == OK


def test_plugged_in_pluto(tmp_path: Path) -> None:
    """A PlutoSDR that is there and cannot be opened fails, one that can does not."""
    _plug_in_pluto(tmp_path / "closed", with_node=False)
    _plug_in_pluto(tmp_path / "open", with_node=True)
    closed = _checks(root=tmp_path / "closed", is_root=True)["USB permissions"]
    assert closed.status == FAIL and "dev/bus/usb/001/007" in closed.found
    assert _checks(root=tmp_path / "open", is_root=True)["USB permissions"].status == OK


def test_run_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Runs need a folder; a file in its place is not one."""
    (tmp_path / "taken").touch()
    check = _checks(runs=tmp_path / "taken/runs")["run folder"]
    assert check.status == FAIL and "amp run --out" in check.fix
    assert _checks(runs=tmp_path / "not/yet/there")["run folder"].status == OK
    assert not (tmp_path / "not").exists()


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """cli.md: `checks`, each with name, status, found, why and fix."""
    assert main(["doctor", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is True
    assert [check["name"] for check in document["checks"]] == NAMES
    assert all(set(check) == {"name", "status", "found", "why", "fix"} for check in document["checks"])


def test_in_words_with_a_failing_check(tmp_path: Path) -> None:
    """cli.md: exit code 1 when a check failed; every finding with its why and its fix."""
    _module(tmp_path, "numpy", "__version__ = '2.4.6'\n")
    command = [sys.executable, "-m", "testbed.cli", "doctor"]
    done = subprocess.run(command, env=_beside(tmp_path), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    place = next(index for index, line in enumerate(lines) if line.startswith("fail  numpy"))
    assert lines[place + 1].strip().startswith("why: ") and lines[place + 2].strip() == "fix: unset PYTHONPATH"
    assert "checks failed" in lines[-1]
