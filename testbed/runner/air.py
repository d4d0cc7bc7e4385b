"""What an experiment's channel means for each direction of the air."""

from __future__ import annotations

import msgspec
import numpy as np

from ampradio.channel.multipath import LEAD_SAMPLES, multipath_taps
from testbed.experiment import Experiment
from testbed.experiment.link import leak_db, snrs_db
from testbed.node_config import PathConfig
from testbed.runner.impairments import Impairments
from testbed.seeds import generator_for, seed_for


def downlink_path(experiment: Experiment, sample_rate_sps: int) -> PathConfig:
    """Return the air from the AP to the tag; the tag samples with its own clock."""
    snr_db, _ = snrs_db(experiment.channel, experiment.profile, experiment.seed, experiment.ap.mono_static)
    return path_of(experiment, "downlink", sample_rate_sps, snr_db, 0.0, experiment.channel.clock_ppm)


def uplink_path(experiment: Experiment, sample_rate_sps: int) -> PathConfig:
    """Return the air from the tag to the AP; the tag's stream comes back to the AP's clock.

    From a tag that only reflects this is the way back, the way there once more, lifted by the reflection loss: the SNR
    of an experiment is that of the reply. The AP hears itself with its own oscillator, so no phase noise is left.
    """
    _, snr_db = snrs_db(experiment.channel, experiment.profile, experiment.seed, experiment.ap.mono_static)
    there = incident_path(experiment, sample_rate_sps)
    if there is None:
        cfo_hz = experiment.tags[0].carrier_offset_hz
        return path_of(experiment, "uplink", sample_rate_sps, snr_db, cfo_hz, _to_ap_clock_ppm(experiment))
    path = path_of(experiment, "uplink", sample_rate_sps, snr_db, 0.0, 0.0)
    late = own_delay_samples(experiment) - LEAD_SAMPLES
    return msgspec.structs.replace(
        path,
        gain_db=path.gain_db + experiment.profile.uplink.reflection_loss_db,
        delay_samples=there.delay_samples + (0 if there.taps else LEAD_SAMPLES),
        taps=there.taps,
        cfo_hz=0.0,
        impairments=msgspec.structs.replace(path.impairments, phase_noise_hz=0.0, leak_delay_samples=late),
    )


def incident_path(experiment: Experiment, sample_rate_sps: int) -> PathConfig | None:
    """Return the air from the AP to a tag that only reflects, without what its receiver adds; None for any other.

    ``clock_ppm`` brings the reflection coefficient, which the tag switches by its own clock, to the AP's.
    """
    if not experiment.ap.mono_static:
        return None
    down = downlink_path(experiment, sample_rate_sps)
    return PathConfig(delay_samples=down.delay_samples, taps=down.taps, clock_ppm=_to_ap_clock_ppm(experiment))


def own_delay_samples(experiment: Experiment) -> int:
    """Return by how much the simulation holds back what a mono-static AP hears of itself, beside distances.

    Band-limited taps begin before their first path: once for the leak, twice for a reply through multipath. A real AP
    measures that delay of its radio once; this one is told.
    """
    if not experiment.ap.mono_static:
        return 0
    return LEAD_SAMPLES * (1 if experiment.channel.multipath == "none" else 2)


def _to_ap_clock_ppm(experiment: Experiment) -> float:
    return (1 / (1 + experiment.channel.clock_ppm * 1e-6) - 1) * 1e6


def path_of(
    experiment: Experiment, direction: str, sample_rate_sps: int, snr_db: float, sender_cfo_hz: float, clock_ppm: float
) -> PathConfig:
    """Return the air in one ``direction`` at an SNR."""
    channel = experiment.channel
    # an SNR is that of 20 MHz, however wide the air is
    wider = sample_rate_sps / experiment.profile.preamble.sample_rate_sps
    seed = int(seed_for(experiment.seed, f"air.{direction}.noise").generate_state(1)[0]) & 0x7FFFFFFF
    return PathConfig(
        gain_db=channel.gain_db,
        delay_samples=round(channel.delay_ns * 1e-9 * sample_rate_sps),
        taps=tuple(
            (float(tap.real), float(tap.imag)) for tap in _standing_taps(experiment, direction, sample_rate_sps)
        ),
        cfo_hz=channel.carrier_offset_hz + sender_cfo_hz,
        clock_ppm=clock_ppm,
        noise=10 ** ((channel.gain_db - snr_db) / 20) * wider**0.5,
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
    leaks_db = leak_db(channel, experiment.profile, experiment.ap.mono_static) if direction == "uplink" else None
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
        leak_db=None if leaks_db is None else leaks_db + channel.gain_db,
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
