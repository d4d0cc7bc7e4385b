"""How an exchange is carried by a radio that cannot stream 20 MS/s; every result says which it was."""

from __future__ import annotations

import enum

NARROW_RATE_SPS = 4_000_000
BURST_RATE_SPS = 20_000_000


class OperatingMode(enum.Enum):
    """What was given up, and for what. ``statement`` goes into results and metadata."""

    STREAM = "stream"
    NARROW = "narrow"
    BURST = "burst"

    @property
    def statement(self) -> str:
        """One sentence for a person."""
        return _STATEMENTS[self]


_STATEMENTS = {
    OperatingMode.STREAM: "streamed whole, at the rate of the PPDUs",
    OperatingMode.NARROW: (
        "narrow: streamed at 4 MS/s without the non-AMP portion of the PPDUs: Wi-Fi stations nearby do not defer"
    ),
    OperatingMode.BURST: (
        "burst: a whole exchange out of one transmit buffer and one capture at 20 MS/s, decided before it began"
    ),
}
