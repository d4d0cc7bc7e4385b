"""What a security system spends: primitive calls, counted where they happen, and where power may fail.

The meter in force is a context variable, so a system never knows whether somebody counts (protocols page, sections 1.3
and 8.3). A meter is told *before* the work is done; one that runs out of energy raises ``PowerLost`` there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from typing import Protocol

SHA_BLOCK_OCTETS = 64
SHA_PADDING_OCTETS_MIN = 9  # one octet 0x80 and the 64-bit length (FIPS 180-4, 5.1.1)
AES_BLOCK_OCTETS = 16


class Primitive(Enum):
    """What is counted; the value is the name in results, the unit is in the comment."""

    SHA256 = "sha256"  # compressions
    SHA1 = "sha1"  # compressions
    AES = "aes"  # block operations
    X25519 = "x25519"  # ladders
    RNG = "rng"  # octets
    NVM_ROW = "nvm_row"  # rows written


class PowerLost(Exception):  # noqa: N818 - an outage is the normal case here, not an error
    """The tag ran dry: everything volatile is gone, and whoever hosts the session calls its ``power_off``."""

    def __init__(self, torn_octets: int = 0) -> None:
        """``torn_octets``: how much of the NVM row that was being written has changed."""
        super().__init__("power lost")
        self.torn_octets = torn_octets


class Meter(Protocol):
    """Whoever counts or limits what is spent."""

    def spend(self, primitive: Primitive, units: int) -> None:
        """Take note of ``units`` of a primitive that is about to run; raises ``PowerLost`` when it cannot."""


class Tally:
    """Counts units and calls of every primitive."""

    def __init__(self) -> None:
        self.units: Counter[Primitive] = Counter()
        self.calls: Counter[Primitive] = Counter()

    def spend(self, primitive: Primitive, units: int) -> None:
        """Count."""
        self.units[primitive] += units
        self.calls[primitive] += 1


class FailAt:
    """A tally that loses power at one call: the outage sweep's meter (protocols page, section 1.3)."""

    def __init__(self, call: int, torn_octets: int = 0) -> None:
        """Lose power before call number ``call`` (from 0); an NVM row is torn after ``torn_octets``."""
        self._left = call
        self._torn_octets = torn_octets
        self.failed = False

    def spend(self, primitive: Primitive, units: int) -> None:
        """Count down, once; raises ``PowerLost`` at the call that was chosen."""
        if self.failed:
            return
        if self._left == 0:
            self.failed = True
            raise PowerLost(self._torn_octets if primitive is Primitive.NVM_ROW else 0)
        self._left -= 1


_in_force: ContextVar[Meter | None] = ContextVar("meter", default=None)


@contextmanager
def metered(meter: Meter) -> Iterator[None]:
    """Put ``meter`` in force for everything that runs inside."""
    token = _in_force.set(meter)
    try:
        yield
    finally:
        _in_force.reset(token)


def spend(primitive: Primitive, units: int = 1) -> None:
    """Tell the meter in force, if any, what is about to run; raises ``PowerLost`` when it says so."""
    meter = _in_force.get()
    if meter is not None and units:
        meter.spend(primitive, units)


def sha_compressions(octets: int) -> int:
    """Return the compressions that a SHA-1 or SHA-256 digest of a message takes (FIPS 180-4)."""
    return -(-(octets + SHA_PADDING_OCTETS_MIN) // SHA_BLOCK_OCTETS)


def hmac_compressions(octets: int) -> int:
    """Return the compressions of an HMAC over ``octets``, key of at most one block, no cached pads (RFC 2104)."""
    return sha_compressions(SHA_BLOCK_OCTETS + octets) + 2


def aes_blocks(octets: int) -> int:
    """Return the AES blocks that ``octets`` span."""
    return -(-octets // AES_BLOCK_OCTETS)
