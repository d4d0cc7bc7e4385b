"""An AP's recording through the receivers of its windows: its streaming receiver, and that of mono-static replies."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from ampradio.phy.ap_receiver import ApReceiver
from ampradio.phy.frame_check import check_holds
from ampradio.phy.reception import Reception
from ampradio.phy.sample_buffer import SampleBuffer
from ampradio.profile import Profile
from ampradio.vectors import PpduKind
from testbed.capture import Recording
from testbed.replay_mono_static import MonoStaticWindow

_PIECE = 1 << 16
_WINDOW_NS_MAX = 1_000_000_000


class ReplayAp:
    """All that a recording's windows need, fed together; a recording without windows is searched blindly."""

    def __init__(self, recording: Recording, profile: Profile) -> None:
        """Prepare; ValueError for a window that nothing here receives, or a sample rate that does not fit."""
        self.counters: Counter[str] = Counter()
        self._profile = profile
        self._rate_sps = recording.sample_rate_sps
        self._active = ApReceiver(profile, self._rate_sps, blind=not recording.windows)
        self._waiting: list[MonoStaticWindow] = []
        self._buffer: SampleBuffer[np.complex64] = SampleBuffer(np.complex64)
        for window in recording.windows:
            duration_ns = window.stop_ns - window.start_ns
            if duration_ns > _WINDOW_NS_MAX:
                raise ValueError(f"a window of {duration_ns / 1e9:g} s is too long")
            if window.kind is PpduKind.UL_MONO_STATIC:
                self._waiting.append(MonoStaticWindow(profile, self._rate_sps, window, recording.own))
            else:
                self._active.listen(window)

    def feed(self, items: npt.NDArray[np.complex64]) -> list[Reception]:
        """Take the next samples (n,) and return the PPDUs that they complete."""
        received: list[Reception] = []
        for begin in range(0, items.size, _PIECE):
            piece = items[begin : begin + _PIECE]
            received += self._active.feed(piece)
            received += self._mono_static(piece)
        self.counters.update(self._active.counters)
        self._active.counters.clear()
        return sorted(received, key=lambda each: each.rxvector.end_ns)

    def blank(self, start: int, stop: int) -> None:
        """Ignore the samples from ``start`` up to ``stop``: the AP transmits there."""
        self._active.blank(start, stop)

    def _mono_static(self, piece: npt.NDArray[np.complex64]) -> list[Reception]:
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
