"""The program `amp`: exit codes, wording of errors, --json, and verbs that load only what they need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ampradio.profile import load_profile
from testbed import cli, exits
from testbed.cli import main
from testbed.commands.verb import add_verb
from tests.conftest import ROOT

AMP = [sys.executable, "-m", "testbed.cli"]


def _amp(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*AMP, *arguments], capture_output=True, text=True, timeout=60, check=False, **options)


@pytest.fixture
def verb_that(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], int]], None]:
    """Give `amp` the verb `stub`, which does what the caller says."""

    def install(deed: Callable[[], int]) -> None:
        module = ModuleType("testbed.commands.stub")
        module.__spec__ = ModuleSpec("testbed.commands.stub", None)
        module.register = lambda subparsers: add_verb(subparsers, "stub", "a stub", "amp stub")  # type: ignore[attr-defined]
        module.run = lambda args: deed()  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "testbed.commands.stub", module)
        monkeypatch.setitem(cli.VERBS, "stub", "a stub")

    return install


def _raising(error: BaseException) -> Callable[[], int]:
    def deed() -> int:
        raise error

    return deed


def test_profile_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Issue item 2: `amp profile` prints every number with unit, provenance and source."""
    assert main(["profile"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for entry in load_profile().entries:
        line = next(line for line in lines if line.split()[:1] == [entry.key])
        assert entry.provenance in line and entry.source in line
    sifs = next(line for line in lines if "timing.amp_sifs_ns" in line)
    assert "10_000" in sifs and " ns " in sifs and "adopted" in sifs and "PM-96" in sifs
    assert "placeholders" in lines[-1]


def test_profile_placeholders(capsys: pytest.CaptureFixture[str]) -> None:
    """Issue item 2: `--placeholders` only those."""
    assert main(["profile", "--placeholders"]) == 0
    out = capsys.readouterr().out
    assert "uplink.scrambler_seeds" in out and "timing.amp_sifs_ns" not in out


def test_profile_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """cli.md: `name`, `entries` (each `key`, `value`, `unit`, `provenance`, `source`)."""
    assert main(["--json", "profile"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["name"] == "11bp-2026.09"
    assert len(document["entries"]) == len(load_profile().entries)
    entries = {entry["key"]: entry for entry in document["entries"]}
    assert entries["timing.amp_sifs_ns"] == {
        "key": "timing.amp_sifs_ns",
        "value": 10_000,
        "unit": "ns",
        "provenance": "adopted",
        "source": "PM-96",
    }
    assert entries["uplink.scrambler_seeds"]["value"] == [127, 83, 43, 25]
    assert main(["profile", "--json", "--placeholders"]) == 0
    placeholders = json.loads(capsys.readouterr().out)["entries"]
    assert {entry["provenance"] for entry in placeholders} == {"placeholder"}


def test_profile_of_the_users_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Issue item 2: a file of the user's own; a bad one is refused by field and reason, exit 2."""
    shipped = (files("ampradio.profile") / "11bp-2026.09.toml").read_text(encoding="utf-8")
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(shipped.replace('name = "11bp-2026.09"', 'name = "mine"'), encoding="utf-8")
    bad.write_text(shipped.replace("amp_sifs_ns = { value = 10_000", "amp_sifs_ns = { value = -1"), encoding="utf-8")
    assert main(["profile", str(good), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "mine"
    assert main(["profile", str(bad)]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"amp: error: {bad}: timing.amp_sifs_ns.value: ")
    assert "fix: " in captured.err and not captured.out


def test_verbs_that_need_no_gnu_radio_do_not_load_it() -> None:
    """Issue item 1: without GNU Radio and ZMQ the library and its verbs work."""
    code = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(('gnuradio', 'zmq', 'pmt', 'iio', 'adi', 'scipy', 'matplotlib')))\n"
        "from testbed.cli import main\n"
        "raise SystemExit(main(['profile', '--json']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["name"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "VERB"),
        (["profil"], "did you mean `amp profile`?"),
        (["profile", "--placeholder"], "--placeholder"),
        (["profile", "/no/such/file.toml"], "/no/such/file.toml"),
        (["profile", "-v", "-q"], "not allowed with"),
        (["devices", "pluto:ip:127.0.0.1:1"], "give ip:127.0.0.1:1"),
        (["devices", "foo"], "no address that libiio knows"),
        (["import", "/no/such/file"], "/no/such/file: is no file"),
        (["import", __file__, "--datatype", "cf32_le", "--rate-sps", "inf"], "--rate-sps in whole numbers"),
        (["attack", "--set", "security.variant=literal"], "name one"),
        (["run", str(ROOT / "examples/bistatic.toml"), "--radio", "emu:"], "--radio emu:: radio"),
    ],
)
def test_callers_mistakes_exit_2(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """cli.md: 2 is the caller's mistake: says which, and the fix."""
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("amp: error: ") and told in captured.err and "fix: " in captured.err
    assert captured.out == ""


def test_errors_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """cli.md: one JSON document on standard output, messages on standard error, also when it goes wrong."""
    assert main(["profile", "--json", "/no/such/file.toml"]) == 2
    captured = capsys.readouterr()
    error = json.loads(captured.out)["error"]
    assert error["exit_code"] == 2 and "/no/such/file.toml" in error["reason"] and error["fix"]
    assert "amp: error: " in captured.err


@pytest.mark.parametrize("arguments", [["--help"], *([verb, "--help"] for verb in ("profile", "doctor"))])
def test_help_has_an_example(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """cli.md: every verb has --help with an example."""
    assert main(arguments) == 0
    assert "example: amp " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (exits.CallerMistake("no such key", "write it so"), 2, "fix: write it so"),
        (exits.EnvironmentFault("port 5555 is taken"), 3, "fix: run: amp doctor"),
        (ImportError("No module named 'gnuradio'", name="gnuradio"), 3, "amp doctor"),
        (ImportError("cannot import name 'x'", name="zmq.backend"), 3, "amp doctor"),
        (OSError(28, "No space left on device", "runs/x"), 3, "runs/x: No space left"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (RuntimeError("unforeseen"), 3, "defect of amp"),
    ],
)
def test_exit_codes(
    verb_that: Callable[[Callable[[], int]], None],
    error: BaseException,
    code: int,
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """cli.md: the table of exit codes; main never raises."""
    verb_that(_raising(error))
    assert main(["stub"]) == code
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("code", [0, 1])
def test_a_verbs_own_exit_code_goes_through(verb_that: Callable[[Callable[[], int]], None], code: int) -> None:
    """cli.md: 0 held, 1 did not hold."""
    verb_that(lambda: code)
    assert main(["stub"]) == code


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_leaves_early_is_not_a_crash(unbuffered: str) -> None:
    """`amp profile | head -1`: nothing on standard error, and not the code of success."""
    process = subprocess.Popen(
        [*AMP, "profile"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    told = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=60), told) == (1, "")


def test_a_pipe_that_breaks_elsewhere_is_not_taken_for_the_reader(
    verb_that: Callable[[Callable[[], int]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """A peer that dies in the middle must not look like `| head`."""
    verb_that(_raising(BrokenPipeError(32, "Broken pipe")))
    assert main(["stub"]) == 3
    assert "amp: error: " in capsys.readouterr().err


def test_version() -> None:
    """The installed program says what it is."""
    done = _amp("--version")
    assert done.returncode == 0 and done.stdout.startswith("amp ")
