"""Where slots, Acks and the fragments of a reply lie in time (air-interface page section 4, rules 7, 23 and 24).

A slot lasts exactly the announced units; its Ack starts one AMP SIFS after its end, used or not; the next slot
one AMP SIFS after the Ack. All Acks have one duration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from ampradio.mac.refusal import Reason, Refusal
from ampradio.mac.trigger import AccessKind, TriggerParameters
from ampradio.profile.airtime import downlink_type1_ns, slot_units, uplink_ns
from ampradio.profile.model import Profile
from ampradio.vectors import Listen, PpduKind, RxVector

_PPM = 1_000_000


@dataclass(frozen=True)
class SlotSchedule:
    """The slots that the end of a downlink PPDU (``opened_ns``) opens; slots count from 1."""

    kind: ClassVar[PpduKind] = PpduKind.UL_ACTIVE

    opened_ns: int
    slots: int
    slot_ns: int
    ack_ns: int
    sifs_ns: int

    @property
    def period_ns(self) -> int:
        """From the start of one slot to that of the next."""
        return self.slot_ns + self.ack_ns + 2 * self.sifs_ns

    def start_ns(self, slot: int) -> int:
        """Return when ``slot`` starts."""
        return self.opened_ns + self.sifs_ns + (slot - 1) * self.period_ns

    def end_ns(self, slot: int) -> int:
        """Return when ``slot`` ends."""
        return self.start_ns(slot) + self.slot_ns

    def ack_start_ns(self, slot: int) -> int:
        """Return when the Ack of ``slot`` starts."""
        return self.end_ns(slot) + self.sifs_ns


class Slots(Protocol):
    """Where slots lie in time, and which PPDUs belong there."""

    @property
    def kind(self) -> PpduKind:
        """How tags answer in them."""

    @property
    def slots(self) -> int:
        """How many there are."""

    def start_ns(self, slot: int) -> int:
        """Return when ``slot`` starts."""

    def end_ns(self, slot: int) -> int:
        """Return when ``slot`` ends."""

    def ack_start_ns(self, slot: int) -> int:
        """Return when the Ack that tells of ``slot`` starts."""


@dataclass
class OpenSlot:
    """The slot of a schedule that is open now: who may speak, who has spoken; ``whole`` once a reply is complete."""

    schedule: Slots
    slot: int
    senders: frozenset[int] | None = None
    speaker: int | None = None
    whole: bool = False

    @property
    def end_ns(self) -> int:
        """When it ends."""
        return self.schedule.end_ns(self.slot)

    @property
    def silent_until_ns(self) -> int:
        """When its Ack starts."""
        return self.schedule.ack_start_ns(self.slot)

    @property
    def heard_id(self) -> int | None:
        """The station whose reply came whole."""
        return self.speaker if self.whole else None

    def following(self) -> OpenSlot | None:
        """Return the next slot, None after the last."""
        return OpenSlot(self.schedule, self.slot + 1, self.senders) if self.slot < self.schedule.slots else None

    def refuse(self, station_id: int, rx: RxVector, margin_ns: int) -> Refusal | None:
        """Return why a PPDU of ``station_id`` is no answer in this slot."""
        if rx.kind is not self.schedule.kind:
            return Refusal(Reason.UNEXPECTED_TYPE)
        if not self.schedule.start_ns(self.slot) - margin_ns <= rx.start_ns < self.end_ns:
            return Refusal(Reason.OUTSIDE_SLOT)
        if self.senders is not None and station_id not in self.senders:
            return Refusal(Reason.UNEXPECTED_STATION)
        if self.speaker not in (None, station_id):
            return Refusal(Reason.UNEXPECTED_STATION)
        return None


@dataclass(frozen=True)
class ReplyTiming:
    """Where the PPDUs of one reply lie in a slot: offsets of their starts and ends of their allotted time.

    ``nominal_ns`` is how long each is by a perfect clock. An allotted time is that of the longest the tag's clock
    makes of a PPDU (1 + tolerance), in whole slot units, so fragments start on the same grid at both ends whatever
    the tag's clock does (placeholder). Between them lies one AMP SIFS, in an excitation the guard of its slots.
    """

    starts_ns: tuple[int, ...]
    stops_ns: tuple[int, ...]
    nominal_ns: tuple[int, ...]


def reply_timing(
    profile: Profile,
    octets: Sequence[int],
    rate_bps: int,
    tolerance_ppm: int,
    kind: PpduKind = PpduKind.UL_ACTIVE,
) -> ReplyTiming:
    """Return the timing of a reply whose frames have ``octets`` (header and FCS included).

    Raises ``ValueError`` for a rate the uplink does not have.
    """
    starts, stops, nominal = [], [], []
    timing = profile.timing
    gap_ns = timing.bistatic_guard_ns if kind is PpduKind.UL_BISTATIC else timing.amp_sifs_ns
    at_ns = 0
    for count in octets:
        nominal_ns = uplink_ns(profile, kind, count, rate_bps)
        nominal.append(nominal_ns)
        longest_ns = nominal_ns + -(-nominal_ns * tolerance_ppm // _PPM)
        starts.append(at_ns)
        stops.append(at_ns + slot_units(profile, longest_ns) * timing.slot_unit_ns)
        at_ns = stops[-1] + gap_ns
    return ReplyTiming(tuple(starts), tuple(stops), tuple(nominal))


def announced_units(profile: Profile, timing: ReplyTiming, slack_ns: int) -> int:
    """Return the slot duration to announce for a reply, with ``slack_ns`` for what receivers cannot measure better."""
    return slot_units(profile, timing.stops_ns[-1] + slack_ns)


def ack_ns(profile: Profile, rate_bps: int) -> int:
    """Return the duration of every Ack at the downlink rate of the trigger."""
    return downlink_type1_ns(profile, profile.mac.short_frame_octets, rate_bps, False)


def listening_windows(
    schedule: Slots,
    timing: ReplyTiming,
    rate_bps: int,
    seed_index: int,
    margin_ns: int,
    *,
    shift_upwards: bool = True,
) -> tuple[Listen, ...]:
    """Return one listening window per slot and PPDU of a reply, opened ``margin_ns`` early, none overlapping the next.

    The last window of a slot stops at the slot's end. ``shift_upwards`` counts for bistatic replies.
    """
    windows = []
    for slot in range(1, schedule.slots + 1):
        base_ns = schedule.start_ns(slot)
        starts = [base_ns + start_ns - margin_ns for start_ns in timing.starts_ns]
        for start_ns, stop_ns in zip(starts, [*starts[1:], schedule.end_ns(slot)], strict=True):
            windows.append(Listen(schedule.kind, rate_bps, seed_index, start_ns, stop_ns, shift_upwards=shift_upwards))
    return tuple(windows)


def slot_of(
    station_id: int,
    addressed: bool,
    parameters: TriggerParameters,
    ids: tuple[int, ...],
    generator: np.random.Generator,
) -> int | None:
    """Return the slot in which tag ``station_id`` answers, None if it has none or sits out.

    A trigger ``addressed`` to this tag alone has one slot (rule 7); scheduled access gives the position in the list,
    random access a slot drawn for this trigger alone: ABOC uniform in 0…2^ACWE − 1, sit out from N on (rule 25).
    """
    if addressed:
        return 1
    if parameters.access is AccessKind.SCHEDULED:
        return ids.index(station_id) + 1 if station_id in ids else None
    back_off = int(generator.integers(0, 1 << parameters.acwe))
    return back_off + 1 if back_off < parameters.slots else None
