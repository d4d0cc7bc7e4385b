"""What an experiment's channel means for each direction of the air."""

from __future__ import annotations

import numpy as np

from ampradio.channel.multipath import multipath_taps
from testbed.experiment import Experiment
from testbed.experiment.link import snrs_db
from testbed.node import PathConfig
from testbed.runner.impairments import Impairments
from testbed.seeds import generator_for, seed_for


def downlink_path(experiment: Experiment, sample_rate_sps: int) -> PathConfig:
    """Return the air from the AP to the tag; the tag samples with its own clock."""
    snr_db, _ = snrs_db(experiment.channel, experiment.profile, experiment.seed)
    return _path(experiment, "downlink", sample_rate_sps, snr_db, 0.0, experiment.channel.clock_ppm)


def uplink_path(experiment: Experiment, sample_rate_sps: int) -> PathConfig:
    """Return the air from the tag to the AP; the tag's stream comes back to the AP's clock."""
    fast = experiment.channel.clock_ppm * 1e-6
    _, snr_db = snrs_db(experiment.channel, experiment.profile, experiment.seed)
    clock_ppm = (1 / (1 + fast) - 1) * 1e6
    return _path(experiment, "uplink", sample_rate_sps, snr_db, experiment.tags[0].carrier_offset_hz, clock_ppm)


def _path(
    experiment: Experiment, direction: str, sample_rate_sps: int, snr_db: float, sender_cfo_hz: float, clock_ppm: float
) -> PathConfig:
    channel = experiment.channel
    seed = int(seed_for(experiment.seed, f"air.{direction}.noise").generate_state(1)[0]) & 0x7FFFFFFF
    return PathConfig(
        gain_db=channel.gain_db,
        delay_samples=round(channel.delay_ns * 1e-9 * sample_rate_sps),
        taps=tuple(
            (float(tap.real), float(tap.imag)) for tap in _standing_taps(experiment, direction, sample_rate_sps)
        ),
        cfo_hz=channel.carrier_offset_hz + sender_cfo_hz,
        clock_ppm=clock_ppm,
        noise=10 ** ((channel.gain_db - snr_db) / 20),
        seed=seed,
        impairments=_impairments(experiment, direction),
    )


def _ways(experiment: Experiment, direction: str) -> str:
    return experiment.channel.uplink_ways if direction == "uplink" else "one-way"


def _standing_taps(experiment: Experiment, direction: str, sample_rate_sps: int) -> list[complex]:
    """Return the impulse response of multipath that does not move: of one way, or of both one after the other."""
    channel, ways = experiment.channel, _ways(experiment, direction)
    if channel.multipath == "none" or channel.doppler_hz:
        return []

    def way(name: str) -> list[complex]:
        rng = generator_for(experiment.seed, f"air.{direction}.{name}")
        return [complex(tap) for tap in multipath_taps(channel.multipath, sample_rate_sps, rng)]

    back = way("multipath")
    if ways == "one-way":
        return back
    there = back if ways == "mono-static" else way("multipath_there")
    return [complex(tap) for tap in np.convolve(there, back)]


def _impairments(experiment: Experiment, direction: str) -> Impairments:
    channel = experiment.channel
    amplitude = 10 ** (channel.gain_db / 20)
    leak = direction == "uplink" and channel.leak_db is not None
    return Impairments(
        run_seed=experiment.seed,
        direction=direction,
        multipath=channel.multipath if channel.doppler_hz else "",
        ways=_ways(experiment, direction),
        doppler_hz=channel.doppler_hz,
        air_time_s=experiment.max_air_time_s,
        phase_noise_hz=channel.phase_noise_hz,
        wifi_duty=channel.wifi_duty_percent / 100,
        wifi_db=channel.wifi_power_db + channel.gain_db,
        wifi_offset_hz=channel.wifi_offset_hz,
        leak_db=channel.leak_db + channel.gain_db if leak and channel.leak_db is not None else None,
        leak_drift_db=channel.leak_drift_db,
        leak_drift_rad=channel.leak_drift_rad,
        agc_step_db=channel.agc_step_db,
        agc_period_s=channel.agc_period_us * 1e-6,
        iq_gain_db=channel.iq_gain_db,
        iq_phase_deg=channel.iq_phase_deg,
        dc_offset=channel.dc_offset_percent / 100 * amplitude,
        adc_bits=channel.adc_bits,
        adc_full_scale=10 ** (channel.adc_full_scale_db / 20) * amplitude,
    )
