"""What somebody meant who wrote a verb, an option or a choice that is not there."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

_WRONG = re.compile(r"invalid choice: '([^']*)'|unrecognized arguments: (\S+)")


def known_words(parser: argparse.ArgumentParser) -> dict[str, str]:
    """Return what may be written for ``parser``: verb or deed → how it is called, option and choice → itself."""
    words: dict[str, str] = {}
    for action in parser._actions:
        for word in action.option_strings:
            words[word] = word
        for choice in action.choices or ():
            deed = isinstance(action, argparse._SubParsersAction)
            words[str(choice)] = f"{parser.prog} {choice}" if deed else str(choice)
    return words


def nearest(message: str, words: Mapping[str, str]) -> str:
    """Return the advice for an error of argparse; empty when nothing is near."""
    found = _WRONG.search(message)
    if found is None:
        return ""
    wrong = (found[1] or found[2] or "").partition("=")[0]
    near = get_close_matches(wrong, _alike(wrong, words), n=1)
    return f"did you mean `{words[near[0]]}`?" if near else ""


def innermost(parser: argparse.ArgumentParser, args: argparse.Namespace) -> argparse.ArgumentParser:
    """Return the parser of the verb, or of its deed, that ``args`` were parsed for."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            chosen: argparse.ArgumentParser | None = action.choices.get(getattr(args, action.dest, None) or "")
            return parser if chosen is None else innermost(chosen, args)
    return parser


def _alike(wrong: str, words: Iterable[str]) -> list[str]:
    """Return the options for what looks like one, else the other words."""
    return [word for word in words if word.startswith("-") == wrong.startswith("-")]
