"""The tag's end of S1: a supplicant that keeps nothing it cannot rebuild (protocols page 2.4, rules 4 to 9)."""

from __future__ import annotations

from collections import Counter

from ampradio.profile.model import Mac
from ampradio.security.amp.profiles import PROTO, AmpParameters, Msg
from ampradio.security.amp.refusal import Reason
from ampradio.security.amp.tag import messages
from ampradio.security.amp.tag.contact import Contact
from ampradio.security.amp.tag.identity import TagIdentity
from ampradio.security.amp.tag.keys import Guard, derive
from ampradio.security.amp.tag.memory import TagMemory
from ampradio.security.amp.tag.readings import Readings, UplinkSource
from ampradio.security.amp.tag.update import commit
from ampradio.security.entropy import EntropyError, NonceSource
from ampradio.security.journal import Journal, RefusedError
from ampradio.security.session import EntropySource, Message, SecurityEvent


class AmpSupplicant:
    """One tag. It answers a SEC-TRIGGER, and acts on nothing before the AP has proved its key."""

    def __init__(
        self, mac: Mac, parameters: AmpParameters, identity: TagIdentity, memory: TagMemory, entropy: EntropySource
    ) -> None:
        """Take the agreed parameters, the tag's names, its memory and its entropy source."""
        self._mac = mac
        self._parameters = parameters
        self._identity = identity
        self._memory = memory
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
            self._journal.message("sent", Msg(message.msg).name, message)
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
            raise RefusedError(Reason.OTHER_SYSTEM.value)
        broadcast = message.station_id == self._mac.broadcast_id and message.msg == Msg.SEC_TRIGGER
        if message.station_id != self._identity.station_id and not broadcast:
            raise RefusedError(Reason.OTHER_STATION.value)
        if message.prof != self._parameters.prof:
            raise RefusedError(Reason.OTHER_PROFILE.value)
        if message.msg == Msg.SEC_TRIGGER:
            self._answer_trigger(message, now_ns)
        elif message.msg == Msg.SEC_CONFIRM:
            self._take_confirm(message)
        elif message.msg == Msg.PMK_UPDATE:
            self._take_update(message)
        else:
            raise RefusedError(Reason.UNEXPECTED.value)

    def _answer_trigger(self, message: Message, now_ns: int) -> None:
        if not self._parameters.backscatter.permits(self._identity.uplink):
            raise RefusedError(Reason.BACKSCATTER.value)
        challenge = messages.read_trigger(message.payload, self._parameters)
        if not any(challenge.anonce):
            raise RefusedError(Reason.ZERO_NONCE.value)
        self._wipe("new_trigger")
        self._outbox.clear()
        self._journal.message("received", Msg(message.msg).name, message)
        try:
            snonce = self._nonces.draw(self._parameters.nonce_octets)
        except EntropyError as dead:
            self._note("entropy_refused", reason=str(dead))
            return
        root = self._memory.read().root
        keys = derive(self._parameters, self._identity, root, challenge, snonce)
        guard = Guard(self._mac, self._parameters, self._identity, keys)
        contact = self._contact = Contact(guard, now_ns + self._parameters.ptk_lifetime_ns, challenge.data)
        self._respond(contact, snonce)
        if self._parameters.flow == 2:
            self._finish_two_frames(contact)

    def _respond(self, contact: Contact, snonce: bytes) -> None:
        reading = self._next_reading(contact)
        data = contact.guard.crypt(Msg.SEC_RESPONSE, 0, reading)
        encrypted = self._parameters.encrypt
        self._send(contact, Msg.SEC_RESPONSE, messages.response(encrypted, contact.more_sent, snonce, data))

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
            confirm = messages.read_confirm(message.payload, self._parameters)
            contact.require_genuine(Msg.SEC_CONFIRM, confirm)
        except RefusedError as refused:
            raise self._distrust(refused) from None
        self._journal.message("received", Msg(message.msg).name, message)
        contact.confirm_reading(self._uplink)
        if not contact.ap_authenticated:
            self._trust(contact)
        command = contact.guard.crypt(Msg.SEC_CONFIRM, confirm.pn, confirm.body)
        if command:
            self._note("command", data_hex=command.hex(), pn=confirm.pn, authenticated=True)
        if self._parameters.flow == 4 or confirm.more or contact.more_sent:
            self._acknowledge(contact, confirm.more)

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
        reading = self._next_reading(contact, ap_has_more)
        data = contact.guard.crypt(Msg.SEC_ACK, contact.next_pn, reading)
        encrypted, more = self._parameters.encrypt, contact.more_sent
        self._send(contact, Msg.SEC_ACK, messages.acknowledgement(encrypted, more, contact.next_pn, data))
        contact.next_pn += 1
        if contact.reading_sent and not more and not ap_has_more:
            self._note("uplink_unconfirmed", octets=len(reading))
            contact.confirm_reading(self._uplink)

    def _take_update(self, message: Message) -> None:
        contact = self._require_contact()
        if not contact.ap_authenticated:
            raise RefusedError(Reason.AP_NOT_AUTHENTICATED.value)
        try:
            update = messages.read_update(message.payload, self._parameters)
            contact.require_genuine(Msg.PMK_UPDATE, update)
        except RefusedError as refused:
            raise self._distrust(refused) from None
        self._journal.message("received", Msg(message.msg).name, message)
        contact.confirm_reading(self._uplink)
        status = commit(self._memory, update, self._parameters.hardened, self._note)
        if contact.exhausted:
            self._wipe("pn_exhausted")
            return
        answer = messages.updated(self._parameters.encrypt, contact.next_pn, update.version, status)
        self._send(contact, Msg.PMK_UPDATED, answer)
        contact.next_pn += 1

    def _distrust(self, refused: RefusedError) -> RefusedError:
        """Drop the PTK for anything but a stale PN, silently (page 2.4)."""
        if refused.reason != Reason.REPLAY:
            self._wipe(refused.reason)
        return refused

    def _require_contact(self) -> Contact:
        if self._contact is None:
            raise RefusedError(Reason.UNEXPECTED.value)
        return self._contact

    def _next_reading(self, contact: Contact, ap_has_more: bool = False) -> bytes:
        while (head := self._uplink.head()) is not None and len(head) > self._parameters.uplink_data_max:
            self._note("reading_too_long", octets=len(head))
            self._uplink.delivered()
        reading = contact.choose_reading(self._uplink, ap_has_more)
        contact.more_sent = contact.more_sent and self._parameters.flow > 2
        return reading

    def _send(self, contact: Contact, msg: Msg, unsigned: bytes) -> None:
        payload = unsigned + contact.guard.mic(msg, unsigned)
        prof = int(self._parameters.prof)
        self._outbox.append(Message(PROTO, int(msg), prof, self._identity.station_id, payload))

    def _wipe(self, reason: str) -> None:
        if self._contact is None:
            return
        self._contact.guard.keys.wipe()
        self._contact = None
        self._note("keys_wiped", reason=reason)

    def _note(self, kind: str, **detail: str | int | bool | float) -> None:
        self._journal.note(kind, station_id=self._identity.station_id, **detail)
