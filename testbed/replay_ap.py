"""An AP's recording through the receivers of its windows: its streaming receiver, and that of mono-static replies."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from ampradio.phy.ap_receiver import ApReceiver
from ampradio.phy.mono_static_receiver import MonoStaticReceiver
from ampradio.phy.reception import Reception
from ampradio.profile import Profile
from ampradio.vectors import Listen, PpduKind
from testbed.capture import Recording

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
        self._reflected: MonoStaticReceiver | None = None
        for window in recording.windows:
            duration_ns = window.stop_ns - window.start_ns
            if duration_ns > _WINDOW_NS_MAX:
                raise ValueError(f"a window of {duration_ns / 1e9:g} s is too long")
            if window.kind is PpduKind.UL_MONO_STATIC:
                self._listen_to_reflections(window, recording)
            else:
                self._active.listen(window)

    def feed(self, items: npt.NDArray[np.complex64]) -> list[Reception]:
        """Take the next samples (n,) and return the PPDUs that they complete."""
        received: list[Reception] = []
        receivers = (self._active,) if self._reflected is None else (self._active, self._reflected)
        for begin in range(0, items.size, _PIECE):
            for receiver in receivers:
                received += receiver.feed(items[begin : begin + _PIECE])
        for receiver in receivers:
            self.counters.update(receiver.counters)
            receiver.counters.clear()
        return sorted(received, key=lambda each: each.rxvector.end_ns)

    def blank(self, start: int, stop: int) -> None:
        """Ignore the samples from ``start`` up to ``stop``: the AP transmits there."""
        self._active.blank(start, stop)

    def _listen_to_reflections(self, window: Listen, recording: Recording) -> None:
        if self._reflected is None:
            self._reflected = MonoStaticReceiver(self._profile, self._rate_sps)
            for own in recording.own:
                self._reflected.own(own)
        self._reflected.listen(window)
