"""The PMK that a tag keeps across power losses, so that it need not speak EAP again (W4.6)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.nvm import Rows, TwoSlot
from ampradio.security.rsna.profiles import ADDRESS_OCTETS, PMK_OCTETS
from ampradio.security.secret import Secret

_OCTETS = 1 + ADDRESS_OCTETS + PMK_OCTETS


@dataclass(frozen=True)
class KeptPmk:
    """A PMK, with the AP and the AKM it belongs to. How long it lives is the AP's business: a tag has no clock."""

    akm: int
    aa: bytes
    pmk: Secret


class PmkMemory:
    """One PMK in two slots of NVM."""

    def __init__(self, rows: Rows, first_row: int = 0) -> None:
        """Take the memory and where in it the record lies."""
        self._record = TwoSlot(rows, first_row, _OCTETS)

    @staticmethod
    def rows_needed() -> int:
        """Return how many rows of NVM the record takes."""
        return TwoSlot.rows_needed(_OCTETS)

    def find(self, akm: int, aa: bytes) -> Secret | None:
        """Return the PMK with this AP, None if none is kept."""
        octets = self._record.read()
        if octets is None or (octets[0], octets[1 : 1 + ADDRESS_OCTETS]) != (akm, aa):
            return None
        return Secret(octets[1 + ADDRESS_OCTETS :])

    def keep(self, kept: KeptPmk) -> None:
        """Commit a PMK that a 4-way handshake has confirmed; nothing is written when it is there already."""
        octets = bytes([kept.akm]) + kept.aa + kept.pmk.expose()
        if self._record.read() != octets:
            self._record.commit(octets)
