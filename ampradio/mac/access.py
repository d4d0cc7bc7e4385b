"""Plain triggers at the AP: scheduled and random access, with retries for those not heard; and plain data."""

from __future__ import annotations

from ampradio.mac.events import EventLog
from ampradio.mac.payload import Data
from ampradio.mac.refusal import Reason, Refusal
from ampradio.mac.response import Response
from ampradio.mac.rounds import Heard, Round, Sizing
from ampradio.mac.shim import CLEAR_PROTO, fragments
from ampradio.mac.trigger import AccessKind, ResponseType, Trigger, TriggerParameters
from ampradio.mac.work import Poll, RandomAccess, SendData
from ampradio.profile.model import Mac
from ampradio.security.session import Message

_STATUS_OCTETS = 2


class TriggerConversation:
    """Runs one ``Poll`` or ``RandomAccess``; every Response accepted becomes a ``response`` event."""

    name = "trigger"

    def __init__(self, sizing: Sizing, item: Poll | RandomAccess, log: EventLog) -> None:
        self._sizing = sizing
        self._mac = sizing.profile.mac
        self._item = item
        self._log = log
        self._heard: set[int] = set()
        self.attempts = 0
        self._encode_once()

    @property
    def station_id(self) -> int:
        """Who is addressed, 0xFFFF for several."""
        return _addressed(self._mac, self._item.ids if isinstance(self._item, Poll) else ())

    @property
    def succeeded(self) -> bool:
        """True when everybody expected was heard."""
        if isinstance(self._item, Poll):
            return not self._remaining()
        return self._item.expected is None or len(self._heard) >= self._item.expected

    def next_round(self, now_ns: int) -> Round | None:
        """Return the next Trigger with its slots, None when all were heard or no attempt is left."""
        item = self._item
        rounds = item.attempts if isinstance(item, Poll) else item.rounds
        counted = isinstance(item, Poll) or item.expected is not None
        if self.attempts >= rounds or (counted and self.succeeded):
            return None
        if self.attempts and counted:
            self._log.add(now_ns, "retry", id=self.station_id, attempt=self.attempts + 1, what=self.name)
        self.attempts += 1
        return self._round()

    def hear(self, heard: Heard) -> bool | Refusal:
        """Take a Response of the type asked for."""
        frame = heard.frame
        if not isinstance(frame, Response) or frame.response_type is not self._response_type():
            return Refusal(Reason.UNEXPECTED_TYPE)
        self._heard.add(frame.station_id)
        self._log.add(
            heard.end_ns,
            "response",
            id=frame.station_id,
            slot=heard.slot,
            response_type=frame.response_type.name.lower(),
            content=frame.content.hex(),
            status_units=frame.status_units,
            mode_factor=frame.mode_factor,
        )
        return True

    def slots_over(self, now_ns: int) -> None:
        """Do nothing."""

    def next_deadline_ns(self) -> int | None:
        """Return None: only slots matter here."""
        return None

    def handle_deadline(self, now_ns: int) -> None:
        """Do nothing."""

    def _remaining(self) -> tuple[int, ...]:
        if isinstance(self._item, RandomAccess):
            return ()
        return tuple(station for station in self._item.ids if station not in self._heard)

    def _response_type(self) -> ResponseType:
        id_only = isinstance(self._item, RandomAccess) and self._item.access is AccessKind.RANDOM_ID_ONLY
        return ResponseType.ID_ONLY if id_only else self._item.response_type

    def _reply_octets(self) -> int:
        content = {
            ResponseType.DATA: self._item.content_octets,
            ResponseType.ID_ONLY: 0,
            ResponseType.OPERATION_STATUS: _STATUS_OCTETS + 1,
            ResponseType.PERMANENT_ID: self._mac.permanent_id_octets,
        }[self._response_type()]
        return self._mac.header_octets + 1 + content + self._mac.fcs_octets

    def _round(self) -> Round:
        item, remaining = self._item, self._remaining()
        timing = self._sizing.reply([self._reply_octets()])
        units = self._sizing.units(timing)
        slots = len(remaining) if isinstance(item, Poll) else item.slots
        parameters = TriggerParameters(
            AccessKind.SCHEDULED if isinstance(item, Poll) else item.access,
            self._response_type(),
            seed_index=self._sizing.settings.seed_index,
            acwe=item.acwe if isinstance(item, RandomAccess) else 0,
            shift_up=self._sizing.shift_up,
            session_id=self._sizing.settings.session_id,
            slots=slots,
            slot_units=units,
        )
        listed = remaining if len(remaining) > 1 else ()
        trigger = Trigger(_addressed(self._mac, remaining), parameters, listed, item.data, self._sizing.rate_code)
        senders = frozenset(remaining) if isinstance(item, Poll) else None
        return Round((trigger,), slots, units, timing, parameters.seed_index, senders)

    def _encode_once(self) -> None:
        # a list or data too long for a Trigger is the caller's mistake: say so before anything is sent
        for frame in self._round().frames:
            frame.encode(self._mac)


class DataConversation:
    """Sends one ``SendData`` item, in fragments where it is long."""

    name = "data"

    def __init__(self, sizing: Sizing, item: SendData) -> None:
        pieces = fragments(sizing.profile.mac, Message(CLEAR_PROTO, 0, 0, item.station_id, item.data))
        self._frames = tuple(Data(item.station_id, shim, piece, sizing.rate_code) for shim, piece in pieces)
        self._station_id = item.station_id
        self.attempts = 0

    @property
    def station_id(self) -> int:
        """Who is addressed."""
        return self._station_id

    @property
    def succeeded(self) -> bool:
        """True once sent: nobody answers."""
        return self.attempts > 0

    def next_round(self, now_ns: int) -> Round | None:
        """Return the frames, once."""
        if self.attempts:
            return None
        self.attempts = 1
        return Round(self._frames)

    def hear(self, heard: Heard) -> bool | Refusal:
        """Refuse: no slot was opened."""
        return Refusal(Reason.UNEXPECTED_TYPE)

    def slots_over(self, now_ns: int) -> None:
        """Do nothing."""

    def next_deadline_ns(self) -> int | None:
        """Return None."""
        return None

    def handle_deadline(self, now_ns: int) -> None:
        """Do nothing."""


def _addressed(mac: Mac, ids: tuple[int, ...]) -> int:
    """Return the header ID that addresses ``ids``: a single one itself, else broadcast."""
    return ids[0] if len(ids) == 1 else mac.broadcast_id
