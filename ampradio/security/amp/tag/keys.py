"""A tag's keys: what it derives from ROOT for one contact, and how they protect (page 2.4, rules 2, 4 to 6)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ampradio.profile.model import Mac
from ampradio.security import primitives
from ampradio.security.amp.profiles import ADDRESS_OCTETS, PROTO, AmpParameters, Msg
from ampradio.security.amp.refusal import Reason
from ampradio.security.amp.tag.identity import TagIdentity
from ampradio.security.amp.tag.messages import Challenge
from ampradio.security.journal import RefusedError
from ampradio.security.secret import Secret

_UPLINK = 0x80
_KEY_OCTETS = 16


def address_of(permanent_id: bytes) -> bytes:
    """Return the SPA of a tag that has no EUI-48: SHA-256("AMP-SPA" ‖ permanent ID), local, individual (page 1.1)."""
    first, *rest = primitives.sha256(b"AMP-SPA" + permanent_id)[:ADDRESS_OCTETS]
    return bytes([(first | 2) & 0xFE, *rest])


@dataclass(frozen=True)
class ContactKeys:
    """KCK and TK of one contact, and the nonces that every MIC covers."""

    kck: Secret
    tk: Secret
    covered: bytes

    def wipe(self) -> None:
        """Overwrite both keys."""
        self.kck.wipe()
        self.tk.wipe()


def derive(
    parameters: AmpParameters, identity: TagIdentity, root: Secret, challenge: Challenge, snonce: bytes
) -> ContactKeys:
    """Return the keys for a SEC-TRIGGER and a fresh SNonce: PMK1 from ROOT, PTK from PMK1 (R1.6, R1.9)."""
    pmk1 = Secret(_pmk1(root, identity.aa, challenge.modifier))
    addresses = b"".join(sorted((identity.aa, identity.spa)))
    nonces = b"".join(sorted((challenge.anonce, snonce)))
    ptk = primitives.kdf(pmk1.expose(), b"Pairwise key expansion", addresses + nonces, 2 * 8 * _KEY_OCTETS)
    pmk1.wipe()
    covered = (challenge.payload if parameters.hardened else challenge.anonce) + snonce
    return ContactKeys(Secret(ptk[:_KEY_OCTETS]), Secret(ptk[_KEY_OCTETS:]), covered)


def _pmk1(root: Secret, aa: bytes, modifier: bytes) -> bytes:
    octets = root.expose()
    return primitives.kdf(octets, b"AMP PMK1", modifier + aa, 256) if modifier else octets


@dataclass(frozen=True)
class Guard:
    """How one contact's messages are protected."""

    mac: Mac
    parameters: AmpParameters
    identity: TagIdentity
    keys: ContactKeys

    def mic(self, msg: Msg, payload: bytes) -> bytes:
        """Return the MIC over a payload that lacks it."""
        frame_control = self.mac.type_authentication + (1 << self.mac.protected_bit)
        shim = PROTO * 32 + msg
        aad = struct.pack("<BHBB", frame_control, self.identity.station_id, shim, self.parameters.prof)
        octets = aad + self.keys.covered + payload
        return primitives.aes_cmac(self.keys.kck.expose(), octets, self.parameters.mic_octets)

    def require(self, msg: Msg, payload: bytes, mic: bytes) -> None:
        """Raise ``RefusedError`` unless the MIC is that of this payload."""
        if not primitives.equal(mic, self.mic(msg, payload)):
            raise RefusedError(Reason.BAD_MIC.value)

    def crypt(self, msg: Msg, pn: int, data: bytes) -> bytes:
        """Return data en- or decrypted, or as it is when encryption is off."""
        if not self.parameters.encrypt:
            return data
        uplink = _UPLINK if msg in (Msg.SEC_RESPONSE, Msg.SEC_ACK, Msg.PMK_UPDATED) else 0
        nonce = struct.pack(">B6sHI", uplink + msg, self.identity.spa, 0, pn)
        return primitives.aes_ctr(self.keys.tk.expose(), nonce, data)
