"""The receiver of an AP that reads mono-static tags: its own PPDUs are what the replies are made of.

It has to be told of every PPDU that it excites tags with. A reply is read with the whole of that PPDU, once the last
sample of it is in: the leak is learnt from what comes before the reply.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from ampradio.phy.frame_check import check_holds
from ampradio.phy.mono_static_window import MonoStaticWindow, OwnPpdu
from ampradio.phy.reception import Reception
from ampradio.phy.sample_buffer import SampleBuffer
from ampradio.profile.model import Profile
from ampradio.vectors import Listen, PpduKind

_PIECE = 1 << 16
_NEVER = 1 << 62


class MonoStaticReceiver:
    """Receives mono-static replies at 250 kb/s and 1 Mb/s in 20 MS/s; ``counters``: "psdus", "fcs_failed"."""

    def __init__(self, profile: Profile, sample_rate_sps: int) -> None:
        """Raises ValueError for another sample rate than the excitation's own."""
        if sample_rate_sps != profile.preamble.sample_rate_sps:
            raise ValueError(f"a mono-static reply is received at {profile.preamble.sample_rate_sps} sample/s")
        self.counters: Counter[str] = Counter()
        self._profile = profile
        self._rate_sps = sample_rate_sps
        self._buffer: SampleBuffer[np.complex64] = SampleBuffer(np.complex64)
        self._own: list[OwnPpdu] = []
        self._waiting: list[MonoStaticWindow] = []
        self._longest = (profile.downlink.max_ppdu_ns + profile.downlink.signal_extension_ns) * sample_rate_sps // 10**9

    def own(self, ppdu: OwnPpdu) -> None:
        """Take note of a PPDU of Type 2 or 3 that the AP sends; its samples are still to come."""
        begun = self._buffer.stop - self._longest
        self._own = [each for each in self._own if each.start_sample >= begun]
        self._own.append(ppdu)

    def listen(self, window: Listen) -> None:
        """Look for one reply in ``window``, which lies in a PPDU that ``own`` was told of.

        Raises ValueError for a window that does not, another kind of reply, and a PPDU of which samples are gone.
        """
        if window.kind is not PpduKind.UL_MONO_STATIC:
            raise ValueError(f"this receiver does not hear {window.kind.name}")
        waiting = MonoStaticWindow(self._profile, self._rate_sps, window, self._own)
        if waiting.start < self._buffer.start:
            raise ValueError("the PPDU of this window has begun already")
        self._waiting.append(waiting)

    def feed(self, samples: npt.NDArray[np.complex64]) -> list[Reception]:
        """Take the next samples (n,) and return the replies whose excitation they complete, in order.

        A reply among samples that are not finite is none. Raises ValueError for an array that is not one-dimensional.
        """
        if samples.ndim != 1:
            raise ValueError(f"samples must be one-dimensional, not of shape {samples.shape}")
        received = []
        for begin in range(0, samples.size, _PIECE):
            self._buffer.append(np.ascontiguousarray(samples[begin : begin + _PIECE], np.complex64))
            for window in [each for each in self._waiting if each.stop <= self._buffer.stop]:
                self._waiting.remove(window)
                reception = window.read(self._buffer.between(window.start, window.stop)[0])
                if reception is not None:
                    received.append(reception)
                    self.counters["psdus"] += 1
                    self.counters["fcs_failed"] += not check_holds(self._profile.mac, reception.psdu)
            self._buffer.drop_before(self._needed_from())
        return received

    def earliest_end(self) -> int:
        """Return the sample before which no reply that has not been returned yet can end."""
        return min((each.earliest_sample for each in self._waiting), default=_NEVER)

    def blank(self, start: int, stop: int) -> None:
        """Do nothing: what the AP sends is what it listens to."""

    def _needed_from(self) -> int:
        """Return the first sample of what a window waits for, or of a PPDU for which one may still be opened."""
        starts = [each.start for each in self._waiting]
        starts += [each.start_sample for each in self._own if each.start_sample >= self._buffer.stop - self._longest]
        return min([self._buffer.stop, *starts])
