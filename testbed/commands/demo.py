"""`amp demo`: the main job, seeded: AP and tag authenticate each other over GNU Radio and ZMQ and exchange data."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from testbed.commands.experiment_verb import experiment_from, run_and_show, run_options
from testbed.commands.verb import add_verb
from testbed.exits import CallerMistake

FILE = Path(__file__).resolve().parents[2] / "examples" / "demo.toml"


def register(subparsers: Any) -> None:
    """Add the verb."""
    summary = "the main job: a secure exchange over GNU Radio and ZMQ, recorded"
    parser = add_verb(subparsers, "demo", summary, "amp demo")
    run_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run ``examples/demo.toml``; see ``run_and_show``. A package installed without its checkout has no examples."""
    if not FILE.is_file():
        raise CallerMistake(
            "the demo is a file of the checkout (examples/demo.toml), and this amp was installed without it",
            "in a checkout: make demo; or run an experiment file of your own: amp run FILE --radio sim:",
        )
    return run_and_show(args, experiment_from(args, FILE))
