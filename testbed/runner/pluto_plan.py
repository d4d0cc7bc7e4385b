"""How the PlutoSDRs of a run are set, and what of the experiment's channel the emulated air between them is.

Narrow mode: below 20 MS/s, which no PlutoSDR can stream, the non-AMP portion is left out. Every result says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ampradio.phy.narrow import crest, on_crest
from ampradio.radio.emulator.front_end import FULL_SCALE_RX_DBM, FULL_SCALE_TX_DBM, THERMAL_DBM_HZ
from ampradio.radio.interface import Loopback, RadioSettings
from testbed.experiment import Experiment, ExperimentError
from testbed.experiment.link import leak_db, snrs_db

PEAK = 0.9  # of full scale: what a filter adds must fit
ATTENUATION_DB, GAIN_DB = 20.0, 40.0  # of a radio that is there, unless the experiment says
EMULATED_ATTENUATION_DB = 10.0
LEVEL_DBFS = -25.0  # of an ON chip in an emulated receiver
LEAK_DBFS = -10.0  # of the leak that a mono-static AP hears its replies beside: what a PPDU peaks at still fits
GAINS_DB = (-3.0, 71.0)
LOOPBACK_PEAK = 0.5


@dataclass(frozen=True)
class EmulatedAir:
    """What lies between two emulated radios, AP first: losses each way, and how far the tag's oscillator is off."""

    downlink_loss_db: float = 60.0
    uplink_loss_db: float = 60.0
    noise_figure_db: float = 7.0
    tag_carrier_ppm: float = 0.0


@dataclass(frozen=True)
class PlutoPlan:
    """Settings by role, the factor from a PPDU's samples to the converter's full scale, and the air if emulated."""

    settings: dict[str, RadioSettings]
    scale: dict[str, float]
    air: EmulatedAir | None

    def on_power_dbm(self, role: str) -> float:
        """Return the power of an ON chip at the antenna, by the data sheet's full scale."""
        level_db = 20 * math.log10(self.scale[role])
        return FULL_SCALE_TX_DBM - self.settings[role].tx_attenuation_db + level_db


def is_narrow(experiment: Experiment) -> bool:
    """Return whether the run's sample rate leaves no room for the non-AMP portion."""
    return experiment.choice.plutos and experiment.plutos.rate_sps < experiment.profile.preamble.sample_rate_sps


def pluto_plan(experiment: Experiment) -> PlutoPlan:
    """Return the plan of a run over PlutoSDRs; raises ExperimentError for an SNR that the emulated air cannot have."""
    choice, plutos = experiment.choice, experiment.plutos
    peak = LOOPBACK_PEAK if choice.loopback else PEAK
    # a tag that reflects sends the AP's excitation back, with the crest of that
    tag_crest = on_crest(experiment.profile, plutos.rate_sps) if experiment.ap.mono_static else 1.0
    scale = {"ap": peak / crest(experiment.profile, plutos.rate_sps), "tag": peak / tag_crest}
    emulated = choice.starts_emulator and not choice.loopback
    usual_db = EMULATED_ATTENUATION_DB if emulated else ATTENUATION_DB
    attenuation_db = {
        "ap": _given(plutos.ap_tx_attenuation_db, usual_db),
        "tag": _given(plutos.tag_tx_attenuation_db, usual_db),
    }
    gain_db = {"ap": _given(plutos.ap_rx_gain_db, GAIN_DB), "tag": _given(plutos.tag_rx_gain_db, GAIN_DB)}
    air = None
    if emulated:
        air, received_dbm = _air(experiment, scale, attenuation_db)
        given = {"ap": plutos.ap_rx_gain_db, "tag": plutos.tag_rx_gain_db}
        gain_db = {role: _given(given[role], _gain_for(experiment, role, received_dbm[role])) for role in given}
    centre_hz = round(plutos.centre_hz or experiment.profile.uplink.carrier_hz)
    settings = {
        role: RadioSettings(
            centre_hz,
            plutos.rate_sps,
            plutos.rate_sps,
            gain_db[role],
            attenuation_db[role],
            loopback=Loopback.DIGITAL if choice.loopback else Loopback.OFF,
        )
        for role in ("ap", "tag")
    }
    return PlutoPlan(settings, scale, air)


def _air(
    experiment: Experiment, scale: dict[str, float], attenuation_db: dict[str, float]
) -> tuple[EmulatedAir, dict[str, float]]:
    """Return the air that gives the experiment's SNRs, counted in the profile's 20 MHz, and the ON power received."""
    channel, profile = experiment.channel, experiment.profile
    band_hz = profile.preamble.sample_rate_sps
    noise_dbm = THERMAL_DBM_HZ + channel.noise_figure_db + 10 * math.log10(band_hz)
    downlink_db, uplink_db = snrs_db(channel, profile, experiment.seed, experiment.ap.mono_static)
    received_dbm = {"tag": noise_dbm + downlink_db, "ap": noise_dbm + uplink_db}
    loss_db = {}
    for sender, receiver, key in (("ap", "tag", "downlink_snr_db"), ("tag", "ap", "uplink_snr_db")):
        sent_dbm = FULL_SCALE_TX_DBM - attenuation_db[sender] + 20 * math.log10(scale[sender])
        loss_db[sender] = sent_dbm - received_dbm[receiver]
        if loss_db[sender] < 0:
            reason = f"{received_dbm[receiver]:.1f} dBm would arrive of {sent_dbm:.1f} dBm sent"
            raise ExperimentError("", f"channel.{key}", reason, f"lower {key}, or plutos.{sender}_tx_attenuation_db")
    ppm = channel.carrier_offset_hz / profile.uplink.carrier_hz * 1e6
    return EmulatedAir(loss_db["ap"], loss_db["tag"], channel.noise_figure_db, ppm), received_dbm


def _gain_for(experiment: Experiment, role: str, received_dbm: float) -> float:
    """Return the gain that puts an ON chip at a level with room for the PPDU's crest, in whole dB."""
    level_dbfs = LEVEL_DBFS
    leaks_db = leak_db(experiment.channel, experiment.profile, experiment.ap.mono_static)
    if role == "ap" and experiment.ap.mono_static and leaks_db is not None:
        level_dbfs = min(level_dbfs, LEAK_DBFS - leaks_db)
    return min(max(round(level_dbfs - received_dbm + FULL_SCALE_RX_DBM), GAINS_DB[0]), GAINS_DB[1])


def _given(value: float | None, usual: float) -> float:
    return usual if value is None else value
