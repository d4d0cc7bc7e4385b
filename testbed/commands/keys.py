"""`amp keys`: the records of the authentication server; secrets are shown only when asked for."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from testbed.commands.authority_options import VARIANTS, database_options, hex_octets, opened
from testbed.commands.verb import add_verb
from testbed.exits import DONE, CallerMistake

IMPORT_OCTETS_MAX = 256 << 20
EXAMPLES = {
    "gateway": "0a0b0c0d --secret-file gw.secret ",
    "export": "devices.csv ",
    "import": "devices.csv ",
}


def register(subparsers: Any) -> None:
    """Add the verb and what can be done with records."""
    example = "amp keys list --db as.sqlite --key-file as.key"
    summary = "records of the authentication server: create, list, import, export"
    deeds = add_verb(subparsers, "keys", summary, example).add_subparsers(dest="deed", metavar="DEED", required=True)
    create = _deed(deeds, "create", "make a database, its key and the server's own key")
    create.add_argument("--variant", choices=VARIANTS, default="hardened", help="of S2, for all its tags (hardened)")
    create.add_argument("--hash-octets", type=int, choices=(8, 16, 32), default=8, help="of H(A_pubk) on the air (8)")
    gateway = _deed(deeds, "gateway", "make a gateway known, with a secret of its own")
    gateway.add_argument("gwid", metavar="GWID", help="its identifier, 8 hex digits")
    gateway.add_argument("--secret-file", type=Path, required=True, metavar="FILE", help="made if it is not there")
    _deed(deeds, "list", "one line per device, no secrets")
    export = _deed(deeds, "export", "all records as CSV or JSON")
    export.add_argument("file", type=Path, metavar="FILE", help=".csv or .json, made anew, for its owner alone")
    export.add_argument("--secrets", action="store_true", help="with all that another server needs to take over")
    load = _deed(deeds, "import", "new devices from CSV or JSON, all or none")
    load.add_argument("file", type=Path, metavar="FILE", help=".csv or .json")


def run(args: argparse.Namespace) -> int:
    """Do it; raises ``DatabaseError``, ``VaultError`` or ``EntryError``."""
    deeds = {"create": _create, "gateway": _gateway, "list": _list, "export": _export, "import": _import}
    document, text = deeds[args.deed](args)
    if args.json:
        print(json.dumps(document, ensure_ascii=False))
    elif not args.quiet:
        print(text)
    return DONE


def _deed(deeds: Any, name: str, summary: str) -> argparse.ArgumentParser:
    options = "--db as.sqlite --key-file as.key"
    example = f"amp keys {name} {EXAMPLES.get(name, '')}{options}"
    parser = add_verb(deeds, name, summary, example)
    database_options(parser)
    return parser


def _create(args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    from ampradio.security.secret import Secret
    from testbed.authority.database import Database
    from testbed.authority.schema import StoreSettings
    from testbed.authority.vault import KEY_OCTETS, Vault, key_from, write_secret

    if args.db.exists():
        raise CallerMistake(f"{args.db} is there already", "choose another name")
    if args.key_file is not None and not args.key_file.exists():
        write_secret(args.key_file, os.urandom(KEY_OCTETS).hex().encode() + b"\n")
    vault = Vault(key_from(args.key_file))
    settings = StoreSettings(args.variant, args.hash_octets)
    database = Database.create(args.db, vault, Secret(os.urandom(KEY_OCTETS)), settings)
    public = database.public.hex()
    database.close()
    return {"database": str(args.db), "server_public": public}, f"{args.db} is made; the server's public key: {public}"


def _gateway(args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    from ampradio.security.provisioning.profiles import GWID_OCTETS
    from ampradio.security.secret import Secret
    from testbed.authority.vault import read_secret, write_secret

    gwid = hex_octets(args.gwid, GWID_OCTETS, "identifier of a gateway")
    database = opened(args)
    if not args.secret_file.exists():
        write_secret(args.secret_file, os.urandom(16).hex().encode() + b"\n")
    database.add_gateway(gwid, Secret(read_secret(args.secret_file).strip() or b"-"))
    database.close()
    return {"gateway": gwid.hex()}, f"gateway {gwid.hex()} is known; its secret is in {args.secret_file}"


def _list(args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    from testbed.authority.fleet import rows_of

    database = opened(args)
    rows = list(rows_of(database.entries(), secrets=False))
    gateways = [gwid.hex() for gwid in database.gateways()]
    database.close()
    lines = [
        f"{row['device'][:16]}…  epoch {row['epoch']}  bound {row['bound']}  key version {row['key_version']}  "
        f"{'' if row['admitted'] else 'not admitted  '}{row['name']}"
        for row in rows
    ]
    text = "\n".join([*lines, f"{len(rows)} devices, {len(gateways)} gateways"])
    return {"devices": rows, "gateways": gateways, "server_public": database.public.hex()}, text


def _export(args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    from testbed.authority.fleet import as_text, rows_of
    from testbed.authority.vault import write_secret

    kind, database = _kind(args.file), opened(args)
    rows = list(rows_of(database.entries(), secrets=args.secrets))
    database.close()
    write_secret(args.file, as_text(rows, kind, secrets=args.secrets).encode())
    secret = "with their secrets" if args.secrets else "without secrets: it cannot be imported"
    return {"exported": len(rows), "secrets": args.secrets}, f"{len(rows)} devices in {args.file}, {secret}"


def _import(args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    from testbed.authority.fleet import entries_of

    kind, database = _kind(args.file), opened(args)
    with args.file.open("rb") as stream:
        octets = stream.read(IMPORT_OCTETS_MAX + 1)
    try:
        if len(octets) > IMPORT_OCTETS_MAX:
            raise ValueError
        text = octets.decode("utf-8-sig")
    except ValueError:
        raise CallerMistake(f"{args.file} is no {kind.upper()} in UTF-8", "give an export of `amp keys`") from None
    count = database.add(entries_of(text, kind))
    database.close()
    if not args.quiet and args.file.stat().st_mode & 0o077:
        print(f"amp: {args.file} holds secrets and others may read it", file=sys.stderr)
    return {"imported": count}, f"{count} devices are new"


def _kind(path: Path) -> str:
    kind = path.suffix.lower().lstrip(".")
    if kind not in ("csv", "json"):
        raise CallerMistake(f"{path.name} is neither .csv nor .json", "name it so")
    return kind
