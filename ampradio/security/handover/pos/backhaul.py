"""The leg between PoSs: MIS frames in UDP 4551 payloads, under the SA of each pair where the variant has one.

Retransmissions are the same octets: a receiver answers them from a cache, for their SN is used up (page 6.4).
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from ampradio.security.handover.pos import mis
from ampradio.security.handover.pos.association import Association
from ampradio.security.handover.pos.fields import Fields, pack
from ampradio.security.handover.profiles import (
    SECURITY_OVERHEAD_OCTETS,
    BackhaulKind,
    Encoding,
    HandoverParameters,
    Tlv,
)
from ampradio.security.handover.refusal import Reason
from ampradio.security.journal import RefusedError

UDP_PORT = 4551
CACHE_MAX = 256


@dataclass(frozen=True)
class Datagram:
    """One UDP payload for the PoS with this lite ID."""

    destination: bytes
    octets: bytes


@dataclass(frozen=True)
class Arrived:
    """A frame that was accepted: where it is from, what it is, and its service-specific TLVs in the clear."""

    frame: mis.MisFrame
    tlvs: bytes
    octets: bytes


class Backhaul:
    """One PoS's end of the legs to all others."""

    def __init__(self, parameters: HandoverParameters, own_id: bytes) -> None:
        self._parameters = parameters
        self._own_id = own_id
        self.associations: dict[bytes, Association] = {}
        self._outbox: list[Datagram] = []
        self._answered: OrderedDict[bytes, Datagram] = OrderedDict()
        self._transaction = 0

    @property
    def sealed(self) -> bool:
        """True when service-specific TLVs go under an MIS SA (R5.24, R5.45); legacy masks the key only."""
        return self._parameters.hardened and self._parameters.backhaul in (BackhaulKind.TLS, BackhaulKind.EAP)

    def next_transaction(self) -> int:
        """Return a TID for a new request, 1…4095 in turn."""
        self._transaction = self._transaction % (mis.TRANSACTIONS - 1) + 1
        return self._transaction

    def send(self, kind: mis.Kind, transaction: int, destination: bytes, fields: Fields) -> Datagram:
        """Write a frame and queue it; raises ``RefusedError`` for a peer without the SA that it needs."""
        datagram = Datagram(destination, self._write(kind, transaction, destination, fields))
        self._outbox.append(datagram)
        return datagram

    def send_again(self, datagram: Datagram) -> None:
        """Queue a retransmission."""
        self._outbox.append(datagram)

    def answer(self, request: Arrived, kind: mis.Kind, fields: Fields) -> None:
        """Answer a request, and the same way whenever it comes again."""
        self.remember(request, self.send(kind, request.frame.transaction, request.frame.source, fields))

    def remember(self, request: Arrived, answer: Datagram) -> None:
        """Keep what answers this request."""
        self._answered[request.octets] = answer
        if len(self._answered) > CACHE_MAX:
            self._answered.popitem(last=False)

    def turn_away(self, frame: mis.MisFrame, kind: mis.Kind, status: bytes) -> None:
        """Answer one with whom there is no SA, in the clear (R5.28)."""
        tlvs = pack(Encoding.FULL, [(Tlv.STATUS, status)])
        head = mis.head(kind, frame.transaction, self._own_id, frame.source, len(tlvs))
        self._outbox.append(Datagram(frame.source, head + tlvs))

    def take(self, octets: bytes) -> Arrived | None:
        """Return what arrived, None for a retransmission that was answered from the cache.

        Raises ``RefusedError`` for what is malformed, for somebody else, or not under the SA that it needs.
        """
        if octets in self._answered:
            self._outbox.append(self._answered[octets])
            return None
        frame = mis.parse(octets)
        if frame.destination != self._own_id:
            raise RefusedError(Reason.OTHER_POS.value)
        return Arrived(frame, self._open(frame) if self.sealed else frame.service, octets)

    def to_send(self) -> list[Datagram]:
        """Return and clear what is due."""
        due, self._outbox = self._outbox, []
        return due

    def _write(self, kind: mis.Kind, transaction: int, destination: bytes, fields: Fields) -> bytes:
        tlvs = pack(Encoding.FULL, fields)
        if not self.sealed:
            return mis.head(kind, transaction, self._own_id, destination, len(tlvs)) + tlvs
        association = self._association(destination)
        size = len(mis.encode_tlv(Tlv.SECURITY, bytes(SECURITY_OVERHEAD_OCTETS + len(tlvs))))
        head = mis.head(kind, transaction, self._own_id, destination, size)
        return head + mis.encode_tlv(Tlv.SECURITY, association.seal(tlvs, head))

    def _open(self, frame: mis.MisFrame) -> bytes:
        association = self._association(frame.source)
        tlvs = mis.decode_tlvs(frame.service)
        if [kind for kind, _ in tlvs] != [Tlv.SECURITY]:
            raise RefusedError(Reason.NO_ASSOCIATION.value)
        return association.open(tlvs[0][1], frame.bound)

    def _association(self, peer: bytes) -> Association:
        association = self.associations.get(peer)
        if association is None:
            raise RefusedError(Reason.UNKNOWN_PEER.value)
        return association
