"""The speaking half of a bistatic tag: it waits for the excitation, then shifts and keys it in its slot (rule 22).

Its shift clock starts up within the ``delay`` before slot 1. A message that does not say which way to shift, that is
any but a Trigger and SEC-TRIGGER, means the way last said (placeholder).
"""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.mac.events import EventLog
from ampradio.mac.excitation import Excitation
from ampradio.mac.frame import Frame, station_of
from ampradio.mac.group_ack import GroupAck
from ampradio.mac.payload import secured
from ampradio.mac.refusal import Reason, Refusal
from ampradio.mac.speaker import ACK_PATIENCE_NS, Speaker
from ampradio.mac.trigger import TriggerParameters
from ampradio.mac.turn import AwaitedAck
from ampradio.profile.airtime import bistatic_slot_starts_ns, downlink_type1_ns
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind, RxVector, TxVector


@dataclass(frozen=True)
class UnlitTurn:
    """A reply and the start of its slot, from the first sample of an excitation that has to begin by ``until_ns``."""

    slot: int
    offset_ns: int
    rate_bps: int
    frames: tuple[Frame, ...]
    until_ns: int


class BistaticSpeaker(Speaker):
    """Holds at most one turn that waits for its excitation, and one awaited Group Ack."""

    pacing = (Excitation, GroupAck)
    uplink = PpduKind.UL_BISTATIC

    def __init__(self, profile: Profile, log: EventLog) -> None:
        super().__init__(profile, log)
        self._unlit: UnlitTurn | None = None
        self._shift_upwards = True

    @property
    def counts_acks(self) -> bool:
        """True while an excitation or a Group Ack matters."""
        return self._unlit is not None or self._awaited is not None

    def take_turn(
        self,
        slot: int,
        parameters: TriggerParameters | None,
        seed_index: int,
        rate_bps: int,
        frames: tuple[Frame, ...],
        rx: RxVector,
    ) -> Refusal | None:
        """Wait for the excitation that follows the PPDU ``rx``; refuse a slot too short for the reply."""
        profile = self._profile
        if rate_bps == profile.uplink.rate_high_bps:
            return Refusal(Reason.RESERVED_VALUE, f"a bistatic reply at {rate_bps} b/s")
        offset_ns = profile.timing.bistatic_delay_ns
        if parameters is not None:
            slot_ns = parameters.slot_units * profile.timing.slot_unit_ns
            if self._timing(frames, rate_bps, tolerance_ppm=0).stops_ns[-1] > slot_ns:
                return Refusal(Reason.SLOT_TOO_SHORT, f"{slot_ns} ns")
            self._shift_upwards = parameters.shift_up
            offset_ns = bistatic_slot_starts_ns(profile, slot_ns, parameters.slots)[slot - 1]
        # no longer than the same frame with padding
        announcement_ns = downlink_type1_ns(profile, profile.mac.short_frame_octets, rx.rate_bps, False)
        until_ns = rx.end_ns + self._sifs_ns + announcement_ns + ACK_PATIENCE_NS
        self._unlit = UnlitTurn(slot, offset_ns, rate_bps, frames, until_ns)
        return None

    def hear(self, frame: Frame, rx: RxVector) -> bool:
        """Answer in an excitation; return True when a Group Ack acknowledges the reply that was sent."""
        if isinstance(frame, GroupAck):
            return self._settle_together(frame, rx)
        if self._unlit is not None:
            self._light(self._unlit, rx)
        return False

    def drop_turn(self) -> None:
        """Forget the excitation that is waited for: a newer downlink message has replaced it."""
        self._unlit = None

    def next_deadlines_ns(self) -> list[int]:
        """Return when to give up the Group Ack that is awaited and the excitation that is waited for."""
        deadlines = super().next_deadlines_ns()
        return deadlines if self._unlit is None else [*deadlines, self._unlit.until_ns]

    def handle_deadline(self, now_ns: int) -> None:
        """Give up what did not come."""
        super().handle_deadline(now_ns)
        if self._unlit is not None and now_ns >= self._unlit.until_ns:
            self._log.drop(now_ns, Reason.SLOT_LOST, slot=self._unlit.slot)
            self._unlit = None

    def reset(self) -> None:
        """Forget everything that is not on the air already."""
        super().reset()
        self._unlit = None
        self._shift_upwards = True

    def _light(self, turn: UnlitTurn, rx: RxVector) -> None:
        """Send the reply in the excitation that begins where the AMP-Data of ``rx`` ends."""
        self._unlit = None
        start_ns = rx.end_ns + turn.offset_ns
        self._speaking_ns = (start_ns, start_ns)
        reply = self._timing(turn.frames, turn.rate_bps, self._profile.uplink.chip_tolerance_ppm)
        for frame, offset_ns in zip(turn.frames, reply.starts_ns, strict=True):
            vector = TxVector(
                self.uplink, turn.rate_bps, protected=secured(frame), shift_upwards=self._shift_upwards
            )
            self._send(frame, vector, turn.slot, start_ns + offset_ns)
        down, timing = self._profile.downlink, self._profile.timing
        # however many slots there are, no excitation is longer than a PPDU may be, and no Group Ack
        latest_ns = rx.start_ns + 2 * (down.max_ppdu_ns + down.signal_extension_ns) + timing.amp_sifs_ns
        station_id = station_of(self._mac, turn.frames[0])
        self._awaited = AwaitedAck(station_id, turn.slot, self._speaking_ns[1], latest_ns + ACK_PATIENCE_NS)

    def _settle_together(self, group: GroupAck, rx: RxVector) -> bool:
        awaited = self._awaited
        if awaited is None or rx.start_ns < awaited.from_ns:
            return False
        self._awaited = None
        mine = (awaited.slot, awaited.station_id) in group.heard
        self._log.add(rx.end_ns, "ack", slot=awaited.slot, id=awaited.station_id, heard=mine)
        return mine
