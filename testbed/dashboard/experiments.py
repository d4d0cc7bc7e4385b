"""What the page may start: the examples, the experiment files of the folder, and a text that somebody pastes.

A pasted text names no file of this machine, and nothing that is started here radiates: both belong to a terminal.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.exits import CallerMistake
from testbed.experiment import Experiment, ExperimentError, load_experiment
from testbed.experiment.load import MAX_FILE_OCTETS, experiment_of
from testbed.experiment.toml import TomlError, parse_toml

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SCHEMES = ("zmq", "sim", "emu")
RADIOS = ("", "zmq:", "sim:")
FILES_MAX = 200
ABOUT_MAX = 160
OWN = "own"
_NAMES_A_FILE = re.compile(r"(_file|_csv|_certificates|_stdin)$|^server$")
_IS_A_PATH = re.compile(r"[/\\]|\.toml$|\.npy$|\.csv$")


@dataclass(frozen=True)
class Choice:
    """An experiment file that may be started; ``why_not`` is empty, or says why it may not."""

    key: str
    path: Path
    name: str
    about: str
    why_not: str = ""


class Choices:
    """The experiment files of the examples and of one folder; what was read once is read again when it changes."""

    def __init__(self, folder: Path, examples: Path = EXAMPLES) -> None:
        self._folder, self._examples = folder, examples
        self._known: dict[Path, tuple[int, Choice | None]] = {}

    def all(self) -> list[Choice]:
        """Return what there is, the examples first."""
        found = []
        for where, folder in (("examples", self._examples), ("here", self._folder)):
            if where == "here" and folder.resolve() == self._examples.resolve():
                continue
            for path in sorted(folder.glob("*.toml"))[:FILES_MAX]:
                choice = self._choice(f"{where}/{path.name}", path)
                if choice is not None:
                    found.append(choice)
        return found

    def of(self, key: str) -> Choice:
        """Return the choice of a key; raises CallerMistake."""
        for choice in self.all():
            if choice.key == key:
                if choice.why_not:
                    raise CallerMistake(choice.why_not, "start it in a terminal: amp run FILE")
                return choice
        raise CallerMistake("there is no such experiment", "choose one of the list")

    def _choice(self, key: str, path: Path) -> Choice | None:
        try:
            changed = path.stat().st_mtime_ns
        except OSError:
            return None
        known = self._known.get(path)
        if known is None or known[0] != changed:
            self._known[path] = known = (changed, _read(key, path))
        return known[1]


def _read(key: str, path: Path) -> Choice | None:
    try:
        experiment = load_experiment(path, stdin=io.StringIO("0"))
    except ExperimentError:
        return None  # of another kind (a comparison, a project's settings), or not to be run as it is
    return Choice(key, path, experiment.name, _about(experiment.text), _why_not(experiment))


def _about(text: str) -> str:
    comment = " ".join(line[1:].strip() for line in _leading_comments(text))
    return comment if len(comment) <= ABOUT_MAX else comment[: ABOUT_MAX - 1].rsplit(" ", 1)[0] + " …"


def _leading_comments(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if not line.startswith("#"):
            return
        yield line


def _why_not(experiment: Experiment) -> str:
    scheme = experiment.radio.partition(":")[0]
    if scheme not in SCHEMES:
        return f"its radio {experiment.radio} may radiate; a run that does is not started from a page"
    if "readings_stdin" in experiment.text and re.search(r"^readings_stdin *= *true", experiment.text, re.MULTILINE):
        return "it takes readings from a pipe"
    return ""


def own_experiment(text: str, name: str) -> Experiment:
    """Return the experiment of a pasted text; raises CallerMistake or ExperimentError."""
    if len(text.encode()) > MAX_FILE_OCTETS:
        raise CallerMistake("the experiment is larger than 1 MiB", "put it into the folder, and start it from the list")
    try:
        table = parse_toml(text)
    except TomlError as error:
        raise ExperimentError(name, "", f"not TOML: {error}", "correct the line", error.line) from None
    for path in _file_keys(table):
        fix = "put the file and the experiment into the folder of `amp dash`, and start it from the list"
        raise CallerMistake(f"{path} names a file of this machine, which a pasted experiment may not", fix)
    experiment = experiment_of(text, Path(name))
    if why_not := _why_not(experiment):
        raise CallerMistake(why_not, "start it in a terminal: amp run FILE")
    return experiment


def _file_keys(table: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in table.items():
        path = f"{prefix}{key}"
        if _NAMES_A_FILE.search(key):
            yield path
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Mapping):
                yield from _file_keys(each, f"{path}.")
            elif isinstance(each, str) and key in ("profile", "costs", "cost_table") and _IS_A_PATH.search(each):
                yield path
