"""`amp transmit`: a recording, sent by a radio, once or again and again."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed.commands.progress import Progress
from testbed.commands.radio_options import (
    URI,
    checked_seconds,
    new_folder,
    sending_options,
    settings_of,
    tuning_options,
)
from testbed.commands.verb import add_verb
from testbed.exits import DID_NOT_HOLD, DONE, CallerMistake

if TYPE_CHECKING:
    from ampradio.radio.interface import LossCount, Samples
    from ampradio.radio.pluto import PlutoRadio
    from testbed.radios.transmit import Way

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
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="burst operation: keep what is heard meanwhile in a new or empty folder"
    )
    parser.add_argument("--after-s", type=float, default=0.005, metavar="S", help="and how much longer (default 0.005)")
    parser.add_argument("--gain-db", type=float, default=20.0, metavar="G", help="of the receiver then (default 20)")
    parser.add_argument("--role", choices=("ap", "tag"), default="", help="whose receiver `amp replay` is to use then")
    tuning_options(parser)
    sending_options(parser)


def run(args: argparse.Namespace) -> int:
    """Send it if the region's rules allow; 1 when the radio lost some of it."""
    from ampradio.profile import load_profile
    from ampradio.radio.interface import LossCount
    from ampradio.radio.opening import open_radio
    from ampradio.radio.sample_streams import block_for
    from testbed.capture import open_capture
    from testbed.radios.facts import loss_line, radio_facts
    from testbed.radios.transmit import samples_of, way_for
    from testbed.regulatory import guard, load_region, measured, silence_of

    _check(args)
    region, recording = load_region(args.region), open_capture(args.file)
    rate_sps = args.rate_sps or recording.sample_rate_sps
    centre_hz = recording.center_hz or load_profile().uplink.carrier_hz
    wanted = settings_of(args, rate_sps=rate_sps, centre_hz=centre_hz, rx_gain_db=args.gain_db)
    samples = samples_of(recording, rate_sps, 10 ** (args.peak_dbfs / 20))
    try:
        way = way_for(samples.size, rate_sps, cyclic=args.cyclic, captured=args.out is not None)
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
        if not args.quiet:
            print(f"amp: {samples.size / rate_sps:.3g} s, {way.value}; {allowed.statement}", file=sys.stderr)
        document: dict[str, object] = {
            "samples": samples.size,
            "air_time_s": samples.size / rate_sps,
            "way": way.value,
            "guard": allowed.as_facts(),
            "sent": not args.dry_run,
            "radio": radio_facts(radio.identity, wanted if args.dry_run else radio.configure(wanted)),
        }
        losses = LossCount() if args.dry_run else _send(args, radio, samples, way, document)
    if args.json:
        print(json.dumps(document))
    lost = loss_line(losses)
    if lost:
        print(f"amp: lost: {lost}", file=sys.stderr)
    return DID_NOT_HOLD if lost else DONE


def _check(args: argparse.Namespace) -> None:
    if not -60 <= args.peak_dbfs <= 0:
        reason = f"--peak-dbfs {args.peak_dbfs:g} is no such amplitude"
        raise CallerMistake(reason, "give -60 to 0 dB beside full scale")
    if args.seconds is not None:
        checked_seconds(args.seconds)
        if not args.cyclic:
            raise CallerMistake("--seconds says how long to repeat", "add --cyclic, or leave it out")
    if args.out is not None:
        new_folder(args.out)
        if args.cyclic or not 0 <= args.after_s <= 1:
            reason = "--out keeps what is heard during one transmission and at most a second longer"
            raise CallerMistake(reason, "leave --cyclic out, and give --after-s 0 to 1")


def _send(
    args: argparse.Namespace, radio: PlutoRadio, samples: Samples, way: Way, document: dict[str, object]
) -> LossCount:
    """Send, add to ``document`` what became of it, and return what was lost."""
    from ampradio.profile import load_profile
    from testbed.radios.record import record_exchange
    from testbed.radios.transmit import transmit

    if args.out is not None:
        args.out.mkdir(parents=True, exist_ok=True)
        kept = record_exchange(radio, args.out / "radio", samples, args.after_s, load_profile(), role=args.role)
        document["recording"] = str(kept.meta_path)
        if not (args.quiet or args.json):
            print(f"{kept.meta_path}: {kept.samples} samples at {kept.rate_sps / 1e6:g} MS/s")
        return kept.losses
    lasts_s = args.seconds or samples.size / radio.settings.rate_sps
    progress = Progress("samples", quiet=args.quiet or args.json or lasts_s <= QUIET_S)
    sent = transmit(radio, samples, way, args.seconds, progress)
    document["losses"] = asdict(sent.losses)
    return sent.losses
