"""One direction of the air from one antenna to another, in the order of the GNU Radio air path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ampradio.channel.clock import sample_clock_offset
from ampradio.channel.delay import delay
from ampradio.channel.gain import gain
from ampradio.channel.multipath import multipath
from ampradio.channel.noise import awgn
from ampradio.channel.offset import carrier_offset
from ampradio.channel.per_packet import PerPacket, Samples


@dataclass(frozen=True, eq=False)
class Path:
    """What happens to the samples on the way; each number one for all packets or one per packet.

    Attributes:
        gain_db: gain of the way.
        delay_s: delay of the way.
        taps: (k,) or (..., k) impulse response at the sample rate; None for a single path.
        cfo_hz: carrier of the sender minus carrier of the receiver.
        clock_ppm: by how much the receiver's sample clock is fast against the sender's.
        noise_power: noise of the receiver per complex sample.
    """

    gain_db: PerPacket = 0.0
    delay_s: PerPacket = 0.0
    taps: Samples | None = None
    cfo_hz: PerPacket = 0.0
    clock_ppm: PerPacket = 0.0
    noise_power: PerPacket = 0.0

    def apply(self, samples: Samples, sample_rate_sps: float, rng: np.random.Generator) -> Samples:
        """Return what the receiver samples of ``samples`` (..., n); longer by the delay, the taps and the clock.

        In this order: gain, delay, multipath, carrier, clock, noise; what is neutral is left out.

        Raises:
            ValueError: a number is outside its range or does not fit the packets.
        """
        if np.any(self.gain_db):
            samples = gain(samples, self.gain_db)
        if np.any(self.delay_s):
            samples = delay(samples, self.delay_s, sample_rate_sps)
        if self.taps is not None:
            samples = multipath(samples, self.taps)
        if np.any(self.cfo_hz):
            samples = carrier_offset(samples, self.cfo_hz, sample_rate_sps)
        if np.any(self.clock_ppm):
            samples = sample_clock_offset(samples, self.clock_ppm)
        if np.any(self.noise_power):
            samples = awgn(samples, self.noise_power, rng)
        return samples
