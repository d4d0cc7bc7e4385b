"""The bootstrap: silent and quick when there is nothing to do, plain about what is missing when there is."""

from __future__ import annotations

import hashlib
import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

FILES = ("pyproject.toml", "testbed/bootstrap/constraints.txt", "testbed/bootstrap/setup.sh")
LEFT_OVER = {"PYTHONPATH": "/elsewhere", "VIRTUAL_ENV": "/elsewhere", "PYENV_VERSION": "2.7", "PIP_USER": "1"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with what the bootstrap reads, its name with a blank in it."""
    folder = tmp_path / "my checkout"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter that has neither GNU Radio nor pip."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([os.path.realpath(sys.executable), "-m", "venv", "--without-pip", folder], check=True)
    return str(folder / "bin/python")


def _set_up(checkout: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / FILES[-1]],
        cwd="/",
        env={**os.environ, **LEFT_OVER, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def _mark_done(checkout: Path, python: str) -> None:
    (checkout / ".venv/bin").mkdir(parents=True)
    (checkout / ".venv/bin/python").symlink_to(python)
    text = b"".join((checkout / name).read_bytes() for name in FILES)
    text += f"{os.path.realpath(python)}\n{checkout}\n".encode()
    (checkout / ".venv/.setup-stamp").write_text(f"{hashlib.sha256(text).hexdigest()}  -\n")


def test_a_second_call_does_nothing_and_takes_no_time(checkout: Path, bare_python: str) -> None:
    """Issue item 1: a second call does no set-up work again, under 1 s of overhead."""
    _mark_done(checkout, bare_python)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = _set_up(checkout, AMP_PYTHON=bare_python)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)  # a busy computer takes longer, not more of its time
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1.0
    assert not (checkout / ".setup").exists()


@pytest.mark.parametrize("name", FILES)
def test_changed_requirements_are_set_up_again(checkout: Path, bare_python: str, name: str) -> None:
    """Issue item 1: the stamp follows the requirements, the pins and the bootstrap itself."""
    _mark_done(checkout, bare_python)
    with (checkout / name).open("a") as file:
        file.write("\n# changed\n")
    done = _set_up(checkout, AMP_PYTHON=bare_python, AMP_NO_APT="1")
    assert done.returncode == 3 and "Setting up once" in done.stdout


def test_what_is_missing_is_named_with_the_command(checkout: Path, bare_python: str) -> None:
    """Issue item 1: a clear message and the command that fixes it; nobody is asked, nothing hangs."""
    done = _set_up(checkout, AMP_PYTHON=bare_python, AMP_NO_APT="1")
    assert done.returncode == 3
    assert "setup: error: missing on this machine: gnuradio.gr gnuradio.zeromq" in done.stderr
    assert re.search(r"fix: sudo apt-get update && sudo apt-get install .*\bgnuradio\b.*\bpython3-venv\b", done.stderr)


def test_no_python_at_all(checkout: Path) -> None:
    """A machine without the distribution's Python is told so, not shown a stack of shell errors."""
    done = _set_up(checkout, AMP_PYTHON="/nowhere/python3", AMP_NO_APT="1")
    assert done.returncode == 3 and "missing on this machine: python3" in done.stderr


def test_every_pin_is_exact_and_numpy_stays_below_2() -> None:
    """Issue item 1: pinned requirements; performance of GNU Radio beside numpy 2 is none (pluto.md section 1)."""
    pins = [line for line in (ROOT / FILES[1]).read_text().splitlines() if line.strip() and not line.startswith("#")]
    assert all(re.fullmatch(r'[a-z0-9-]+==[0-9.]+(; python_version (<|>=) "3\.11")?', pin) for pin in pins)
    assert re.search(r"^numpy==1\.", "\n".join(pins), re.MULTILINE)
    pyproject = (ROOT / FILES[0]).read_text()
    wanted = set(re.findall(r'^ {4}"([a-z0-9-]+)[<>=;]', pyproject, re.MULTILINE))
    assert wanted and wanted <= {pin.partition("==")[0] for pin in pins}
