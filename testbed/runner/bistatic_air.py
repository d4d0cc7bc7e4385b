"""What an experiment's channel means where an energizer lights a bistatic tag: five ways through a 40 MHz channel."""

from __future__ import annotations

import msgspec

from ampradio.channel.multipath import LEAD_SAMPLES
from flowgraphs.energizer import Energizer
from testbed.experiment import Experiment
from testbed.experiment.link import lit_snrs_db, snrs_db
from testbed.node_config import BistaticPaths, EnergizerConfig, PathConfig
from testbed.runner.air import path_of
from testbed.runner.impairments import way_stages


def bistatic_paths(experiment: Experiment, sample_rate_sps: int) -> BistaticPaths:
    """Return the ways of a bistatic experiment at ``sample_rate_sps``.

    The SNR of an experiment is that of the reply, so the uplink is lifted by the reflection loss.
    """
    channel, profile, energizer = experiment.channel, experiment.profile, experiment.energizer
    downlink_db, _ = snrs_db(channel, profile, experiment.seed)
    lit_db, reply_db, direct_db = lit_snrs_db(channel, energizer, profile, experiment.seed)

    def bare(direction: str, gain_db: float, delay_ns: float) -> PathConfig:
        path = path_of(experiment, direction, sample_rate_sps, reply_db, 0.0, 0.0)
        return PathConfig(
            gain_db=channel.gain_db + gain_db, delay_samples=round(delay_ns * 1e-9 * sample_rate_sps), taps=path.taps
        )

    lit = bare("energizer", lit_db - downlink_db, energizer.delay_ns)
    direct = bare("direct", direct_db - reply_db, 0.0)
    uplink = path_of(experiment, "uplink", sample_rate_sps, reply_db, 0.0, 0.0)
    quiet = msgspec.structs.replace(uplink.impairments, phase_noise_hz=0.0)  # the energizer's oscillator has it
    # band-limited taps begin before their first path: once more on the way over the tag
    late = LEAD_SAMPLES if direct.taps else 0
    return BistaticPaths(
        downlink=path_of(experiment, "downlink", sample_rate_sps, downlink_db, 0.0, 0.0),
        lit=lit,
        incident=msgspec.structs.replace(lit, gain_db=0.0),
        uplink=msgspec.structs.replace(
            uplink, gain_db=uplink.gain_db + profile.uplink.reflection_loss_db, impairments=quiet
        ),
        direct=msgspec.structs.replace(direct, delay_samples=late),
    )


def energizer_config(experiment: Experiment) -> EnergizerConfig:
    """Return the energizer's clock and carrier, and the phase noise between it and the AP."""
    rate_sps = experiment.profile.uplink.wide_sample_rate_sps
    oscillator = path_of(experiment, "energizer", rate_sps, 0.0, 0.0, 0.0).impairments
    return EnergizerConfig(experiment.energizer.carrier_offset_hz, experiment.energizer.clock_ppm, oscillator)


def energizer_of(experiment: Experiment) -> Energizer:
    """Return the energizer's radio."""
    profile, config = experiment.profile, energizer_config(experiment)
    oscillator = way_stages(config.oscillator, profile.uplink.wide_sample_rate_sps)
    return Energizer(profile, config.carrier_offset_hz, config.clock_ppm, oscillator)
