"""The MN's end of S5: asks its SPoS for a key, shows it to the TPoS, and is served there from then on (page 6.4)."""

from __future__ import annotations

from collections import Counter

from ampradio.profile.model import Mac
from ampradio.security.entropy import EntropyError, NonceSource
from ampradio.security.handover.profiles import (
    LITE_ID_OCTETS,
    Candidate,
    Delivery,
    HandoverParameters,
    Msg,
    require_signal,
)
from ampradio.security.handover.tag import asking
from ampradio.security.handover.tag.exchange import Exchange, Setting
from ampradio.security.handover.tag.link import Link
from ampradio.security.handover.tag.memory import NodeMemory
from ampradio.security.handover.tag.wire import Wire
from ampradio.security.journal import Journal, RefusedError
from ampradio.security.session import EntropySource, Message, SecurityEvent

_NS_PER_S = 1_000_000_000


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
        self._journal = Journal("mn")
        wire = Wire(mac, parameters, own_id, station_id)
        self._setting = Setting(parameters, station_id, own_id, wire, memory, NonceSource(entropy), self._journal)
        self._exchange: Exchange | None = None
        self._journal.note("parameters", **parameters.report(), mn=own_id.hex())

    @property
    def counters(self) -> Counter[str]:
        """Counts of events by kind and of refusals by reason."""
        return self._journal.counters

    @property
    def answers_to(self) -> frozenset[int]:
        """No ID beside the station's own."""
        return frozenset()

    def busy(self, now_ns: int) -> bool:
        """Return whether a handover is under way."""
        return self._awake(now_ns).waiting is not None

    def served_by(self, now_ns: int) -> bytes | None:
        """Return the PoS with which there is an SA, None without one (R5.33)."""
        serving = self._awake(now_ns).holdings.serving
        return None if serving is None else serving.pos

    def moving_to(self, now_ns: int) -> bytes | None:
        """Return the TPoS whose key is there and not confirmed: the radio should go over to it."""
        pending = self._awake(now_ns).holdings.pending
        return None if pending is None else pending.tpos

    def install(self, link: Link, now_ns: int) -> None:
        """Take an SA into use that came about otherwise, by full authentication (option 1, R5.34)."""
        if link.life_s and link.expires_ns is None:
            link.expires_ns = now_ns + link.life_s * _NS_PER_S
        self._awake(now_ns).install(link)

    def request_handover(
        self,
        now_ns: int,
        tpos: bytes | None = None,
        candidates: tuple[Candidate, ...] = (),
        *,
        keyed: bool = True,
    ) -> bool:
        """Begin a handover; return False when it cannot be: an event says whether full authentication is what is left.

        With a serving PoS it is asked, else the home is, through whoever relays. ``keyed`` False asks for an address
        only (R5.14). Raises ``ValueError`` while a handover is under way or for what no request can name.
        """
        asking.check(candidates, tpos)
        exchange = self._awake(now_ns)
        exchange.drop_spent(now_ns)
        if exchange.waiting is not None:
            raise ValueError("a handover is under way")
        link = exchange.holdings.best_link()
        if self._parameters.delivery is Delivery.NONE or link is None:
            self._journal.note("full_authentication_needed", delivery=self._parameters.delivery.value)
            return False
        try:
            exchange.ask(link, tpos, candidates, keyed, now_ns)
        except EntropyError as dead:
            self._journal.note("entropy_refused", reason=str(dead))
            return False
        return True

    def signal(self, octets: bytes, now_ns: int) -> None:
        """Send signalling to the serving PoS under its SA (R5.36).

        Raises ``ValueError`` without one that encrypts, or for more than a message holds.
        """
        require_signal(octets)
        exchange = self._awake(now_ns)
        exchange.drop_spent(now_ns)
        link = exchange.holdings.serving
        if link is None or not self._parameters.hardened:
            raise ValueError("no security association that encrypts")
        exchange.signal(link, octets)

    def power_off(self) -> None:
        """Lose everything volatile; what is in NVM is read at the next call."""
        self._exchange = None
        self._setting.nonces.forget()
        self._journal.note("power_off")

    def receive(self, message: Message, now_ns: int) -> None:
        """Take one message from the air; a bad one is counted and dropped."""
        try:
            self._awake(now_ns).accept(message, now_ns)
        except RefusedError as refused:
            self._journal.refuse(refused.reason, message)
        except EntropyError as dead:
            self._journal.note("entropy_refused", reason=str(dead))

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the messages that are due."""
        exchange = self._awake(now_ns)
        due, exchange.outbox = exchange.outbox, []
        for message in due:
            self._journal.message("sent", Msg(message.msg).name, message)
        return due

    def next_deadline_ns(self) -> int | None:
        """Return when a message is repeated or the serving SA ends."""
        exchange = self._exchange
        if exchange is None:
            return None
        times = [] if exchange.waiting is None else [exchange.waiting.due_ns]
        serving = exchange.holdings.serving
        if serving is not None and serving.expires_ns is not None:
            times.append(serving.expires_ns)
        return min(times, default=None)

    def handle_deadline(self, now_ns: int) -> None:
        """Repeat, give up (rule 27), or delete an SA whose lifetime is over (R5.60)."""
        exchange = self._awake(now_ns)
        exchange.drop_spent(now_ns)
        exchange.repeat(now_ns)

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call."""
        return self._journal.take()

    def _awake(self, now_ns: int) -> Exchange:
        if self._exchange is None:
            self._exchange = Exchange(self._setting, now_ns)
        return self._exchange
