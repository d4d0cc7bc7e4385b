"""`amp run`: one experiment file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from testbed.commands.experiment_verb import experiment_from, run_and_show, run_options
from testbed.commands.verb import add_verb


def register(subparsers: Any) -> None:
    """Add the verb."""
    example = "amp run examples/demo.toml --seed 7 --set channel.uplink_snr_db=12"
    parser = add_verb(subparsers, "run", "run one experiment file", example)
    parser.add_argument("file", type=Path, metavar="FILE", help="experiment file (TOML, docs/experiments.md)")
    run_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run it; see ``run_and_show``."""
    return run_and_show(args, experiment_from(args, args.file))
