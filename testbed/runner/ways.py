"""Ways through the air and ears at their ends, one stretch of samples at a time, for runs in process."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.channel.path import Path
from ampradio.channel.streaming import applied
from testbed.node_config import PathConfig
from testbed.runner.impairments import receiver_stages, way_stages
from testbed.seeds import generator_for

Samples = npt.NDArray[np.complex64]
NO_DRAW = np.random.default_rng(0)  # a path without noise draws nothing


class Way:
    """The air from one antenna to another: gain, delay, multipath and what else happens on the way."""

    def __init__(self, config: PathConfig, rate_sps: int) -> None:
        taps = np.array([complex(*tap) for tap in config.taps]) if config.taps else None
        self._path = Path(gain_db=config.gain_db, delay_s=config.delay_samples / rate_sps, taps=taps)
        self._stages = way_stages(config.impairments, rate_sps)
        self._rate_sps = rate_sps

    def of(self, sent: Samples, first: int) -> Samples:
        """Return what arrives of ``sent`` (n,), from sample ``first`` of the run on; longer by the way."""
        return applied(self._stages, self._path.apply(sent, self._rate_sps, NO_DRAW), first)


class Ear:
    """What a receiver makes of what arrives: its oscillator and clock, noise, mixer and converter."""

    def __init__(self, config: PathConfig, run_seed: int, rate_sps: int) -> None:
        self.clock_ppm = config.clock_ppm
        self._sampled = Path(cfo_hz=config.cfo_hz, clock_ppm=config.clock_ppm, noise_power=config.noise**2)
        self._stages = receiver_stages(config.impairments, rate_sps)
        self._noise = (run_seed, f"air.sim.{config.impairments.direction}.noise")
        self._rate_sps = rate_sps

    def sampled(self, arrived: Samples, first: int) -> Samples:
        """Return ``arrived`` (n,) by the receiver's clock, in its noise."""
        seed, name = self._noise
        # by its place, so that what else is on the air leaves it as it is
        noise = generator_for(seed, f"{name}.{first}")
        return self._sampled.apply(arrived, self._rate_sps, noise).astype(np.complex64)

    def there(self, first: int) -> int:
        """Return the sample ``first`` of the run by the receiver's clock."""
        return int(first * (1 + self.clock_ppm * 1e-6))

    def converted(self, received: Samples, first: int) -> Samples:
        """Return ``received`` (n,) as the receiver's front end gives it."""
        return applied(self._stages, received, self.there(first))
