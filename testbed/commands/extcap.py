"""`amp extcap`: a run's frames as they come, for Wireshark (which calls it by itself, see `amp wireshark install`)."""

from __future__ import annotations

import argparse
from typing import Any

from testbed.commands.verb import add_verb


def register(subparsers: Any) -> None:
    """Add the verb."""
    from testbed.wireshark.extcap import add_options

    example = "amp extcap --capture --extcap-interface amp --fifo /tmp/live --run runs/20261120T120000Z-demo"
    add_options(add_verb(subparsers, "extcap", "live frames of a run, in Wireshark's extcap way", example))


def run(args: argparse.Namespace) -> int:
    """Answer Wireshark's question, or capture."""
    from testbed.wireshark.extcap import serve

    return serve(args)
