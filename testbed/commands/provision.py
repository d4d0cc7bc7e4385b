"""`amp provision`: what a person does is scan a label; the rest runs by itself."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from testbed.commands.authority_options import hex_octets
from testbed.commands.experiment_verb import run_and_show, run_options
from testbed.commands.verb import add_verb
from testbed.exits import CallerMistake


def register(subparsers: Any) -> None:
    """Add the verb."""
    example = "amp provision --qr tag.png --tag tag.tag.json --gateway 0a0b0c0d --secret-file gw.secret"
    parser = add_verb(subparsers, "provision", "provision a tag whose label was scanned", example)
    parser.add_argument("--qr", type=Path, required=True, metavar="FILE", help="picture of the tag's label")
    parser.add_argument("--tag", type=Path, required=True, metavar="FILE", help="the simulated tag: its .tag.json")
    parser.add_argument("--gateway", required=True, metavar="GWID", help="the gateway's identifier, 8 hex digits")
    parser.add_argument("--server", metavar="URI", help="radius://HOST:PORT, by default radius://127.0.0.1:1812")
    parser.add_argument("--secret-file", type=Path, metavar="FILE", help="shared with it (default: $AMP_RADIUS_SECRET)")
    parser.add_argument("--db", type=Path, metavar="FILE", help="instead of --server: a server beside the gateway")
    parser.add_argument("--key-file", type=Path, metavar="FILE", help="of the database (default: $AMP_AS_KEY)")
    parser.add_argument("--reading", action="append", default=[], metavar="TEXT", help="what the tag then reports")
    run_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run it: 0 provisioned, 1 not, 3 when the server does not answer."""
    from ampradio.security.provisioning.profiles import GWID_OCTETS
    from testbed.authority.tag_file import read_tag_file
    from testbed.experiment.load import experiment_of

    if args.db is not None and args.server is not None:
        raise CallerMistake("--db stands beside --server", "keep one")
    gwid = hex_octets(args.gateway, GWID_OCTETS, "identifier of a gateway")
    secret_file = args.secret_file if args.db is None else args.key_file
    server = args.server or "radius://127.0.0.1:1812"
    if args.db is not None:
        server = f"sqlite:{args.db.absolute()}"
    tag = read_tag_file(args.tag)
    lines = [
        'name = "provision"',
        f"radio = {_quoted(args.radio or 'sim:')}",
        "[security]",
        'system = "provisioning"',
        f"variant = {_quoted(tag.variant)}",
        f"server = {_quoted(server)}",
        *([] if secret_file is None else [f"server_secret_file = {_quoted(secret_file.absolute())}"]),
        "[security.provisioning]",
        f"hash_octets = {tag.hash_octets}",
        f"qr_file = {_quoted(args.qr.absolute())}",
        "[ap]",
        f'address = "{(bytes.fromhex("0200") + gwid).hex(":")}"',
        "[[tags]]",
        f"name = {_quoted(tag.name)}",
        f"identity_file = {_quoted(args.tag.absolute())}",
        f"readings = {json.dumps(args.reading)}",
    ]
    text = "\n".join(lines) + "\n"
    return run_and_show(args, experiment_of(text, Path("provision.toml"), overrides=args.overrides, seed=args.seed))


def _quoted(value: object) -> str:
    return json.dumps(str(value))
