"""What wanders on the way between emulated radios: the phase of both oscillators, or the gain and phase of a leak."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.channel.leakage import Drift
from ampradio.channel.streaming import DriftStage, PhaseNoiseStage, Stage


@dataclass(frozen=True)
class Wandering:
    """Random walks under ``seed``, as ``ampradio.channel.streaming`` has them.

    Attributes:
        phase_noise_hz: linewidth of both oscillators together.
        drift_db: how far the gain has wandered after a second, standard deviation.
        drift_rad: and the phase.
    """

    seed: int
    phase_noise_hz: float = 0.0
    drift_db: float = 0.0
    drift_rad: float = 0.0

    def stages(self, rate_sps: float) -> list[Stage]:
        """Return what happens to a stream at a sample rate."""
        stages: list[Stage] = []
        if self.phase_noise_hz:
            stages.append(PhaseNoiseStage(self.phase_noise_hz, rate_sps, self.seed))
        if self.drift_db or self.drift_rad:
            stages.append(DriftStage(Drift(self.drift_db, self.drift_rad), rate_sps, self.seed))
        return stages
