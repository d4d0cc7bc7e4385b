"""How an AP talks with mono-static tags: each PPDU ends in the excitation that its reply modulates (section 4).

There is no slot and no Ack: the next command acknowledges. Placeholder of this project: every reply is the delayed one
(after T3), because a tag that has to compute a MIC cannot answer after T1.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ampradio.mac.downlink import DownlinkPpdu, Sending, mono_static_ppdu
from ampradio.mac.frame import Frame
from ampradio.mac.refusal import Reason, Refusal
from ampradio.mac.rounds import ApSettings, Round
from ampradio.mac.slots import ReplyTiming
from ampradio.profile.model import Profile
from ampradio.vectors import Listen, PpduKind, RxVector


@dataclass
class Excited:
    """The excitation that is on the air: who may modulate it from when on, and who has."""

    from_ns: int
    end_ns: int
    silent_until_ns: int
    senders: frozenset[int] | None = None
    slot: int = 1
    speaker: int | None = None
    whole: bool = False

    @property
    def heard_id(self) -> int | None:
        """The station whose reply came whole."""
        return self.speaker if self.whole else None

    def refuse(self, station_id: int, rx: RxVector, margin_ns: int) -> Refusal | None:
        """Return why a PPDU of ``station_id`` is no reply to this excitation."""
        if rx.kind is not PpduKind.UL_MONO_STATIC:
            return Refusal(Reason.UNEXPECTED_TYPE)
        if not self.from_ns - margin_ns <= rx.start_ns < self.end_ns:
            return Refusal(Reason.OUTSIDE_SLOT)
        if (self.senders is not None and station_id not in self.senders) or self.speaker not in (None, station_id):
            return Refusal(Reason.UNEXPECTED_STATION)
        return None


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

    def sendings(self, round_: Round, start_ns: int) -> tuple[list[Sending], Excited | None]:
        """Return the PPDUs of a round from ``start_ns`` on, the last with the excitation that its reply modulates."""
        sendings, excited = [], None
        for frame in round_.frames:
            reply = round_.reply if frame is round_.frames[-1] else None
            ppdu = self.ppdu(frame, start_ns, reply)
            excited = None if reply is None else self.excited(ppdu, start_ns, round_.senders)
            sendings.append(Sending(ppdu, start_ns, () if excited is None else (self.window(excited),)))
            start_ns += ppdu.duration_ns + self._profile.timing.amp_sifs_ns
        return sendings, excited

    def ppdu(self, frame: Frame, start_ns: int, reply: ReplyTiming | None = None) -> DownlinkPpdu:
        """Return the PPDU of ``frame`` that starts at ``start_ns``: Type 3 one AMP SIFS after the last, else Type 2.

        Raises ``ValueError`` when it is longer than a PPDU may be.
        """
        reply_ns = 0 if reply is None else reply.nominal_ns[0]
        first = start_ns != self._next_ns
        ppdu = mono_static_ppdu(
            self._profile, frame, first=first, reply_ns=reply_ns, session_id=self._settings.session_id & 3
        )
        self._next_ns = start_ns + ppdu.duration_ns + self._profile.timing.amp_sifs_ns
        return ppdu

    def excited(self, ppdu: DownlinkPpdu, start_ns: int, senders: frozenset[int] | None) -> Excited:
        """Return where a delayed reply to ``ppdu`` may begin and must have ended."""
        timing, end_ns = self._profile.timing, start_ns + ppdu.duration_ns
        excitation_end_ns = end_ns - self._profile.downlink.signal_extension_ns
        earliest = (1 - Fraction(str(timing.t3_tolerance))) * timing.t3_ns - timing.t3_tolerance_ns
        from_ns = excitation_end_ns - ppdu.vector.excitation_ns + int(earliest)
        return Excited(from_ns, end_ns, end_ns + timing.amp_sifs_ns, senders)

    def window(self, excited: Excited) -> Listen:
        """Return the window in which the receiver looks for the reply."""
        stop_ns = excited.end_ns - self._profile.downlink.signal_extension_ns
        return Listen(PpduKind.UL_MONO_STATIC, self._settings.ul_rate_bps, 0, excited.from_ns, stop_ns)
