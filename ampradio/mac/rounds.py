"""What an AP sends before it listens, and what it then waits for: the unit in which work goes on the air.

A conversation is one work item under way; the AP station asks it for rounds, one after the other, and tells it
what it heard. Conversations know frames and messages, never time slots; the station knows time, never content.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ampradio.mac.frame import Frame
from ampradio.mac.header import ul_rate_code
from ampradio.mac.refusal import Refusal
from ampradio.mac.slots import ReplyTiming, announced_units, reply_timing
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind

START_NS = 100_000
SLOT_SLACK_NS = 4_000
LISTEN_MARGIN_NS = 4_000


@dataclass(frozen=True)
class ApSettings:
    """How an AP sends and listens; nothing here is a number of the draft.

    ``start_ns`` is the start of the first PPDU; ``slot_slack_ns`` lengthens every announced slot,
    ``listen_margin_ns`` opens each listening window early. ``clock_tolerance_ppm`` None means the profile's; 0 sizes
    slots for a perfect tag clock. ``uplink`` is how tags answer: active Tx, or by what they reflect of this AP
    (mono-static) or of an energizer (bistatic). ``upper_half`` of a 40 MHz channel is bistatic tags' primary one, and
    that of the excitation.
    """

    station_id: int
    dl_rate_bps: int
    ul_rate_bps: int
    session_id: int = 0
    seed_index: int = 0
    start_ns: int = START_NS
    slot_slack_ns: int = SLOT_SLACK_NS
    listen_margin_ns: int = LISTEN_MARGIN_NS
    clock_tolerance_ppm: int | None = None
    uplink: PpduKind = PpduKind.UL_ACTIVE
    upper_half: bool = False


@dataclass(frozen=True)
class Round:
    """Frames sent back to back one AMP SIFS apart, then ``slots`` slots for replies timed as ``reply``.

    ``slots`` 0 means that no reply is due and no Ack follows. ``senders`` are the stations that may answer,
    None for any. The first frame starts at ``not_before_ns`` or as soon after it as the air is free.
    """

    frames: tuple[Frame, ...]
    slots: int = 0
    slot_units: int = 0
    reply: ReplyTiming | None = None
    seed_index: int = 0
    senders: frozenset[int] | None = None
    not_before_ns: int = 0


@dataclass(frozen=True)
class Wait:
    """Nothing is to be sent before ``until_ns``, when the conversation acts on the passing of time."""

    until_ns: int


@dataclass(frozen=True)
class Heard:
    """A frame heard in a slot."""

    slot: int
    frame: Frame
    end_ns: int


class Conversation(Protocol):
    """One work item under way."""

    name: str
    attempts: int

    @property
    def station_id(self) -> int:
        """Who is addressed, 0xFFFF for several."""

    @property
    def succeeded(self) -> bool:
        """True when what was wanted has been reached."""

    def next_round(self, now_ns: int) -> Round | Wait | None:
        """Return what is to be sent next, or until when there is nothing, None when the item is done."""

    def hear(self, heard: Heard) -> bool | Refusal:
        """Take a frame; True when it completes the reply of its slot, False when more of it is to come."""

    def slots_over(self, now_ns: int) -> None:
        """Take note that every slot of the round is over."""

    def next_deadline_ns(self) -> int | None:
        """Return when ``handle_deadline`` wants to be called, None for never."""

    def handle_deadline(self, now_ns: int) -> None:
        """Act on the passing of time."""


@dataclass(frozen=True)
class Sizing:
    """How this AP sizes slots: profile, rate and allowances, resolved once."""

    profile: Profile
    settings: ApSettings

    @property
    def rate_code(self) -> int:
        """The UL rate code that every frame of this AP carries."""
        return ul_rate_code(self.profile, self.settings.ul_rate_bps)

    @property
    def shift_up(self) -> bool:
        """What a Trigger tells bistatic tags: to shift upwards, out of the lower half."""
        return self.settings.uplink is PpduKind.UL_BISTATIC and not self.settings.upper_half

    def reply(self, frame_octets: list[int]) -> ReplyTiming:
        """Return where the PPDUs of a reply with these frame sizes lie.

        Raises ``ValueError`` for a mono-static reply in fragments: an excitation carries one PPDU.
        """
        uplink, up = self.settings.uplink, self.profile.uplink
        mono_static = uplink is PpduKind.UL_MONO_STATIC
        if mono_static and len(frame_octets) > 1:
            raise ValueError(f"a mono-static reply is one PPDU, and this one takes {len(frame_octets)}")
        tolerance = self.settings.clock_tolerance_ppm
        if tolerance is None:
            tolerance = up.mono_chip_tolerance_ppm if mono_static else up.chip_tolerance_ppm
        return reply_timing(self.profile, frame_octets, self.settings.ul_rate_bps, tolerance, uplink)

    def units(self, timing: ReplyTiming) -> int:
        """Return the slot duration to announce."""
        return announced_units(self.profile, timing, self.settings.slot_slack_ns)
