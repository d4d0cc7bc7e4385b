"""`amp emulate`: PlutoSDRs that are not there, for every program that speaks to one through libiio."""

from __future__ import annotations

import argparse
import json
import signal
from pathlib import Path
from typing import Any

from testbed.commands.verb import add_verb
from testbed.exits import CallerMistake, EnvironmentFault

PORT = 30431


def register(subparsers: Any) -> None:
    """Add the verb."""
    parser = add_verb(subparsers, "emulate", "emulated PlutoSDRs until interrupted", "amp emulate --plutos 2")
    parser.add_argument("--plutos", type=int, default=1, metavar="N", help="how many (default 1, at most 16)")
    parser.add_argument("--air", type=Path, metavar="FILE", help="TOML: losses, noise figure, carrier errors, seed")
    parser.add_argument(
        "--port", type=int, default=PORT, metavar="P", help=f"of the first; the others follow (default {PORT}; 0: free)"
    )
    parser.add_argument("--elastic", action="store_true", help="time as fast as the receivers read, not the wall's")


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; the URIs are printed when they answer."""
    from ampradio.radio.emulator.air import FlatAir
    from ampradio.radio.emulator.air_file import AirFile, AirFileError, air_of
    from ampradio.radio.emulator.network import MOST_PLUTOS, EmulatedNetwork, boards
    from testbed.experiment.toml import parse_toml

    if not 1 <= args.plutos <= MOST_PLUTOS:
        raise CallerMistake(f"{args.plutos} PlutoSDRs", f"give --plutos 1 to {MOST_PLUTOS}")
    if not 0 <= args.port <= 65536 - args.plutos:
        raise CallerMistake(f"there is no port {args.port}", f"give --port 0 to {65536 - args.plutos}")
    air = AirFile()
    if args.air is not None:
        try:
            air = air_of(parse_toml(args.air.read_text(encoding="utf-8")))
        except (AirFileError, ValueError) as error:
            raise CallerMistake(f"{args.air}: {error}", "docs/pluto.md lists the keys") from None
        except OSError as error:
            raise CallerMistake(f"{args.air}: {error.strerror}", "give --air an existing TOML file") from None
    given = boards(args.plutos, air.noise_figure_db, air.carrier_ppm)
    flat = FlatAir(air.path_loss_db, air.leak_db)
    try:
        network = EmulatedNetwork(given, flat, elastic=args.elastic, port=args.port, seed=air.seed)
    except OSError as error:
        raise EnvironmentFault(f"port {args.port} and on: {error.strerror}", "give --port 0 for free ones") from None
    with network:
        _say(network.uris, as_json=args.json)
        for number in (signal.SIGINT, signal.SIGTERM):  # a shell lets its background jobs ignore the first
            signal.signal(number, signal.default_int_handler)
        while True:
            signal.pause()


def _say(uris: list[str], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"uris": uris}), flush=True)
        return
    for uri in uris:
        print(uri, flush=True)
