"""A tag's turn: the slot that it waits for, found by counting Acks, and the Ack that it then expects (section 4).

The Ack has no slot index (rule 24), so a tag counts Acks. A tag that misses one would count short and speak in
another's slot; ours also looks at the time: an Ack about one slot period late counts for two (our choice).
"""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.mac.frame import Frame


@dataclass
class Turn:
    """One access opportunity of a tag.

    ``slot`` is the slot that starts at ``slot_start_ns``, ``target`` the tag's own one. ``slot_ns`` is a bound where no
    length was announced (a message other than a trigger opens one slot). ``frames`` is the reply.
    """

    target: int
    slot: int
    slot_start_ns: int
    slot_ns: int
    period_ns: int
    rate_bps: int
    seed_index: int
    frames: tuple[Frame, ...]
    channel_offset_hz: int = 0

    @property
    def is_due(self) -> bool:
        """True when the slot that starts next is the tag's own."""
        return self.slot == self.target

    def count_ack(self, ack_start_ns: int, next_slot_start_ns: int) -> None:
        """Take note of an Ack that started at ``ack_start_ns``: the next slot starts at ``next_slot_start_ns``."""
        late_ns = ack_start_ns - self.slot_start_ns - self.slot_ns
        missed = max(0, round(late_ns / self.period_ns))
        self.slot += 1 + missed
        self.slot_start_ns = next_slot_start_ns

    def own_slot_ends_ns(self) -> int:
        """Return when the tag's own slot ends if every Ack up to it is missed."""
        return self.slot_start_ns + (self.target - self.slot) * self.period_ns + self.slot_ns


@dataclass(frozen=True)
class AwaitedAck:
    """The Ack of a reply from ``station_id``: none can start before ``from_ns``, none comes after ``until_ns``."""

    station_id: int
    slot: int
    from_ns: int
    until_ns: int
