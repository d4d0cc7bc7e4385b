"""Records of a fleet as CSV or JSON: what a factory delivers, and what one authority hands to another."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from ampradio.security.provisioning import DeviceRecord
from ampradio.security.secret import Secret
from testbed.authority.entry import Entry, EntryError, state_text, with_state

PUBLIC_COLUMNS = ("device", "name", "public", "admitted", "epoch", "key_version", "bound")
SECRET_COLUMNS = ("serial", "psk", "state")
REQUIRED = ("public", "serial")


def rows_of(entries: Iterable[Entry], *, secrets: bool) -> Iterator[dict[str, Any]]:
    """Return one row per device; its secrets only if asked for."""
    for entry in entries:
        record = entry.record
        row: dict[str, Any] = {
            "device": record.device_hash.hex(),
            "name": entry.name,
            "public": record.public.hex(),
            "admitted": int(record.admitted),
            "epoch": record.epoch,
            "key_version": entry.key_version,
            "bound": len(record.issues),
        }
        if secrets:
            row["serial"] = record.serial.expose().hex()
            row["psk"] = "" if entry.psk is None else entry.psk.expose().hex()
            row["state"] = state_text(record)
        yield row


def as_text(rows: Iterable[dict[str, Any]], kind: str, *, secrets: bool) -> str:
    """Return rows as ``csv`` or ``json``."""
    if kind == "json":
        return json.dumps({"devices": list(rows)}, indent=1) + "\n"
    out = io.StringIO()
    columns = PUBLIC_COLUMNS + (SECRET_COLUMNS if secrets else ())
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def entries_of(text: str, kind: str) -> list[Entry]:
    """Return the devices of a text; raises ``EntryError`` with the number of the first that is none."""
    rows = _csv_rows(text) if kind == "csv" else _json_rows(text)
    entries = []
    for number, row in enumerate(rows, start=1):
        try:
            entries.append(_entry(row))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            why = str(error) if isinstance(error, EntryError) else _why(row)
            raise EntryError(f"device {number}: {why}") from None
    return entries


def _csv_rows(text: str) -> list[dict[str, Any]]:
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows = list(reader)
    except csv.Error as error:
        raise EntryError(f"it is no CSV: {error}") from None
    missing = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
    if missing:
        raise EntryError(f"it lacks the column {missing[0]}; an export without secrets cannot be imported")
    return rows


def _json_rows(text: str) -> list[dict[str, Any]]:
    try:
        rows = json.loads(text)["devices"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise EntryError('it is no JSON with a list "devices"') from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise EntryError('"devices" is no list of records')
    return rows


def _entry(row: dict[str, Any]) -> Entry:
    public, serial = bytes.fromhex(row["public"]), Secret(bytes.fromhex(row["serial"]))
    admitted, epoch = int(row.get("admitted") or 0) if "admitted" in row else 1, int(row.get("epoch") or 0)
    if admitted not in (0, 1):
        raise EntryError("admitted is neither 0 nor 1")
    record = DeviceRecord(public, serial, bool(admitted), epoch)
    if row.get("device") and bytes.fromhex(row["device"]) != record.device_hash:
        raise EntryError("device is not the hash of public")
    if row.get("state"):
        record = with_state(record, row["state"])
    psk = Secret(bytes.fromhex(row["psk"])) if row.get("psk") else None
    return Entry(record, str(row.get("name") or ""), psk, int(row.get("key_version") or 0))


def _why(row: dict[str, Any]) -> str:
    for name in REQUIRED:
        if not row.get(name):
            return f"{name} is missing"
    return "a value is not of its kind (hex for keys, whole numbers for epoch and key_version)"
