"""One process of a ZMQ run: the air, or a node's PHY (flowgraph, receiver, PHY-SAP).

``python -m testbed.node CONFIG.json``. The process says on standard output, one JSON object a line, when it is ready,
when it has stopped and what went wrong; it ends when standard input does, so it never outlives who started it.
"""

from __future__ import annotations

import signal
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from testbed.leash import Leash, hold, leave, say, say_compiled
from testbed.node_config import BistaticPaths, NodeConfig, PathConfig
from testbed.runner.impairments import leak_stages, receiver_stages, way_stages

RECORDER_PATIENCE_S = 60.0  # what was received is on its way to the file, however busy the computer
FAILED_PATIENCE_S = 2.0  # shorter than the grace of a run that is given up


def main(argv: list[str] | None = None) -> NoReturn:
    """Run the process that the configuration file describes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    leash = Leash()
    path = Path((argv or sys.argv[1:])[0])
    try:
        config = msgspec.json.decode(path.read_bytes(), type=NodeConfig)
        if config.role == "air":
            _air(config)
        else:
            _phy(config, leash)
    except Exception as error:
        traceback.print_exc()
        say("error", reason=f"{type(error).__name__}: {error}")
        leave(3)


def _air(config: NodeConfig) -> NoReturn:
    if config.bistatic is not None:
        _bistatic_air(config, config.bistatic)
    from flowgraphs.generated.amp_air import amp_air

    arguments: dict[str, Any] = {"samp_rate": config.sample_rate_sps, **msgspec.structs.asdict(config.streams)}
    del arguments["energizer_transmit"]
    for name, path in (("downlink", config.downlink), ("uplink", config.uplink)):
        arguments |= {
            f"{name}_gain_db": path.gain_db,
            f"{name}_delay_samples": path.delay_samples,
            f"{name}_taps": [complex(*tap) for tap in path.taps],
            f"{name}_cfo_hz": path.cfo_hz,
            f"{name}_clock_ppm": path.clock_ppm,
            f"{name}_noise": path.noise,
            f"{name}_seed": path.seed,
            f"{name}_way": way_stages(path.impairments, config.sample_rate_sps),
            f"{name}_receiver": receiver_stages(path.impairments, config.sample_rate_sps),
        }
    arguments["leak"] = leak_stages(config.uplink.impairments, config.sample_rate_sps)
    if config.incident is not None:
        there = config.incident
        arguments |= {
            "reflects": True,
            "incident_delay_samples": there.delay_samples,
            "incident_taps": [complex(*tap) for tap in there.taps],
            "incident_way": way_stages(there.impairments, config.sample_rate_sps),
            "coefficient_clock_ppm": there.clock_ppm,
        }
    _serve(amp_air(**arguments))


def _bistatic_air(config: NodeConfig, paths: BistaticPaths) -> NoReturn:
    from flowgraphs.generated.amp_bistatic_air import amp_bistatic_air

    arguments: dict[str, Any] = {"samp_rate": config.sample_rate_sps, **msgspec.structs.asdict(config.streams)}
    for name in paths.__struct_fields__:
        path: PathConfig = getattr(paths, name)
        arguments |= {
            f"{name}_delay_samples": path.delay_samples,
            f"{name}_taps": [complex(*tap) for tap in path.taps],
        }
        if name != "incident":
            arguments[f"{name}_gain_db"] = path.gain_db
        if name in ("downlink", "uplink"):
            arguments |= {
                f"{name}_noise": path.noise,
                f"{name}_seed": path.seed,
                f"{name}_way": way_stages(path.impairments, config.sample_rate_sps),
                f"{name}_receiver": receiver_stages(path.impairments, config.sample_rate_sps),
            }
    _serve(amp_bistatic_air(**arguments))


def _serve(air: Any) -> NoReturn:
    air.start()
    say("ready")
    hold()


def _phy(config: NodeConfig, leash: Leash) -> NoReturn:
    from ampradio.profile import load_profile
    from ampradio.sap.phy_side import PhySap
    from flowgraphs.entities import compile_loops, receiver_for
    from flowgraphs.lockstep import LockStepPhy
    from testbed.live.address import watched
    from testbed.recorder import NodeRecorder

    profile = load_profile(config.profile)
    compile_loops(config.role, say_compiled, mono_static=config.mono_static)
    receiver = receiver_for(config.role, profile, config.sample_rate_sps, mono_static=config.mono_static)
    recorder = NodeRecorder(
        config.record_base,
        config.role,
        profile,
        config.sample_rate_sps,
        config.record_datatype,
        config.description,
        device=_device(config),
    )
    sap = PhySap(config.sap, profile.name, config.patience_s)
    role = 0 if config.role == "ap" else 1
    clock_ppm = config.chip_clock_ppm
    phy: LockStepPhy
    if config.bistatic is None:
        own = config.own_delay_samples
        rate_sps = config.sample_rate_sps
        phy = LockStepPhy(
            sap, receiver, profile, recorder, role, rate_sps, chip_clock_ppm=clock_ppm, own_delay_samples=own
        )
    else:
        from flowgraphs.wide_phy import WidePhy

        energizer = _energizer(config, profile)
        phy = WidePhy(sap, receiver, profile, recorder, role, chip_clock_ppm=clock_ppm, energizer=energizer)
    seen = watched(phy, receiver, config.role, config.sample_rate_sps)
    top = _top_block(config, seen, recorder.data_path)
    leash.tie(phy)
    say("ready", sap=sap.endpoint)
    lit = _energizer_block(config, phy)
    phy.start(config.attach_patience_s)
    top.start()
    if lit is not None:
        lit.start()
    phy.stopped.wait()
    if phy.failure:
        recorder.finish(top.recorder.end, phy.received, FAILED_PATIENCE_S)
        say("error", reason=phy.failure)
        leave(3)
    recorder.finish(top.recorder.end, phy.stop_sample, RECORDER_PATIENCE_S)
    say("stopped", samples=phy.stop_sample)
    hold()


def _device(config: NodeConfig) -> str:
    if config.role != "tag":
        return ""
    return "bistatic" if config.bistatic is not None else "mono-static" if config.mono_static else ""


def _energizer(config: NodeConfig, profile: Any) -> Any:
    from flowgraphs.energizer import Energizer
    from flowgraphs.wide_phy import EnergizerStream

    if config.energizer is None:
        return None
    radio = config.energizer
    oscillator = way_stages(radio.oscillator, config.sample_rate_sps)
    return EnergizerStream(Energizer(profile, radio.carrier_offset_hz, radio.clock_ppm, oscillator))


def _energizer_block(config: NodeConfig, phy: Any) -> Any:
    if config.energizer is None:
        return None
    from flowgraphs.generated.amp_energizer import amp_energizer

    return amp_energizer(phy=phy.energizer, transmit_address=config.streams.energizer_transmit)


def _top_block(config: NodeConfig, phy: Any, record_path: str) -> Any:
    if config.role == "ap":
        from flowgraphs.generated.amp_ap import amp_ap as top_block

        receive, transmit = config.streams.ap_receive, config.streams.ap_transmit
    else:
        from flowgraphs.generated.amp_tag import amp_tag as top_block

        receive, transmit = config.streams.tag_receive, config.streams.tag_transmit
    return top_block(
        phy=phy,
        receive_address=receive,
        transmit_address=transmit,
        record_path=record_path,
        record_datatype=config.record_datatype,
    )


if __name__ == "__main__":
    main()
