"""How an AP puts a round on the air and acknowledges it: by Acks after every slot to active tags, else as they answer.

Mono-static tags are in ``mono_static``, bistatic ones in ``bistatic``.
"""

from __future__ import annotations

from typing import Protocol

from ampradio.mac.ack import Ack
from ampradio.mac.bistatic import BistaticAir
from ampradio.mac.downlink import DownlinkPpdu, Sending, downlink_ppdu
from ampradio.mac.frame import Frame
from ampradio.mac.mono_static import MonoStaticAir
from ampradio.mac.rounds import ApSettings, Round
from ampradio.mac.slots import OpenSlot, SlotSchedule, ack_ns, listening_windows
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind

Acknowledged = tuple[DownlinkPpdu | None, int | None]
"""What is sent after a slot, None for nothing, and the ID that was acknowledged, None if nobody's is."""


class Air(Protocol):
    """What differs between the tags that an AP talks with; ``has_slots`` of its triggers."""

    @property
    def has_slots(self) -> bool:
        """Whether several tags may be asked at once."""

    def sendings(self, round_: Round, start_ns: int) -> tuple[list[Sending], OpenSlot | None]:
        """Return the PPDUs of a round from ``start_ns`` on, and the first slot that they open.

        Raises ``ValueError`` for a frame or an excitation that does not fit.
        """

    def acknowledged(self, over: OpenSlot) -> Acknowledged:
        """Return what starts when the slot ``over`` promises it, and whom it tells that they were heard."""


class ActiveAir:
    """Talks with active-Tx tags: frames back to back, slots one AMP SIFS after the last, an Ack after every slot."""

    has_slots = True

    def __init__(self, profile: Profile, settings: ApSettings) -> None:
        """Raises ``ValueError`` for a rate that the downlink has not."""
        self._profile = profile
        self._settings = settings
        self._ack_ns = ack_ns(profile, settings.dl_rate_bps)

    def sendings(self, round_: Round, start_ns: int) -> tuple[list[Sending], OpenSlot | None]:
        """See ``Air``; the listening windows are the last frame's."""
        timing, settings = self._profile.timing, self._settings
        *first, last = (self._ppdu(frame) for frame in round_.frames)
        sendings = []
        for ppdu in first:
            sendings.append(Sending(ppdu, start_ns))
            start_ns += ppdu.duration_ns + timing.amp_sifs_ns
        if round_.reply is None:
            return [*sendings, Sending(last, start_ns)], None
        slot_ns, opened_ns = round_.slot_units * timing.slot_unit_ns, start_ns + last.duration_ns
        schedule = SlotSchedule(opened_ns, round_.slots, slot_ns, self._ack_ns, timing.amp_sifs_ns)
        rate_bps, margin_ns = settings.ul_rate_bps, settings.listen_margin_ns
        windows = listening_windows(schedule, round_.reply, rate_bps, round_.seed_index, margin_ns)
        return [*sendings, Sending(last, start_ns, windows)], OpenSlot(schedule, 1, round_.senders)

    def acknowledged(self, over: OpenSlot) -> Acknowledged:
        """See ``Air``: an Ack of who was heard, or of the AP itself."""
        acked_id = self._settings.station_id if over.heard_id is None else over.heard_id
        return self._ppdu(Ack(acked_id)), acked_id

    def _ppdu(self, frame: Frame) -> DownlinkPpdu:
        return downlink_ppdu(self._profile, self._settings.dl_rate_bps, frame)


def air_of(profile: Profile, settings: ApSettings) -> Air:
    """Return how the AP of ``settings`` talks with its tags; ``ValueError`` for a rate that they do not have."""
    if settings.uplink is PpduKind.UL_MONO_STATIC:
        return MonoStaticAir(profile, settings)
    return (BistaticAir if settings.uplink is PpduKind.UL_BISTATIC else ActiveAir)(profile, settings)
