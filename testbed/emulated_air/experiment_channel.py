"""The channel of an experiment as the air between emulated radios."""

from __future__ import annotations

from dataclasses import replace

from ampradio.radio.emulator.network import boards
from testbed.emulated_air.echoes import Fading
from testbed.emulated_air.indoor import NONE_DB, IndoorAir, Way
from testbed.emulated_air.plan import AirPlan
from testbed.experiment import Experiment, ExperimentError
from testbed.experiment.link import leak_db as leak_of
from testbed.experiment.shape import Channel
from testbed.runner.pluto_plan import pluto_plan
from testbed.seeds import seed_for

MAPPED = frozenset(
    {"downlink_snr_db", "uplink_snr_db", "distance_m", "ap_power_dbm", "tag_power_dbm", "noise_figure_db", "shadowing"}
    | {"gain_db", "delay_ns", "multipath", "uplink_ways", "doppler_hz", "carrier_offset_hz", "clock_ppm", "leak_db"}
)
"""Keys of ``[channel]`` that the air between emulated radios has."""


def plan_of_experiment(experiment: Experiment, name: str, plutos: int) -> AirPlan:
    """Return the plan of an experiment's channel: radio 0 is the AP, radio 1 the tag, others hear both like the tag.

    Losses are such that ON chips arrive with the experiment's SNRs when radios send as a run over ``emu:`` lets them.

    Raises:
        ExperimentError: the channel has what this air has not.
    """
    channel, default = experiment.channel, Channel()
    for key in channel.__struct_fields__:
        if key not in MAPPED and getattr(channel, key) != getattr(default, key):
            fix = f"leave it out, or run it over zmq: or sim: ({key} = {getattr(default, key)!r} is none)"
            raise ExperimentError(
                name, f"channel.{key}", "the air between emulated radios has nothing of the kind", fix
            )
    plan = pluto_plan(replace(experiment, radio="emu:"))
    losses = plan.air
    assert losses is not None
    delay_s = channel.delay_ns * 1e-9
    downlink = Way(losses.downlink_loss_db, delay_s, _fading(experiment, "downlink", "one-way"))
    uplink = Way(losses.uplink_loss_db, delay_s, _fading(experiment, "uplink", channel.uplink_ways))
    leak_db = NONE_DB
    leaks_db = leak_of(channel, experiment.profile, experiment.ap.mono_static)
    if leaks_db is not None:
        stronger_db = plan.on_power_dbm("ap") - plan.on_power_dbm("tag")
        leak_db = losses.uplink_loss_db + stronger_db - leaks_db
        if leak_db < 0:
            reason = f"{-leak_db:.1f} dB more would leak than is sent"
            raise ExperimentError(name, "channel.leak_db", reason, f"write {leaks_db + leak_db:.0f} or less")
    air = IndoorAir(downlink, Way(leak_db), {(1, 0): uplink})
    carrier_ppm, clock_ppm = (0.0, losses.tag_carrier_ppm), (0.0, channel.clock_ppm)
    seed = int(seed_for(experiment.seed, "air.emulated").generate_state(1)[0])
    return AirPlan(boards(plutos, losses.noise_figure_db, carrier_ppm, clock_ppm), air, seed)


def _fading(experiment: Experiment, direction: str, ways: str) -> Fading | None:
    channel = experiment.channel
    if channel.multipath == "none":
        return None
    kind = "doppler" if channel.doppler_hz else "multipath"
    back = f"air.{direction}.{kind}"
    there = {"one-way": (), "mono-static": (back,), "bistatic": (f"{back}_there",)}[ways]
    return Fading(channel.multipath, experiment.seed, (*there, back), channel.doppler_hz)
