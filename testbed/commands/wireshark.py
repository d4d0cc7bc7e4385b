"""`amp wireshark`: puts the dissector and the live source where Wireshark finds them, or says where they are."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from testbed.commands.verb import add_verb
from testbed.exits import DONE


def register(subparsers: Any) -> None:
    """Add the verb."""
    example = "amp wireshark install"
    verb = add_verb(subparsers, "wireshark", "the dissector and the live source for Wireshark", example)
    deeds = verb.add_subparsers(dest="deed", metavar="DEED", required=True)
    install = add_verb(deeds, "install", "put dissector and live source into your own Wireshark folders", example)
    install.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="where run folders are (runs)")
    where = "amp wireshark where"
    add_verb(deeds, "where", "say where the dissector is, for `tshark -X lua_script:`", where)


def run(args: argparse.Namespace) -> int:
    """Install, or say where."""
    from testbed.wireshark.place import install
    from testbed.wireshark.tables import DISSECTOR

    if args.deed == "where":
        print(json.dumps({"dissector": str(DISSECTOR)}) if args.json else DISSECTOR)
        return DONE
    placed = install(Path.home(), args.runs.resolve())
    if args.json:
        print(json.dumps({"dissector": str(placed.dissector), "extcap": str(placed.extcap)}))
    elif not args.quiet:
        print(f"dissector: {placed.dissector}\nlive source: {placed.extcap}")
        if not placed.extcap_seen:
            print(f"this Wireshark looks there when told: WIRESHARK_EXTCAP_DIR={placed.extcap.parent} wireshark")
    return DONE
