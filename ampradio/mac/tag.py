"""An AMP tag: answers the triggers and messages that are meant for it, each in its slot (section 4).

Sans-IO and half duplex. It never speaks unasked: every transmission follows a downlink PPDU. Everything it holds is
volatile but its application's readings.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from ampradio.mac import ladder
from ampradio.mac.application import Application
from ampradio.mac.bistatic_speaker import BistaticSpeaker
from ampradio.mac.events import Event, EventLog
from ampradio.mac.frame import Frame, parse_frame, station_of
from ampradio.mac.header import partial_id, ul_rate_bps
from ampradio.mac.payload import Authentication, Data
from ampradio.mac.reassembly import Reassembler
from ampradio.mac.refusal import Reason, Refusal
from ampradio.mac.sessions import TagSession
from ampradio.mac.shim import fragments
from ampradio.mac.slots import slot_of
from ampradio.mac.speaker import Speaker
from ampradio.mac.trigger import ResponseType, Trigger, TriggerParameters, begins_with_parameters, parse_parameters
from ampradio.profile.model import Profile
from ampradio.security.session import Message
from ampradio.vectors import RxVector, Tx


class TagStation:
    """One tag, from power-on to power-off."""

    def __init__(
        self,
        profile: Profile,
        station_id: int,
        session: TagSession | None,
        generator: np.random.Generator,
        *,
        application: Application | None = None,
        bistatic: bool = False,
    ) -> None:
        """Take the tag's ID, its security session if it has one, and its source of random access draws.

        One that is not ``bistatic`` answers as it is asked: with its own carrier, or by what it reflects of the AP's.
        Raises ``ValueError`` for an ID that cannot be assigned: broadcast, or 63 in its low six bits.
        """
        if partial_id(profile, station_id) == profile.downlink.broadcast_partial_id:
            raise ValueError(f"tag ID 0x{station_id:04X} has 63 in its low six bits, which means broadcast")
        self._profile = profile
        self._mac = profile.mac
        self._station_id = station_id
        self._generator = generator
        self._session = session
        self._application = application or Application()
        self._log = EventLog()
        self._reassembler = Reassembler(self._mac, stations_max=2)
        self._speaker: Speaker = (BistaticSpeaker if bistatic else Speaker)(profile, self._log)
        self._session_served_ns = -1
        self._powered = True

    @property
    def counters(self) -> Counter[str]:
        """Counts of events by kind and of drops by reason."""
        return self._log.counters

    def receive(self, psdu: bytes, rx: RxVector, now_ns: int) -> None:
        """Take one PSDU that the PHY decoded; a bad one, or one for somebody else, is counted and dropped."""
        if not self._powered:
            return
        frame = parse_frame(self._mac, psdu)
        if isinstance(frame, Refusal):
            self._log.drop(rx.end_ns, frame.reason, **ladder.refused(self._mac, frame, psdu, rx))
            return
        seen = ladder.received(self._mac, frame, psdu, rx)
        reason = self._reason_to_ignore(frame, rx)
        if reason is not None:
            self._log.drop(rx.end_ns, reason, **seen)
            return
        self._log.add(rx.end_ns, "rx", **seen)
        refusal = self._act(frame, rx)
        if refusal is not None:
            self._log.drop(rx.end_ns, refusal.reason, what=refusal.detail, **seen)

    def ppdus_to_send(self, now_ns: int) -> list[Tx]:
        """Return what was decided since the last call, in order of start."""
        return self._speaker.take()

    def next_deadline_ns(self) -> int | None:
        """Return when to give up an Ack or a slot, or the session's deadline, whichever is first."""
        session_ns = self._session_deadline_ns()
        deadlines = self._speaker.next_deadlines_ns()
        return min(deadlines if session_ns is None else [*deadlines, session_ns], default=None)

    def handle_deadline(self, now_ns: int) -> None:
        """Give up what did not come, and let the session act on the passing of time."""
        self._speaker.handle_deadline(now_ns)
        session_ns = self._session_deadline_ns()
        if self._session is not None and session_ns is not None and now_ns >= session_ns:
            self._session_served_ns = session_ns
            self._session.handle_deadline(now_ns)
            self._log.security(now_ns, self._session.events())

    def events(self) -> list[Event]:
        """Return and clear what happened since the last call."""
        return self._log.take()

    def silent_until_ns(self) -> int:
        """Return the end of the transmission that was last handed out, 0 before the first."""
        return self._speaker.silent_until_ns

    def power_off(self, now_ns: int) -> None:
        """Lose everything volatile: keys, the turn, unfinished messages, what was to be sent (R1.36, R1.40)."""
        self._powered = False
        if self._session is not None:
            self._session.power_off()
            self._log.security(now_ns, self._session.events())
        self._reassembler.clear()
        self._speaker.reset()
        self._log.add(now_ns, "power_off", id=self._station_id)

    def power_on(self, now_ns: int) -> None:
        """Hear again; the next contact starts from nothing."""
        self._powered = True
        self._log.add(now_ns, "power_on", id=self._station_id)

    def _reason_to_ignore(self, frame: Frame, rx: RxVector) -> Reason | None:
        if self._speaker.is_deaf(rx):
            return Reason.HALF_DUPLEX
        if not rx.kind.is_downlink:
            return Reason.UNEXPECTED_TYPE
        ids = self._ids()
        meant = {partial_id(self._profile, own) for own in ids} | {self._profile.downlink.broadcast_partial_id}
        if rx.partial_id is not None and rx.partial_id not in meant:
            return Reason.NOT_FOR_US
        if isinstance(frame, self._speaker.pacing):
            return None if self._speaker.counts_acks else Reason.NOT_FOR_US
        return None if station_of(self._mac, frame) in ids | {self._mac.broadcast_id} else Reason.NOT_FOR_US

    def _ids(self) -> frozenset[int]:
        own = frozenset((self._station_id,))
        return own if self._session is None else own | self._session.answers_to

    def _act(self, frame: Frame, rx: RxVector) -> Refusal | None:
        if isinstance(frame, self._speaker.pacing):
            if self._speaker.hear(frame, rx):
                self._application.acknowledged()
            return None
        self._speaker.give_up_ack(rx.start_ns)
        if isinstance(frame, Trigger):
            return self._take_trigger(frame, rx)
        if isinstance(frame, Authentication):
            return self._take_security(frame, rx)
        if isinstance(frame, Data):
            return self._take_data(frame, rx)
        return Refusal(Reason.UNEXPECTED_TYPE)

    def _take_trigger(self, trigger: Trigger, rx: RxVector) -> Refusal | None:
        self._speaker.drop_turn()
        rate_bps = ul_rate_bps(self._profile, trigger.ul_rate_code)
        if rate_bps is None:
            return Refusal(Reason.RESERVED_VALUE, "UL rate")
        addressed = trigger.station_id in self._ids()
        if trigger.data and (addressed or not trigger.ids or self._station_id in trigger.ids):
            self._log.add(rx.end_ns, "data", octets=len(trigger.data), data=trigger.data.hex(), authenticated=False)
        slot = self._slot_in(addressed, trigger.parameters, trigger.ids, rx)
        if slot is None:
            return None
        frames = self._answer_trigger(trigger, rx)
        if not frames:
            self._log.add(rx.end_ns, "sat_out", slot=None, what="nothing to report")
            return None
        seed_index = trigger.parameters.seed_index
        return self._speaker.take_turn(slot, trigger.parameters, seed_index, rate_bps, frames, rx)

    def _answer_trigger(self, trigger: Trigger, rx: RxVector) -> tuple[Frame, ...]:
        """Return what the security system has to say where data is asked for, else the application's answer."""
        if self._session is not None and trigger.parameters.response_type is ResponseType.DATA:
            frames = self._session_frames(self._session, trigger.ul_rate_code, rx)
            if frames:
                return frames
        answer = self._application.answer(self._station_id, trigger.parameters, trigger.ul_rate_code)
        return () if answer is None else (answer,)

    def _session_frames(self, session: TagSession, rate_code: int, rx: RxVector) -> tuple[Frame, ...]:
        messages = session.messages_to_send(rx.end_ns)
        self._log.security(rx.end_ns, session.events())
        return tuple(
            Authentication(message.station_id, shim, piece, rate_code)
            for message in messages
            for shim, piece in fragments(self._mac, message)
        )

    def _take_security(self, frame: Authentication, rx: RxVector) -> Refusal | None:
        if self._session is None:
            return Refusal(Reason.UNEXPECTED_TYPE, "no security session")
        if not frame.protected:
            return Refusal(Reason.NOT_PROTECTED)
        message = self._reassembler.add(frame.station_id, frame.shim, frame.payload)
        if isinstance(message, Refusal):
            return message
        return None if message is None else self._take_message(self._session, message, frame.ul_rate_code, rx)

    def _take_message(
        self, session: TagSession, message: Message, rate_code: int, rx: RxVector
    ) -> Refusal | None:
        """Answer a whole message; one that sits out its slot is not even shown to the session."""
        self._speaker.drop_turn()
        rate_bps = ul_rate_bps(self._profile, rate_code)
        if rate_bps is None:
            return Refusal(Reason.RESERVED_VALUE, "UL rate")
        parameters = None
        slot: int | None = 1
        if begins_with_parameters(message.proto, message.msg):
            parsed = parse_parameters(message.payload)
            if isinstance(parsed, Refusal):
                return parsed
            parameters = parsed
            slot = self._slot_in(message.station_id in self._ids(), parsed, (), rx)
        if slot is None:
            return None
        session.receive(message, rx.end_ns)
        frames = self._session_frames(session, rate_code, rx)
        if not frames:
            return None
        unsolicited = self._profile.uplink.unsolicited_seed_index
        seed_index = unsolicited if parameters is None else parameters.seed_index
        return self._speaker.take_turn(slot, parameters, seed_index, rate_bps, frames, rx)

    def _take_data(self, frame: Data, rx: RxVector) -> Refusal | None:
        message = self._reassembler.add(frame.station_id, frame.shim, frame.payload)
        if isinstance(message, Message):
            self._log.add(
                rx.end_ns, "data", octets=len(message.payload), data=message.payload.hex(), authenticated=False
            )
        return message if isinstance(message, Refusal) else None

    def _slot_in(
        self, addressed: bool, parameters: TriggerParameters, ids: tuple[int, ...], rx: RxVector
    ) -> int | None:
        slot = slot_of(self._station_id, addressed, parameters, ids, self._generator)
        if slot is None:
            self._log.add(rx.end_ns, "sat_out", slot=None, what="no slot of this trigger is ours")
        return slot

    def _session_deadline_ns(self) -> int | None:
        # a deadline that stays where it was served would wake this station for ever
        due = None if self._session is None else self._session.next_deadline_ns()
        return None if due is None or due <= self._session_served_ns else due
