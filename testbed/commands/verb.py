"""What every verb of `amp` has: a line in the help, an example, ``--json``, ``-v``, ``-q``; and what several share."""

from __future__ import annotations

import argparse
from typing import Any

EXAMPLE = "example: "


class HelpText(argparse.HelpFormatter):
    """Help whose example stays on a line of its own, so that it can be copied."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return indent + text if text.startswith(EXAMPLE) else super()._fill_text(text, width, indent)


def add_verb(subparsers: Any, name: str, summary: str, example: str) -> argparse.ArgumentParser:
    """Add the verb or deed ``name`` to ``subparsers`` and return its parser, for the options of its own."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name,
        help=summary,
        description=summary[:1].upper() + summary[1:] + ".",
        epilog=f"{EXAMPLE}{example}" if example else None,
        formatter_class=HelpText,
        allow_abbrev=False,
    )
    common_options(parser, top=False)
    return parser


def set_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--set``, for verbs that take an experiment file."""
    said = "override a key of the file, as channel.uplink_snr_db=12; again for another"
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides", help=said)


def common_options(parser: argparse.ArgumentParser, *, top: bool) -> None:
    """Add the options every verb shares; they may stand before the verb (``top``) or behind it."""
    default: Any = False if top else argparse.SUPPRESS  # else the verb's default undoes what stood before it
    parser.add_argument("--json", action="store_true", default=default, help="one JSON document on standard output")
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument("-v", "--verbose", action="store_true", default=default, help="say more on standard error")
    loudness.add_argument("-q", "--quiet", action="store_true", default=default, help="only errors on standard error")
