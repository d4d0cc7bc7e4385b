"""The keys that an MN holds, in NVM as far as they are to survive, and otherwise as long as there is power."""

from __future__ import annotations

from dataclasses import replace

from ampradio.security.handover.profiles import SN_LAST, HandoverParameters, IdType
from ampradio.security.handover.tag.link import Link
from ampradio.security.handover.tag.memory import NodeMemory, State, StoredPending, StoredServing
from ampradio.security.secret import Secret

_NS_PER_S = 1_000_000_000


class Holdings:
    """Home SA, serving SA and a key that waits for its confirmation. NVM is written before what it permits is done."""

    def __init__(self, parameters: HandoverParameters, memory: NodeMemory, now_ns: int) -> None:
        """Read NVM, as after a power loss; lifetimes begin anew, for a tag does not know how long it was off."""
        self._parameters = parameters
        self._memory = memory
        self._state, self.home = memory.state(), memory.home()
        self.home_link: Link | None = None
        self.serving: Link | None = None
        self.pending = self._state.pending
        if self.home is not None:
            marks = (self._state.home_sent_mark, self._state.home_received, self._state.home_sent_mark)
            key = Secret(self.home.key.expose())
            self.home_link = Link(self.home.pos, self.home.said, key, IdType.EAP, 0, None, *marks)
        one = self._state.serving
        if one is not None:
            expires_ns = now_ns + one.life_s * _NS_PER_S if one.life_s else None
            marks = (one.sent_mark, one.received, one.sent_mark)
            self.serving = Link(one.pos, one.said, one.key, one.id_type, one.life_s, expires_ns, *marks)

    @property
    def group_seq(self) -> int:
        """Number of the last group key block that was accepted."""
        return self._state.group_seq

    def best_link(self) -> Link | None:
        """Return the SA to ask under: with the serving PoS, else with the home while it has sequence numbers left."""
        if self.serving is not None:
            return self.serving
        return None if self.home_link is None or self.home_link.used_up else self.home_link

    def before_sending(self, link: Link) -> None:
        """See to it that the next sequence number is written off in NVM before it is used (rule 25)."""
        if not link.needs_mark():
            return
        mark = min(link.sent + self._parameters.sn_ahead, SN_LAST)
        if link is self.home_link:
            self._commit(replace(self._state, home_sent_mark=mark))
        else:
            stored = self._state.serving
            self._commit(replace(self._state, serving=stored and replace(stored, sent_mark=mark)))
        link.mark = mark

    def after_receiving(self, link: Link, number: int) -> None:
        """Take note of a sequence number that was accepted, in NVM where the SA survives."""
        if link.mark is not None:
            self._commit(self._received(self._state, link, number))
        link.received = number

    def accept(self, pending: StoredPending, link: Link, number: int | None, seq: int | None) -> None:
        """Hold a delivered key: one write takes it, the number of what brought it, and the block's sequence number."""
        state = self._state
        if number is not None and link.mark is not None:
            state = self._received(state, link, number)
        if seq is not None:
            state = replace(state, group_seq=seq)
        if self._parameters.persist:
            state = replace(state, pending=pending)
        self._commit(state)
        if number is not None:
            link.received = number
        self.pending = pending

    def install(self, link: Link) -> None:
        """Be served under a new SA; the key that made it is no longer pending."""
        state = replace(self._state, pending=None, serving=None)
        if self._parameters.persist:
            link.mark = self._parameters.sn_ahead
            stored = StoredServing(link.pos, link.said, link.key, link.id_type, link.life_s, link.mark, 0)
            state = replace(state, serving=stored)
        self._commit(state)
        self.serving, self.pending = link, None

    def drop_pending(self) -> None:
        """Give a delivered key up; the SA with the serving PoS stays."""
        self._commit(replace(self._state, pending=None))
        self.pending = None

    def drop_serving(self) -> None:
        """Give up the SA with the serving PoS."""
        self._commit(replace(self._state, serving=None))
        self.serving = None

    def _received(self, state: State, link: Link, number: int) -> State:
        if link is self.home_link:
            return replace(state, home_received=number)
        return replace(state, serving=state.serving and replace(state.serving, received=number))

    def _commit(self, state: State) -> None:
        if state != self._state:
            self._memory.commit(state)
            self._state = state
