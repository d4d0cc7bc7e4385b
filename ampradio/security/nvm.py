"""The tag's non-volatile memory: 16-octet rows that a power loss may tear, and a record that survives it.

Protocols page, section 1.3: two slots, a version, a CRC-16 and a commit row written last. Whatever write is cut, the
record read afterwards is the old one or the new one.
"""

from __future__ import annotations

import binascii
from typing import Protocol

from ampradio.security import meter

ROW_OCTETS = 16
_COMMITTED = 0xA5
_VERSION_MODULUS = 1 << 32
_NEWER_HALF = _VERSION_MODULUS >> 1


class Rows(Protocol):
    """Row-addressed memory."""

    def read(self, row: int) -> bytes:
        """Return the 16 octets of a row."""

    def write(self, row: int, octets: bytes) -> None:
        """Replace a row; a power loss inside may leave its first octets new and the rest old."""


class MemoryRows:
    """Rows in ordinary memory, erased to 0xFF, for a simulated tag. Every write is metered and may be torn."""

    def __init__(self, rows: int) -> None:
        """Take the number of rows; raises ``ValueError`` for none."""
        if rows < 1:
            raise ValueError("an NVM has at least one row")
        self._octets = bytearray(b"\xff" * (rows * ROW_OCTETS))
        self.rows = rows
        self.writes = 0

    def read(self, row: int) -> bytes:
        """Return a row; raises ``ValueError`` for a row that is not there."""
        at = self._at(row)
        return bytes(self._octets[at : at + ROW_OCTETS])

    def write(self, row: int, octets: bytes) -> None:
        """Write a row.

        Raises ``ValueError`` for a row that is not there or not 16 octets, ``PowerLost`` when the meter says so.
        """
        at = self._at(row)
        if len(octets) != ROW_OCTETS:
            raise ValueError(f"a row has {ROW_OCTETS} octets, not {len(octets)}")
        try:
            meter.spend(meter.Primitive.NVM_ROW)
        except meter.PowerLost as lost:
            self._octets[at : at + lost.torn_octets] = octets[: lost.torn_octets]
            raise
        self._octets[at : at + ROW_OCTETS] = octets
        self.writes += 1

    def _at(self, row: int) -> int:
        if not 0 <= row < self.rows:
            raise ValueError(f"row {row} of an NVM of {self.rows} rows")
        return row * ROW_OCTETS


class TwoSlot:
    """One record, kept twice: the newer of the two slots whose commit row and CRC-16 agree counts."""

    def __init__(self, rows: Rows, first_row: int, octets_max: int) -> None:
        """Take where the record lies and the most octets that it ever has (1…65535).

        Raises ``ValueError`` for a size out of range.
        """
        if not 0 < octets_max < 1 << 16:
            raise ValueError(f"a record has 1…65535 octets, not {octets_max}")
        self._rows = rows
        self._octets_max = octets_max
        self._slot_rows = 1 + -(-octets_max // ROW_OCTETS)
        self._first_rows = (first_row, first_row + self._slot_rows)

    @staticmethod
    def rows_needed(octets_max: int) -> int:
        """Return how many rows both slots of such a record take."""
        return 2 * (1 + -(-octets_max // ROW_OCTETS))

    def read(self) -> bytes | None:
        """Return the record that was committed last, None before the first."""
        newest = self._newest()
        return None if newest is None else newest[2]

    def commit(self, octets: bytes) -> None:
        """Replace the record: erase the other slot's commit row, write its data, then its commit row.

        Raises ``ValueError`` for a record that is empty or too long, ``PowerLost`` when the meter says so.
        """
        if not 0 < len(octets) <= self._octets_max:
            raise ValueError(f"this record has 1…{self._octets_max} octets, not {len(octets)}")
        newest = self._newest()
        slot, version = (0, 1) if newest is None else (1 - newest[0], (newest[1] + 1) % _VERSION_MODULUS)
        first = self._first_rows[slot]
        self._rows.write(first, bytes(ROW_OCTETS))
        padded = octets.ljust(-(-len(octets) // ROW_OCTETS) * ROW_OCTETS, b"\xff")
        for index in range(len(padded) // ROW_OCTETS):
            self._rows.write(first + 1 + index, padded[index * ROW_OCTETS : (index + 1) * ROW_OCTETS])
        head = version.to_bytes(4, "big") + len(octets).to_bytes(2, "big")
        crc = binascii.crc_hqx(head + octets, 0xFFFF).to_bytes(2, "big")
        # the flag is the row's last octet: a torn commit row never has it
        self._rows.write(first, (head + crc).ljust(ROW_OCTETS - 1, b"\x00") + bytes([_COMMITTED]))

    def _newest(self) -> tuple[int, int, bytes] | None:
        found = [(slot, *record) for slot in (0, 1) if (record := self._slot(slot)) is not None]
        if not found:
            return None
        if len(found) == 1:
            return found[0]
        ahead = (found[1][1] - found[0][1]) % _VERSION_MODULUS
        return found[1] if ahead < _NEWER_HALF else found[0]

    def _slot(self, slot: int) -> tuple[int, bytes] | None:
        first = self._first_rows[slot]
        commit = self._rows.read(first)
        octets_count = int.from_bytes(commit[4:6], "big")
        if commit[-1] != _COMMITTED or not 0 < octets_count <= self._octets_max:
            return None
        rows = range(first + 1, first + 1 + -(-octets_count // ROW_OCTETS))
        data = b"".join(self._rows.read(row) for row in rows)[:octets_count]
        if binascii.crc_hqx(commit[:6] + data, 0xFFFF) != int.from_bytes(commit[6:8], "big"):
            return None
        return int.from_bytes(commit[:4], "big"), data
