"""What the verbs around the authentication server share: which database, under which key, and numbers in hex."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.exits import CallerMistake

if TYPE_CHECKING:
    from testbed.authority.database import Database

VARIANTS = ("hardened", "literal", "identity-hiding")
"""Of S2, the first without being asked."""


def database_options(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add the options that name a database and its key."""
    parser.add_argument("--db", type=Path, required=required, metavar="FILE", help="the server's database")
    parser.add_argument("--key-file", type=Path, metavar="FILE", help="its key (default: $AMP_AS_KEY, 64 hex digits)")


def opened(args: argparse.Namespace) -> Database:
    """Return the database that was named; raises ``DatabaseError`` or ``VaultError``."""
    from testbed.authority.database import Database
    from testbed.authority.vault import Vault, key_from

    return Database(args.db, Vault(key_from(args.key_file)))


def hex_octets(text: str, octets: int, what: str) -> bytes:
    """Return the octets of an argument in hex; raises ``CallerMistake``."""
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != octets:
        raise CallerMistake(f"{text!r} is no {what}", f"give {2 * octets} hex digits")
    return value
