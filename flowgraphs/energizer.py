"""The energizer's radio: it begins when it is told, by the AP's time, and goes on by a clock and carrier of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ampradio.channel.clock import sample_clock_offset
from ampradio.channel.streaming import Stage, applied
from ampradio.phy.wide import wide_ppdu
from ampradio.profile import Profile
from ampradio.vectors import TxVector


class Energizer:
    """Makes Type 4 PPDUs as they leave the energizer's antenna, at 40 MS/s.

    Args:
        profile: the numbers in force.
        carrier_offset_hz: its oscillator's minus that of the AP; it runs freely.
        clock_ppm: by how much its samples are shorter than the AP's.
        oscillator: what else its oscillator does: stages of ``ampradio.channel.streaming``.
    """

    def __init__(
        self, profile: Profile, carrier_offset_hz: float = 0.0, clock_ppm: float = 0.0, oscillator: Sequence[Stage] = ()
    ) -> None:
        self._profile = profile
        self._turns = carrier_offset_hz / profile.uplink.wide_sample_rate_sps
        # who samples with the slower clock sees the faster one's samples close together
        self._seen_ppm = (1 / (1 + clock_ppm * 1e-6) - 1) * 1e6
        self._oscillator = tuple(oscillator)

    def samples(self, psdu: bytes, vector: TxVector, start_sample: int) -> npt.NDArray[np.complex64]:
        """Return the PPDU (n,) that begins at ``start_sample`` of the run; ValueError for one that cannot be sent."""
        sent = wide_ppdu(self._profile, psdu, vector)
        if self._seen_ppm:
            sent = sample_clock_offset(sent, self._seen_ppm)
        turns = np.mod(self._turns * (start_sample + np.arange(sent.size)), 1.0)
        turned: npt.NDArray[np.complex64] = (sent * np.exp(2j * np.pi * turns)).astype(np.complex64)
        return applied(self._oscillator, turned, start_sample)
