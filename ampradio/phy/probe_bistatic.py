"""What the AP's receiver goes through for a bistatic reply: its half of the channel, the excitation off, its chips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ampradio.phy.bistatic_window import BistaticFrame, BistaticWindow, ReplyReceiver, ReplyWindow
from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.excitation_reference import Excitation
from ampradio.phy.fields import Field
from ampradio.phy.probe import ProbeSignal, marks_of
from ampradio.phy.probe_ap import UplinkFollowed, uplink_signals
from ampradio.phy.reception import Reception
from ampradio.phy.uncoded_frame import KeyedCarrier
from ampradio.phy.uplink_channel import DECIMATION
from ampradio.phy.uplink_follow import follow_sync
from ampradio.phy.uplink_sync_hits import UNEVEN, FoundSync
from ampradio.phy.uplink_window import Frame
from ampradio.profile.model import Profile
from ampradio.vectors import Listen, PpduKind, TxVector

_NS_PER_S = 1_000_000_000
Read = Callable[[int, int], npt.NDArray[np.complex64]]
"""Returns so many samples of the stream from the one given on, fewer where it ends."""


def probe_bistatic(
    profile: Profile, read: Read, rate_sps: int, listen: Listen, reception: Reception
) -> tuple[ProbeSignal, ...]:
    """Return the signals of a bistatic reply, read once more in the window in which it was due.

    Raises:
        ValueError: the PPDU is of another kind, or does not come out of the window again.
    """
    if reception.rxvector.kind is not PpduKind.UL_BISTATIC:
        raise ValueError(f"no probe of {reception.rxvector.kind.name}")
    vector = TxVector(listen.kind, listen.rate_bps, shift_upwards=listen.shift_upwards)
    start, stop = (ns * rate_sps // _NS_PER_S for ns in (listen.start_ns, listen.stop_ns))
    probed = _Probed(profile, ReplyReceiver(profile, vector, rate_sps), max(start, 0), stop)
    again = None
    while not probed.over:
        first, stop = max(probed.needed_from, 0), probed.needs
        held = read(first, stop - first)
        if held.size == 0:
            break
        again = probed.take(np.pad(held, (0, stop - first - held.size))[np.newaxis], 0.0) or again
    kept = probed.kept
    if again is None or kept is None or again.psdu != reception.psdu:
        raise ValueError("the reply does not come out of its window again")
    got, rate_sps = kept.followed(len(again.psdu)), probed.half_sps
    at_half_rate = replace(again, fields=tuple(_halved(each) for each in again.fields))
    bare = np.diff(got.track.sums[0]).astype(np.complex64)
    fine_sps, begun = float(rate_sps * got.finer), float(kept.origin)
    marks = marks_of(at_half_rate.fields, begun, 1 / got.finer, bare.size)
    power = (bare.real**2 + bare.imag**2).astype(np.float32)
    what = "samples of the half in which the reply is, times the conjugate of the excitation, the carrier taken off"
    signals = (
        ProbeSignal("envelope", "|x|² of wiped_off", power, fine_sps, begun, marks),
        ProbeSignal("wiped_off", what, bare, fine_sps, begun, marks),
        *uplink_signals(got, kept.origin, at_half_rate, rate_sps, UNEVEN.coherent),
    )
    return tuple(replace(each, first_sample=each.first_sample * DECIMATION) for each in signals)


def _halved(field: Field) -> Field:
    return Field(field.name, field.start_sample // DECIMATION, field.stop_sample // DECIMATION)


class _KeptFrame(BistaticFrame):
    """A frame that keeps what it was read from."""

    fitted: KeyedCarrier | None = None

    def followed(self, octets: int) -> UplinkFollowed:
        """Return the frame as the receiver had it in the end, and by its sync alone."""
        assert self.fitted is not None
        chips, finer, track = self._reader.chips, self._reader.finer, self.fitted.track
        begun = ChipTiming(np.array([float(self._lead * finer)]), np.array([self._sync.stretch]))
        return UplinkFollowed(chips, finer, follow_sync(track.sums, begun, chips), track, 16 * octets, None)

    def _deliver_stepwise(self, samples: npt.NDArray[np.complex64], carrier: KeyedCarrier, psdu: bytes) -> None:
        self.fitted = carrier
        super()._deliver_stepwise(samples, carrier, psdu)


class _KeptWindow(ReplyWindow):
    """A window that keeps the last frame it has begun."""

    kept: _KeptFrame | None = None

    def _frame_at(self, sample: int, sync: FoundSync) -> Frame:
        self.kept = _KeptFrame(self._profile, self._reader, self._reply, self._excitation, sample, sync)
        return self.kept


class _Probed(BistaticWindow):
    """A window whose inside can be looked at."""

    @property
    def kept(self) -> _KeptFrame | None:
        """The last frame begun."""
        return self._inner.kept if isinstance(self._inner, _KeptWindow) else None

    @property
    def half_sps(self) -> int:
        """Samples per second of the half in which the reply is."""
        return self._reply.rate_sps

    def _window(self, excitation: Excitation) -> ReplyWindow:
        with_ = self._receiver.reader, self._reply, excitation, self._receiver.search
        return _KeptWindow(self._profile, *with_, self._start, self._stop)
