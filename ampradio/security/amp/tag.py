"""The tag's end of S1: a supplicant that keeps nothing it cannot rebuild (protocols page 2.4, rules 4 to 9)."""

from __future__ import annotations

from collections import Counter

from ampradio.profile.model import Mac
from ampradio.security.amp.contact import Contact, make_contact
from ampradio.security.amp.enrolment import TagIdentity
from ampradio.security.amp.journal import Journal
from ampradio.security.amp.messages import (
    Flags,
    Msg,
    PmkUpdate,
    PmkUpdated,
    SecResponse,
    SecTrigger,
    SecuredData,
    UpdateStatus,
)
from ampradio.security.amp.pmk_update import Nvm, PmkRecord, updated_record
from ampradio.security.amp.profiles import PROTO, AmpParameters
from ampradio.security.amp.readings import Readings, UplinkSource
from ampradio.security.amp.refusal import Reason, RefusedError
from ampradio.security.entropy import EntropyError, NonceSource
from ampradio.security.session import EntropySource, Message, SecurityEvent


class AmpSupplicant:
    """One tag. It answers a SEC-TRIGGER, and acts on nothing before the AP has proved its key."""

    def __init__(
        self, mac: Mac, parameters: AmpParameters, identity: TagIdentity, nvm: Nvm, entropy: EntropySource
    ) -> None:
        """Take the agreed parameters, the tag's names, its NVM and its entropy source."""
        self._mac = mac
        self._parameters = parameters
        self._identity = identity
        self._nvm = nvm
        self._nonces = NonceSource(entropy)
        self._journal = Journal("tag")
        self._uplink: UplinkSource = Readings()
        self._outbox: list[Message] = []
        self._contact: Contact | None = None
        self._note("parameters", **parameters.report())

    @property
    def counters(self) -> Counter[str]:
        """Counts of events by kind and of refusals by reason."""
        return self._journal.counters

    @property
    def answers_to(self) -> frozenset[int]:
        """None: S1 knows a tag by its station ID alone."""
        return frozenset()

    @property
    def has_keys(self) -> bool:
        """True while keys are installed: a PTK is held and the AP has proved that it holds it too."""
        return self._contact is not None and self._contact.ap_authenticated

    @property
    def holds_transient_key(self) -> bool:
        """True while a PTK is in volatile memory, installed or not."""
        return self._contact is not None

    def set_uplink_data(self, source: UplinkSource) -> None:
        """Take the readings that are to be reported."""
        self._uplink = source

    def power_off(self) -> None:
        """Lose everything volatile (R1.36, R1.40): the next contact starts at SEC-TRIGGER."""
        self._wipe("power_off")
        self._outbox.clear()
        self._nonces.forget()

    def receive(self, message: Message, now_ns: int) -> None:
        """Take one message from the air; a bad one is counted and dropped."""
        self.handle_deadline(now_ns)
        try:
            self._accept(message, now_ns)
        except RefusedError as refused:
            self._journal.refuse(refused.reason, message)

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the answers that are due."""
        due, self._outbox = self._outbox, []
        for message in due:
            self._journal.message("sent", message)
        return due

    def next_deadline_ns(self) -> int | None:
        """Return when the PTK expires."""
        return None if self._contact is None else self._contact.expires_ns

    def handle_deadline(self, now_ns: int) -> None:
        """Drop an expired PTK (rule 8)."""
        if self._contact is not None and now_ns >= self._contact.expires_ns:
            self._wipe("expired")

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call."""
        return self._journal.take()

    def _accept(self, message: Message, now_ns: int) -> None:
        if message.proto != PROTO:
            raise RefusedError(Reason.OTHER_SYSTEM)
        broadcast = message.station_id == self._mac.broadcast_id and message.msg == Msg.SEC_TRIGGER
        if message.station_id != self._identity.station_id and not broadcast:
            raise RefusedError(Reason.OTHER_STATION)
        if message.prof != self._parameters.prof:
            raise RefusedError(Reason.OTHER_PROFILE)
        if message.msg == Msg.SEC_TRIGGER:
            self._answer_trigger(message, now_ns)
        elif message.msg == Msg.SEC_CONFIRM:
            self._take_confirm(message)
        elif message.msg == Msg.PMK_UPDATE:
            self._take_update(message)
        else:
            raise RefusedError(Reason.UNEXPECTED)

    def _answer_trigger(self, message: Message, now_ns: int) -> None:
        if not self._parameters.backscatter.permits(self._identity.uplink):
            raise RefusedError(Reason.BACKSCATTER)
        trigger = SecTrigger.parse(message.payload, self._parameters)
        if not any(trigger.anonce):
            raise RefusedError(Reason.ZERO_NONCE)
        self._wipe("new_trigger")
        self._outbox.clear()
        self._journal.message("received", message)
        try:
            snonce = self._nonces.draw(self._parameters.nonce_octets)
        except EntropyError as dead:
            self._note("entropy_refused", reason=str(dead))
            return
        root = self._nvm.read().root
        contact = make_contact(self._mac, self._parameters, self._identity, root, trigger, snonce, now_ns)
        self._contact = contact
        self._respond(contact, snonce)
        if self._parameters.flow == 2:
            self._finish_two_frames(contact)

    def _respond(self, contact: Contact, snonce: bytes) -> None:
        flags, reading = self._next_reading(contact)
        response = SecResponse(flags, snonce, contact.protection.crypt(Msg.SEC_RESPONSE, 0, reading))
        self._send(contact, Msg.SEC_RESPONSE, response.unsigned)

    def _finish_two_frames(self, contact: Contact) -> None:
        """End a flow in which the AP proves nothing: literal acts on DL data all the same (W1.1), hardened does not."""
        if contact.withheld and not self._parameters.hardened:
            self._note("downlink_data", data_hex=contact.withheld.hex(), authenticated=False)
        elif contact.withheld:
            self._note("withheld", octets=len(contact.withheld))
        contact.confirm_reading(self._uplink)
        self._wipe("two_frame_flow")

    def _take_confirm(self, message: Message) -> None:
        contact = self._require_contact()
        try:
            confirm = SecuredData.parse(message.payload, self._parameters)
            contact.require_genuine(Msg.SEC_CONFIRM, confirm, self._parameters.encrypt)
        except RefusedError as refused:
            raise self._distrust(refused) from None
        self._journal.message("received", message)
        contact.confirm_reading(self._uplink)
        if not contact.ap_authenticated:
            self._trust(contact)
        command = contact.protection.crypt(Msg.SEC_CONFIRM, confirm.pn, confirm.data)
        if command:
            self._note("command", data_hex=command.hex(), pn=confirm.pn, authenticated=True)
        if self._parameters.flow == 4 or confirm.flags.more or contact.more_sent:
            self._acknowledge(contact, confirm.flags.more)

    def _trust(self, contact: Contact) -> None:
        contact.ap_authenticated = True
        self._note("authenticated", peer="ap", mutual=True)
        self._note("keys_installed")
        if contact.withheld:
            authenticated = self._parameters.hardened  # the literal MIC does not cover frame 1's data
            self._note("downlink_data", data_hex=contact.withheld.hex(), authenticated=authenticated)
            contact.withheld = b""

    def _acknowledge(self, contact: Contact, ap_has_more: bool) -> None:
        if contact.exhausted:
            self._wipe("pn_exhausted")
            return
        flags, reading = self._next_reading(contact, ap_has_more)
        data = contact.protection.crypt(Msg.SEC_ACK, contact.next_pn, reading)
        self._send(contact, Msg.SEC_ACK, SecuredData(flags, contact.next_pn, data).unsigned)
        contact.next_pn += 1
        if contact.reading_sent and not flags.more and not ap_has_more:
            self._note("uplink_unconfirmed", octets=len(reading))
            contact.confirm_reading(self._uplink)

    def _take_update(self, message: Message) -> None:
        contact = self._require_contact()
        if not contact.ap_authenticated:
            raise RefusedError(Reason.AP_NOT_AUTHENTICATED)
        try:
            update = PmkUpdate.parse(message.payload, self._parameters)
            contact.require_genuine(Msg.PMK_UPDATE, update, self._parameters.encrypt)
        except RefusedError as refused:
            raise self._distrust(refused) from None
        self._journal.message("received", message)
        contact.confirm_reading(self._uplink)
        status = self._commit(update)
        if contact.exhausted:
            self._wipe("pn_exhausted")
            return
        answer = PmkUpdated(Flags(self._parameters.encrypt), contact.next_pn, update.version, status)
        self._send(contact, Msg.PMK_UPDATED, answer.unsigned)
        contact.next_pn += 1

    def _commit(self, update: PmkUpdate) -> UpdateStatus:
        outcome = updated_record(self._nvm.read(), update, self._parameters.hardened)
        if isinstance(outcome, PmkRecord):
            self._nvm.commit(outcome)  # before PMK-UPDATED is sent (rule 9)
            self._note("pmk_committed", version=outcome.version)
            return UpdateStatus.COMMITTED
        if outcome is not UpdateStatus.COMMITTED:
            self._note("pmk_update_refused", version=update.version, status=outcome.name.lower())
        return outcome

    def _distrust(self, refused: RefusedError) -> RefusedError:
        """Drop the PTK for anything but a stale PN, silently (page 2.4)."""
        if refused.reason is not Reason.REPLAY:
            self._wipe(refused.reason.value)
        return refused

    def _require_contact(self) -> Contact:
        if self._contact is None:
            raise RefusedError(Reason.UNEXPECTED)
        return self._contact

    def _next_reading(self, contact: Contact, ap_has_more: bool = False) -> tuple[Flags, bytes]:
        while (head := self._uplink.head()) is not None and len(head) > self._parameters.uplink_data_max:
            self._note("reading_too_long", octets=len(head))
            self._uplink.delivered()
        reading = contact.choose_reading(self._uplink, ap_has_more)
        contact.more_sent = contact.more_sent and self._parameters.flow > 2
        return Flags(self._parameters.encrypt, contact.more_sent), reading

    def _send(self, contact: Contact, msg: Msg, unsigned: bytes) -> None:
        payload = unsigned + contact.protection.mic(msg, unsigned)
        prof = int(self._parameters.prof)
        self._outbox.append(Message(PROTO, int(msg), prof, self._identity.station_id, payload))

    def _wipe(self, reason: str) -> None:
        if self._contact is None:
            return
        self._contact.protection.wipe()
        self._contact = None
        self._note("keys_wiped", reason=reason)

    def _note(self, kind: str, **detail: str | int | bool | float) -> None:
        self._journal.note(kind, station_id=self._identity.station_id, **detail)
