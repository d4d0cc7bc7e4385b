"""What the roles of one PoS share: its name, its SAs with MNs, its legs, and what it has to say."""

from __future__ import annotations

from dataclasses import dataclass, field

from ampradio.profile.model import Mac
from ampradio.security.entropy import NonceSource
from ampradio.security.handover.pos.air import Air
from ampradio.security.handover.pos.association import Association
from ampradio.security.handover.pos.backhaul import Arrived, Backhaul
from ampradio.security.handover.pos.mis import N2N_REQUEST, decode_tlvs
from ampradio.security.handover.pos.partners import Partners
from ampradio.security.handover.profiles import HandoverParameters, Tlv
from ampradio.security.handover.refusal import Reason
from ampradio.security.journal import Journal, RefusedError
from ampradio.security.session import Message

ASSOCIATIONS_MAX = 4096


@dataclass
class Site:
    """One PoS, whatever roles it plays at the moment."""

    mac: Mac
    parameters: HandoverParameters
    own_id: bytes
    nonces: NonceSource
    journal: Journal
    backhaul: Backhaul
    air: Air
    partners: Partners
    associations: dict[bytes, Association] = field(default_factory=dict)
    outbox: list[Message] = field(default_factory=list)

    def association(self, mn: bytes, now_ns: int) -> Association | None:
        """Return the SA with an MN, dropping one whose lifetime or sequence numbers are over (R5.60)."""
        association = self.associations.get(mn)
        if association is not None and (association.expired(now_ns) or association.exhausted):
            del self.associations[mn]
            self.journal.note("association_deleted", mn=mn.hex(), exhausted=association.exhausted)
            return None
        return association

    def install(self, association: Association) -> None:
        """Take an SA into use, in place of the MN's older one; raises ``RefusedError`` when the table is full."""
        if association.peer not in self.associations and len(self.associations) >= ASSOCIATIONS_MAX:
            raise RefusedError(Reason.FULL.value)
        self.associations[association.peer] = association
        self.journal.note("keys_installed", mn=association.peer.hex(), id_type=int(association.id_type))

    def open(self, association: Association, security: bytes, aad: bytes) -> bytes:
        """Return what an MN's Security TLV holds; the first one opens the port for it. Raises ``RefusedError``."""
        plain = association.open(security, aad)
        if not association.port_open:
            self.open_port(association)
        return plain

    def open_port(self, association: Association) -> None:
        """Let an MN's traffic through: it has used the keys (rule 24)."""
        association.port_open = True
        self.journal.note("port_opened", mn=association.peer.hex())

    def say(self, message: Message, via: bytes | None) -> None:
        """Send a downlink message by the own radio, or through the PoS that relayed the question (R5.46)."""
        if via is None:
            self.outbox.append(message)
        else:
            self.relay(message, via)

    def relay(self, message: Message, peer: bytes) -> None:
        """Hand a message of the air to another PoS, in the LLInformation of an N2N request (R5.22, R5.42)."""
        content = bytes([message.msg]) + message.payload
        station = message.station_id.to_bytes(2, "big")
        fields = [(Tlv.STATION, station), (Tlv.LL_INFORMATION, content)]
        self.backhaul.send(N2N_REQUEST, self.backhaul.next_transaction(), peer, fields)
        self.journal.note("relayed", msg=message.msg, peer=peer.hex())


def service_fields(arrived: Arrived) -> dict[int, bytes]:
    """Return the service-specific TLVs by type; raises ``RefusedError`` for one that comes twice."""
    tlvs = decode_tlvs(arrived.tlvs)
    found = dict(tlvs)
    if len(found) != len(tlvs):
        nonces = [value for kind, value in tlvs if kind == Tlv.NONCE]
        if len(nonces) != 2 or len(found) != len(tlvs) - 1:
            raise RefusedError(Reason.MALFORMED.value)
        found[Tlv.NONCE] = nonces[0] + nonces[1]  # Nonce-T, then Nonce-N: one TLV type for both
    return found


def required(fields: dict[int, bytes], tlv: Tlv, octets: int) -> bytes:
    """Return a TLV's value; raises ``RefusedError`` if it is missing or of another size."""
    value = fields.get(tlv)
    if value is None or len(value) != octets:
        raise RefusedError(Reason.MALFORMED.value)
    return value
