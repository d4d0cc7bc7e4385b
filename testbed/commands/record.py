"""`amp record`: what a radio hears, as SigMF."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from testbed.commands.progress import Progress
from testbed.commands.radio_options import URI, checked_seconds, new_folder, settings_of, tuning_options
from testbed.commands.verb import add_verb
from testbed.exits import DID_NOT_HOLD, DONE

QUIET_S = 2.0


def register(subparsers: Any) -> None:
    """Add the verb."""
    parser = add_verb(subparsers, "record", "what a radio hears, as SigMF", "amp record pluto:usb: --seconds 5")
    parser.add_argument("uri", metavar="URI", help=URI)
    parser.add_argument("--seconds", type=float, required=True, metavar="S", help="how long")
    parser.add_argument(
        "--rate-sps", type=int, metavar="R", help="samples per second (default: the highest without loss)"
    )
    parser.add_argument("--gain-db", type=float, default=40.0, metavar="G", help="of the receiver (default 40)")
    tuning_options(parser)
    parser.add_argument("--role", choices=("ap", "tag"), default="", help="whose receiver `amp replay` is to use")
    parser.add_argument("--out", type=Path, metavar="DIR", help="new or empty folder (default: recordings/<time>)")


def run(args: argparse.Namespace) -> int:
    """Record; 1 when samples were lost."""
    from ampradio.profile import load_profile
    from ampradio.radio.opening import open_radio
    from testbed.radios.facts import loss_line
    from testbed.radios.record import highest_rate, record

    seconds, profile = checked_seconds(args.seconds), load_profile()
    folder = new_folder(args.out or Path("recordings") / datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ"))
    wanted = settings_of(
        args, rate_sps=args.rate_sps or 1_000_000, centre_hz=profile.uplink.carrier_hz, rx_gain_db=args.gain_db
    )
    with open_radio(args.uri, receive_buffers=16) as radio:
        folder.mkdir(parents=True, exist_ok=True)
        chosen = None
        if args.rate_sps is None:
            chosen = highest_rate(radio, wanted, folder, lambda line: _say(args, line))
            wanted = settings_of(args, rate_sps=chosen, centre_hz=wanted.centre_hz, rx_gain_db=args.gain_db)
        radio.configure(wanted)
        progress = Progress("samples", quiet=args.quiet or args.json or seconds <= QUIET_S)
        recorded = record(
            radio,
            folder / "radio",
            seconds,
            profile,
            role=args.role,
            more={"rate": "asked for" if chosen is None else "the highest of the usual ones without loss"},
            progress=progress,
        )
    lost = loss_line(recorded.losses)
    if args.json:
        document = asdict(recorded) | {"recording": str(recorded.meta_path), "radio": asdict(radio.identity)}
        del document["meta_path"]
        print(json.dumps(document))
    elif not args.quiet:
        print(f"{recorded.meta_path}: {recorded.samples} samples at {recorded.rate_sps / 1e6:g} MS/s")
    if lost:
        print(f"amp: lost: {lost}; {recorded.segments} segments are marked in the recording", file=sys.stderr)
    return DID_NOT_HOLD if lost else DONE


def _say(args: argparse.Namespace, line: str) -> None:
    if not args.quiet:
        print(f"amp: {line}", file=sys.stderr)
