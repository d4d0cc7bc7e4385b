"""An AP's recording through the receivers of its windows: active at any rate and offset, mono-static, bistatic.

Coded uplinks are received from the stream; the others from the samples of their window, once it is over.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ampradio.phy.ap_receiver import ApReceiver
from ampradio.phy.frame_check import check_holds
from ampradio.phy.non_amp import carrier
from ampradio.phy.reception import Reception
from ampradio.phy.sample_buffer import SampleBuffer
from ampradio.profile import Profile
from ampradio.profile.airtime import uplink_is_coded
from ampradio.vectors import PpduKind
from testbed.capture import Recording
from testbed.replay_windows import MonoStaticWindow, UncodedWindow

_PIECE = 1 << 16


class ReplayAp:
    """All receivers that a recording's windows need, fed together; a recording without windows is searched blindly."""

    def __init__(self, recording: Recording, profile: Profile) -> None:
        """Prepare; ValueError for a window that nothing here receives, or a sample rate that does not fit."""
        self.counters: Counter[str] = Counter()
        self._profile = profile
        self._rate_sps = recording.sample_rate_sps
        self._coded: dict[int, ApReceiver] = {}
        self._waiting: list[MonoStaticWindow | UncodedWindow] = []
        self._buffer: SampleBuffer[np.complex64] = SampleBuffer(np.complex64)
        if not recording.windows:
            self._coded[0] = ApReceiver(profile, self._rate_sps, blind=True)
        for window in recording.windows:
            if window.kind is PpduKind.UL_ACTIVE and uplink_is_coded(profile, window.kind, window.rate_bps):
                offset_hz = window.channel_offset_hz
                receiver = self._coded.setdefault(offset_hz, ApReceiver(profile, self._rate_sps))
                receiver.listen(replace(window, channel_offset_hz=0))
            elif window.kind is PpduKind.UL_MONO_STATIC:
                self._waiting.append(MonoStaticWindow(profile, self._rate_sps, window, recording.own))
            else:
                self._waiting.append(UncodedWindow(profile, self._rate_sps, window))

    def feed(self, items: npt.NDArray[np.complex64]) -> list[Reception]:
        """Take the next samples (n,) and return the PPDUs that they complete."""
        received: list[Reception] = []
        for begin in range(0, items.size, _PIECE):
            piece = items[begin : begin + _PIECE]
            received += self._from_stream(piece)
            received += self._from_windows(piece)
        return sorted(received, key=lambda each: each.rxvector.end_ns)

    def blank(self, start: int, stop: int) -> None:
        """Ignore the samples from ``start`` up to ``stop``: the AP transmits there."""
        self._buffer.blank(start, stop)
        for receiver in self._coded.values():
            receiver.blank(start, stop)

    def _from_stream(self, piece: npt.NDArray[np.complex64]) -> list[Reception]:
        received = []
        for offset_hz, receiver in self._coded.items():
            moved = piece
            if offset_hz:
                turn = carrier(-offset_hz, piece.size, self._rate_sps, self._buffer.stop)
                moved = (piece * turn).astype(np.complex64)
            for each in receiver.feed(moved):
                received.append(replace(each, rxvector=replace(each.rxvector, channel_offset_hz=offset_hz)))
            self.counters.update(receiver.counters)
            receiver.counters.clear()
        return received

    def _from_windows(self, piece: npt.NDArray[np.complex64]) -> list[Reception]:
        self._buffer.append(np.ascontiguousarray(piece, np.complex64))
        received = []
        for window in [each for each in self._waiting if each.stop <= self._buffer.stop]:
            self._waiting.remove(window)
            reception = window.read(self._buffer.between(window.start, window.stop)[0])
            if reception is not None:
                received.append(reception)
                self.counters["psdus"] += 1
                self.counters["fcs_failed"] += not check_holds(self._profile.mac, reception.psdu)
        self._buffer.drop_before(min((each.start for each in self._waiting), default=self._buffer.stop))
        return received
