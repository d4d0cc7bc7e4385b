"""The speaking half of a tag: it waits for its slot, sends the reply there and awaits the Ack (section 4)."""

from __future__ import annotations

from ampradio.mac import ladder
from ampradio.mac.ack import Ack
from ampradio.mac.events import EventLog
from ampradio.mac.frame import Frame, encode_frame, station_of
from ampradio.mac.payload import secured
from ampradio.mac.refusal import Reason, Refusal
from ampradio.mac.slots import ReplyTiming, ack_ns, reply_timing
from ampradio.mac.trigger import ChannelOffset, TriggerParameters, channel_offset_hz
from ampradio.mac.turn import AwaitedAck, Turn
from ampradio.profile.airtime import uplink_ns
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind, RxVector, Tx, TxVector

ACK_PATIENCE_NS = 100_000


class Speaker:
    """Holds at most one turn and one awaited Ack; every transmission starts one AMP SIFS after a downlink PPDU.

    ``pacing`` are the frames that say when it is whose turn, ``uplink`` the PPDUs of a reply in a slot.
    """

    pacing: tuple[type[Frame], ...] = (Ack,)
    uplink = PpduKind.UL_ACTIVE

    def __init__(self, profile: Profile, log: EventLog) -> None:
        self._profile = profile
        self._mac = profile.mac
        self._sifs_ns = profile.timing.amp_sifs_ns
        self._log = log
        self._turn: Turn | None = None
        self._awaited: AwaitedAck | None = None
        self._outgoing: list[Tx] = []
        self._speaking_ns = (0, 0)

    @property
    def silent_until_ns(self) -> int:
        """The end of the reply that was decided last, 0 before the first."""
        return self._speaking_ns[1]

    @property
    def counts_acks(self) -> bool:
        """True while an Ack matters: a slot is waited for, or the Ack of a reply."""
        return self._turn is not None or self._awaited is not None

    def is_deaf(self, rx: RxVector) -> bool:
        """Return whether a PPDU overlaps the tag's own reply or the turn-around before it (half duplex)."""
        start_ns, end_ns = self._speaking_ns
        return rx.start_ns < end_ns and rx.end_ns >= start_ns - self._sifs_ns

    def take_turn(
        self,
        slot: int,
        parameters: TriggerParameters | None,
        seed_index: int,
        rate_bps: int,
        frames: tuple[Frame, ...],
        rx: RxVector,
    ) -> Refusal | None:
        """Wait for ``slot`` of the PPDU ``rx``, or send at once in the first; refuse a slot too short for the reply.

        Without ``parameters`` the length of the slot is not known. A PPDU with an excitation is answered by what the
        tag reflects of that.
        """
        if rx.kind in (PpduKind.DL_TYPE2, PpduKind.DL_TYPE3):
            return self._reflect(rate_bps, frames, rx)
        if parameters is None:
            slot_ns, offset = self._longest_slot_ns(rate_bps), ChannelOffset.CENTRE
        else:
            slot_ns = parameters.slot_units * self._profile.timing.slot_unit_ns
            offset = parameters.channel_offset
            if self._timing(frames, rate_bps, tolerance_ppm=0).stops_ns[-1] > slot_ns:
                return Refusal(Reason.SLOT_TOO_SHORT, f"{slot_ns} ns")
        offset_hz = channel_offset_hz(self._profile, offset, rate_bps)
        if offset_hz is None:
            return Refusal(Reason.RESERVED_VALUE, f"a channel offset at {rate_bps} b/s")
        period_ns = slot_ns + ack_ns(self._profile, rx.rate_bps) + 2 * self._sifs_ns
        start_ns = rx.end_ns + self._sifs_ns
        self._turn = Turn(slot, 1, start_ns, slot_ns, period_ns, rate_bps, seed_index, frames, offset_hz)
        self._speak_if_due(rx)
        return None

    def _reflect(self, rate_bps: int, frames: tuple[Frame, ...], rx: RxVector) -> Refusal | None:
        """Answer T3 after the AMP-Data of ``rx``, in its excitation; the next command acknowledges."""
        if rate_bps == self._profile.uplink.rate_high_bps:
            return Refusal(Reason.RESERVED_VALUE, f"a mono-static reply at {rate_bps} b/s")
        if len(frames) > 1:
            return Refusal(Reason.SLOT_TOO_SHORT, f"{len(frames)} PPDUs in one excitation")
        start_ns = rx.end_ns + self._profile.timing.t3_ns
        self._speaking_ns = (start_ns, start_ns)
        self._send(frames[0], TxVector(PpduKind.UL_MONO_STATIC, rate_bps, protected=secured(frames[0])), 1, start_ns)
        return None

    def drop_turn(self) -> None:
        """Forget the slot that is waited for: a newer downlink message has replaced it."""
        self._turn = None

    def hear(self, frame: Frame, rx: RxVector) -> bool:
        """Count an Ack; return True when it acknowledges the reply that was sent."""
        assert isinstance(frame, Ack)  # what paces this one
        mine = self._settle(frame, rx)
        if self._turn is not None:
            self._turn.count_ack(rx.start_ns, rx.end_ns + self._sifs_ns)
            self._speak_if_due(rx)
        return mine

    def give_up_ack(self, now_ns: int) -> None:
        """Stop waiting for the Ack of the last reply."""
        if self._awaited is not None:
            self._log.add(now_ns, "no_reply", slot=self._awaited.slot, what="no Ack")
            self._awaited = None

    def next_deadlines_ns(self) -> list[int]:
        """Return when to give up the Ack that is awaited and the slot that is waited for."""
        deadlines = [] if self._awaited is None else [self._awaited.until_ns]
        return deadlines if self._turn is None else [*deadlines, self._turn.own_slot_ends_ns()]

    def handle_deadline(self, now_ns: int) -> None:
        """Give up what did not come."""
        if self._awaited is not None and now_ns >= self._awaited.until_ns:
            self.give_up_ack(now_ns)
        if self._turn is not None and now_ns >= self._turn.own_slot_ends_ns():
            self._log.drop(now_ns, Reason.SLOT_LOST, slot=self._turn.target)
            self._turn = None

    def take(self) -> list[Tx]:
        """Return and clear what was decided to be sent, in order of start."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def reset(self) -> None:
        """Forget everything that is not on the air already."""
        self._turn = self._awaited = None
        self._outgoing.clear()

    def _settle(self, ack: Ack, rx: RxVector) -> bool:
        awaited = self._awaited
        if awaited is None or rx.start_ns < awaited.from_ns:
            return False
        self._awaited = None
        mine = ack.station_id == awaited.station_id
        self._log.add(rx.end_ns, "ack", slot=awaited.slot, id=ack.station_id, heard=mine)
        return mine

    def _speak_if_due(self, rx: RxVector) -> None:
        """Send the reply when the slot that starts next is ours; ``rx`` is the PPDU that it follows."""
        turn = self._turn
        if turn is None or not turn.is_due:
            return
        self._turn = None
        timing = self._timing(turn.frames, turn.rate_bps, self._profile.uplink.chip_tolerance_ppm)
        self._speaking_ns = (turn.slot_start_ns, turn.slot_start_ns)
        for frame, offset_ns in zip(turn.frames, timing.starts_ns, strict=True):
            vector = TxVector(
                PpduKind.UL_ACTIVE,
                turn.rate_bps,
                protected=secured(frame),
                seed_index=turn.seed_index,
                channel_offset_hz=turn.channel_offset_hz,
            )
            self._send(frame, vector, turn.target, turn.slot_start_ns + offset_ns)
        ack_end_ns = turn.slot_start_ns + turn.slot_ns + self._sifs_ns + ack_ns(self._profile, rx.rate_bps)
        speaker_id = station_of(self._mac, turn.frames[0])
        self._awaited = AwaitedAck(speaker_id, turn.target, self._speaking_ns[1], ack_end_ns + ACK_PATIENCE_NS)

    def _send(self, frame: Frame, vector: TxVector, slot: int, start_ns: int) -> None:
        psdu = encode_frame(self._mac, frame)
        end_ns = start_ns + uplink_ns(self._profile, vector.kind, len(psdu), vector.rate_bps)
        self._outgoing.append(Tx(psdu, vector, start_ns))
        self._speaking_ns = (self._speaking_ns[0], end_ns)
        self._log.add(start_ns, "tx", slot=slot, **ladder.sent(self._mac, frame, psdu, vector, start_ns, end_ns))

    def _timing(self, frames: tuple[Frame, ...], rate_bps: int, tolerance_ppm: int) -> ReplyTiming:
        octets = [len(encode_frame(self._mac, frame)) for frame in frames]
        return reply_timing(self._profile, octets, rate_bps, tolerance_ppm, self.uplink)

    def _longest_slot_ns(self, rate_bps: int) -> int:
        """Return a bound on a slot that was not announced: as many full fragments as a message may have."""
        octets = self._mac.header_octets + self._mac.body_octets_max + self._mac.fcs_octets
        tolerance_ppm = self._profile.uplink.chip_tolerance_ppm
        return reply_timing(self._profile, [octets] * self._mac.fragments_max, rate_bps, tolerance_ppm).stops_ns[-1]
