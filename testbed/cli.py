"""The program `amp`: one verb per module of testbed.commands, loaded only when it is the one asked for.

A verb's module has ``register(subparsers)``, which calls ``add_verb`` below, and ``run(args) -> int``, which returns an
exit code of ``testbed.exits`` or raises an error that has one.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.metadata
import importlib.util
import json
import logging
import os
import select
import sys
import traceback
from collections.abc import Collection, Sequence
from types import ModuleType
from typing import Any, NoReturn

from testbed import exits, interruption
from testbed.commands.nearest import innermost, known_words, nearest
from testbed.commands.verb import HelpText, add_verb, common_options

VERBS = {
    "demo": "the main job: a secure exchange over GNU Radio and ZMQ, recorded",
    "run": "run one experiment file",
    "sweep": "one experiment at many points, with error bounds",
    "compare": "security systems side by side",
    "results": "runs and sweeps so far, as tables to ask in SQL",
    "report": "a run as one HTML page that needs nothing else",
    "attack": "attack a security system and say what it withstands",
    "replay": "decode a recording again, and compare it with the live run",
    "annotate": "decode a recording of anybody's and annotate it",
    "import": "make a SigMF recording of a .cfile, .wav, .npy or raw file",
    "wireshark": "the dissector and the live source for Wireshark",
    "decrypt": "show what a run's frames protect, given the keys of its key log",
    "extcap": "live frames of a run, in Wireshark's extcap way",
    "profile": "the draft's numbers, each with its provenance",
    "dash": "live view of a run in a browser, until interrupted",
    "as": "authentication server for gateways, over RADIUS",
    "keys": "records of the authentication server: create, list, import, export",
    "tag": "make a tag's identity and its label",
    "provision": "provision a tag whose label was scanned",
    "emulate": "emulated PlutoSDRs until interrupted",
    "devices": "which radios answer",
    "calibrate": "measure a radio: delay, carrier, leakage, noise, gains",
    "record": "what a radio hears, as SigMF",
    "transmit": "send a recording with a radio, once or again and again",
    "completion": "completion of verbs, options and files for a shell",
    "doctor": "what this machine lacks, and the command that fixes it",
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise exits.CallerMistake(message, nearest(message, known_words(self)) or f"run: {self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run `amp` with ``argv`` (default: the process's own) and return its exit code; never raises, never exits."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in arguments
    try:
        return _run(arguments)
    except SystemExit as done:  # argparse after --help or --version
        return int(done.code or 0)
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        if _reader_is_gone():
            return exits.DID_NOT_HOLD  # what was asked for did not arrive whole
        return _unforeseen(as_json)
    except Exception as error:
        if interruption.asked():  # on its way the interruption became another error
            return _interrupted()
        ending = exits.ending_of(error)
        if ending is None:
            return _unforeseen(as_json)
        return _end(ending, as_json)


def script() -> NoReturn:
    """Entry point of the installed program."""
    try:
        interruption.listen()
        code = main()
    except KeyboardInterrupt:  # before there was anything to interrupt
        code = _interrupted()
    interruption.end(code)


def program(verbs: Collection[str]) -> tuple[argparse.ArgumentParser, dict[str, ModuleType]]:
    """Return the parser of `amp`, in which only ``verbs`` know their options, and the modules of these."""
    parser = _Parser(
        prog="amp",
        description="Testbed for Ambient Power (AMP, draft IEEE 802.11bp).",
        epilog="example: amp demo",
        formatter_class=HelpText,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"amp {_version()}")
    common_options(parser, top=True)
    subparsers = parser.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_Parser)
    modules: dict[str, ModuleType] = {}
    for name, summary in VERBS.items():
        if importlib.util.find_spec(f"testbed.commands.{name}") is None:
            continue
        if name in verbs:
            modules[name] = importlib.import_module(f"testbed.commands.{name}")
            modules[name].register(subparsers)
        else:
            add_verb(subparsers, name, summary, "")
    return parser, modules


def _run(arguments: list[str]) -> int:
    verb = next((argument for argument in arguments if not argument.startswith("-")), "")
    parser, modules = program({verb})
    args, unknown = parser.parse_known_args(arguments)
    if unknown:  # asked of the parser that was meant, which knows what it is near to
        innermost(parser, args).error(f"unrecognized arguments: {' '.join(unknown)}")
    _log_to_standard_error(args)
    code: int = modules[args.verb].run(args)
    sys.stdout.flush()
    return code


def _interrupted() -> int:
    below = "\n" if sys.stderr.isatty() else ""  # what was being rewritten there stays readable
    sys.stderr.write(f"{below}amp: interrupted\n")
    return exits.INTERRUPTED


def _version() -> str:
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version("ampradio")
    return "(not installed)"


def _log_to_standard_error(args: Any) -> None:
    level = logging.ERROR if args.quiet else logging.DEBUG if args.verbose else logging.WARNING
    logging.basicConfig(level=level, stream=sys.stderr, format="amp: %(levelname)s: %(message)s", force=True)


def _end(ending: exits.Ending, as_json: bool) -> int:
    exits.tell(ending)
    if as_json:
        print(json.dumps(ending.as_dict()))
    return ending.code


def _unforeseen(as_json: bool) -> int:
    traceback.print_exc()
    _, error, _ = sys.exc_info()
    reason = f"{type(error).__name__}: {error} (this is a defect of amp; the lines above say where)"
    return _end(exits.Ending(exits.ENVIRONMENT, reason, "run: amp doctor; then report it with those lines"), as_json)


def _reader_is_gone() -> bool:
    """Tell a closed standard output from any other pipe that broke."""
    try:
        number = sys.stdout.fileno()
        poll = select.poll()
        poll.register(number, 0)
        gone = any(event & select.POLLERR for _, event in poll.poll(0))
        if gone:  # else the interpreter complains once more when it closes the stream
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
    except (OSError, ValueError):
        return False
    return gone


if __name__ == "__main__":
    script()
