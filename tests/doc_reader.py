"""A reader who types every command of a page, in order, in a checkout of their own."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from testbed.experiment import load_experiment
from testbed.experiment.toml import parse_toml
from tests.conftest import ROOT, SHARED
from tests.doc_pages import Block, Command

PATIENCE_S = 240
RUN = {"amp", "python", "printf", "head", "echo", "iio_attr", "iio_info", "iio_readdev"}
QUICK = {
    "testbed.bench.dash": ("--repeat", "1", "--rounds", "3"),
    "testbed.bench.false_alarms": ("--quick",),
    "testbed.bench.flowgraph": ("--quick",),
    "testbed.bench.mono": ("--packets", "8"),
    "testbed.bench.peer": ("--quick",),
    "testbed.bench.per": ("--quick", "--only", "UL mono 1M"),
    "testbed.bench.phy": ("--quick",),
    "testbed.bench.pluto": ("--quick",),
    "testbed.bench.zmq": ("--repeat", "1", "--rounds", "3"),
}
MEASURED = re.compile(r"(SNR +|, )[-\d.]+(?= dB)")


def targets() -> dict[str, str]:
    """Return target → recipe of the Makefile."""
    text = (ROOT / "Makefile").read_text()
    return {name: recipe for name, recipe in re.findall(r"^([a-z-]+):.*\n((?:\t.*\n)*)", text, re.MULTILINE)}


class Reader:
    """A copy of the checkout in ``folder``, and what was typed in it so far; ``leave`` ends what runs on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()]
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", *ignored))
        # half a minute of compiling is not what is tested: the loops as they are, and the digest that vouches for them
        for loop in ROOT.glob("ampradio/**/__pycache__/*loop*.[dn][ib]*"):
            there = folder / loop.relative_to(ROOT)
            there.parent.mkdir(exist_ok=True)
            shutil.copy2(loop, there)
        programs = folder.parent / "programs"
        programs.mkdir()
        amp = programs / "amp"
        amp.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m testbed.cli "$@"\n')
        amp.chmod(0o755)
        path = [str(Path(sys.executable).parent), str(programs), os.environ["PATH"]]
        self._left_running: list[tuple[Command, subprocess.Popen[bytes]]] = []
        self._environment = {**os.environ, "PATH": os.pathsep.join(path)}
        self._environment |= {"PYTHONPATH": str(folder), "AMP_SHARED": str(SHARED)}

    def type(self, command: Command) -> None:
        """Do what ``command`` says and hold it against what the page shows."""
        words = shlex.split(command.text, comments=True)
        if words[0] == "make":
            self._make(words[1:], command)
        elif words[0] == "source":
            assert words[1:] == [".venv/bin/activate"], command
            assert "PYTHON := .venv/bin/python" in (ROOT / "Makefile").read_text(), command
        elif words[0] == "gnuradio-companion":
            assert words[1:] and all((self.folder / name).is_file() for name in words[1:]), command
        elif words[0] == "pip":
            assert words[1:] == ["install", "."] and (self.folder / "pyproject.toml").is_file(), command
        else:
            self._run(command)

    def leave(self) -> None:
        """End the programs that were started with ``&``; they must have lasted until now."""
        for command, process in self._left_running:
            ended = process.poll()
            process.kill()
            process.wait()
            assert ended is None, f"{command.where}: ended with {ended}: {command.text}"

    def write(self, block: Block) -> None:
        """Take a TOML block for what it is: a file when its first line names one, else an experiment."""
        parse_toml(block.text)
        named = re.match(r"# ([\w-]+\.toml)\n", block.text)
        path = self.folder / (named[1] if named else "unnamed.toml")
        path.write_text(block.text, encoding="utf-8")
        if not named:
            load_experiment(path)

    def run_python(self, block: Block) -> None:
        """Run a Python block as a script."""
        done = self._done([sys.executable, "-c", block.text])
        assert done.returncode == 0, f"{block.where}: {done.stdout}"

    def _make(self, names: list[str], command: Command) -> None:
        recipes = targets()
        for name in (name for name in names if "=" not in name):
            assert name in recipes, f"{command.where}: the Makefile has no target {name}"
            bench = re.search(r"-m (testbed\.bench\.\w+)", recipes[name])
            if bench:
                assert bench[1] in QUICK, f"{command.where}: how does {bench[1]} run quickly?"
                done = self._done([sys.executable, "-m", bench[1], *QUICK[bench[1]]])
                # 1: the figures are below their bar, which a busy machine may make them
                assert done.returncode in (0, 1) and "Traceback" not in done.stdout, f"{command.where}: {done.stdout}"

    def _run(self, command: Command) -> None:
        for program in _programs(command.text):
            assert program in RUN, f"{command.where}: the test does not know what to do with {program!r}"
        text = self._filled_in(command)
        if text.endswith("&"):
            words = ["bash", "-c", "exec " + text.removesuffix("&")]
            process = subprocess.Popen(words, cwd=self.folder, env=self._environment, stdin=subprocess.DEVNULL)
            self._left_running.append((command, process))
            return
        done = self._done(["bash", "-o", "pipefail", "-c", text])
        told = f"{command.where}: {command.text}\nexit code {done.returncode}\n{done.stdout}"
        refused = any(line.startswith("amp: error:") for line in command.shown)
        assert (done.returncode != 0) == refused, told
        lines = iter(_plain(done.stdout).splitlines())
        for shown in command.shown:
            pattern = re.escape(_plain(shown)).replace("…", ".*")
            assert any(re.fullmatch(pattern, line) for line in lines), f"not shown, or not there: {shown}\n{told}"

    def _filled_in(self, command: Command) -> str:
        runs = sorted((self.folder / "runs").glob("*/*.sigmf-meta"), key=lambda path: path.stat().st_mtime_ns)
        text = command.text
        if "<folder>" in text:
            assert runs, f"{command.where}: no earlier command of this page has made a recording"
            text = text.replace("<folder>", runs[-1].parent.name)
        assert not re.search(r"<[a-z]", text), f"{command.where}: what stands for the placeholder in {text!r}?"
        return text

    def _done(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            said, _ = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said, _ = process.communicate()
            raise AssertionError(f"not done after {PATIENCE_S} s: {command}\n{said}") from None
        return subprocess.CompletedProcess(command, process.returncode, said)


def _programs(text: str) -> list[str]:
    """Return the program of each part of a pipeline or list."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    programs, begins = [], True
    for word in lexer:
        if begins:
            programs.append(word)
        begins = set(word) <= set("|&;()")
    return programs


def _plain(text: str) -> str:
    """Return ``text`` without what differs between machines: blanks, and decimals of what a receiver measured."""
    return "\n".join(" ".join(line.split()) for line in MEASURED.sub(r"\1#", text).splitlines())
