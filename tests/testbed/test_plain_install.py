"""What `pip install .` alone gives: no GNU Radio on the machine, and no checkout beside the package."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from testbed.experiment.toml import parse_toml
from tests.conftest import ROOT

RADIO_MODULES = ("gnuradio", "pmt", "iio", "adi")
MINIMAL = str(ROOT / "examples" / "minimal.toml")
Python = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages as a wheel of pyproject.toml holds them: their modules, and the data files it names."""
    site = tmp_path_factory.mktemp("site-packages")
    project: dict[str, Any] = parse_toml((ROOT / "pyproject.toml").read_text())
    setuptools = project["tool"]["setuptools"]
    patterns = {name.rstrip("*"): ["**/*.py"] for name in setuptools["packages"]["find"]["include"]}
    for package, more in setuptools["package-data"].items():
        patterns.setdefault(package, []).extend(more)
    for package, each in patterns.items():
        top = ROOT / package.replace(".", "/")
        for path in {path for pattern in each for path in top.glob(pattern)}:
            copy = site / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    for name in RADIO_MODULES:
        (site / f"{name}.py").write_text(f"raise ModuleNotFoundError(\"No module named '{name}'\", name='{name}')\n")
    return site


@pytest.fixture
def python(installed: Path, tmp_path: Path) -> Python:
    """Run this interpreter with those packages alone, GNU Radio and libiio hidden from it and from its children."""

    def run(*arguments: str, timeout_s: float = 200.0) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            # without the accelerator, which is an extra: a minute of compiling is not what is tested
            env={**os.environ, "PYTHONPATH": str(installed), "AMP_ACCELERATOR": "none"},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    return run


def test_every_module_of_the_library_can_be_imported(python: Python, installed: Path) -> None:
    """Issue item 1: without GNU Radio the library works, all of it, and it is the installed one."""
    code = (
        "import ampradio, importlib, pkgutil\n"
        "names = [module.name for module in pkgutil.walk_packages(ampradio.__path__, 'ampradio.')]\n"
        "for name in names: importlib.import_module(name)\n"
        "print(len(names), ampradio.__file__)\n"
    )
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    number, place = done.stdout.split(" ", 1)
    assert int(number) > 60 and Path(place).is_relative_to(installed)


def test_the_profile_and_the_simulation_work(python: Python, tmp_path: Path) -> None:
    """Issue item 1: `amp profile` and `amp run FILE --radio sim:`."""
    assert python("-m", "testbed.cli", "profile").returncode == 0
    done = python("-m", "testbed.cli", "run", MINIMAL, "--radio", "sim:", "--json", "-q")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["ok"] is True
    assert (tmp_path / summary["run_folder"] / "events.jsonl").read_text().count('"security.authenticated"') == 2


def test_a_run_over_gnu_radio_ends_with_a_hint(python: Python, tmp_path: Path) -> None:
    """cli.md: 3 is the environment's; says what `amp doctor` would. What the process wrote can still be read."""
    run = tmp_path / "run"
    done = python("-m", "testbed.cli", "run", MINIMAL, "--out", str(run), timeout_s=200)
    assert done.returncode == 3, done.stderr
    assert "No module named 'gnuradio'" in done.stderr and "amp doctor" in done.stderr
    log = Path(done.stderr.rstrip().rpartition(" ")[2])
    assert log.parent == run and "gnuradio" in log.read_text()
    assert json.loads((run / "manifest.json").read_text())["state"] == "failed"


def test_a_replay_ends_with_a_hint(python: Python, tmp_path: Path) -> None:
    """A replay is GNU Radio's: exit code 3 and the hint, no stack of errors."""
    meta = {
        "global": {"core:datatype": "cf32_le", "core:sample_rate": 20_000_000, "core:version": "1.0.0"},
        "captures": [{"core:sample_start": 0}],
        "annotations": [],
    }
    (tmp_path / "silence.sigmf-meta").write_text(json.dumps(meta))
    (tmp_path / "silence.sigmf-data").write_bytes(bytes(8000))
    done = python("-m", "testbed.cli", "replay", "--role", "ap", "silence.sigmf-meta")
    assert done.returncode == 3, done.stderr
    assert "gnuradio" in done.stderr and "amp doctor" in done.stderr and "Traceback" not in done.stderr


def test_a_gnu_radio_that_cannot_be_imported_is_not_our_defect(python: Python, tmp_path: Path) -> None:
    """numpy 2 beside the distribution's GNU Radio: its compiled modules fail without saying who they are."""
    broken = tmp_path / "broken" / "gnuradio"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("from . import compiled\n")
    (broken / "compiled.py").write_text("raise ImportError('initialization failed')\n")
    code = f"import sys\nsys.path.insert(0, {str(broken.parent)!r})\n"
    code += "from testbed.cli import main\nsys.exit(main(['replay', '.']))\n"
    done = python("-c", code)
    assert done.returncode == 3, done.stderr
    assert done.stderr.startswith("amp: error: cannot use gnuradio: initialization failed\n     fix: run: amp doctor")


def test_the_demo_says_that_it_is_the_checkouts(python: Python, installed: Path) -> None:
    """The examples are no part of the package: the caller is told so, and what to do instead."""
    done = python("-m", "testbed.cli", "demo")
    assert done.returncode == 2 and not done.stdout
    assert "examples/demo.toml" in done.stderr and "make demo" in done.stderr and "amp run FILE" in done.stderr
    assert str(installed) not in done.stderr
