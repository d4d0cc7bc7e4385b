"""`amp completion`: the script that makes a shell complete verbs, options, choices and files."""

from __future__ import annotations

import argparse
import json
from typing import Any

from testbed.commands.verb import add_verb
from testbed.exits import DONE

SHELLS = ("bash", "zsh", "fish")
FILES = ("FILE", "PATH", "RUN", "RECORDING")
FOLDERS = ("DIR", "FOLDER")


def register(subparsers: Any) -> None:
    """Add the verb."""
    example = 'eval "$(amp completion bash)"'
    parser = add_verb(subparsers, "completion", "completion of verbs, options and files for a shell", example)
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=f"one of {', '.join(SHELLS)}")


def run(args: argparse.Namespace) -> int:
    """Print the script; docs/cli.md says where it goes for good."""
    script = script_for(args.shell)
    if args.json:
        print(json.dumps({"shell": args.shell, "script": script}))
    elif not args.quiet:
        print(script)
    return DONE


def script_for(shell: str) -> str:
    """Return the completion script of ``shell``: every verb with its options, as the parsers have them today."""
    import shtab

    from testbed.cli import VERBS, program

    parser, _ = program(VERBS)
    _say_what_is_a_file(parser)
    return str(shtab.complete(parser, shell=shell))


def _say_what_is_a_file(parser: argparse.ArgumentParser) -> None:
    """Mark the arguments whose placeholder in the help says that they are files or folders."""
    import shtab

    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for deed in action.choices.values():
                _say_what_is_a_file(deed)
        elif action.metavar in FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]  # where shtab looks
        elif action.metavar in FOLDERS:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]  # where shtab looks
