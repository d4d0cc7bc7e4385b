"""The PHY entity of a station on a radio: samples come as they come, and nobody waits for anybody.

It is the lock-step PHY without a horizon. The station's time is the receive counter of its radio, bursts are placed
by that counter, and one that comes too late is counted and not sent.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.narrow import modulated
from ampradio.profile import Profile
from ampradio.vectors import TxVector
from flowgraphs.burst_schedule import Burst
from flowgraphs.lockstep import NS, LockStepPhy
from flowgraphs.parties import Receiver, Sap, Schedule, Witness


class RadioPhy(LockStepPhy):
    """Join a SAP, a streaming receiver and the transmit stream of a radio.

    Args:
        sap: the served access point.
        receiver: TagReceiver or ApReceiver.
        profile: the numbers in force.
        witness: keeps the record.
        role: 0 = AP, 1 = tag.
        sample_rate_sps: of both streams; below a PPDU's native rate its non-AMP portion is left out.
        bursts: the radio's transmit stream.
        chip_clock_ppm: chip duration error of this node's transmitter.
        carrier_offset_hz: by how much its carrier is off the radio's (a tag with a poor oscillator).
    """

    def __init__(
        self,
        sap: Sap,
        receiver: Receiver,
        profile: Profile,
        witness: Witness,
        role: int,
        sample_rate_sps: int,
        *,
        bursts: Schedule,
        chip_clock_ppm: float = 0.0,
        carrier_offset_hz: float = 0.0,
    ) -> None:
        super().__init__(
            sap, receiver, profile, witness, role, sample_rate_sps, chip_clock_ppm=chip_clock_ppm, bursts=bursts
        )
        self._carrier_offset_hz = carrier_offset_hz

    def _settled_ns(self) -> int:
        """Return as far as samples have come, so that the MAC never acts on what is still to be heard."""
        return min(super()._settled_ns(), self.received * NS // self._rate)

    def _modulated(self, psdu: bytes, vector: TxVector) -> npt.NDArray[np.complex64]:
        samples = modulated(self._profile, psdu, vector, self._rate, clock_ppm=self._chip_clock_ppm)
        if self._carrier_offset_hz:
            turns = self._carrier_offset_hz / self._rate * np.arange(samples.size)
            samples *= np.exp(2j * np.pi * turns).astype(np.complex64)
        return samples


class OnAirSchedule:
    """What every schedule of a radio is: scaled to what its converter takes, never waiting for a horizon.

    ``scale`` is the amplitude of full scale over that of the loudest sample that a PPDU has.
    """

    full = False

    def __init__(self, scale: float) -> None:
        self._scale = np.float32(scale)

    def scaled(self, burst: Burst) -> npt.NDArray[np.complex64]:
        """Return the samples of ``burst`` as the converter takes them; the rare peaks of an OFDM symbol are clipped."""
        scaled = burst.samples * self._scale
        amplitude = np.abs(scaled)
        if float(amplitude.max(initial=0.0)) <= 1.0:
            return scaled
        clipped: npt.NDArray[np.complex64] = scaled / np.maximum(amplitude, np.float32(1.0))
        return clipped

    def raise_horizon(self, horizon: int) -> None:
        """Do nothing: a radio does not wait."""
