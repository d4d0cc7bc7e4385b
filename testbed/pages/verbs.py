"""The reference of the command line: what the parsers of `amp` themselves say of every verb and option."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from testbed.cli import VERBS, program
from testbed.commands.verb import EXAMPLE, common_options

MARK = "<!-- every verb, from the program itself -->"


def verbs_in_markdown() -> str:
    """Return a section per verb: what it does, an example, its arguments and options, its deeds."""
    parser, _ = program(VERBS)
    return "\n\n".join(_section(each, level=3) for each in _children(parser))


def _children(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.values()


def _section(parser: argparse.ArgumentParser, level: int) -> str:
    parts = [f"{'#' * level} {parser.prog}", parser.description or ""]
    if parser.epilog:
        parts.append(f"```text\n{parser.epilog.removeprefix(EXAMPLE)}\n```")
    rows = [_row(action) for action in parser._actions if _is_its_own(action)]
    if rows:
        parts.append("\n".join(["| argument | what |", "|---|---|", *rows]))
    return "\n\n".join([*parts, *(_section(each, level + 1) for each in _children(parser))])


def _is_its_own(action: argparse.Action) -> bool:
    common = argparse.ArgumentParser()
    common_options(common, top=True)
    shared = {word for each in common._actions for word in each.option_strings}
    if action.help == argparse.SUPPRESS:
        return False
    return not isinstance(action, argparse._SubParsersAction) and not shared & set(action.option_strings)


def _row(action: argparse.Action) -> str:
    value = str(action.metavar or "") or "{" + ",".join(map(str, action.choices or ())) + "}"
    words = ", ".join(action.option_strings)
    shown = value if not words else words if action.nargs == 0 else f"{words} {value}"
    needed = ", required" if action.option_strings and action.required else ""
    often = {"*": " (any number)", "+": " (one or more)", "?": " (optional)"}.get(str(action.nargs), "")
    said = (action.help or "").replace("|", "\\|").replace("<", "&lt;")
    return f"| `{shown}`{often} | {said}{needed} |"
