"""S2-B between PROV-B1 and PROV-B3: a tag tells its serial number to the server alone (page 3.4, rule 15)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ampradio.security.hpke import ENC_OCTETS, hpke_seal
from ampradio.security.provisioning.profiles import RESERVED_LOW_BITS
from ampradio.security.provisioning.tag.identity import DeviceIdentity
from ampradio.security.provisioning.tag.messages import Hello


@dataclass(frozen=True)
class Introduced:
    """To which gateway the serial number went, under which ephemeral key and which ID."""

    hello: bytes
    gwid: bytes
    sealed: bytes
    station_id: int

    @property
    def enc(self) -> bytes:
        """The ephemeral public key: the device's nonce (page 3.4)."""
        return self.sealed[:ENC_OCTETS]


def introduced(hello: Hello, payload: bytes, identity: DeviceIdentity, draw: Callable[[int], bytes]) -> Introduced:
    """Return the answer to PROV-B1, whose ``payload`` is ``hello``, under a fresh key and a fresh ID."""
    ephemeral = draw(ENC_OCTETS)
    info = hello.short_hash + hello.gwid + hello.gw_nonce
    sealed = hpke_seal(identity.server_public, info, identity.serial.expose(), ephemeral)
    station_id = int.from_bytes(draw(2), "big")
    if station_id & RESERVED_LOW_BITS == RESERVED_LOW_BITS:
        station_id ^= 1
    return Introduced(payload, hello.gwid, sealed, station_id)
