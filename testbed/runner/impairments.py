"""The impairments of one direction of the air as plain numbers, and the stages of the channel that they come to.

``zmq:`` sends the numbers to the process of the air, ``sim:`` uses them where they are; both build the same stages.
Each draws from the run's seed by its own name, so that one more switched on leaves what the others draw.
"""

from __future__ import annotations

import msgspec
import numpy as np

from ampradio.channel.doppler import fading_taps
from ampradio.channel.leakage import Drift, LeakPaths, leak_taps
from ampradio.channel.streaming import DriftStage, FadingStage, PhaseNoiseStage, Stage, standing
from ampradio.channel.streaming_receiver import FrontEnd, WifiStage
from ampradio.channel.wifi_interference import WifiTraffic
from testbed.seeds import generator_for, seed_for


class Impairments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is switched on in one ``direction`` ("downlink" or "uplink"); amplitudes and powers are over a sample of 1.

    Attributes:
        multipath: TGn model of moving taps; "" when they stand still, which is not of this table's business.
        ways: "one-way", "bistatic" or "mono-static".
        air_time_s: as long as taps may have to move.
        leak_db: of the AP's own transmission in its receiver; None for none.
        leak_delay_samples: by which it is held back, where all that comes back is as late as the slowest of it.
    """

    run_seed: int = 1
    direction: str = "downlink"
    multipath: str = ""
    ways: str = "one-way"
    doppler_hz: float = 0.0
    air_time_s: float = 0.0
    phase_noise_hz: float = 0.0
    wifi_duty: float = 0.0
    wifi_db: float = 0.0
    wifi_offset_hz: float = 0.0
    leak_db: float | None = None
    leak_delay_samples: int = 0
    leak_drift_db: float = 0.0
    leak_drift_rad: float = 0.0
    agc_step_db: float = 0.0
    agc_period_s: float = 1.0
    iq_gain_db: float = 0.0
    iq_phase_deg: float = 0.0
    dc_offset: float = 0.0
    adc_bits: int = 0
    adc_full_scale: float = 1.0

    def named(self, what: str) -> str:
        """Return the name by which ``what`` draws from the run's seed."""
        return f"air.{self.direction}.{what}"


def way_stages(of: Impairments, sample_rate_sps: int) -> list[Stage]:
    """Return what happens on the way, before the carrier offset: taps that move, and both oscillators' phase noise."""
    stages: list[Stage] = []
    if of.doppler_hz:
        samples = round(of.air_time_s * sample_rate_sps)

        def moving(name: str) -> FadingStage:
            rng = generator_for(of.run_seed, of.named(name))
            return FadingStage(fading_taps(of.multipath, sample_rate_sps, of.doppler_hz, samples, rng))

        stages.append(moving("doppler"))
        if of.ways != "one-way":
            stages.append(moving("doppler" if of.ways == "mono-static" else "doppler_there"))
    if of.phase_noise_hz:
        stages.append(PhaseNoiseStage(of.phase_noise_hz, sample_rate_sps, _seed(of, "phase_noise")))
    return stages


def receiver_stages(of: Impairments, sample_rate_sps: int) -> list[Stage]:
    """Return what happens where the noise is added and after it: Wi-Fi, gain steps, mixer and converter."""
    stages: list[Stage] = []
    if of.wifi_duty:
        traffic = WifiTraffic(of.wifi_duty)
        stages.append(WifiStage(traffic, of.wifi_db, of.wifi_offset_hz, sample_rate_sps, _seed(of, "wifi")))
    turn = 2 * np.pi * generator_for(of.run_seed, of.named("dc_offset")).random()
    front = FrontEnd(
        agc_step_db=of.agc_step_db,
        agc_period_samples=max(1, round(of.agc_period_s * sample_rate_sps)),
        iq_gain_db=of.iq_gain_db,
        iq_phase_deg=of.iq_phase_deg,
        dc_offset=of.dc_offset * complex(np.cos(turn), np.sin(turn)),
        adc_bits=of.adc_bits,
        adc_full_scale=of.adc_full_scale,
    )
    if of.agc_step_db or of.iq_gain_db or of.iq_phase_deg or of.dc_offset or of.adc_bits:
        stages.append(front)
    return stages


def leak_stages(of: Impairments, sample_rate_sps: int) -> list[Stage]:
    """Return what makes of the AP's own transmission what its receiver hears of it; none without a leak."""
    if of.leak_db is None:
        return []
    taps = leak_taps(LeakPaths(), sample_rate_sps, generator_for(of.run_seed, of.named("leak")))
    taps = np.concatenate((np.zeros(of.leak_delay_samples, np.complex64), taps))
    stages: list[Stage] = [FadingStage(standing(taps * np.float32(10 ** (of.leak_db / 20))))]
    if of.leak_drift_db or of.leak_drift_rad:
        drift = Drift(of.leak_drift_db, of.leak_drift_rad)
        stages.append(DriftStage(drift, sample_rate_sps, _seed(of, "leak_drift")))
    return stages


def _seed(of: Impairments, what: str) -> int:
    return int(seed_for(of.run_seed, of.named(what)).generate_state(1, np.uint64)[0])
