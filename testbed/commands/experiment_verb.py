"""What `amp demo` and `amp run` share: the options of a run, and showing it as it happens."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from ampradio.mac.ladder import ENERGIZER_NAME
from testbed.commands.dry_run import show_on_air
from testbed.commands.verb import set_option
from testbed.exits import DID_NOT_HOLD, DONE
from testbed.experiment import Experiment, ExperimentError, load_experiment
from testbed.ladder import Ladder

if TYPE_CHECKING:
    from testbed.runner.tell import Tell
    from testbed.summary import Summary


def run_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a run."""
    radio = "instead of the file's: zmq:, sim:, emu:, pluto:… (docs/air-experiments.md)"
    parser.add_argument("--radio", metavar="URI", help=radio)
    parser.add_argument("--dry-run", action="store_true", help="say what PlutoSDRs would send, and send nothing")
    parser.add_argument("--seed", type=int, metavar="N", help="the run's seed; the same seed gives the same run")
    parser.add_argument("--out", type=Path, metavar="DIR", help="run folder (default runs/<time>-<name>)")
    keep = "keep the session keys in FILE, for `amp decrypt`: whoever has it reads what the run protected"
    parser.add_argument("--key-log", type=Path, metavar="FILE", help=keep)
    set_option(parser)


def experiment_from(args: argparse.Namespace, path: Path) -> Experiment:
    """Load the experiment with the options of the command line; raises ExperimentError."""
    return load_experiment(path, overrides=args.overrides, seed=args.seed, radio=args.radio, stdin=sys.stdin)


def run_and_show(args: argparse.Namespace, experiment: Experiment) -> int:
    """Run the experiment, print its ladder as it happens and its table at the end; 1 when the exchange failed."""
    if args.dry_run:
        return show_on_air(args, experiment)
    from testbed.wireshark.key_file import keys_kept

    console = Console(stderr=args.json)
    ladder = Ladder(console, _names(experiment), verbose=args.verbose)

    def tell(record: dict[str, Any]) -> None:
        if not args.quiet:
            ladder.take(record)

    if not args.quiet:
        air = "" if experiment.choice.scheme == "pluto" else " (simulated air)"
        console.print(f"{experiment.name} over {experiment.radio}{air}, seed {experiment.seed}")
    with keys_kept(args.key_log, args.out):
        summary = _summary(experiment, args.out, tell)
    if not args.quiet:
        ladder.finish()
    if args.json:
        print(json.dumps(summary.as_dict(), ensure_ascii=False))
    elif not args.quiet:
        summary.show(console)
    if args.key_log is not None:
        print(f"amp: warning: {args.key_log} has the session keys of this run: keep it to yourself", file=sys.stderr)
    return DONE if summary.ok else DID_NOT_HOLD


def _summary(experiment: Experiment, out: Path | None, tell: Tell) -> Summary:
    """Run it; raises ExperimentError, which names the file, before there is a run folder where that can be known."""
    from testbed.runner.pluto_plan import pluto_plan
    from testbed.runner.run import run_experiment

    try:
        if experiment.choice.plutos:
            pluto_plan(experiment)
        return run_experiment(experiment, out=out, tell=tell)
    except ExperimentError as error:
        file = error.file or str(experiment.path or experiment.name)
        raise ExperimentError(file, error.path, error.reason, error.fix, error.line) from None


def _names(experiment: Experiment) -> dict[str, str]:
    tag = experiment.tags[0]
    names = {"tag": tag.name, f"0x{tag.station_id:04x}": tag.name, f"0x{tag.station_id:04X}": tag.name}
    return {**names, ENERGIZER_NAME: ENERGIZER_NAME} if experiment.ap.bistatic else names
