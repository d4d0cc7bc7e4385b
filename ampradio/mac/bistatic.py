"""How an AP talks with bistatic tags: a Type 5 PPDU announces slots, an energizer's Type 4 lights them (section 4).

The energizer sends because the AP has shared its TXOP with it; that exchange of ordinary Wi-Fi frames lies before the
run and is not on this air (placeholder). So what it sends, and when, the AP decides. One Group Ack ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ampradio.mac.downlink import DownlinkPpdu, Sending, downlink_ppdu, excitation_ppdu
from ampradio.mac.frame import Frame, encode_frame
from ampradio.mac.group_ack import GroupAck
from ampradio.mac.rounds import ApSettings, Round
from ampradio.mac.slots import OpenSlot, listening_windows
from ampradio.profile.airtime import bistatic_excitation_ns, bistatic_slot_starts_ns
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind

_NO_SEED = 0  # rule 21: bistatic replies are not scrambled


@dataclass(frozen=True)
class ExcitationSlots:
    """The slots of an excitation whose first sample is at ``begun_ns``; slots count from 1, all share one Ack."""

    kind: ClassVar[PpduKind] = PpduKind.UL_BISTATIC

    begun_ns: int
    starts_ns: tuple[int, ...]
    slot_ns: int
    group_ack_ns: int

    @property
    def slots(self) -> int:
        """How many there are."""
        return len(self.starts_ns)

    def start_ns(self, slot: int) -> int:
        """Return when ``slot`` starts."""
        return self.begun_ns + self.starts_ns[slot - 1]

    def end_ns(self, slot: int) -> int:
        """Return when ``slot`` ends, without its guard."""
        return self.start_ns(slot) + self.slot_ns

    def ack_start_ns(self, slot: int) -> int:
        """Return when the Group Ack starts."""
        return self.group_ack_ns


class BistaticAir:
    """Makes the PPDUs of an AP and of its energizer, all in one half of a 40 MHz channel, and tells where slots lie."""

    has_slots = True

    def __init__(self, profile: Profile, settings: ApSettings) -> None:
        """Raises ``ValueError`` for a downlink rate that bistatic tags do not receive."""
        if settings.dl_rate_bps != profile.downlink.rate_low_bps:
            raise ValueError(f"bistatic tags receive {profile.downlink.rate_low_bps} b/s, not {settings.dl_rate_bps}")
        self._profile = profile
        self._settings = settings
        self._heard: list[tuple[int, int]] = []  # in which slots of this excitation a reply came whole, and whose

    def sendings(self, round_: Round, start_ns: int) -> tuple[list[Sending], OpenSlot | None]:
        """Return the PPDUs of a round from ``start_ns`` on, the energizer's last, and the first of its slots.

        Raises ``ValueError`` when an excitation of all slots is longer than a PPDU may be, or their Group Ack too long.
        """
        sifs_ns, sendings = self._profile.timing.amp_sifs_ns, []
        for frame in round_.frames:
            ppdu = self._ppdu(frame, PpduKind.DL_TYPE5)
            sendings.append(Sending(ppdu, start_ns))
            start_ns += ppdu.duration_ns + sifs_ns
        if round_.reply is None:
            return sendings, None
        slot_ns = round_.slot_units * self._profile.timing.slot_unit_ns
        lasts_ns = bistatic_excitation_ns(self._profile, slot_ns, round_.slots)
        ppdu = excitation_ppdu(self._profile, lasts_ns, upper_half=self._settings.upper_half)
        end_ns = start_ns + ppdu.duration_ns
        slots = ExcitationSlots(
            end_ns - self._profile.downlink.signal_extension_ns - lasts_ns,
            bistatic_slot_starts_ns(self._profile, slot_ns, round_.slots),
            slot_ns,
            end_ns + sifs_ns,
        )
        everybody = tuple((slot, 0) for slot in range(1, slots.slots + 1))
        encode_frame(self._profile.mac, GroupAck(self._settings.session_id, slots.slots, everybody))
        windows = listening_windows(
            slots,
            round_.reply,
            self._settings.ul_rate_bps,
            _NO_SEED,
            self._settings.listen_margin_ns,
            shift_upwards=not self._settings.upper_half,
        )
        self._heard.clear()
        return [*sendings, Sending(ppdu, start_ns, windows)], OpenSlot(slots, 1, round_.senders)

    def acknowledged(self, over: OpenSlot) -> tuple[DownlinkPpdu | None, int | None]:
        """Return the Group Ack after the last slot, None after another, and who was heard in this one."""
        heard_id = over.heard_id
        if heard_id is not None:
            self._heard.append((over.slot, heard_id))
        if over.slot < over.schedule.slots:
            return None, heard_id
        ack = GroupAck(self._settings.session_id, over.schedule.slots, tuple(self._heard))
        return self._ppdu(ack, PpduKind.DL_TYPE1), heard_id

    def _ppdu(self, frame: Frame, kind: PpduKind) -> DownlinkPpdu:
        upper = self._settings.upper_half
        return downlink_ppdu(self._profile, self._settings.dl_rate_bps, frame, kind=kind, upper_half=upper)
