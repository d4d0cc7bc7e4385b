"""What an experiment's channel means for each direction of the air."""

from __future__ import annotations

from ampradio.channel.multipath import multipath_taps
from testbed.experiment import Experiment
from testbed.node import PathConfig
from testbed.seeds import generator_for, seed_for


def downlink_path(experiment: Experiment, sample_rate_sps: int) -> PathConfig:
    """Return the air from the AP to the tag; the tag samples with its own clock."""
    return _path(
        experiment, "downlink", sample_rate_sps, experiment.channel.downlink_snr_db, 0.0, experiment.channel.clock_ppm
    )


def uplink_path(experiment: Experiment, sample_rate_sps: int) -> PathConfig:
    """Return the air from the tag to the AP; the tag's stream comes back to the AP's clock."""
    fast = experiment.channel.clock_ppm * 1e-6
    return _path(
        experiment,
        "uplink",
        sample_rate_sps,
        experiment.channel.uplink_snr_db,
        experiment.tags[0].carrier_offset_hz,
        (1 / (1 + fast) - 1) * 1e6,
    )


def _path(
    experiment: Experiment, direction: str, sample_rate_sps: int, snr_db: float, sender_cfo_hz: float, clock_ppm: float
) -> PathConfig:
    channel = experiment.channel
    taps: tuple[tuple[float, float], ...] = ()
    if channel.multipath != "none":
        drawn = multipath_taps(
            channel.multipath, sample_rate_sps, generator_for(experiment.seed, f"air.{direction}.multipath")
        )
        taps = tuple((float(tap.real), float(tap.imag)) for tap in drawn)
    seed = int(seed_for(experiment.seed, f"air.{direction}.noise").generate_state(1)[0]) & 0x7FFFFFFF
    return PathConfig(
        gain_db=channel.gain_db,
        delay_samples=round(channel.delay_ns * 1e-9 * sample_rate_sps),
        taps=taps,
        cfo_hz=channel.carrier_offset_hz + sender_cfo_hz,
        clock_ppm=clock_ppm,
        noise=10 ** ((channel.gain_db - snr_db) / 20),
        seed=seed,
    )
