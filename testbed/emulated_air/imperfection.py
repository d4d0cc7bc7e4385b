"""What an emulated receiver does badly: gain that steps, a mixer whose branches differ, a converter of few bits."""

from __future__ import annotations

import cmath
from dataclasses import dataclass

from ampradio.channel.streaming_receiver import FrontEnd


@dataclass(frozen=True)
class Imperfection:
    """See ``ampradio.channel.streaming_receiver.FrontEnd``; amplitudes are at the antenna, in √mW.

    Attributes:
        agc_period_s: after so long the gain steps.
        dc_phase_rad: of the offset.
    """

    agc_step_db: float = 0.0
    agc_period_s: float = 1.0
    iq_gain_db: float = 0.0
    iq_phase_deg: float = 0.0
    dc_offset: float = 0.0
    dc_phase_rad: float = 0.0
    adc_bits: int = 0
    adc_full_scale: float = 1.0

    def front_end(self, rate_sps: float) -> FrontEnd:
        """Return it for a sample rate."""
        return FrontEnd(
            agc_step_db=self.agc_step_db,
            agc_period_samples=max(1, round(self.agc_period_s * rate_sps)),
            iq_gain_db=self.iq_gain_db,
            iq_phase_deg=self.iq_phase_deg,
            dc_offset=cmath.rect(self.dc_offset, self.dc_phase_rad),
            adc_bits=self.adc_bits,
            adc_full_scale=self.adc_full_scale,
        )
