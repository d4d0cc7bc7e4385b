"""Reading an experiment file: TOML, overrides, types and limits."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

import msgspec

from ampradio.profile import ProfileError, load_profile
from ampradio.profile.model import Profile
from testbed.experiment.error import ExperimentError, KeyPath
from testbed.experiment.keys import unknown_keys
from testbed.experiment.limits import problems
from testbed.experiment.overrides import OverrideError, apply_override
from testbed.experiment.plan import Experiment
from testbed.experiment.resolve import resolve
from testbed.experiment.secrets import redacted_override
from testbed.experiment.shape import ExperimentFile
from testbed.experiment.source import Source
from testbed.experiment.toml import TomlError, parse_toml

MAX_FILE_OCTETS = 1 << 20
_AT = re.compile(r" - at `\$\.?(.*)`$")


def load_experiment(
    path: str | Path,
    *,
    overrides: Sequence[str] = (),
    seed: int | None = None,
    radio: str | None = None,
    stdin: TextIO | None = None,
) -> Experiment:
    """Return the experiment of a file, with ``key=value`` overrides; raises ExperimentError.

    ``seed`` and ``radio`` stand for ``--seed`` and ``--radio``; ``stdin`` is read only when a tag asks for it.
    """
    path = Path(path)
    return experiment_of(text_of(path), path, overrides=overrides, seed=seed, radio=radio, stdin=stdin)


def text_of(path: Path) -> str:
    """Return the text of an experiment file; raises ExperimentError."""
    try:
        with path.open("rb") as stream:
            octets = stream.read(MAX_FILE_OCTETS + 1)
        if len(octets) > MAX_FILE_OCTETS:
            raise ExperimentError(str(path), "", "it is larger than 1 MiB", "give an experiment file in TOML")
        return octets.decode("utf-8")
    except FileNotFoundError:
        raise ExperimentError(str(path), "", "there is no such file", "see examples/ for experiment files") from None
    except UnicodeDecodeError:
        raise ExperimentError(str(path), "", "it is not UTF-8 text", "give an experiment file in TOML") from None
    except OSError as error:
        raise ExperimentError(str(path), "", f"cannot be read: {error.strerror}", "name a readable file") from None


def experiment_of(
    text: str,
    path: Path,
    *,
    overrides: Sequence[str] = (),
    seed: int | None = None,
    radio: str | None = None,
    stdin: TextIO | None = None,
) -> Experiment:
    """Return the experiment of a TOML ``text`` that stands, or could stand, at ``path``; raises ExperimentError."""
    try:
        table = parse_toml(text)
    except TomlError as error:
        raise ExperimentError(str(path), "", f"not TOML: {error}", "correct the line", error.line) from None
    source = Source(str(path), text, path.parent)
    for override in overrides:
        _override(source, table, override)
    for key, value in (("seed", seed), ("radio", radio)):
        if value is not None:
            table[key] = value
            source.overridden[key] = f"--{key} {value}"
    file = _typed(source, table)
    profile = _profile(source, file)
    for problem in problems(file, profile):
        raise source.error(problem.path, problem.reason, problem.fix)
    return resolve(
        source,
        file,
        profile,
        _profile_source(source, file),
        path,
        stdin,
        tuple(redacted_override(each) for each in overrides),
    )


def _override(source: Source, table: dict[str, object], override: str) -> None:
    try:
        key = apply_override(table, override)
    except OverrideError as error:
        raise ExperimentError(f"--set {redacted_override(override)}", "", str(error), error.fix) from None
    source.overridden = {key: f"--set {redacted_override(override)}", **source.overridden}


def _typed(source: Source, table: dict[str, object]) -> ExperimentFile:
    for path, reason, fix in unknown_keys(table, ExperimentFile):
        raise source.error(path, reason, fix)
    try:
        return msgspec.convert(table, ExperimentFile)
    except msgspec.ValidationError as error:
        path = _path_of(str(error))
        reason = _AT.sub("", str(error)).replace("`", "")
        raise source.error(path, reason[:1].lower() + reason[1:], _expected(path)) from None


def _path_of(message: str) -> KeyPath:
    match = _AT.search(message)
    parts = re.findall(r"[^.\[\]]+", match.group(1)) if match else []
    return tuple(int(part) if part.isdigit() else part for part in parts)


def _expected(path: KeyPath) -> str:
    """Return what to write at ``path``, from the type of its field."""
    kind: object = ExperimentFile
    for part in path:
        if isinstance(part, str) and isinstance(kind, type):
            kind = typing.get_type_hints(kind).get(part, str)
        elif isinstance(part, int):
            kind = typing.get_args(kind)[0]
    return "write " + " or ".join(dict.fromkeys(_words(kind)))


def _words(kind: object) -> Iterator[str]:
    names = {str: '"text"', int: "an integer", float: "a number", bool: "true or false"}
    if typing.get_origin(kind) is typing.Literal:
        yield from (f'"{value}"' if isinstance(value, str) else str(value) for value in typing.get_args(kind))
    elif typing.get_origin(kind) in (types.UnionType, typing.Union):
        for member in typing.get_args(kind):
            yield from _words(member) if member is not type(None) else ()
    elif typing.get_origin(kind) is tuple:
        yield "a list of " + " or ".join(_words(typing.get_args(kind)[0]))
    else:
        yield names.get(typing.cast(type, kind), "a table")


def _profile_source(source: Source, file: ExperimentFile) -> str:
    """Return the profile's name, or the path of a file that stands beside the experiment or where it says."""
    local = source.folder / file.profile
    beside = file.profile.endswith(".toml") and local.exists()
    return str(local.resolve()) if beside else file.profile


def _profile(source: Source, file: ExperimentFile) -> Profile:
    try:
        return load_profile(_profile_source(source, file))
    except ProfileError as error:
        fix = "see `amp profile` for the one that is built in"
        raise source.error(("profile",), str(error), fix) from None
