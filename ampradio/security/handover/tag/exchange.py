"""One power cycle of an MN: the handover under way and the messages of it (page 6.4, rules 24 to 27)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.entropy import NonceSource
from ampradio.security.handover.profiles import (
    NONCE_OCTETS,
    PROTO,
    Candidate,
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
from ampradio.security.session import Message

_NONE = bytes(NONCE_OCTETS)
_TIDS = 256


@dataclass(frozen=True)
class Setting:
    """What outlives a power cycle beside NVM: what the MN is built with."""

    parameters: HandoverParameters
    station_id: int
    own_id: bytes
    wire: Wire
    memory: NodeMemory
    nonces: NonceSource
    journal: Journal


@dataclass
class Waiting:
    """A message that is repeated until its answer comes."""

    message: Message
    due_ns: int
    tries_left: int


class Exchange:
    """Everything volatile of an MN."""

    def __init__(self, setting: Setting, now_ns: int) -> None:
        """Go on with what NVM holds: a key whose confirmation was cut off is shown again (W5.10)."""
        self._setting = setting
        self._parameters = setting.parameters
        self._wire = setting.wire
        self._journal = setting.journal
        self.holdings = Holdings(setting.parameters, setting.memory, now_ns)
        self.outbox: list[Message] = []
        self.waiting: Waiting | None = None
        self._question: asking.Question | None = None
        self._tid = 0
        pending = self.holdings.pending
        if pending is not None:
            self._journal.note("resumed", tpos=pending.tpos.hex())
            self._show(pending, now_ns)

    def ask(self, link: Link, tpos: bytes | None, candidates: tuple[Candidate, ...], keyed: bool, now_ns: int) -> None:
        """Send MIS_Prereg_Xfer request under an SA; raises ``EntropyError`` when there is no nonce to be had."""
        nonce_t = b""
        if keyed and self._parameters.hardened:
            self.holdings.before_sending(link)
        elif keyed:
            nonce_t = self._setting.nonces.draw(NONCE_OCTETS)
        self._tid = (self._tid + 1) % _TIDS
        wire, asked = self._wire, link if keyed else None
        question = asking.ask(wire, self._parameters, self._tid, link.pos, asked, nonce_t, tpos, candidates)
        self._question = question
        self._transmit(question.message, now_ns)

    def signal(self, link: Link, octets: bytes) -> None:
        """Send signalling to the serving PoS under its SA."""
        self.holdings.before_sending(link)
        head, aad = self._wire.head(Msg.SIGNAL_UL, 0, 0, link.pos, self._wire.security_octets(len(octets)))
        payload = head + self._wire.field(Tlv.SECURITY, link.seal(octets, aad))
        self.outbox.append(self._wire.message(Msg.SIGNAL_UL, payload))

    def repeat(self, now_ns: int) -> None:
        """Repeat what was not answered in time, or give up (rule 27)."""
        waiting = self.waiting
        if waiting is None or now_ns < waiting.due_ns:
            return
        if waiting.tries_left:
            waiting.tries_left -= 1
            waiting.due_ns = now_ns + self._parameters.retry_ns
            self._journal.note("repeated", msg=waiting.message.msg)
            self.outbox.append(waiting.message)
        elif self.holdings.pending is not None:
            self._drop_key("no_answer")
        else:
            self._question = self.waiting = None
            self._journal.note("handover_failed", reason="no_answer")

    def install(self, link: Link) -> None:
        """Be served under a new SA."""
        self.holdings.install(link)
        self.waiting = None
        self._journal.note("keys_installed", pos=link.pos.hex(), id_type=int(link.id_type), life_s=link.life_s)

    def accept(self, message: Message, now_ns: int) -> None:
        """Take one message from the air; raises ``RefusedError`` for a bad one."""
        if message.proto != PROTO:
            raise RefusedError(Reason.OTHER_SYSTEM.value)
        if message.prof != self._parameters.prof:
            raise RefusedError(Reason.OTHER_PROFILE.value)
        if message.station_id != self._setting.station_id:
            raise RefusedError(Reason.OTHER_STATION.value)
        if message.msg == Msg.PREREG_RESPONSE and self._question is not None:
            self._take_answer(message, self._question, now_ns)
        elif message.msg == Msg.CONFIRM_POS and self.holdings.pending is not None:
            self._take_confirm(message, self.holdings.pending, now_ns)
        elif message.msg == Msg.SIGNAL_DL and self.holdings.serving is not None:
            self._take_signal(message, self.holdings.serving, now_ns)
        else:
            raise RefusedError(Reason.UNEXPECTED.value)

    def _take_answer(self, message: Message, question: asking.Question, now_ns: int) -> None:
        holdings = self.holdings
        down = self._wire.read(message, question.pos)
        answer = asking.read(self._wire, self._parameters, question, down, holdings.home, holdings.group_seq)
        self._journal.message("received", Msg.PREREG_RESPONSE.name, message)
        if answer.key is None or question.link is None:
            self._take_referral(answer, question)
            return
        hardened = self._parameters.hardened
        nonce_t = self._setting.nonces.draw(NONCE_OCTETS) if hardened else question.nonce_t
        nonce_n = answer.nonce_n or _NONE
        pending = StoredPending(answer.tpos, answer.key, answer.life_s, answer.id_type, nonce_t, nonce_n, question.tid)
        holdings.accept(pending, question.link, answer.number, answer.seq)
        self._question = self.waiting = None
        self._journal.note("key_received", tpos=answer.tpos.hex(), life_s=answer.life_s)
        self._show(pending, now_ns)

    def _take_referral(self, answer: asking.Answer, question: asking.Question) -> None:
        if question.link is not None and answer.number is not None:
            self.holdings.after_receiving(question.link, answer.number)
        self._question = self.waiting = None
        if answer.status:
            self._journal.note("handover_failed", reason="status", status=answer.status)
        else:
            self._journal.note("tpos_named", tpos=answer.tpos.hex())

    def _show(self, pending: StoredPending, now_ns: int) -> None:
        """Send message 5 to the TPoS, directly or through whoever hears it (R5.46)."""
        message = arrival.confirm(self._wire, self._parameters, self._setting.own_id, pending)
        self._transmit(message, now_ns)

    def _take_confirm(self, message: Message, pending: StoredPending, now_ns: int) -> None:
        down = self._wire.read(message, pending.tpos)
        if down.source != pending.tpos:
            raise RefusedError(Reason.OTHER_POS.value)
        try:
            link = arrival.confirmed(self._wire, self._parameters, self._setting.own_id, pending, down, now_ns)
        except RefusedError as refused:
            if refused.reason == Reason.BAD_MIC.value:
                self._drop_key(refused.reason)
            raise
        self._journal.message("received", Msg.CONFIRM_POS.name, message)
        self.install(link)
        self.drop_spent(now_ns)

    def _take_signal(self, message: Message, link: Link, now_ns: int) -> None:
        down = self._wire.read(message, link.pos)
        if down.source != link.pos or not self._parameters.hardened:
            raise RefusedError(Reason.NO_ASSOCIATION.value)
        plain, number = link.open(self._wire.security_of(down.rest), down.aad)
        self.holdings.after_receiving(link, number)
        self._journal.message("received", Msg.SIGNAL_DL.name, message)
        self._journal.note("signal", pos=link.pos.hex(), data_hex=plain.hex())
        self.drop_spent(now_ns)

    def _drop_key(self, reason: str) -> None:
        """Give the delivered key up; the SPoS is still there (page 6.4)."""
        self.holdings.drop_pending()
        self.waiting = None
        self.outbox = []
        self._journal.note("key_dropped", reason=reason)

    def drop_spent(self, now_ns: int) -> None:
        """Delete the serving SA when its lifetime or its sequence numbers are over: full authentication is next."""
        serving = self.holdings.serving
        if serving is None:
            return
        expired = serving.expires_ns is not None and now_ns >= serving.expires_ns
        if expired or serving.used_up:
            self.holdings.drop_serving()
            self._journal.note("association_deleted", pos=serving.pos.hex(), exhausted=serving.used_up)

    def _transmit(self, message: Message, now_ns: int) -> None:
        self.outbox = [message]
        self.waiting = Waiting(message, now_ns + self._parameters.retry_ns, self._parameters.tries - 1)
