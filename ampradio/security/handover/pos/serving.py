"""The role of SPoS: takes an MN's request, has a key delivered to MN and TPoS, and answers (5.13.3, 5.14.2)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from ampradio.security.handover.pos import mis
from ampradio.security.handover.pos.air import AirFrame, Asked
from ampradio.security.handover.pos.backhaul import Arrived, Datagram
from ampradio.security.handover.pos.device_keys import GroupEntry
from ampradio.security.handover.pos.fields import Fields
from ampradio.security.handover.pos.keys import exclusive_or, mask_for_mn, mask_for_tpos
from ampradio.security.handover.pos.site import Site, required, service_fields
from ampradio.security.handover.profiles import (
    KEY_OCTETS,
    LITE_ID_OCTETS,
    NONCE_OCTETS,
    Delivery,
    Flag,
    Msg,
    Status,
    Tlv,
)
from ampradio.security.handover.refusal import Reason
from ampradio.security.journal import RefusedError
from ampradio.security.secret import Secret
from ampradio.security.session import Message

TRANSFERS_MAX = 256
_NOWHERE = bytes(LITE_ID_OCTETS)


@dataclass
class Transfer:
    """One request of an MN under way, and its answer once there is one: a repetition gets the same (page 6.4)."""

    frame: AirFrame
    via: bytes | None
    keyed: bool
    tpos: bytes = _NOWHERE
    key: Secret | None = None
    nonce_t: bytes = b""
    nonce_n: bytes = b""
    asked_of: bytes = b""
    transaction: int = 0
    question: Datagram | None = None
    deadline_ns: int | None = None
    tries_left: int = 0
    answer: Message | None = None


class ServingRole:
    """What a PoS does for the MNs that it serves."""

    def __init__(self, site: Site, group_manager: bytes | None) -> None:
        """Take the PoS and, for Remedy 2, the lite ID of the PoS with the Group Manager."""
        self._site = site
        self._group_manager = group_manager
        self._transfers: OrderedDict[bytes, Transfer] = OrderedDict()

    def take_request(self, message: Message, frame: AirFrame, via: bytes | None, now_ns: int) -> None:
        """Serve MIS_Prereg_Xfer request (R5.13 to R5.17); raises ``RefusedError`` for one that is not believed."""
        known = self._transfers.get(message.payload)
        if known is not None and known.frame == frame:
            if known.answer is not None:
                self._site.journal.note("repeated", msg=int(Msg.PREREG_RESPONSE))
                self._site.say(known.answer, via)
            return
        asked, keyed = self._read(frame, now_ns)
        transfer = Transfer(frame, via, keyed)
        self._transfers[message.payload] = transfer
        while len(self._transfers) > TRANSFERS_MAX:
            self._transfers.popitem(last=False)
        self._site.journal.message("received", Msg.PREREG_REQUEST.name, message)
        self._deliver(transfer, asked, now_ns)

    def take_response(self, arrived: Arrived, now_ns: int) -> None:
        """Take a TPoS's or GM's status: success of N2N completes the delivery, anything else ends it."""
        transfer = self._awaiting(arrived)
        status = required(service_fields(arrived), Tlv.STATUS, 1)[0]
        transfer.deadline_ns = None
        if status == Status.SUCCESS and transfer.key is not None:
            self._answer_with_key(transfer, now_ns)
        else:
            self._answer_status(transfer, status or Status.UNSPECIFIED_FAILURE, now_ns)

    def take_push(self, arrived: Arrived, now_ns: int) -> bool:
        """Relay the MN's entry of MIS_Push_Group_Manipulate to it (R5.58); return False when it is not for us."""
        try:
            transfer = self._awaiting(arrived)
        except RefusedError:
            return False
        entry = GroupEntry.read(service_fields(arrived))
        transfer.deadline_ns = None
        self._answer(transfer, 0, [*entry.fields, (Tlv.STATUS, bytes([Status.SUCCESS]))], mis.PUSH_REQUEST)
        return True

    def next_deadline_ns(self) -> int | None:
        """Return when the first question over the backhaul is repeated or given up."""
        return min((t.deadline_ns for t in self._transfers.values() if t.deadline_ns is not None), default=None)

    def handle_deadline(self, now_ns: int) -> None:
        """Repeat what was not answered, and tell the MN when that is in vain."""
        for transfer in list(self._transfers.values()):
            if transfer.deadline_ns is None or transfer.question is None or now_ns < transfer.deadline_ns:
                continue
            if transfer.tries_left:
                self._site.journal.note("backhaul_repeated", peer=transfer.asked_of.hex())
                self._site.backhaul.send_again(transfer.question)
                transfer.tries_left -= 1
                transfer.deadline_ns = now_ns + self._site.parameters.retry_ns
            else:
                transfer.deadline_ns = None
                self._answer_status(transfer, Status.NETWORK_ERROR, now_ns)

    def _read(self, frame: AirFrame, now_ns: int) -> tuple[Asked, bool]:
        site = self._site
        if not site.parameters.hardened:
            asked = site.air.read_request(frame, frame.service, keyed=True)
            return asked, asked.key_input is not None
        security = site.air.security(frame)
        if security is None:
            return site.air.read_request(frame, frame.service, keyed=False), False
        association = site.association(frame.source, now_ns)
        if association is None:
            raise RefusedError(Reason.NO_ASSOCIATION.value)
        asked = site.air.read_request(frame, site.open(association, security, frame.aad), keyed=True)
        if asked.key_input != bytes([site.parameters.suite]):
            raise RefusedError(Reason.WRONG_SUITE.value)
        return asked, True

    def _deliver(self, transfer: Transfer, asked: Asked, now_ns: int) -> None:
        site = self._site
        mn = transfer.frame.source
        tpos = site.partners.choose(mn, asked)
        if tpos is None:
            self._answer_status(transfer, Status.REJECTED, now_ns)
            return
        transfer.tpos = tpos
        if not transfer.keyed:
            self._answer_status(transfer, Status.SUCCESS, now_ns)  # the TPoS's address alone (R5.19, R5.51)
        elif site.association(mn, now_ns) is None:
            self._answer_status(transfer, Status.AUTHORIZATION_FAILURE, now_ns)
        elif site.parameters.delivery is Delivery.REMEDY_2:
            self._ask_group_manager(transfer, now_ns)
        else:
            self._ask_tpos(transfer, asked, now_ns)

    def _ask_tpos(self, transfer: Transfer, asked: Asked, now_ns: int) -> None:
        """Generate K and send it to the TPoS: masked in legacy, under the SA in Remedy 1 (R5.38, R5.43, R5.45)."""
        site, parameters = self._site, self._site.parameters
        mn, life = transfer.frame.source, parameters.key_lifetime_s.to_bytes(4, "big")
        transfer.key = Secret(site.nonces.draw(KEY_OCTETS))
        fields: list[tuple[Tlv, bytes]]
        if parameters.hardened:
            suite = bytes([parameters.suite])
            fields = [(Tlv.MN_ID, mis.misf_id(mn)), (Tlv.CIPHERSUITE, suite), (Tlv.KEY, transfer.key.expose())]
        else:
            transfer.nonce_t, transfer.nonce_n = asked.key_input or b"", site.nonces.draw(NONCE_OCTETS)
            pair_key = site.backhaul.associations[transfer.tpos].key
            mask = mask_for_tpos(parameters, pair_key, mn, transfer.nonce_t, transfer.nonce_n)
            masked = exclusive_or(transfer.key.expose(), mask)
            nonces = [(Tlv.NONCE, transfer.nonce_t), (Tlv.NONCE, transfer.nonce_n)]
            fields = [(Tlv.MN_ID, mis.misf_id(mn)), (Tlv.KEY, masked), *nonces]
        fields.append((Tlv.KEY_LIFETIME, life))
        self._ask(transfer, transfer.tpos, mis.N2N_REQUEST, fields, now_ns)

    def _ask_group_manager(self, transfer: Transfer, now_ns: int) -> None:
        """Request a group key for MN and TPoS: no key is generated here (R5.56, R5.57)."""
        if self._group_manager is None:
            self._answer_status(transfer, Status.UNSPECIFIED_FAILURE, now_ns)
            return
        suite = bytes([self._site.parameters.suite])
        mn = mis.misf_id(transfer.frame.source)
        fields = [(Tlv.MN_ID, mn), (Tlv.TPOS, transfer.tpos), (Tlv.CIPHERSUITE, suite)]
        self._ask(transfer, self._group_manager, mis.ISSUE_REQUEST, fields, now_ns)

    def _ask(self, transfer: Transfer, peer: bytes, kind: mis.Kind, fields: Fields, now_ns: int) -> None:
        backhaul, parameters = self._site.backhaul, self._site.parameters
        transfer.asked_of, transfer.transaction = peer, backhaul.next_transaction()
        try:
            transfer.question = backhaul.send(kind, transfer.transaction, peer, fields)
        except RefusedError as refused:
            self._site.journal.refuse_at(refused.reason, peer=peer.hex())
            self._answer_status(transfer, Status.UNSPECIFIED_FAILURE, now_ns)
            return
        transfer.tries_left = parameters.tries - 1
        transfer.deadline_ns = now_ns + parameters.retry_ns

    def _awaiting(self, arrived: Arrived) -> Transfer:
        for transfer in self._transfers.values():
            asked = (transfer.asked_of, transfer.transaction)
            if transfer.deadline_ns is not None and asked == (arrived.frame.source, arrived.frame.transaction):
                return transfer
        raise RefusedError(Reason.UNEXPECTED.value)

    def _answer_with_key(self, transfer: Transfer, now_ns: int) -> None:
        """Send K to the MN, which has an SA with this SPoS and asked for it (R5.19 to R5.21, R5.44, R5.45)."""
        site, parameters = self._site, self._site.parameters
        association = site.association(transfer.frame.source, now_ns)
        if association is None or transfer.key is None:
            self._answer_status(transfer, Status.AUTHORIZATION_FAILURE, now_ns)
            return
        life, status = parameters.key_lifetime_s.to_bytes(4, "big"), bytes([Status.SUCCESS])
        tail: list[tuple[Tlv, bytes]] = [(Tlv.KEY_LIFETIME, life), (Tlv.STATUS, status)]
        if parameters.hardened:
            self._answer_sealed(
                transfer, 0, [(Tlv.TPOS, transfer.tpos), (Tlv.KEY, transfer.key.expose()), *tail], now_ns
            )
        else:
            mask = mask_for_mn(parameters, association.key, transfer.tpos, transfer.nonce_t, transfer.nonce_n)
            masked = exclusive_or(transfer.key.expose(), mask)
            head = [(Tlv.TPOS, transfer.tpos), (Tlv.NONCE, transfer.nonce_n), (Tlv.KEY, masked)]
            self._answer(transfer, 0, [*head, *tail])
        transfer.key.wipe()
        transfer.key = None
        site.journal.note("key_delivered", mn=transfer.frame.source.hex(), tpos=transfer.tpos.hex())

    def _answer_status(self, transfer: Transfer, status: int, now_ns: int) -> None:
        """Answer without a key: sealed where the request was."""
        fields = [(Tlv.TPOS, transfer.tpos), (Tlv.STATUS, bytes([status]))]
        if status:
            self._site.journal.note("delivery_failed", mn=transfer.frame.source.hex(), status=status)
        if transfer.keyed and self._site.parameters.hardened:
            self._answer_sealed(transfer, Flag.NO_KEY, fields, now_ns)
        else:
            self._answer(transfer, Flag.NO_KEY, fields)

    def _answer_sealed(self, transfer: Transfer, flags: int, fields: Fields, now_ns: int) -> None:
        air = self._site.air
        association = self._site.association(transfer.frame.source, now_ns)
        if association is None:
            return  # it expired meanwhile: nothing can be said that the MN would believe
        plain = air.pack(fields)
        head, aad = air.head(transfer.frame, Msg.PREREG_RESPONSE, flags, air.sealed_octets(plain))
        self._finish(transfer, head + air.wrap_security(association.seal(plain, aad)))

    def _answer(self, transfer: Transfer, flags: int, fields: Fields, kind: mis.Kind | None = None) -> None:
        service = self._site.air.pack(fields)
        head, _ = self._site.air.head(transfer.frame, Msg.PREREG_RESPONSE, flags, len(service), kind)
        self._finish(transfer, head + service)

    def _finish(self, transfer: Transfer, payload: bytes) -> None:
        transfer.answer = self._site.air.message(transfer.frame, Msg.PREREG_RESPONSE, payload)
        self._site.say(transfer.answer, transfer.via)
