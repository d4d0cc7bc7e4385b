"""Addresses, station IDs and PSKs: read from the file, or drawn from the seed as an enrolment would have."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from ampradio.profile.model import Profile
from testbed.experiment.shape import Ap, Tag
from testbed.seeds import generator_for

PSK_OCTETS = 32
_EUI48 = re.compile(r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}")
_MAX_KEY_FILE_OCTETS = 256


class IdentityError(ValueError):
    """An address or key cannot be used; ``key`` is the key of its table, ``fix`` what to do. Holds no secret."""

    def __init__(self, key: str, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.key, self.fix = key, fix


def _as_local_unicast(octets: bytes) -> bytes:
    return bytes([(octets[0] | 0x02) & 0xFE]) + octets[1:]


def eui48(text: str, key: str = "address") -> bytes:
    """Return the 6 octets of an individual EUI-48 in text; raises IdentityError."""
    if not _EUI48.fullmatch(text):
        raise IdentityError(key, f"{text!r} is no EUI-48", 'write six octets in hex, as "02:00:00:00:00:01"')
    octets = bytes.fromhex(re.sub("[:-]", "", text))
    if octets[0] & 1:
        raise IdentityError(key, f"{text} is a group address", "clear bit 0 of the first octet")
    return octets


def drawn_address(seed: int, who: str) -> bytes:
    """Return a locally administered EUI-48 for ``who`` in the run of ``seed``."""
    return _as_local_unicast(generator_for(seed, f"identity.address.{who}").bytes(6))


def supplicant_address(permanent_id: str) -> bytes:
    """Return the SPA of a tag without an EUI-48 (protocols page, 1.1): from SHA-256, local, individual."""
    return _as_local_unicast(hashlib.sha256(b"AMP-SPA" + permanent_id.encode()).digest()[:6])


def drawn_station_id(seed: int, who: str, profile: Profile, taken: set[int]) -> int:
    """Return a station ID whose 6 LSB are not the broadcast partial ID and that is not ``taken``."""
    generator = generator_for(seed, f"identity.station_id.{who}")
    while True:
        station_id = int(generator.integers(0, profile.mac.broadcast_id))
        if station_id & 0x3F != profile.downlink.broadcast_partial_id and station_id not in taken:
            return station_id


def ap_address(ap: Ap, seed: int) -> bytes:
    """Return AA."""
    return drawn_address(seed, "ap") if ap.address is None else eui48(ap.address)


def tag_address(tag: Tag, seed: int, who: str) -> bytes:
    """Return SPA: the tag's EUI-48, or the address that its permanent ID comes to."""
    if tag.address is not None:
        return eui48(tag.address)
    if tag.permanent_id is not None:
        return supplicant_address(tag.permanent_id)
    return drawn_address(seed, who)


def psk_of(tag: Tag, folder: Path, seed: int, who: str) -> bytes:
    """Return the tag's PSK of 32 octets; raises IdentityError.

    ``psk_file`` holds 32 octets, or their 64 hex digits, and is named relative to ``folder``.
    """
    if tag.psk_hex is not None and tag.psk_file is not None:
        raise IdentityError("psk_file", "psk_hex and psk_file are both given", "keep one of them")
    if tag.psk_hex is not None:
        return _psk_from_hex(tag.psk_hex, "psk_hex")
    if tag.psk_file is None:
        return generator_for(seed, f"identity.psk.{who}").bytes(PSK_OCTETS)
    path = folder / tag.psk_file
    try:
        with path.open("rb") as stream:
            octets = stream.read(_MAX_KEY_FILE_OCTETS)
    except OSError as error:
        fix = "correct the path, relative to the experiment file"
        raise IdentityError("psk_file", f"{path} cannot be read: {error.strerror}", fix) from None
    if len(octets) == PSK_OCTETS:
        return octets
    return _psk_from_hex(octets.decode("ascii", errors="replace"), "psk_file")


def _psk_from_hex(text: str, key: str) -> bytes:
    digits = text.strip()
    fix = f"give {2 * PSK_OCTETS} hex digits, as `openssl rand -hex {PSK_OCTETS}` prints"
    try:
        octets = bytes.fromhex(digits)
    except ValueError:
        raise IdentityError(key, f"the PSK is not hex ({len(digits)} characters)", fix) from None
    if len(octets) != PSK_OCTETS:
        raise IdentityError(key, f"the PSK has {len(octets)} octets, not {PSK_OCTETS}", fix)
    return octets
