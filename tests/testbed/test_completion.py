"""Completion: bash, zsh and fish themselves offer what fits, with the script that `amp completion` prints for them."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from testbed.cli import VERBS, main
from testbed.commands.completion import SHELLS, script_for
from tests.testbed.test_cli_words import ALL, options

BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
asked=$(complete -p amp); asked=${asked#*-F }
${asked%% *} amp "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


ZSH = "fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; PS1='ready> '\n"


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A folder with the script of each shell, by the name that the shell wants, and a file to complete."""
    (tmp_path / "one.toml").touch()
    for shell, name in zip(SHELLS, ("amp.bash", "_amp", "amp.fish"), strict=True):
        (tmp_path / name).write_text(script_for(shell))
    return tmp_path


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["amp", ""], set(VERBS)),
        (["amp", "swe"], {"sweep"}),
        (["amp", "sweep", "--o"], {"--over", "--out"}),
        (["amp", "keys", "cre"], {"create"}),
        (["amp", "tag", "make", "--label", ""], {"png", "svg"}),
        (["amp", "replay", "--role", "t"], {"tag"}),
        (["amp", "run", "one.t"], {"one.toml"}),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_bash_completes(words: list[str], offered: set[str], scripts: Path) -> None:
    """Bash itself, with the script sourced, offers what fits."""
    command = ["bash", "--norc", "-c", BASH, "bash", "amp.bash", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, cwd=scripts)
    assert set(done.stdout.split()) == offered, done.stderr


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("amp swe", {"sweep"}),
        ("amp sweep --o", {"--over", "--out"}),
        ("amp keys cre", {"create"}),
        ("amp tag make --label ", {"png", "svg"}),
        ("amp replay --role t", {"tag"}),
        ("amp run one.t", {"one.toml"}),
    ],
)
def test_fish_completes(line: str, offered: set[str], scripts: Path) -> None:
    """Fish itself, asked for what it would offer."""
    command = ["fish", "--no-config", "-c", 'source amp.fish; complete -C "$argv"', line]
    environment = {**os.environ, "HOME": str(scripts)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, cwd=scripts, env=environment)
    assert {each.split("\t")[0] for each in done.stdout.splitlines()} == offered, done.stderr


def test_zsh_completes(scripts: Path) -> None:
    """Zsh itself, at a terminal: what is typed, a tab, and what stands there then."""
    typed = {
        "amp swe": "amp sweep ",
        "amp sweep --ov": "amp sweep --over ",
        "amp keys cre": "amp keys create ",
        "amp replay --role t": "amp replay --role tag ",
        "amp run one.t": "amp run one.toml ",
    }
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(scripts)
        os.execvpe("zsh", ["zsh", "-f", "-i"], {**os.environ, "TERM": "dumb", "COLUMNS": "120", "HOME": str(scripts)})
    os.write(terminal, ZSH.encode())
    _read_until(terminal, "ready> ")
    for line, completed in typed.items():
        os.write(terminal, f"{line}\t".encode())
        _read_until(terminal, completed)
        os.write(terminal, b"\x15")  # Ctrl-U: an empty line
    os.write(terminal, b"exit\n")
    assert os.waitpid(pid, 0)[1] == 0
    os.close(terminal)


def _read_until(terminal: int, text: str) -> None:
    """Read what the shell shows until ``text`` is there; the test's own timeout is the limit."""
    seen = ""
    while text not in seen:
        seen += os.read(terminal, 65536).decode(errors="replace")


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_knows_every_verb_and_option(shell: str) -> None:
    """Each shell's script has every verb and every option; fish writes options without their dashes."""
    script = script_for(shell)
    for verb in VERBS:
        assert re.search(rf"\b{verb}\b", script), verb
    for parser in ALL:
        for word in options(parser):
            shown = word.lstrip("-") if shell == "fish" else word
            assert shown in script, f"{parser.prog} {word}"


def test_completion_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """cli.md: one JSON document on standard output."""
    assert main(["completion", "zsh", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["script"].startswith("#compdef amp")
