"""The MN's end of S5: asks its SPoS for a key, shows it to the TPoS, and is served there from then on (page 6.4)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ampradio.profile.model import Mac
from ampradio.security.entropy import EntropyError, NonceSource
from ampradio.security.handover.profiles import (
    LITE_ID_OCTETS,
    NONCE_OCTETS,
    PROTO,
    Candidate,
    Delivery,
    HandoverParameters,
    Msg,
    Tlv,
)
from ampradio.security.handover.refusal import Reason
from ampradio.security.handover.tag import arrival, asking
from ampradio.security.handover.tag.holdings import Holdings
from ampradio.security.handover.tag.link import Link
from ampradio.security.handover.tag.memory import NodeMemory, StoredPending
from ampradio.security.handover.tag.wire import Wire
from ampradio.security.journal import Journal, RefusedError
from ampradio.security.session import EntropySource, Message, SecurityEvent

_NONE = bytes(NONCE_OCTETS)
_NS_PER_S = 1_000_000_000
_TIDS = 256


@dataclass
class Waiting:
    """A message that is repeated until its answer comes."""

    message: Message
    due_ns: int
    tries_left: int


class MobileNode:
    """One MN. What it holds beside ``memory`` is gone with the power."""

    def __init__(
        self,
        mac: Mac,
        parameters: HandoverParameters,
        station_id: int,
        own_id: bytes,
        memory: NodeMemory,
        entropy: EntropySource,
    ) -> None:
        """Take the agreed parameters, both names, NVM and entropy; raises ``ValueError`` for a bad lite ID."""
        if len(own_id) != LITE_ID_OCTETS:
            raise ValueError(f"an MN's lite ID has {LITE_ID_OCTETS} octets, not {len(own_id)}")
        self._parameters = parameters
        self._station_id = station_id
        self._own_id = own_id
        self._holdings = Holdings(parameters, memory)
        self._nonces = NonceSource(entropy)
        self._wire = Wire(mac, parameters, own_id, station_id)
        self._journal = Journal("mn")
        self._question: asking.Question | None = None
        self._waiting: Waiting | None = None
        self._outbox: list[Message] = []
        self._tid = 0
        self._journal.note("parameters", **parameters.report(), mn=own_id.hex())

    @property
    def counters(self) -> Counter[str]:
        """Counts of events by kind and of refusals by reason."""
        return self._journal.counters

    @property
    def answers_to(self) -> frozenset[int]:
        """No ID beside the station's own."""
        return frozenset()

    @property
    def busy(self) -> bool:
        """True while a handover is under way."""
        return self._waiting is not None

    def served_by(self, now_ns: int) -> bytes | None:
        """Return the PoS with which there is an SA, None without one (R5.33)."""
        self._wake(now_ns)
        serving = self._holdings.serving
        return None if serving is None else serving.pos

    def install(self, link: Link, now_ns: int) -> None:
        """Take an SA into use that came about otherwise, by full authentication (option 1, R5.34)."""
        self._wake(now_ns)
        if link.life_s and link.expires_ns is None:
            link.expires_ns = now_ns + link.life_s * _NS_PER_S
        self._install(link)

    def request_handover(
        self,
        now_ns: int,
        tpos: bytes | None = None,
        candidates: tuple[Candidate, ...] = (),
        *,
        keyed: bool = True,
    ) -> bool:
        """Begin a handover; return False when only full authentication is left (event of that name).

        With a serving PoS it is asked, else the home is, through whoever relays. ``keyed`` False asks for an address
        only (R5.14). Raises ``ValueError`` while a handover is under way or for what no request can name.
        """
        asking.check(candidates, tpos)
        self._wake(now_ns)
        if self._waiting is not None:
            raise ValueError("a handover is under way")
        link = self._holdings.best_link()
        if self._parameters.delivery is Delivery.NONE or link is None:
            self._journal.note("full_authentication_needed", delivery=self._parameters.delivery.value)
            return False
        try:
            nonce_t = self._nonces.draw(NONCE_OCTETS) if keyed and not self._parameters.hardened else b""
            if keyed and self._parameters.hardened:
                self._holdings.before_sending(link)
        except EntropyError as dead:
            self._journal.note("entropy_refused", reason=str(dead))
            return False
        self._tid = (self._tid + 1) % _TIDS
        wire, asked = self._wire, link if keyed else None
        question = asking.ask(wire, self._parameters, self._tid, link.pos, asked, nonce_t, tpos, candidates)
        self._question = question
        self._transmit(question.message, now_ns)
        return True

    def signal(self, octets: bytes, now_ns: int) -> None:
        """Send signalling to the serving PoS under its SA (R5.36); raises ``ValueError`` without one that encrypts."""
        self._wake(now_ns)
        link = self._holdings.serving
        if link is None or not self._parameters.hardened:
            raise ValueError("no security association that encrypts")
        self._holdings.before_sending(link)
        head, aad = self._wire.head(Msg.SIGNAL_UL, 0, 0, link.pos, self._wire.security_octets(len(octets)))
        payload = head + self._wire.field(Tlv.SECURITY, link.seal(octets, aad))
        self._outbox.append(self._wire.message(Msg.SIGNAL_UL, payload))
        self._drop_spent(now_ns)

    def power_off(self) -> None:
        """Lose everything volatile; what is in NVM is read at the next call."""
        self._holdings.sleep()
        self._question = self._waiting = None
        self._outbox = []
        self._tid = 0
        self._nonces.forget()
        self._journal.note("power_off")

    def receive(self, message: Message, now_ns: int) -> None:
        """Take one message from the air; a bad one is counted and dropped."""
        self._wake(now_ns)
        try:
            self._accept(message, now_ns)
        except RefusedError as refused:
            self._journal.refuse(refused.reason, message)
        except EntropyError as dead:
            self._journal.note("entropy_refused", reason=str(dead))

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the messages that are due."""
        self._wake(now_ns)
        due, self._outbox = self._outbox, []
        for message in due:
            self._journal.message("sent", Msg(message.msg).name, message)
        return due

    def next_deadline_ns(self) -> int | None:
        """Return when a message is repeated or the serving SA ends."""
        times = [] if self._waiting is None else [self._waiting.due_ns]
        serving = self._holdings.serving
        if serving is not None and serving.expires_ns is not None:
            times.append(serving.expires_ns)
        return min(times, default=None)

    def handle_deadline(self, now_ns: int) -> None:
        """Repeat, give up (rule 27), or delete an SA whose lifetime is over (R5.60)."""
        self._wake(now_ns)
        self._drop_spent(now_ns)
        waiting = self._waiting
        if waiting is None or now_ns < waiting.due_ns:
            return
        if waiting.tries_left:
            waiting.tries_left -= 1
            waiting.due_ns = now_ns + self._parameters.retry_ns
            self._journal.note("repeated", msg=waiting.message.msg)
            self._outbox.append(waiting.message)
        elif self._holdings.pending is not None:
            self._drop_key("no_answer")
        else:
            self._question = self._waiting = None
            self._journal.note("handover_failed", reason="no_answer")

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call."""
        return self._journal.take()

    def _wake(self, now_ns: int) -> None:
        """Go on after a power loss with what NVM holds: a key whose confirmation was cut off is shown again (W5.10)."""
        if not self._holdings.wake(now_ns):
            return
        pending = self._holdings.pending
        if pending is not None:
            self._journal.note("resumed", tpos=pending.tpos.hex())
            self._show(pending, now_ns)

    def _accept(self, message: Message, now_ns: int) -> None:
        if message.proto != PROTO:
            raise RefusedError(Reason.OTHER_SYSTEM.value)
        if message.prof != self._parameters.prof:
            raise RefusedError(Reason.OTHER_PROFILE.value)
        if message.station_id != self._station_id:
            raise RefusedError(Reason.OTHER_STATION.value)
        if message.msg == Msg.PREREG_RESPONSE and self._question is not None:
            self._take_answer(message, self._question, now_ns)
        elif message.msg == Msg.CONFIRM_POS and self._holdings.pending is not None:
            self._take_confirm(message, self._holdings.pending, now_ns)
        elif message.msg == Msg.SIGNAL_DL and self._holdings.serving is not None:
            self._take_signal(message, self._holdings.serving, now_ns)
        else:
            raise RefusedError(Reason.UNEXPECTED.value)

    def _take_answer(self, message: Message, question: asking.Question, now_ns: int) -> None:
        holdings = self._holdings
        down = self._wire.read(message, question.pos)
        answer = asking.read(self._wire, self._parameters, question, down, holdings.home, holdings.group_seq)
        self._journal.message("received", Msg.PREREG_RESPONSE.name, message)
        if answer.key is None or question.link is None:
            self._take_referral(answer, question)
            return
        hardened = self._parameters.hardened
        nonce_t = self._nonces.draw(NONCE_OCTETS) if hardened else question.nonce_t
        pending = StoredPending(
            answer.tpos, answer.key, answer.life_s, answer.id_type, nonce_t, answer.nonce_n or _NONE
        )
        holdings.accept(pending, question.link, answer.number, answer.seq)
        self._question = self._waiting = None
        self._journal.note("key_received", tpos=answer.tpos.hex(), life_s=answer.life_s)
        self._show(pending, now_ns)

    def _take_referral(self, answer: asking.Answer, question: asking.Question) -> None:
        if question.link is not None and answer.number is not None:
            self._holdings.after_receiving(question.link, answer.number)
        self._question = self._waiting = None
        if answer.status:
            self._journal.note("handover_failed", reason="status", status=answer.status)
        else:
            self._journal.note("tpos_named", tpos=answer.tpos.hex())

    def _show(self, pending: StoredPending, now_ns: int) -> None:
        """Send message 5 to the TPoS, directly or through whoever hears it (R5.46)."""
        message = arrival.confirm(self._wire, self._parameters, self._tid, self._own_id, pending)
        self._transmit(message, now_ns)

    def _take_confirm(self, message: Message, pending: StoredPending, now_ns: int) -> None:
        down = self._wire.read(message, pending.tpos)
        if down.source != pending.tpos:
            raise RefusedError(Reason.OTHER_POS.value)
        try:
            link = arrival.confirmed(self._wire, self._parameters, self._own_id, pending, down, now_ns)
        except RefusedError as refused:
            if refused.reason == Reason.BAD_MIC.value:
                self._drop_key(refused.reason)
            raise
        self._journal.message("received", Msg.CONFIRM_POS.name, message)
        self._install(link)
        self._drop_spent(now_ns)

    def _take_signal(self, message: Message, link: Link, now_ns: int) -> None:
        down = self._wire.read(message, link.pos)
        if down.source != link.pos or not self._parameters.hardened:
            raise RefusedError(Reason.NO_ASSOCIATION.value)
        plain, number = link.open(self._wire.security_of(down.rest), down.aad)
        self._holdings.after_receiving(link, number)
        self._journal.message("received", Msg.SIGNAL_DL.name, message)
        self._journal.note("signal", pos=link.pos.hex(), data_hex=plain.hex())
        self._drop_spent(now_ns)

    def _install(self, link: Link) -> None:
        self._holdings.install(link)
        self._waiting = None
        self._journal.note("keys_installed", pos=link.pos.hex(), id_type=int(link.id_type), life_s=link.life_s)

    def _drop_key(self, reason: str) -> None:
        """Give the delivered key up; the SPoS is still there (page 6.4)."""
        self._holdings.drop_pending()
        self._waiting = None
        self._outbox = []
        self._journal.note("key_dropped", reason=reason)

    def _drop_spent(self, now_ns: int) -> None:
        """Delete the serving SA when its lifetime or its sequence numbers are over: full authentication is next."""
        serving = self._holdings.serving
        if serving is None:
            return
        expired = serving.expires_ns is not None and now_ns >= serving.expires_ns
        if expired or serving.used_up:
            self._holdings.drop_serving()
            self._journal.note("association_deleted", pos=serving.pos.hex(), exhausted=serving.used_up)

    def _transmit(self, message: Message, now_ns: int) -> None:
        self._outbox = [message]
        self._waiting = Waiting(message, now_ns + self._parameters.retry_ns, self._parameters.tries - 1)
