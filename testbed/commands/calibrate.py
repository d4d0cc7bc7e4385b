"""`amp calibrate`: measure a radio, and keep what was measured for its runs."""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from testbed.commands.radio_options import URI, sending_options, settings_of, tuning_options
from testbed.commands.verb import add_verb
from testbed.exits import DONE, CallerMistake, EnvironmentFault

LEISURE = 4  # nobody waits for an answer: long blocks bear a busy computer
BUFFERS = 8


def register(subparsers: Any) -> None:
    """Add the verb."""
    example = "amp calibrate pluto:usb: --reference pluto:ip:192.168.3.1"
    parser = add_verb(subparsers, "calibrate", "measure a radio: delay, carrier, leakage, noise, gains", example)
    parser.add_argument("uri", metavar="URI", help=URI)
    parser.add_argument("--rate-sps", type=int, default=4_000_000, metavar="R", help="sample rate (default 4000000)")
    parser.add_argument("--reference", metavar="URI", help="a radio that sends the tone the carrier is measured by")
    parser.add_argument("--tone-hz", type=float, metavar="F", help="instead: a generator sends a tone at F exactly")
    parser.add_argument("--valid-days", type=float, default=30.0, metavar="D", help="until it expires (default 30)")
    parser.add_argument(
        "--file", type=Path, metavar="FILE", help="where to keep it (default: the user's data directory)"
    )
    tuning_options(parser)
    sending_options(parser)


def run(args: argparse.Namespace) -> int:
    """Measure, if the region's rules allow what is sent for it, and write the calibration."""
    from ampradio.profile import load_profile
    from ampradio.radio.opening import open_radio
    from ampradio.radio.sample_streams import block_for
    from testbed.radios.calibrate import ToneSource, calibrate
    from testbed.radios.calibration import calibration_path, store
    from testbed.radios.measure import tone
    from testbed.regulatory import guard, load_region, measured, silence_of

    if args.loopback:
        raise CallerMistake("in loopback there is nothing to calibrate", "leave --loopback out")
    if not 0 < args.valid_days <= 3650:
        raise CallerMistake(f"--valid-days {args.valid_days:g}", "give more than 0, at most 3650")
    if args.reference and args.tone_hz is not None:
        raise CallerMistake("--reference and --tone-hz are two ways to the same", "give one of them")
    region = load_region(args.region)
    wanted = settings_of(args, rate_sps=args.rate_sps, centre_hz=load_profile().uplink.carrier_hz, rx_gain_db=0.0)
    if args.tone_hz is not None and not 0 < abs(args.tone_hz - wanted.centre_hz) < wanted.rate_sps / 2:
        raise CallerMistake("--tone-hz is not within the sampled band", "give one near --centre-hz, not on it")
    planned = measured(
        tone(args.rate_sps),
        args.rate_sps,
        wanted.centre_hz,
        attenuation_db=wanted.tx_attenuation_db,
        antenna_gain_dbi=args.antenna_gain_dbi,
    )
    # what leaks is a tone or a sequence as wide as the filter, at one level; it is on for a few seconds
    planned = replace(planned, occupied_bandwidth_hz=float(min(args.rate_sps, wanted.bandwidth_hz)), duration_s=None)
    tell = (lambda line: None) if args.quiet else (lambda line: print(f"amp: {line}", file=sys.stderr))
    with contextlib.ExitStack() as open_until_done:
        radios = [
            open_until_done.enter_context(
                open_radio(
                    uri,
                    block=LEISURE * block_for(args.rate_sps),
                    lead_blocks=3,
                    receive_buffers=BUFFERS,
                    paced_by_reader=True,
                )
            )
            for uri in (args.uri, *([args.reference] if args.reference else []))
        ]
        allowed = [guard([planned], region, silence_of(radio.identity, wanted))[0] for radio in radios]
        tell(allowed[0].statement)
        if args.dry_run:
            if args.json:
                print(json.dumps({"calibration": None, "sent": False, "guard": [each.as_facts() for each in allowed]}))
            return DONE
        source = None
        if args.reference:
            radios[1].configure(wanted)
            source = ToneSource(f"radio {radios[1].identity.serial}", radios[1])
        elif args.tone_hz is not None and math.isfinite(args.tone_hz):
            source = ToneSource(f"a tone at {args.tone_hz:g} Hz", None, args.tone_hz)
        done = calibrate(radios[0], wanted, source, valid_days=args.valid_days, tell=tell)
    path = args.file or calibration_path(done.serial)
    try:
        store(done, path)
    except OSError as error:
        raise EnvironmentFault(f"{path}: {error.strerror}", "give --file a place that can be written") from None
    if args.json:
        print(
            json.dumps({"calibration": asdict(done), "path": str(path), "guard": [each.as_facts() for each in allowed]})
        )
    elif not args.quiet:
        print(f"{path}: radio {done.serial}, valid until {done.expires_utc}")
    return DONE
