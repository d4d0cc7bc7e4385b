"""The AP's receiver for uplinks: complex samples in, PSDUs out, in the windows in which a reply may come.

In a window the kind, the rate and the scrambler seed are known. ``blind`` mode searches without windows for both coded
rates and lets the FCS pick the seed, for recordings made by others. Results do not depend on how the stream is cut.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from ampradio.phy.listen_window import ListenWindows, Window
from ampradio.phy.noise_floor import NoiseFloor
from ampradio.phy.reception import Reception
from ampradio.phy.sample_buffer import SampleBuffer
from ampradio.phy.uncoded_frame import Detector
from ampradio.phy.uplink_sync_hits import EXPECTED, UNASKED
from ampradio.profile.model import Profile
from ampradio.vectors import Listen

_FLOOR_BLOCK = 256
_PIECE = 1 << 16
_LARGEST = np.float32(1e6)
_NEVER = 1 << 62


class ApReceiver:
    """Receives active uplink PPDUs at 250 kb/s and 1 Mb/s; at 40 MS/s also at 4 Mb/s, off centre, and bistatic ones."""

    def __init__(
        self,
        profile: Profile,
        sample_rate_sps: int,
        blind: bool = False,
        detector: Detector = Detector.NON_COHERENT,
    ) -> None:
        """Prepare for complex64 samples at ``sample_rate_sps``; ValueError when the chips do not fit that rate.

        ``detector`` is how the bits of uncoded PPDUs are told.
        """
        self.counters: Counter[str] = Counter()
        self._opens = ListenWindows(profile, sample_rate_sps, UNASKED if blind else EXPECTED, detector)
        self._buffer: SampleBuffer[np.complex64] = SampleBuffer(np.complex64)
        self._floor = NoiseFloor(float(_FLOOR_BLOCK))
        self._floor_at = 0
        up = profile.uplink
        rates, every = (up.rate_low_bps, up.rate_mid_bps), tuple(range(len(up.scrambler_seeds)))
        self._windows: list[Window] = []
        if blind:
            self._windows += [self._opens.coded(rate, every, 0, None) for rate in rates]

    def listen(self, window: Listen) -> None:
        """Look for one PPDU in ``window``, whose samples are still to come.

        Raises ValueError for a kind, rate, offset or seed index this receiver does not have, and for no duration.
        """
        self._windows.append(self._opens.open(window))

    def feed(self, samples: npt.NDArray[np.complex64]) -> list[Reception]:
        """Take the next samples (n,) and return the PPDUs that they complete, in order.

        Samples that are not finite count as silence in ``counters["bad_samples"]``. Raises ValueError for an array
        that is not one-dimensional.
        """
        samples = np.asarray(samples)
        if samples.ndim != 1:
            raise ValueError(f"samples must be one-dimensional, not of shape {samples.shape}")
        received: list[Reception] = []
        for begin in range(0, samples.size, _PIECE):
            self._buffer.append(self._cleaned(samples[begin : begin + _PIECE]))
            while self._step(received):
                pass
            if not self._windows:
                self._track_floor(self._buffer.stop)
            needed_from = self._floor_at
            for window in self._windows:
                needed_from = min(needed_from, window.needed_from)
            self._buffer.drop_before(needed_from)
        return received

    def earliest_end(self) -> int:
        """Return the sample before which no PPDU that has not been returned yet can end."""
        return min((window.earliest_end() for window in self._windows), default=_NEVER)

    def blank(self, start: int, stop: int) -> None:
        """Ignore the samples from ``start`` up to ``stop``: the AP transmits there."""
        self._buffer.blank(start, stop)

    def _cleaned(self, samples: npt.NDArray[np.complex64]) -> npt.NDArray[np.complex64]:
        samples = np.ascontiguousarray(samples, np.complex64)
        parts = samples.view(np.float32)
        if np.dot(parts, parts) <= _LARGEST:  # and so each of them
            return samples
        good = (np.abs(samples.real) <= _LARGEST) & (np.abs(samples.imag) <= _LARGEST)
        self.counters["bad_samples"] += samples.size - int(np.count_nonzero(good))
        return np.where(good, samples, np.complex64(0))

    def _step(self, received: list[Reception]) -> bool:
        if not self._windows:
            return False
        several = len(self._windows) > 1
        window = min(self._windows, key=lambda each: each.needs) if several else self._windows[0]
        needs = window.needs
        if self._buffer.stop < needs:
            return False
        self._track_floor(needs)
        # ahead of the others' turn a window must not go
        stop = needs if several else max(needs, min(window.uses, self._buffer.stop))
        reception = window.take(self._buffer.between(window.needed_from, stop), self._floor.power)
        if reception is not None:
            received.append(reception)
        if window.counted:
            for what, times in window.counted.items():
                self.counters[what] += times
            window.counted.clear()
        if window.over:
            self._windows.remove(window)
        return True

    def _track_floor(self, upto: int) -> None:
        blocks = max(upto - self._floor_at, 0) // _FLOOR_BLOCK
        if not blocks:
            return
        stop = self._floor_at + blocks * _FLOOR_BLOCK
        self._floor.add_blocks(self._buffer.between(self._floor_at, stop)[0], _FLOOR_BLOCK)
        self._floor_at = stop
