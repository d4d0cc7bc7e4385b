"""`amp devices`: which radios answer."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from typing import TYPE_CHECKING, Any

from testbed.commands.verb import add_verb
from testbed.exits import DID_NOT_HOLD, DONE, CallerMistake, EnvironmentFault

if TYPE_CHECKING:
    from ampradio.radio.discovery import Radio

SCHEMES = ("ip", "usb", "local", "serial", "xml")


def register(subparsers: Any) -> None:
    """Add the verb."""
    parser = add_verb(subparsers, "devices", "which radios answer", "amp devices ip:127.0.0.1:30431")
    parser.add_argument(
        "uris", nargs="*", metavar="URI", help="ip:HOST[:PORT] or usb:… (default: where PlutoSDRs usually are)"
    )
    parser.add_argument("--wait-s", type=float, default=0.0, metavar="S", help="wait that long for those given")


def run(args: argparse.Namespace) -> int:
    """List them; 1 when one of those given does not answer."""
    from ampradio.radio.discovery import NoLibiio, Radio, radios_at, usual_uris

    if not 0 <= args.wait_s <= 3600:
        raise CallerMistake(f"--wait-s {args.wait_s} is no time to wait", "give 0 to 3600 seconds")
    for uri in args.uris:
        scheme, colon, rest = uri.partition(":")
        if scheme not in SCHEMES or not colon:
            known = rest if scheme in ("pluto", "emu") and rest.startswith(SCHEMES) else "ip:HOST[:PORT] or usb:…"
            raise CallerMistake(f"{uri!r} is no address that libiio knows", f"give {known}")
    try:
        patient_until = time.monotonic() + args.wait_s
        while True:
            answers = dict(radios_at(args.uris or list(usual_uris())))
            silent = {uri: why for uri, why in answers.items() if not isinstance(why, Radio)}
            if not silent or time.monotonic() >= patient_until:
                break
            time.sleep(0.2)
    except NoLibiio as error:
        raise EnvironmentFault(f"libiio cannot be used: {error}") from None
    radios = [radio for radio in answers.values() if isinstance(radio, Radio)]
    if args.json:
        print(json.dumps({"devices": [dataclasses.asdict(radio) for radio in radios], "silent": silent}))
    elif not args.quiet:
        _print(radios)
    for uri, why in silent.items():
        print(f"amp: {uri}: {why}", file=sys.stderr)
    return DID_NOT_HOLD if args.uris and silent else DONE


def _print(radios: list[Radio]) -> None:
    if not radios:
        print("no radio answers")
    for radio in radios:
        print(f"{radio.uri}  {radio.model}  serial {radio.serial}  firmware {radio.firmware}")
