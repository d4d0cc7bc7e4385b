"""The channel of an experiment as the air between emulated radios."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ampradio.radio.emulator.network import boards
from testbed.emulated_air.echoes import Fading
from testbed.emulated_air.imperfection import Imperfection
from testbed.emulated_air.indoor import NONE_DB, IndoorAir, Way
from testbed.emulated_air.network import AirPlan
from testbed.emulated_air.wandering import Wandering
from testbed.emulated_air.wifi import Wifi
from testbed.experiment import Experiment, ExperimentError
from testbed.experiment.link import leak_db as leak_of
from testbed.experiment.pluto_limits import emulated_problems
from testbed.runner.pluto_plan import pluto_plan
from testbed.seeds import generator_for, seed_for


def plan_of_experiment(experiment: Experiment, name: str, plutos: int) -> AirPlan:
    """Return the plan of an experiment's channel: radio 0 is the AP, radio 1 the tag, others hear both like the tag.

    Losses are such that ON chips arrive with the experiment's SNRs when radios send as a run over ``emu:`` lets them.

    Raises:
        ExperimentError: the channel has what this air has not.
    """
    channel = experiment.channel
    if experiment.ap.bistatic:
        reason = "the air between emulated radios has no energizer and no 40 MHz channel"
        raise ExperimentError(name, "ap.uplink", reason, "take an experiment with another uplink")
    leaks_db = leak_of(channel, experiment.profile, experiment.ap.mono_static)
    for problem in emulated_problems(channel, has_leak=leaks_db is not None):
        raise ExperimentError(name, ".".join(map(str, problem.path)), problem.reason, problem.fix)
    try:
        plan = pluto_plan(replace(experiment, radio="emu:"))
    except ExperimentError as error:
        raise ExperimentError(name, error.path, error.reason, error.fix) from None
    losses = plan.air
    assert losses is not None
    delay_s = channel.delay_ns * 1e-9

    def way(direction: str, loss_db: float, ways: str) -> Way:
        return Way(loss_db, delay_s, _fading(experiment, direction, ways), _phase_noise(experiment, direction))

    downlink = way("downlink", losses.downlink_loss_db, "one-way")
    uplink = way("uplink", losses.uplink_loss_db, channel.uplink_ways)
    leak_db = NONE_DB
    if leaks_db is not None:
        stronger_db = plan.on_power_dbm("ap") - plan.on_power_dbm("tag")
        leak_db = losses.uplink_loss_db + stronger_db - leaks_db
        if leak_db < 0:
            reason = f"{-leak_db:.1f} dB more would leak than is sent"
            raise ExperimentError(name, "channel.leak_db", reason, f"write {leaks_db + leak_db:.0f} or less")
    on_dbm = {
        "uplink": plan.on_power_dbm("tag") - losses.uplink_loss_db,
        "downlink": plan.on_power_dbm("ap") - losses.downlink_loss_db,
    }
    centre_hz = float(plan.settings["ap"].centre_hz)
    directions = ("uplink", *["downlink"] * (plutos - 1))  # what reaches the AP, and what reaches a tag
    wifi, imperfections = {}, {}
    for radio, direction in enumerate(directions):
        if channel.wifi_duty_percent:
            wifi[radio] = _wifi(experiment, direction, radio, centre_hz, on_dbm[direction])
        imperfection = _imperfection(experiment, direction, on_dbm[direction])
        if imperfection is not None:
            imperfections[radio] = imperfection
    air = IndoorAir(downlink, Way(leak_db, wandering=_drift(experiment)), {(1, 0): uplink}, wifi=wifi)
    carrier_ppm, clock_ppm = (0.0, losses.tag_carrier_ppm), (0.0, channel.clock_ppm)
    seed = int(seed_for(experiment.seed, "air.emulated").generate_state(1)[0])
    return AirPlan(boards(plutos, losses.noise_figure_db, carrier_ppm, clock_ppm), air, seed, imperfections)


def _fading(experiment: Experiment, direction: str, ways: str) -> Fading | None:
    channel = experiment.channel
    if channel.multipath == "none":
        return None
    kind = "doppler" if channel.doppler_hz else "multipath"
    back = f"air.{direction}.{kind}"
    there = {"one-way": (), "mono-static": (back,), "bistatic": (f"{back}_there",)}[ways]
    return Fading(channel.multipath, experiment.seed, (*there, back), channel.doppler_hz)


def _phase_noise(experiment: Experiment, direction: str) -> Wandering | None:
    linewidth_hz = experiment.channel.phase_noise_hz
    return Wandering(_seed(experiment, direction, "phase_noise"), linewidth_hz) if linewidth_hz else None


def _drift(experiment: Experiment) -> Wandering | None:
    drift_db, drift_rad = experiment.channel.leak_drift_db, experiment.channel.leak_drift_rad
    if not (drift_db or drift_rad):
        return None
    return Wandering(_seed(experiment, "uplink", "leak_drift"), drift_db=drift_db, drift_rad=drift_rad)


def _wifi(experiment: Experiment, direction: str, radio: int, centre_hz: float, on_dbm: float) -> Wifi:
    channel = experiment.channel
    seed = _seed(experiment, direction, "wifi" if radio < 2 else f"wifi.{radio}")
    power_dbm = on_dbm + channel.wifi_power_db
    return Wifi(seed, channel.wifi_duty_percent / 100, power_dbm, centre_hz + channel.wifi_offset_hz)


def _imperfection(experiment: Experiment, direction: str, on_dbm: float) -> Imperfection | None:
    """Return what the receivers of a direction do badly, None for nothing; ``on_dbm`` is an ON chip's power there."""
    channel, amplitude = experiment.channel, 10 ** (on_dbm / 20)
    mixer = (channel.iq_gain_db, channel.iq_phase_deg, channel.dc_offset_percent)
    if not any((channel.agc_step_db, *mixer, channel.adc_bits)):
        return None
    return Imperfection(
        channel.agc_step_db,
        channel.agc_period_us * 1e-6,
        channel.iq_gain_db,
        channel.iq_phase_deg,
        channel.dc_offset_percent / 100 * amplitude,
        2 * math.pi * float(generator_for(experiment.seed, f"air.{direction}.dc_offset").random()),
        channel.adc_bits,
        10 ** (channel.adc_full_scale_db / 20) * amplitude,
    )


def _seed(experiment: Experiment, direction: str, what: str) -> int:
    return int(seed_for(experiment.seed, f"air.{direction}.{what}").generate_state(1, np.uint64)[0])
