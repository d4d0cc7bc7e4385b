"""`amp transmit`: a recording, sent by a radio, once or again and again."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from testbed.commands.progress import Progress
from testbed.commands.radio_options import URI, checked_seconds, sending_options, settings_of, tuning_options
from testbed.commands.verb import add_verb
from testbed.exits import DID_NOT_HOLD, DONE, CallerMistake

QUIET_S = 2.0
LEISURE = 4  # nobody waits for an answer: long blocks bear a busy computer


def register(subparsers: Any) -> None:
    """Add the verb."""
    example = "amp transmit recordings/x/radio.sigmf-meta --radio pluto:usb: --cyclic --seconds 10"
    parser = add_verb(subparsers, "transmit", "send a recording with a radio, once or again and again", example)
    parser.add_argument("file", type=Path, metavar="FILE", help="a SigMF recording")
    parser.add_argument("--radio", required=True, metavar="URI", help=URI)
    parser.add_argument("--rate-sps", type=int, metavar="R", help="resample to R (default: the recording's own rate)")
    parser.add_argument(
        "--peak-dbfs", type=float, default=-1.0, metavar="P", help="largest amplitude, -60 to 0 (default -1)"
    )
    parser.add_argument(
        "--cyclic", action="store_true", help="again and again, until interrupted or --seconds are over"
    )
    parser.add_argument("--seconds", type=float, metavar="S", help="how long, with --cyclic")
    tuning_options(parser)
    sending_options(parser)


def run(args: argparse.Namespace) -> int:
    """Send it if the region's rules allow; 1 when the radio lost some of it."""
    from ampradio.profile import load_profile
    from ampradio.radio.opening import open_radio
    from ampradio.radio.sample_streams import block_for
    from testbed.capture import open_capture
    from testbed.radios.facts import loss_line, radio_facts
    from testbed.radios.transmit import samples_of, transmit, way_for
    from testbed.regulatory import guard, load_region, measured, silence_of

    if not -60 <= args.peak_dbfs <= 0:
        raise CallerMistake(
            f"--peak-dbfs {args.peak_dbfs:g} is no such amplitude", "give -60 to 0 dB beside full scale"
        )
    if args.seconds is not None and not args.cyclic:
        raise CallerMistake("--seconds says how long to repeat", "add --cyclic, or leave it out")
    seconds = None if args.seconds is None else checked_seconds(args.seconds)
    region, recording = load_region(args.region), open_capture(args.file)
    rate_sps = args.rate_sps or recording.sample_rate_sps
    centre_hz = recording.center_hz or load_profile().uplink.carrier_hz
    wanted = settings_of(args, rate_sps=rate_sps, centre_hz=centre_hz, rx_gain_db=0.0)
    samples = samples_of(recording, rate_sps, 10 ** (args.peak_dbfs / 20))
    try:
        way = way_for(samples.size, rate_sps, cyclic=args.cyclic)
    except ValueError as error:
        raise CallerMistake(str(error), "cut the recording, or give a lower --rate-sps") from None
    planned = measured(
        samples,
        rate_sps,
        wanted.centre_hz,
        attenuation_db=wanted.tx_attenuation_db,
        antenna_gain_dbi=args.antenna_gain_dbi,
        repeated=args.cyclic,
    )
    block = LEISURE * block_for(rate_sps)
    with open_radio(args.radio, block=block, lead_blocks=3, receive_buffers=8, paced_by_reader=True) as radio:
        [allowed] = guard([planned], region, silence_of(radio.identity, wanted))
        document: dict[str, object] = {
            "samples": samples.size,
            "air_time_s": samples.size / rate_sps,
            "way": way.value,
            "guard": allowed.as_facts(),
        }
        if not args.quiet:
            print(f"amp: {samples.size / rate_sps:.3g} s, {way.value}; {allowed.statement}", file=sys.stderr)
        lost = ""
        if args.dry_run:
            document |= {"sent": False, "radio": radio_facts(radio.identity, wanted)}
        else:
            applied = radio.configure(wanted)
            lasts_s = seconds or samples.size / rate_sps
            progress = Progress("samples", quiet=args.quiet or args.json or lasts_s <= QUIET_S)
            sent = transmit(radio, samples, way, seconds, progress)
            lost = loss_line(sent.losses)
            document |= {"sent": True, "radio": radio_facts(radio.identity, applied), "losses": asdict(sent.losses)}
    if args.json:
        print(json.dumps(document))
    if lost:
        print(f"amp: lost: {lost}", file=sys.stderr)
    return DID_NOT_HOLD if lost else DONE
