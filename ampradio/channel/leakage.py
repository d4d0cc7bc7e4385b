"""The AP's own carrier in its own receiver: what a mono-static reader hears besides the tag, and much louder.

The isolation is ``isolation_db`` of the profile's ``link`` (20 dB). The echoes around the antenna and the drift are
this project's assumption, as contributions state only the isolation; both are arguments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.channel.fir import convolve, windowed_sinc
from ampradio.channel.gain import gain
from ampradio.channel.multipath import BETA, HALF_WIDTH, LEAD_SAMPLES
from ampradio.channel.per_packet import PerPacket, Samples, checked, per_packet


@dataclass(frozen=True)
class LeakPaths:
    """Direct coupling of power one at delay 0, and echoes from what is near the antenna.

    Attributes:
        echo_delays_ns: of the echoes after the direct coupling; 2 m there and back are 13 ns.
        echo_powers_db: mean powers of the echoes over the direct coupling's.

    Raises:
        ValueError: not as many powers as delays, a delay is negative, or a number is not finite.
    """

    echo_delays_ns: tuple[float, ...] = (10.0, 25.0, 60.0)
    echo_powers_db: tuple[float, ...] = (-15.0, -22.0, -30.0)

    def __post_init__(self) -> None:
        if len(self.echo_delays_ns) != len(self.echo_powers_db):
            raise ValueError(f"{len(self.echo_delays_ns)} echoes have {len(self.echo_powers_db)} powers")
        finite = np.isfinite([*self.echo_delays_ns, *self.echo_powers_db]).all()
        if not finite or min(self.echo_delays_ns, default=0) < 0:
            raise ValueError("echoes need finite powers and finite delays from 0 on")


def leak_taps(
    paths: LeakPaths, sample_rate_sps: float, rng: np.random.Generator, packets: tuple[int, ...] = ()
) -> Samples:
    """Return impulse responses (*packets, k) of the leak, complex64, of mean power one with all echoes.

    The direct coupling has a constant amplitude and a random phase, every echo is Rayleigh. It stands at tap
    ``multipath.LEAD_SAMPLES``, as the first path of :func:`ampradio.channel.multipath.multipath_taps` does.

    Raises:
        ValueError: the rate is not positive.
    """
    if not sample_rate_sps > 0:
        raise ValueError(f"sample_rate_sps must be positive, not {sample_rate_sps!r}")
    position = np.array((0.0, *paths.echo_delays_ns)) * 1e-9 * sample_rate_sps
    power = 10.0 ** (np.array((0.0, *paths.echo_powers_db)) / 10)
    amplitude = rng.standard_normal((*packets, 2 * position.size)).view(np.complex128) / np.sqrt(2)
    amplitude[..., 0] /= np.abs(amplitude[..., 0])
    taps = np.arange(-LEAD_SAMPLES, int(position.max()) + HALF_WIDTH + 1)
    kernel = windowed_sinc(taps - position[:, np.newaxis], HALF_WIDTH, BETA)
    return np.asarray((amplitude * np.sqrt(power / power.sum())) @ kernel, np.complex64)


@dataclass(frozen=True)
class Drift:
    """How fast a leak wanders: standard deviations after one second of a random walk, growing with the root of time.

    Attributes:
        gain_db: of its gain, in dB after 1 s.
        phase_rad: of its phase, in rad after 1 s; as much as a line of phase_rad^2 / 2 pi hertz.

    Raises:
        ValueError: a rate is negative or not finite.
    """

    gain_db: float = 0.0
    phase_rad: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.gain_db < np.inf and 0 <= self.phase_rad < np.inf):
            raise ValueError(f"a drift must be finite and not negative, not {self!r}")

    def walk(
        self, shape: tuple[int, ...], sample_rate_sps: float, rng: np.random.Generator
    ) -> npt.NDArray[np.complex64]:
        """Return the factor (..., n) by which the leak has changed since sample 0, where it is one.

        Raises:
            ValueError: the rate is not positive.
        """
        if not sample_rate_sps > 0:
            raise ValueError(f"sample_rate_sps must be positive, not {sample_rate_sps!r}")
        steps = rng.standard_normal((2, *shape)) / np.sqrt(sample_rate_sps)
        steps[..., :1] = 0.0
        level, phase = np.cumsum(steps, axis=-1)
        factor = np.exp(self.gain_db * np.log(10) / 20 * level + 1j * self.phase_rad * phase)
        return np.asarray(factor, np.complex64)


STILL = Drift()


def leakage(
    sent: Samples,
    isolation_db: PerPacket,
    taps: Samples,
    sample_rate_sps: float,
    rng: np.random.Generator,
    drift: Drift = STILL,
) -> Samples:
    """Return what of the AP's own transmission ``sent`` (..., n) is in its receiver, to be added to the reply.

    Args:
        sent: complex64, in the units in which the reply's excitation is counted too.
        isolation_db: from transmitter to receiver, one number or one per packet.
        taps: (k,) or (..., k), see :func:`leak_taps`.
        sample_rate_sps: sample rate.
        rng: source of the drift; it draws the same amount for any drift.
        drift: how fast the leak wanders.

    Returns:
        (..., n + k - 1), complex64.

    Raises:
        ValueError: the isolation is not finite, shapes do not fit, or the rate is not positive.
    """
    leaked = convolve(checked(sent), taps)
    per_packet("isolation_db", isolation_db, leaked.shape[:-1])
    leaked *= drift.walk(leaked.shape, sample_rate_sps, rng)
    return gain(leaked, -np.asarray(isolation_db, np.float64))
