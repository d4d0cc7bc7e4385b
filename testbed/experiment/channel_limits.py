"""What the channel of an experiment may be: ranges, and what one key needs of another."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ampradio.channel.quantisation import MOST_BITS
from ampradio.channel.wifi_interference import BANDWIDTH_SPS
from ampradio.profile.model import Profile
from testbed.experiment.link import snrs_db
from testbed.experiment.problem import Problem, outside
from testbed.experiment.shape import Channel, ExperimentFile

SNR_RANGE_DB = (-40.0, 100.0)
RANGES: dict[str, tuple[float, float]] = {
    "downlink_snr_db": SNR_RANGE_DB,
    "uplink_snr_db": SNR_RANGE_DB,
    "ap_power_dbm": (-100.0, 60.0),
    "tag_power_dbm": (-100.0, 60.0),
    "noise_figure_db": (0.0, 60.0),
    "gain_db": (-120.0, 60.0),
    "delay_ns": (0.0, 100_000.0),
    "doppler_hz": (0.0, 100_000.0),
    "phase_noise_hz": (0.0, 1e6),
    "wifi_duty_percent": (0.0, 95.0),
    "wifi_power_db": (-60.0, 60.0),
    "wifi_offset_hz": (-20e6, 20e6),
    "leak_drift_db": (0.0, 1000.0),
    "leak_drift_rad": (0.0, 10_000.0),
    "agc_step_db": (-60.0, 60.0),
    "agc_period_us": (1.0, 1e6),
    "iq_gain_db": (-20.0, 20.0),
    "iq_phase_deg": (-60.0, 60.0),
    "dc_offset_percent": (0.0, 1000.0),
    "adc_bits": (0, MOST_BITS),
    "adc_full_scale_db": (-60.0, 100.0),
}
OPTIONAL_RANGES = {"distance_m": (0.1, 100_000.0), "leak_db": (-100.0, 100.0)}
CYCLES_MAX = 200.0  # of Doppler in a run: what its taps are drawn for at once


def channel_problems(file: ExperimentFile, profile: Profile) -> Iterator[Problem]:
    """Yield what cannot be of the channel."""
    channel = file.channel
    good = True
    for key, (low, high) in (RANGES | OPTIONAL_RANGES).items():
        value = getattr(channel, key)
        for problem in () if value is None else outside(("channel", key), value, low, high):
            good = False
            yield problem
    if not good:
        return
    yield from _fading(file, channel)
    yield from _budget(file, channel, profile)
    rate_sps = profile.preamble.sample_rate_sps
    if channel.wifi_duty_percent and rate_sps % BANDWIDTH_SPS:
        reason = f"{profile.name} is sampled at {rate_sps} S/s, which does not hold Wi-Fi's 20 MHz"
        yield Problem(("channel", "wifi_duty_percent"), reason, "take a profile of 20 MS/s or a multiple, or write 0")


def _fading(file: ExperimentFile, channel: Channel) -> Iterator[Problem]:
    for key, on in (("doppler_hz", channel.doppler_hz), ("uplink_ways", channel.uplink_ways != "one-way")):
        if on and channel.multipath == "none":
            fix = 'write multipath = "B" or "D" beside it'
            yield Problem(("channel", key), "there is no multipath that could change", fix)
    cycles = channel.doppler_hz * file.max_air_time_s
    if channel.multipath != "none" and math.isfinite(cycles) and cycles > CYCLES_MAX:
        reason = f"{cycles:g} cycles of fading in {file.max_air_time_s:g} s are more than {CYCLES_MAX:g}"
        shorter = CYCLES_MAX / channel.doppler_hz
        yield Problem(("channel", "doppler_hz"), reason, f"write max_air_time_s = {shorter:.4g} or less")


def _budget(file: ExperimentFile, channel: Channel, profile: Profile) -> Iterator[Problem]:
    if channel.distance_m is None:
        if channel.shadowing:
            reason = "there is no distance that it would be the shadowing of"
            yield Problem(("channel", "shadowing"), reason, "write distance_m beside it")
        return
    default = Channel()
    for key in ("downlink_snr_db", "uplink_snr_db"):
        if getattr(channel, key) != getattr(default, key):
            reason = "stands beside distance_m, from which it follows"
            yield Problem(("channel", key), reason, f"keep one: {key}, or distance_m and the powers")
    if channel.shadowing and channel.multipath == "none":
        fix = 'write multipath = "B" or "D" beside it'
        yield Problem(("channel", "shadowing"), "free space has no shadowing", fix)
        return
    low, high = SNR_RANGE_DB
    mono_static = file.ap.uplink == "mono-static"
    snrs = snrs_db(channel, profile, file.seed, mono_static)
    for direction, snr_db in zip(("downlink", "uplink"), snrs, strict=True):
        if not low <= snr_db <= high:
            reason = f"the {direction} has an SNR of {snr_db:.1f} dB there, outside {low:g} … {high:g}"
            yield Problem(("channel", "distance_m"), reason, "change the distance or the powers")
