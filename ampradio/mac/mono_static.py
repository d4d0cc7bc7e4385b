"""How an AP talks with mono-static tags: each PPDU ends in the excitation that its reply modulates (section 4).

There is no slot and no Ack: the next command acknowledges. Placeholder of this project: every reply is the delayed one
(after T3), because a tag that has to compute a MIC cannot answer after T1.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from ampradio.mac.downlink import DownlinkPpdu, Sending, mono_static_ppdu
from ampradio.mac.frame import Frame
from ampradio.mac.rounds import ApSettings, Round
from ampradio.mac.slots import OpenSlot, ReplyTiming
from ampradio.profile.model import Profile
from ampradio.vectors import Listen, PpduKind


@dataclass(frozen=True)
class ReplyExcitation:
    """The excitation of one reply: its only slot, which nothing acknowledges."""

    kind: ClassVar[PpduKind] = PpduKind.UL_MONO_STATIC
    slots: ClassVar[int] = 1

    from_ns: int
    stop_ns: int
    silent_until_ns: int

    def start_ns(self, slot: int) -> int:
        """Return when a reply may begin."""
        return self.from_ns

    def end_ns(self, slot: int) -> int:
        """Return when the excitation's PPDU ends."""
        return self.stop_ns

    def ack_start_ns(self, slot: int) -> int:
        """Return when the next command may start."""
        return self.silent_until_ns


class MonoStaticAir:
    """Makes the PPDUs of an AP's TXOPs and tells where in them a reply lies."""

    has_slots = False

    def __init__(self, profile: Profile, settings: ApSettings) -> None:
        """Raises ``ValueError`` for a downlink rate that mono-static tags do not receive."""
        if settings.dl_rate_bps != profile.downlink.rate_low_bps:
            heard_bps = profile.downlink.rate_low_bps
            raise ValueError(f"mono-static tags receive {heard_bps} b/s, not {settings.dl_rate_bps}")
        self._profile = profile
        self._settings = settings
        self._next_ns: int | None = None

    def sendings(self, round_: Round, start_ns: int) -> tuple[list[Sending], OpenSlot | None]:
        """Return the PPDUs of a round from ``start_ns`` on, the last with the excitation that its reply modulates.

        Raises ``ValueError`` when one is longer than a PPDU may be.
        """
        sendings, slot = [], None
        for frame in round_.frames:
            reply = round_.reply if frame is round_.frames[-1] else None
            windows: tuple[Listen, ...] = ()
            ppdu = self._ppdu(frame, start_ns, reply)
            if reply is not None:
                excitation = self._excitation(ppdu, start_ns)
                slot, windows = OpenSlot(excitation, 1, round_.senders), (self._window(excitation),)
            sendings.append(Sending(ppdu, start_ns, windows))
            start_ns += ppdu.duration_ns + self._profile.timing.amp_sifs_ns
        return sendings, slot

    def acknowledged(self, over: OpenSlot) -> tuple[None, None]:
        """Return nothing: the next command acknowledges."""
        return None, None

    def _ppdu(self, frame: Frame, start_ns: int, reply: ReplyTiming | None) -> DownlinkPpdu:
        """Return the PPDU of ``frame`` that starts at ``start_ns``: Type 3 one AMP SIFS after the last, else Type 2."""
        reply_ns = 0 if reply is None else reply.nominal_ns[0]
        first, session_id = start_ns != self._next_ns, self._settings.session_id
        session_id &= (1 << self._profile.preamble.session_id_bits) - 1
        ppdu = mono_static_ppdu(self._profile, frame, first=first, reply_ns=reply_ns, session_id=session_id)
        self._next_ns = start_ns + ppdu.duration_ns + self._profile.timing.amp_sifs_ns
        return ppdu

    def _excitation(self, ppdu: DownlinkPpdu, start_ns: int) -> ReplyExcitation:
        """Return where a delayed reply to ``ppdu`` may begin and must have ended."""
        timing, end_ns = self._profile.timing, start_ns + ppdu.duration_ns
        excitation_end_ns = end_ns - self._profile.downlink.signal_extension_ns
        earliest = (1 - Fraction(str(timing.t3_tolerance))) * timing.t3_ns - timing.t3_tolerance_ns
        from_ns = excitation_end_ns - ppdu.vector.excitation_ns + int(earliest)
        return ReplyExcitation(from_ns, end_ns, end_ns + timing.amp_sifs_ns)

    def _window(self, excitation: ReplyExcitation) -> Listen:
        """Return the window in which the receiver looks for the reply."""
        stop_ns = excitation.stop_ns - self._profile.downlink.signal_extension_ns
        return Listen(excitation.kind, self._settings.ul_rate_bps, 0, excitation.from_ns, stop_ns)
