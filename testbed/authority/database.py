"""The authority's database: SQLite in one file, every secret in it sealed, every write safe before it is acted on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from ampradio.security.agreement import x25519_public
from ampradio.security.provisioning import DeviceRecord
from ampradio.security.provisioning.profiles import GWID_OCTETS
from ampradio.security.secret import Secret
from testbed.authority.entry import Entry, EntryError, state_text, with_state
from testbed.authority.schema import APPLICATION_ID, SCHEMA, SettingsError, StoreSettings
from testbed.authority.vault import Vault, VaultError

BUSY_S = 0.5
GATEWAY_SECRET_OCTETS_MIN = 8


class DatabaseError(Exception):
    """The database cannot be used, or not now; ``fix`` says what to do."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.reason, self.fix = reason, fix


class DuplicateError(EntryError):
    """A device, serial number, gateway or secret is known already."""


class Database:
    """Devices, gateways and the server's own key; a ``DeviceStore`` for ``ProvisioningServer``.

    ``put`` replaces what ``find`` gave; a record that somebody else wrote meanwhile is not overwritten.
    """

    def __init__(self, path: Path, vault: Vault) -> None:
        """Open a database; raises ``DatabaseError``, or ``VaultError`` for another one's key."""
        if not path.is_file():
            raise DatabaseError(f"there is no database at {path}", f"make one: amp keys create --db {path}")
        self.path = path
        self._vault = vault
        self._versions: dict[bytes, int] = {}
        with self._told():
            self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
            try:
                if self._db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                    raise DatabaseError(f"{path} is a database of something else", "name the one of `amp keys create`")
                self._db.execute("PRAGMA synchronous = FULL")
                meta = dict(self._db.execute("SELECT name, value FROM meta"))
                self._private = Secret(vault.open(meta["private"], b"server private"))
                self.settings = StoreSettings.of(meta["settings"])
            except (KeyError, SettingsError):
                self._db.close()
                raise DatabaseError(f"{path} is damaged", "take a copy of it") from None
            except BaseException:
                self._db.close()
                raise

    @classmethod
    def create(cls, path: Path, vault: Vault, private: Secret, settings: StoreSettings) -> Database:
        """Make a database; raises ``DatabaseError`` where something is already."""
        if path.exists():
            raise DatabaseError(f"{path} is there already", "choose another name")
        try:
            path.touch(mode=0o600)
            with closing(sqlite3.connect(path, isolation_level=None)) as db:
                db.executescript(f"BEGIN; PRAGMA application_id = {APPLICATION_ID}; {SCHEMA}")
                sealed = vault.seal(private.expose(), b"server private")
                db.executemany("INSERT INTO meta VALUES (?, ?)", [("private", sealed), ("settings", settings.text())])
                db.execute("COMMIT")
        except (OSError, sqlite3.Error) as error:
            path.unlink(missing_ok=True)
            raise DatabaseError(f"{path} cannot be made: {error}", "is there room, and may you write there?") from None
        return cls(path, vault)

    @property
    def private(self) -> Secret:
        """The server's X25519 key."""
        return self._private

    @property
    def public(self) -> bytes:
        """AS_pubk, which the factory puts into tags."""
        return x25519_public(self._private.expose())

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def find(self, device_hash: bytes) -> DeviceRecord | None:
        """Return the record of a device; raises ``DatabaseError``."""
        entry = self.entry(device_hash)
        return None if entry is None else entry.record

    def entry(self, device_hash: bytes) -> Entry | None:
        """Return all that is kept of a device, None for an unknown one; raises ``DatabaseError``."""
        with self._told():
            row = self._db.execute("SELECT sealed, version FROM devices WHERE hash = ?", (device_hash,)).fetchone()
        if row is None:
            return None
        self._versions[device_hash] = row[1]
        return self._opened(device_hash, row[0])

    def put(self, record: DeviceRecord) -> None:
        """Replace the record of a known device; it is on the disk when this returns.

        Raises ``DatabaseError`` when it could not be written or somebody else wrote it meanwhile, ``KeyError`` for an
        unknown device.
        """
        device_hash = record.device_hash
        found = self._versions.get(device_hash)
        entry = self.entry(device_hash)
        if entry is None:
            raise KeyError("put replaces a record that was added")
        if found is not None and found != self._versions[device_hash]:
            raise DatabaseError("a record changed while it was used", "ask again")
        self._write(replace(entry, record=record))

    def replace_psk(self, device_hash: bytes, psk: Secret) -> None:
        """Give a device another PSK under the next key version; raises ``DatabaseError``, ``KeyError``."""
        entry = self.entry(device_hash)
        if entry is None:
            raise KeyError("an unknown device has no PSK")
        self._write(replace(entry, psk=psk, key_version=entry.key_version + 1))

    def add(self, entries: Iterable[Entry]) -> int:
        """Take new devices, all or none, and return how many.

        Raises ``DuplicateError`` for one whose public key or serial number is known, ``DatabaseError`` for no room.
        """
        count = 0
        with self._told(), self._transaction():
            for entry in entries:
                count += 1
                device_hash = entry.record.device_hash
                mark = self._vault.mark(entry.record.serial.expose())
                for column, value, what in (("hash", device_hash, "is known"), ("serial_mark", mark, "has a serial")):
                    if self._db.execute(f"SELECT 1 FROM devices WHERE {column} = ?", (value,)).fetchone():
                        more = " already" if column == "hash" else " number that another device has"
                        raise DuplicateError(f"device {count}, {device_hash.hex()[:16]}…, {what}{more}")
                self._db.execute(
                    "INSERT INTO devices"
                    " (hash, serial_mark, sealed, name, epoch, key_version, admitted, bound, version)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
                    (device_hash, mark, *self._columns(entry)),
                )
        return count

    def __iter__(self) -> Iterator[DeviceRecord]:
        """Go through all records."""
        return (entry.record for entry in self.entries())

    def entries(self) -> Iterator[Entry]:
        """Go through all that is kept; raises ``DatabaseError``."""
        with self._told():
            rows = self._db.execute("SELECT hash, sealed FROM devices ORDER BY rowid").fetchall()
        return (self._opened(device_hash, sealed) for device_hash, sealed in rows)

    def gateways(self) -> dict[bytes, Secret]:
        """Return every gateway's identifier and the secret shared with it (R2.24); raises ``DatabaseError``."""
        with self._told():
            rows = self._db.execute("SELECT gwid, sealed FROM gateways ORDER BY gwid").fetchall()
        return {gwid: Secret(self._vault.open(sealed, b"gateway" + gwid)) for gwid, sealed in rows}

    def add_gateway(self, gwid: bytes, secret: Secret) -> None:
        """Know a gateway; raises ``DuplicateError`` for one that is known or whose secret another one has."""
        if len(gwid) != GWID_OCTETS:
            raise EntryError(f"a GWID has {GWID_OCTETS} octets, not {len(gwid)}")
        if len(secret) < GATEWAY_SECRET_OCTETS_MIN:
            raise EntryError(f"a gateway's secret has at least {GATEWAY_SECRET_OCTETS_MIN} octets")
        row = (gwid, self._vault.mark(secret.expose()), self._vault.seal(secret.expose(), b"gateway" + gwid))
        with self._told():
            try:
                self._db.execute("INSERT INTO gateways VALUES (?, ?, ?)", row)
            except sqlite3.IntegrityError:
                raise DuplicateError("this gateway is known, or another one has its secret") from None

    def _write(self, entry: Entry) -> None:
        device_hash = entry.record.device_hash
        version = self._versions.pop(device_hash)
        with self._told():
            changed = self._db.execute(
                "UPDATE devices SET sealed = ?, name = ?, epoch = ?, key_version = ?, admitted = ?, bound = ?,"
                " version = version + 1 WHERE hash = ? AND version = ?",
                (*self._columns(entry), device_hash, version),
            ).rowcount
        if changed != 1:
            raise DatabaseError("a record changed while it was used", "ask again")
        self._versions[device_hash] = version + 1

    def _columns(self, entry: Entry) -> tuple[bytes, str, int, int, bool, int]:
        record, psk = entry.record, entry.psk
        kept = {
            "public": record.public.hex(),
            "serial": record.serial.expose().hex(),
            "psk": None if psk is None else psk.expose().hex(),
            "name": entry.name,
            "admitted": record.admitted,
            "epoch": record.epoch,
            "key_version": entry.key_version,
            "state": state_text(record),
        }
        sealed = self._vault.seal(json.dumps(kept).encode(), b"device" + record.device_hash)
        bound = len(record.issues)
        return sealed, entry.name, record.epoch, entry.key_version, record.admitted, bound

    def _opened(self, device_hash: bytes, sealed: bytes) -> Entry:
        try:
            kept = json.loads(self._vault.open(sealed, b"device" + device_hash))
        except VaultError:
            raise DatabaseError(f"the record of {device_hash.hex()[:16]}… is damaged", "take a copy of it") from None
        serial, public = Secret(bytes.fromhex(kept["serial"])), bytes.fromhex(kept["public"])
        record = DeviceRecord(public, serial, kept["admitted"], kept["epoch"])
        psk = None if kept["psk"] is None else Secret(bytes.fromhex(kept["psk"]))
        return Entry(with_state(record, kept["state"]), kept["name"], psk, kept["key_version"])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            fix = "is there room on the disk, and does nobody else hold it?"
            raise DatabaseError(f"the database {self.path} cannot be used: {error}", fix) from None
