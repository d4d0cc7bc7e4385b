"""`amp emulate`: PlutoSDRs that are not there, for every program that speaks to one through libiio."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed import interruption
from testbed.commands.verb import add_verb
from testbed.exits import CallerMistake, EnvironmentFault

if TYPE_CHECKING:
    from ampradio.radio.emulator import EmulatedNetwork
    from testbed.emulated_air import AirPlan

PORT = 30431


def register(subparsers: Any) -> None:
    """Add the verb."""
    parser = add_verb(subparsers, "emulate", "emulated PlutoSDRs until interrupted", "amp emulate --plutos 2")
    parser.add_argument("--plutos", type=int, default=1, metavar="N", help="how many (default 1, at most 16)")
    parser.add_argument(
        "--air", type=Path, metavar="FILE", help="TOML: an air (docs/pluto.md), or an experiment: its channel"
    )
    parser.add_argument(
        "--port", type=int, default=PORT, metavar="P", help=f"of the first; the others follow (default {PORT}; 0: free)"
    )
    parser.add_argument("--elastic", action="store_true", help="time as fast as the receivers read, not the wall's")
    parser.add_argument(
        "--faults", action="store_true", help="read faults from standard input, as `overflow 0 5000` or `stall 0`"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; the URIs are printed when they answer."""
    from ampradio.radio.emulator.network import MOST_PLUTOS
    from testbed.emulated_air import emulated_network, keep_memory
    from testbed.emulated_air.loading import load_loops

    if not 1 <= args.plutos <= MOST_PLUTOS:
        raise CallerMistake(f"{args.plutos} PlutoSDRs", f"give --plutos 1 to {MOST_PLUTOS}")
    if not 0 <= args.port <= 65536 - args.plutos:
        raise CallerMistake(f"there is no port {args.port}", f"give --port 0 to {65536 - args.plutos}")
    plan = _plan(args.air, args.plutos)
    keep_memory()
    load_loops(plan)
    try:
        network = emulated_network(plan, elastic=args.elastic, port=args.port)
    except OSError as error:
        raise EnvironmentFault(f"port {args.port} and on: {error.strerror}", "give --port 0 for free ones") from None
    with network:
        interruption.listen(signal.SIGINT, signal.SIGTERM)
        _say(network.uris, as_json=args.json)
        if args.faults:
            _take_faults(network, as_json=args.json)
        while True:
            signal.pause()


def _plan(path: Path | None, plutos: int) -> AirPlan:
    from testbed.emulated_air import plan_of_file

    if path is None:
        return plan_of_file(None, plutos)
    from testbed.experiment import ExperimentError

    try:
        return plan_of_file(path, plutos)
    except ExperimentError:
        raise
    except ValueError as error:
        raise CallerMistake(f"{path}: {error}", "docs/pluto.md lists the keys") from None
    except OSError as error:
        raise CallerMistake(f"{path}: {error.strerror}", "give --air an existing TOML file") from None


def _take_faults(network: EmulatedNetwork, *, as_json: bool) -> None:
    """Do what standard input says until it ends; each line is answered when it is done."""
    from testbed.emulated_air.faults import do

    for line in sys.stdin:
        try:
            do(network, line)
        except (ValueError, OSError) as error:
            print(f"amp: {error}", file=sys.stderr, flush=True)
            continue
        print(json.dumps({"done": line.strip()}) if as_json else f"done: {line.strip()}", flush=True)


def _say(uris: list[str], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"uris": uris}), flush=True)
        return
    for uri in uris:
        print(uri, flush=True)
