"""The PHY entities of a 40 MHz channel: of a bistatic tag, and of an AP that has its energizer send too.

The energizer's stream goes as far as its AP's: what the AP promises holds for both, so a run repeats as ever.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.wide import wide_ppdu
from ampradio.profile import Profile
from ampradio.sap.messages import TxConfirm, TxRequest
from ampradio.vectors import PpduKind, TxVector
from flowgraphs.burst_schedule import PENDING_MAX, Burst, BurstSchedule
from flowgraphs.energizer import Energizer
from flowgraphs.lockstep import LATE, NS, SCHEDULED, LockStepPhy
from flowgraphs.parties import Receiver, Sap, Witness


class EnergizerStream:
    """The transmit stream of an energizer; stands behind a ``BurstScheduler`` as a PHY does."""

    def __init__(self, radio: Energizer) -> None:
        self.bursts = BurstSchedule()
        self._radio = radio

    def add(self, psdu: bytes, vector: TxVector, start_sample: int) -> Burst | None:
        """Place a PPDU and return its burst, None when its start has passed.

        Raises:
            ValueError: a PPDU that it cannot send, or too many are still to be sent.
        """
        if self.bursts.full:
            raise ValueError(f"{PENDING_MAX} PPDUs of the energizer are still to be sent")
        burst = Burst(start_sample, self._radio.samples(psdu, vector, start_sample))
        return burst if self.bursts.add(burst) else None

    def transmit(self, count: int) -> npt.NDArray[np.complex64] | None:
        """Return the next samples; see ``BurstSchedule.take``."""
        return self.bursts.take(count)

    def attend(self, patience_s: float) -> None:
        """Do nothing: its AP's PHY waits for the MAC."""

    def close(self) -> None:
        """End the stream."""
        self.bursts.close()


class WidePhy(LockStepPhy):
    """A lock-step PHY at 40 MS/s about the centre of a 40 MHz channel.

    Args:
        energizer: sends the Type 4 PPDUs that the MAC asks for; None for a tag.
        Others as of ``LockStepPhy``.
    """

    def __init__(
        self,
        sap: Sap,
        receiver: Receiver,
        profile: Profile,
        witness: Witness,
        role: int,
        *,
        chip_clock_ppm: float = 0.0,
        energizer: EnergizerStream | None = None,
    ) -> None:
        self.energizer = energizer
        wide_sps = profile.uplink.wide_sample_rate_sps
        super().__init__(sap, receiver, profile, witness, role, wide_sps, chip_clock_ppm=chip_clock_ppm)

    def close(self) -> None:
        """End both transmit streams, take no more, and let every waiting thread go."""
        super().close()
        if self.energizer is not None:
            self.energizer.close()

    def _put_on_air(self, request: TxRequest) -> TxConfirm:
        if request.vector.kind is not PpduKind.DL_TYPE4 or self.energizer is None:
            return super()._put_on_air(request)
        start = self._to_sample(request.start_ns)
        burst = self.energizer.add(request.psdu, request.vector, start)
        if burst is None:
            self.counters["tx_late"] += 1
            return TxConfirm(request.tx_id, LATE, request.start_ns, request.start_ns)
        return TxConfirm(request.tx_id, SCHEDULED, start * NS // self._rate, burst.stop * NS // self._rate)

    def _modulated(self, psdu: bytes, vector: TxVector) -> npt.NDArray[np.complex64]:
        return wide_ppdu(self._profile, psdu, vector, clock_ppm=self._chip_clock_ppm)

    def _raise_horizon(self) -> None:
        super()._raise_horizon()
        if self.energizer is not None:
            self.energizer.bursts.raise_horizon(self._horizon())
