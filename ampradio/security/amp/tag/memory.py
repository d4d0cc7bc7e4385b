"""A tag's record in its NVM: PSK, PMKv and version, in two slots, so that a cut write loses neither (W1.8)."""

from __future__ import annotations

import struct

from ampradio.security.amp.profiles import ROOT_OCTETS
from ampradio.security.amp.record import PmkRecord
from ampradio.security.nvm import MemoryRows, Rows, TwoSlot
from ampradio.security.secret import Secret

_RECORD = struct.Struct(f">H?{ROOT_OCTETS}s{ROOT_OCTETS}s")


class TagMemory:
    """The one record of a tag in its NVM; counts its commits (R1.37)."""

    rows_needed = TwoSlot.rows_needed(_RECORD.size)

    def __init__(self, rows: Rows, first_row: int = 0) -> None:
        """Take where the record lies."""
        self._slots = TwoSlot(rows, first_row, _RECORD.size)
        self.commits = 0

    @classmethod
    def enrolled(cls, record: PmkRecord) -> TagMemory:
        """Return the memory of a simulated tag that was enrolled with ``record``."""
        memory = cls(MemoryRows(cls.rows_needed))
        memory.commit(record)
        memory.commits = 0
        return memory

    def read(self) -> PmkRecord:
        """Return the record that was committed last; raises ``ValueError`` for a tag that was never enrolled."""
        octets = self._slots.read()
        if octets is None:
            raise ValueError("this tag was never enrolled")
        version, updated, psk, pmkv = _RECORD.unpack(octets)
        return PmkRecord(Secret(psk), Secret(pmkv) if updated else None, version)

    def commit(self, record: PmkRecord) -> None:
        """Replace the record; raises ``PowerLost`` when cut: the old one or the new one is read afterwards."""
        pmkv = bytes(ROOT_OCTETS) if record.pmkv is None else record.pmkv.expose()
        self._slots.commit(_RECORD.pack(record.version, record.pmkv is not None, record.psk.expose(), pmkv))
        self.commits += 1
