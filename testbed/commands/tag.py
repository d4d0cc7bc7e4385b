"""`amp tag make`: a tag's identity, its label, and its record for the authentication server."""

from __future__ import annotations

import argparse
import json
import os
import re
from pathlib import Path
from typing import Any

from testbed.commands.authority_options import VARIANTS, database_options, hex_octets, opened
from testbed.commands.verb import add_verb
from testbed.exits import DONE, CallerMistake

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,32}")


def register(subparsers: Any) -> None:
    """Add the verb."""
    example = "amp tag make --db as.sqlite --key-file as.key --name sensor-1"
    verb = add_verb(subparsers, "tag", "make a tag's identity and its label", example)
    deeds = verb.add_subparsers(dest="deed", metavar="DEED", required=True)
    summary = "make a tag: NAME.tag.json for the tag, a label, and a record for the server"
    make = add_verb(deeds, "make", summary, example)
    make.add_argument("--name", default="tag", help="of its files and on its label (tag)")
    make.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="where its files go (here)")
    make.add_argument("--label", choices=("png", "svg"), default="png", help="kind of label (png)")
    database_options(make, required=False)
    make.add_argument("--server-public", metavar="HEX", help="without a database: the server's public key")
    make.add_argument("--variant", choices=VARIANTS, help="of S2, without a database")


def run(args: argparse.Namespace) -> int:
    """Make the tag; raises ``DatabaseError``, ``VaultError``, ``EntryError`` or ``LabelError``."""
    from ampradio.security.agreement import KEY_OCTETS
    from ampradio.security.entropy import SystemEntropy
    from ampradio.security.provisioning import manufacture
    from ampradio.security.secret import Secret
    from testbed.authority.entry import PSK_OCTETS, Entry
    from testbed.authority.fleet import as_text, rows_of
    from testbed.authority.label import write_label
    from testbed.authority.schema import StoreSettings
    from testbed.authority.tag_file import TagFile
    from testbed.authority.vault import write_secret

    if not _NAME.fullmatch(args.name):
        raise CallerMistake(f"{args.name!r} cannot name a tag", 'up to 32 letters, digits, "_", "." or "-"')
    if (args.db is None) == (args.server_public is None):
        raise CallerMistake("whose tag is it?", "give --db, or --server-public and import the record later")
    if args.db is not None and args.variant is not None:
        raise CallerMistake("a database says its tags' variant", "leave --variant out")
    tag_path, label_path = args.out / f"{args.name}.tag.json", args.out / f"{args.name}.{args.label}"
    for path in (tag_path, label_path):
        if path.exists():
            raise CallerMistake(f"{path} is there already", "choose another --name or --out")
    database = None if args.db is None else opened(args)
    if database is None:
        settings = StoreSettings(args.variant or "hardened")
        public = hex_octets(args.server_public, KEY_OCTETS, "public key")
    else:
        settings, public = database.settings, database.public
    made = manufacture(settings.parameters(), public, SystemEntropy())
    psk = Secret(os.urandom(PSK_OCTETS))
    entry = Entry(made.record, args.name, psk)
    tag = TagFile(args.name, settings.variant, made.identity, psk, settings.hash_octets)
    tag.write(tag_path)
    try:
        write_label(label_path, made.qr, args.name)
        record_path = None
        if database is not None:
            database.add([entry])
            database.close()
        else:
            record_path = args.out / f"{args.name}.record.json"
            write_secret(record_path, as_text(rows_of([entry], secrets=True), "json", secrets=True).encode())
    except BaseException:
        for path in (tag_path, label_path):
            path.unlink(missing_ok=True)
        raise
    where = f"known to {args.db}" if record_path is None else f"amp keys import {record_path} makes it known"
    document = {
        "tag": str(tag_path),
        "label": str(label_path),
        "device": made.qr.hex(),
        "record": None if record_path is None else str(record_path),
    }
    if args.json:
        print(json.dumps(document))
    elif not args.quiet:
        print(f"tag {made.qr.hex()[:16]}…: {tag_path}, label {label_path}, {where}")
    return DONE
