"""Verbs, options and deeds: help with an example, the nearest word, one meaning for one name, shell completion."""

from __future__ import annotations

import argparse
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.cli import VERBS, main, program
from tests.conftest import ROOT

MEANINGS = {  # what a reader of one verb's help may take for granted in every other
    "--out": {"DIR", "FILE"},
    "--set": {"KEY=VALUE"},
    "--seed": {"N"},
    "--workers": {"N"},
    "--radio": {"URI"},
    "--db": {"FILE"},
    "--key-file": {"FILE"},
}
UNIT = re.compile(r"(_|-)(hz|s|seconds|days|ns|ms|us|db|dbm|dbi|dbfs|ppm|sps|bps)$")


def _parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Every parser below ``parser`` that runs something."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from _parsers(each)
            return
    yield parser


ALL = list(_parsers(program(VERBS)[0]))
every = pytest.mark.parametrize("parser", ALL, ids=lambda parser: parser.prog)


def options(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    shown = [action for action in parser._actions if action.help != argparse.SUPPRESS]
    return {word: action for action in shown for word in action.option_strings}


@every
def test_every_verb_explains_itself(parser: argparse.ArgumentParser) -> None:
    """cli.md: --help with an example that could be typed, --json, -v, -q; every argument has a line of help."""
    text = parser.format_help()
    [example] = [line.removeprefix("example: ") for line in text.splitlines() if line.startswith("example: ")]
    words = shlex.split(example)
    if words[0] == "eval":
        words = shlex.split(words[1].removeprefix("$(").removesuffix(")"))
    assert " ".join(words).startswith(parser.prog), example
    program(VERBS)[0].parse_args(words[1:])
    assert {"--json", "--verbose", "--quiet"} <= set(options(parser))
    assert [action.dest for action in parser._actions if not action.help] == []


@every
def test_one_name_means_one_thing(parser: argparse.ArgumentParser) -> None:
    """`--out` is a folder everywhere, `--set` may be repeated everywhere, a time in seconds ends in -s."""
    for word, action in options(parser).items():
        if word in MEANINGS:
            assert action.metavar in MEANINGS[word], f"{parser.prog} {word} {action.metavar}"
        if action.type is float:
            assert UNIT.search(word), f"{parser.prog} {word}: in which unit?"
    repeated = options(parser).get("--set")
    assert repeated is None or isinstance(repeated, argparse._AppendAction)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("profil", "amp profile"),
        ("profile --placeholder", "--placeholders"),
        ("sweep examples/minimal.toml --ovr x=1", "--over"),
        ("keys creat", "amp keys create"),
        ("completion fsh", "fish"),
        ("run examples/minimal.toml --sed=4", "--seed"),
    ],
)
def test_the_nearest_word_is_offered(words: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A slip of the fingers costs no look into the help."""
    assert main(words.split()) == 2
    assert f"fix: did you mean `{meant}`?" in capsys.readouterr().err


def test_what_is_near_nothing_leads_to_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """No guess is better than a wild one."""
    assert main(["profile", "--zzzzzz"]) == 2
    assert "fix: run: amp profile --help" in capsys.readouterr().err


def test_the_newest_run_is_meant_where_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`amp report` behind `amp run`, without a folder to copy; without any run it says how to make one."""
    monkeypatch.chdir(tmp_path)
    assert main(["report"]) == 2 and "amp demo" in capsys.readouterr().err
    for name in ("first", "second"):
        example = str(ROOT / "examples/minimal.toml")
        assert main(["run", example, "--radio", "sim:", "--quiet", "--out", f"runs/{name}"]) == 0
    assert main(["report", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["path"] == "runs/second/report.html"
    assert main(["replay"]) == 2 and "runs/second" in capsys.readouterr().err  # sim: records nothing
