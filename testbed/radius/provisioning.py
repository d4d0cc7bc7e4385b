"""S2's backhaul (protocols page 3.2) as RADIUS attributes: what a gateway asks, what the server answers.

User-Name is H(A_pubk) in hex, NAS-Identifier the GWID in hex, TK1 and TK2 the MS-MPPE keys under that gateway's own
secret (R2.24). The rest stands in attributes of the enterprise number for documentation, a placeholder.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from pyrad.packet import AccessAccept, AccessChallenge, AccessReject, AuthPacket

from ampradio.security.provisioning.backhaul import (
    Accept,
    Ask,
    Challenge,
    Confirm,
    Forget,
    Given,
    Introduce,
    Reject,
    Request,
    Response,
)
from ampradio.security.provisioning.profiles import (
    ADDRESS_OCTETS,
    EPOCH_OCTETS,
    GW_NONCE_OCTETS,
    GWID_OCTETS,
    HASH_OCTETS,
    KEY_OCTETS,
    MIC_OCTETS,
    PROOF_OCTETS,
    SEALED_SERIAL_OCTETS,
    TK_NONCE_OCTETS,
)
from ampradio.security.secret import Secret
from testbed.radius.attributes import Attribute, AttributeMissingError, all_of, number_of, one_of, put

_ASK, _INTRODUCE, _CONFIRM = 1, 2, 3
_SEED = struct.Struct(">BI")
_GIVEN = struct.Struct(f">H{TK_NONCE_OCTETS}s{PROOF_OCTETS}s")
_FORGET = struct.Struct(f">H{EPOCH_OCTETS + MIC_OCTETS}s")
REASON_OCTETS_MAX = 64
ADDRESSES = 1 << 8 * ADDRESS_OCTETS


def question(gwid: bytes, request: Request) -> list[Attribute]:
    """Return the attributes of a gateway's question."""
    head: list[Attribute] = [
        ("User-Name", request.device_hash.hex().encode()),
        ("NAS-Identifier", gwid.hex().encode()),
        ("AMP-Question-Number", request.request_id),
    ]
    if isinstance(request, Ask):
        seed: list[Attribute] = [] if request.seed is None else [("AMP-Seed", _SEED.pack(*request.seed))]
        return [*head, ("AMP-Question", _ASK), ("AMP-Prof", request.prof), *seed]
    if isinstance(request, Introduce):
        sealed: list[Attribute] = [("AMP-Gateway-Nonce", request.gw_nonce), ("AMP-Sealed", request.sealed)]
        return [*head, ("AMP-Question", _INTRODUCE), *sealed]
    return [*head, ("AMP-Question", _CONFIRM), ("AMP-Confirm", request.payload)]


def asking_gateway(packet: AuthPacket) -> bytes:
    """Return the GWID that a question claims; raises ``AttributeMissingError``."""
    return _unhex(one_of(packet, "NAS-Identifier", 2 * GWID_OCTETS))


def asked(packet: AuthPacket) -> Request:
    """Return a gateway's question; raises ``AttributeMissingError`` for one that is none."""
    number = number_of(packet, "AMP-Question-Number")
    device_hash = _unhex(one_of(packet, "User-Name", 2 * HASH_OCTETS))
    readers: dict[int, Callable[[], Request]] = {
        _ASK: lambda: Ask(number, number_of(packet, "AMP-Prof"), device_hash, _seed(packet)),
        _INTRODUCE: lambda: Introduce(
            number,
            device_hash,
            one_of(packet, "AMP-Gateway-Nonce", GW_NONCE_OCTETS),
            one_of(packet, "AMP-Sealed", SEALED_SERIAL_OCTETS),
        ),
        _CONFIRM: lambda: Confirm(number, device_hash, one_of(packet, "AMP-Confirm")),
    }
    reader = readers.get(number_of(packet, "AMP-Question"))
    if reader is None:
        raise AttributeMissingError("AMP-Question")
    return reader()


def answer(packet: AuthPacket, response: Response) -> None:
    """Fill in the server's answer, a reply to the question."""
    said: list[Attribute] = [("AMP-Question-Number", response.request_id)]
    if isinstance(response, Reject):
        packet.code = AccessReject
        put(packet, [*said, ("Reply-Message", response.reason.encode()[:REASON_OCTETS_MAX])])
        return
    packet.code = AccessChallenge
    if response.given is not None:
        given = response.given
        said.append(("AMP-Given", _GIVEN.pack(given.address, given.nonce, given.proof)))
    said += [("AMP-Forget", _FORGET.pack(order.station_id, order.payload)) for order in response.forget]
    if isinstance(response, Accept):
        packet.code = AccessAccept
        said.append(("AMP-Address", response.address))
        said.append(("MS-MPPE-Recv-Key", response.tk1.expose()))
        said.append(("MS-MPPE-Send-Key", response.tk2.expose()))
    put(packet, said)


def answered(packet: AuthPacket) -> Response:
    """Return the server's answer; raises ``AttributeMissingError`` for one that is none."""
    number = number_of(packet, "AMP-Question-Number")
    if packet.code == AccessReject:
        reason = one_of(packet, "Reply-Message").decode("ascii", errors="replace")[:REASON_OCTETS_MAX]
        return Reject(number, reason if reason.isprintable() else "rejected")
    given = None
    if "AMP-Given" in packet:
        given = Given(*_GIVEN.unpack(one_of(packet, "AMP-Given", _GIVEN.size)))
    forget = tuple(_forget(octets) for octets in all_of(packet, "AMP-Forget"))
    if packet.code == AccessChallenge:
        return Challenge(number, forget, given)
    address = number_of(packet, "AMP-Address")
    if not 0 <= address < ADDRESSES:
        raise AttributeMissingError("AMP-Address")
    tk1, tk2 = (Secret(one_of(packet, f"MS-MPPE-{way}-Key", KEY_OCTETS)) for way in ("Recv", "Send"))
    return Accept(number, address, tk1, tk2, forget, given)


def _seed(packet: AuthPacket) -> tuple[int, int] | None:
    if "AMP-Seed" not in packet:
        return None
    x, cntr = _SEED.unpack(one_of(packet, "AMP-Seed", _SEED.size))
    return x, cntr


def _forget(octets: bytes) -> Forget:
    if len(octets) != _FORGET.size:
        raise AttributeMissingError("AMP-Forget")
    return Forget(*_FORGET.unpack(octets))


def _unhex(text: bytes) -> bytes:
    try:
        return bytes.fromhex(text.decode("ascii"))
    except ValueError:
        raise AttributeMissingError("hex") from None
