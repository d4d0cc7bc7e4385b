"""A PSDU that the attacker changes: where things lie in it, by the shipped profile, and its FCS repaired."""

from __future__ import annotations

from dataclasses import replace

from ampradio.mac.exchange import Delivery
from ampradio.profile import load_profile
from ampradio.psdu import fcs

_MAC = load_profile().mac
HEADER_OCTETS, FCS_OCTETS = _MAC.header_octets, _MAC.fcs_octets
BODY_AT = HEADER_OCTETS + _MAC.shim_octets


def with_fcs(psdu: bytes) -> bytes:
    """Return a PSDU whose last octets are the FCS of those before them."""
    return psdu[:-FCS_OCTETS] + fcs(psdu[:-FCS_OCTETS])


def flipped(delivery: Delivery, octet: int, mask: int = 1) -> Delivery:
    """Return a delivery with bits of one octet inverted and the FCS repaired."""
    psdu = bytearray(delivery[0])
    psdu[octet] ^= mask
    return with_fcs(bytes(psdu)), replace(delivery[1])
