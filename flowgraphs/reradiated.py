"""A tag's receiver beside which the excitation of each command is learnt: what a radio needs that cannot reflect.

A PlutoSDR has no switch between its antenna and a load. It plays a tag that reflects by sending what such a tag would
send back: its reflection coefficient times the excitation, which it knows from the draft and has heard begin. The
carrier is the radio's own then, brought to the AP's by what the command told of it.
"""

from __future__ import annotations

from collections import Counter, deque

import numpy as np
import numpy.typing as npt

from ampradio.phy.known_excitation import KnownExcitation, RadioClocks, known_excitation
from ampradio.phy.mono_tag_receiver import MonoTagReceiver
from ampradio.phy.reception import Reception
from ampradio.profile import Profile
from flowgraphs.burst_schedule import Burst

_NS_PER_S = 1_000_000_000


class ExcitationReceiver:
    """A ``MonoTagReceiver`` that is also told what the AP goes on sending; the same calls.

    ``clocks`` is what was heard so far of the AP's clocks; ``learnt`` counts the commands that told an excitation,
    ``missed`` those that did not.
    """

    def __init__(self, receiver: MonoTagReceiver, profile: Profile, sample_rate_sps: int) -> None:
        self.clocks = RadioClocks()
        self.learnt = self.missed = 0
        self._receiver = receiver
        self._profile = profile
        self._rate_sps = sample_rate_sps
        self._longest = profile.downlink.max_ppdu_ns * sample_rate_sps // _NS_PER_S
        self._blocks: deque[npt.NDArray[np.complex64]] = deque()
        self._first = self._stop = 0
        self._excitation: KnownExcitation | None = None

    @property
    def counters(self) -> Counter[str]:
        """The receiver's."""
        return self._receiver.counters

    def feed(self, samples: npt.NDArray[np.complex64]) -> list[Reception]:
        """Take the next samples (n,), which must not change later, and return the commands that they complete.

        See ``MonoTagReceiver``.
        """
        self._keep(samples)
        received = self._receiver.feed(samples)
        for command in received:
            self._learn(command)
        return received

    def earliest_end(self) -> int:
        """See ``MonoTagReceiver``."""
        return self._receiver.earliest_end()

    def blank(self, start: int, stop: int) -> None:
        """See ``MonoTagReceiver``."""
        self._receiver.blank(start, stop)

    def forget(self) -> None:
        """Take note that samples are missing here: an excitation that began before would come at a wrong time now.

        What was heard of the clocks still holds.
        """
        self._excitation = None
        self._blocks.clear()
        self._first = self._stop

    def reradiated(self, coefficient: Burst) -> Burst | None:
        """Return the reflection coefficient times what falls on the antenna meanwhile; None when nothing tells that."""
        if self._excitation is None:
            return None
        wave = self._excitation.wave(coefficient.start, coefficient.samples.size)
        return Burst(coefficient.start, coefficient.samples * wave)

    def _keep(self, samples: npt.NDArray[np.complex64]) -> None:
        self._blocks.append(samples)
        self._stop += samples.size
        while self._first + self._blocks[0].size < self._stop - self._longest - samples.size:
            self._first += self._blocks.popleft().size

    def _learn(self, command: Reception) -> None:
        """Fit the command's excitation; another command's would be wrong by now, so that is forgotten."""
        heard = np.concatenate(self._blocks)
        self._excitation = known_excitation(self._profile, command, heard, self._first, self._rate_sps, self.clocks)
        if self._excitation is None:
            self.missed += 1
            return
        self.learnt += 1
        self.clocks = self._excitation.clocks
