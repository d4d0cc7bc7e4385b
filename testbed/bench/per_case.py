"""A case of the packet error bench: how its PPDUs come over the air, are received, and how well that can be done.

Every figure is over Ec/N0, the energy of one ON chip, as long as the sender's clock makes it, over the noise density:
the Eb/N0 of an uncoded case, 3 dB below the Eb/N0 of a coded one.
"""

from __future__ import annotations

import math
import zlib
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.theory import required_ebn0_db, to_db
from testbed.bench.per_modes import OCTETS

BITS = 8 * OCTETS
AT_ONCE = 32
NS_PER_S = 1_000_000_000
PPM = 1e-6
CLOCKS_PPM = (100.0, 1000.0, 10_000.0)
TARGET_PER = 0.1
_OFFSET_MDB = 1_000_000  # makes the seed of any Ec/N0 a positive number


@dataclass(frozen=True, eq=False)
class Air:
    """What a receiver gets of ``sent`` (packets, octets): ``samples`` (packets, n), ``noise_power`` (packets,).

    For a genie there is more: ``clean`` are the samples without noise; ``start`` (samples) and ``stretch`` (received
    over nominal duration), both (packets,), where the first edge of the AMP-Sync is and how long chips are.
    """

    sent: npt.NDArray[np.uint8]
    samples: npt.NDArray[np.complex64]
    noise_power: npt.NDArray[np.float64]
    clean: npt.NDArray[np.complex64]
    start: npt.NDArray[np.float64]
    stretch: npt.NDArray[np.float64]
    carrier_hz: npt.NDArray[np.float64] | None = None

    def right(self, received: list[bytes | None] | tuple[bytes | None, ...]) -> npt.NDArray[np.bool_]:
        """Return which of the PSDUs ``received`` are those sent."""
        return np.array([psdu == sent.tobytes() for psdu, sent in zip(received, self.sent, strict=True)])


@dataclass(frozen=True, kw_only=True)
class Case(ABC):
    """A receiver of PPDUs of ``OCTETS`` octets at one rate, and its bar: a formula (``limit``), or another case.

    ``reference`` is the name of the case whose measured Ec/N0 is the bar; None: there is a formula. ``allowed_db`` is
    the most that 10 % PER may lie above the bar, None when nothing is promised. Cases of one ``air`` meet the same
    PPDUs, noise and fading. ``grid_db``: measured there, with no packet left out; empty: it walks from ``first_db``,
    and the points either side of 10 % PER have ``closer`` times the packets and errors of the others.
    """

    name: str
    rate_bps: int
    sample_rate_sps: int
    detector: str
    bar: str
    air: str
    family: str
    allowed_db: float | None = None
    reference: str | None = None
    clocks_ppm: tuple[float, ...] = CLOCKS_PPM
    grid_db: tuple[float, ...] = ()
    floor: bool = True
    closer: int = 1

    @abstractmethod
    def generate(self, rng: np.random.Generator, packets: int, ecn0_db: float, clock_ppm: float) -> Air:
        """Return ``packets`` packets whose sender's clock is off by plus or minus ``clock_ppm``."""

    @abstractmethod
    def receive(self, air: Air) -> npt.NDArray[np.bool_]:
        """Return which packets are received as sent."""

    def limit(self, ecn0_db: float) -> float:
        """Return the packet error rate of the ideal receiver; NaN where the bar is measured."""
        return float("nan")

    @property
    def is_reference(self) -> bool:
        """Whether it is only there for others to be held against."""
        return self.reference is None and math.isnan(self.limit(0.0))

    @property
    def first_db(self) -> float:
        """Where to begin to look for the curve."""
        return self.limit_db(TARGET_PER) - 0.25

    def limit_db(self, target: float) -> float:
        """Return the Ec/N0 in dB at which the ideal receiver has the packet error rate ``target``."""
        return required_ebn0_db(target, lambda gamma: self.limit(float(to_db(gamma))))


def count_errors(
    case: Case, clock_ppm: float, ecn0_db: float, packets: int, most: int | None, seed: tuple[int, ...]
) -> tuple[int, int]:
    """Return (errors, packets) of up to ``packets`` packets, ended early once there are ``most`` errors.

    ``seed`` and the case's ``air`` give all that is random.
    """
    key = (*seed, zlib.crc32(case.air.encode()), int(clock_ppm), round(1000 * ecn0_db) + _OFFSET_MDB)
    wrong = done = 0
    while done < packets and (most is None or wrong < most):
        count = min(AT_ONCE, packets - done)
        air = case.generate(np.random.default_rng((*key, done)), count, ecn0_db, clock_ppm)
        wrong += count - int(np.count_nonzero(case.receive(air)))
        done += count
    return wrong, done
