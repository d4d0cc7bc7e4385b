"""What the server keeps: sealed, whole after a full disk or a second writer, and moved from server to server."""

from __future__ import annotations

import contextlib
import resource
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ampradio.security.entropy import SeededEntropy
from ampradio.security.provisioning import manufacture
from ampradio.security.secret import Secret
from testbed.authority.database import Database, DatabaseError, DuplicateError
from testbed.authority.entry import Entry, EntryError
from testbed.authority.fleet import as_text, entries_of, rows_of
from testbed.authority.vault import Vault, VaultError
from tests.testbed.authority.world import (
    GWID,
    KEY,
    PRIVATE,
    SECRETS,
    SERIAL,
    World,
)


def test_no_secret_lies_in_the_file(world: World) -> None:
    """Records, PSK, the server's key and gateways' secrets are sealed; another key opens none of it."""
    world.server.answer(world.ask())
    octets = (world.folder / "as.sqlite").read_bytes()
    hidden = [PRIVATE, b"p" * 32, world.made.record.serial.expose(), *(secret.expose() for secret in SECRETS.values())]
    for secret in hidden:
        assert secret not in octets and secret.hex().encode() not in octets
    assert world.made.record.public.hex().encode() not in octets
    with pytest.raises(VaultError):
        Database(world.folder / "as.sqlite", Vault(bytes(32)))
    assert (world.folder / "as.sqlite").stat().st_mode & 0o077 == 0


def test_a_locked_database_answers_nothing_and_loses_nothing(world: World) -> None:
    """A second connection holds the file; afterwards the same question is answered."""
    with contextlib.closing(sqlite3.connect(world.folder / "as.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert world.server.answer(world.ask()) is None
        other.execute("ROLLBACK")
    assert world.server.counters["database_failed"] == 1
    assert world.server.answer(world.ask()) is not None
    assert [record.epoch for record in world.database] == [1]


def test_a_full_disk_answers_nothing_and_loses_nothing(world: World) -> None:
    """The kernel refuses to write past a limit (RLIMIT_FSIZE), as a full disk would."""
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    heard = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, was[1]))
    try:
        assert world.server.answer(world.ask()) is None
        with pytest.raises(DatabaseError):
            world.database.replace_psk(world.made.qr, Secret(b"n" * 32))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, was)
        signal.signal(signal.SIGXFSZ, heard)
    assert world.server.counters["database_failed"] == 1
    assert world.server.answer(world.ask()) is not None
    entry = world.database.entry(world.made.qr)
    assert entry is not None and entry.record.epoch == 1 and entry.key_version == 0


def test_a_record_that_somebody_else_wrote_is_not_overwritten(world: World) -> None:
    record = world.database.find(world.made.qr)
    assert record is not None
    second = Database(world.folder / "as.sqlite", Vault(KEY))
    second.replace_psk(world.made.qr, Secret(b"n" * 32))
    with pytest.raises(DatabaseError, match="changed"):
        world.database.put(record)
    entry = second.entry(world.made.qr)
    assert entry is not None and entry.key_version == 1 and entry.psk == Secret(b"n" * 32)
    second.close()


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_fleet_moves_to_another_server_with_its_epochs(world: World, kind: str, tmp_path: Path) -> None:
    """R2.27 in practice: all of a record survives an export with secrets; one without shows none."""
    world.server.answer(world.ask())
    text = as_text(rows_of(world.database.entries(), secrets=True), kind, secrets=True)
    [moved], [kept] = entries_of(text, kind), world.database.entries()
    assert moved == kept and moved.record.epoch == 1
    shown = as_text(rows_of(world.database.entries(), secrets=False), kind, secrets=False)
    assert kept.record.serial.expose().hex() not in shown and (b"p" * 32).hex() not in shown
    with pytest.raises(EntryError):
        entries_of(shown, kind)


def test_duplicates_leave_the_database_as_it_was(world: World) -> None:
    """Device or serial number known, in the file or twice in the import: none of it is taken."""
    parameters = world.database.settings.parameters()
    fresh = [manufacture(parameters, world.database.public, SeededEntropy(50 + n), serial=SERIAL) for n in range(2)]
    for entries in ([Entry(one.record) for one in fresh], [Entry(fresh[0].record), Entry(world.made.record)]):
        with pytest.raises(DuplicateError, match="device 2"):
            world.database.add(entries)
        assert len(list(world.database)) == 1
    with pytest.raises(DuplicateError):
        world.database.add_gateway(b"more", SECRETS[GWID])


BAD_CSV = ["", "public\n00\n", "public,serial\n,\n", "public,serial\nzz,00\n", "public,serial\n" + "00" * 32 + ",00\n",
           "public,serial,epoch\n" + "00" * 32 + "," + "11" * 16 + ",-1\n", '{"devices": 3}', "\x00"]  # fmt: skip


@pytest.mark.parametrize("text", BAD_CSV)
@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_bad_import_is_refused_with_a_reason(text: str, kind: str) -> None:
    with pytest.raises(EntryError) as raised:
        entries_of(text, kind)
    assert str(raised.value)


def test_a_disk_without_room(tmp_path: Path) -> None:
    """A database or a file of secrets that cannot be made leaves nothing behind."""
    code = f"""
import os, resource, signal, sys
from pathlib import Path
from testbed.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
from testbed.authority.vault import VaultError, write_secret
try:
    write_secret(Path({str(tmp_path / "fleet.csv")!r}), bytes(10_000))
except VaultError as error:
    print(error, file=sys.stderr)
sys.exit(main(["keys", "create", "--db", {str(tmp_path / "as.sqlite")!r}, "--key-file", {str(tmp_path / "k")!r}]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3 and "cannot be made" in done.stderr, done.stderr
    assert "fleet.csv cannot be made: File too large" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["k"]
