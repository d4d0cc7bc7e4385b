"""One station's PHY on a PlutoSDR in a GNU Radio flowgraph, as a process: ``python -m testbed.pluto_node CONFIG.json``.

It speaks as ``testbed.node`` does, and lives as long as its standard input.
"""

from __future__ import annotations

import signal
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, cast

import msgspec
import numpy as np
import numpy.typing as npt

from testbed.leash import Leash, hold, leave, say, say_compiled

RECORDER_PATIENCE_S = 2.0
SEND_BLOCK = 1 << 15
DELIVERY_PATIENCE_S = 20.0


class PlutoNodeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the process needs to know."""

    role: str
    profile: str
    uri: str
    rate_sps: int
    centre_hz: int
    bandwidth_hz: int
    rx_gain_db: float
    tx_attenuation_db: float
    scale: float
    block: int
    record_base: str = ""
    record_datatype: str = "cf32_le"
    description: str = ""
    chip_clock_ppm: float = 0.0
    carrier_offset_hz: float = 0.0
    calibration: str = "ignore"


class RecordedStream:
    """What is received, into the data file of a recording; nothing without a path."""

    def __init__(self, path: str, datatype: str, unit: float) -> None:
        self._file = Path(path).open("wb") if path else None  # noqa: SIM115 – as long as the run
        self._unit = np.float32(unit) if datatype == "ci16_le" else None

    def keep(self, samples: npt.NDArray[np.complex64]) -> None:
        """Write samples."""
        if self._file is None:
            return
        if self._unit is None:
            self._file.write(samples.astype("<c8").tobytes())
        else:
            self._file.write(np.rint(samples.view(np.float32) * self._unit).astype("<i2").tobytes())
            self._file.flush()

    def end(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def main(argv: list[str] | None = None) -> NoReturn:
    """Run the process that the configuration file describes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    leash = Leash()
    try:
        _run(msgspec.json.decode(Path((argv or sys.argv[1:])[0]).read_bytes(), type=PlutoNodeConfig), leash)
    except Exception as error:
        traceback.print_exc()
        say("error", reason=f"{type(error).__name__}: {error}")
        leave(3)


def _run(config: PlutoNodeConfig, leash: Leash) -> NoReturn:
    from ampradio.profile import load_profile
    from ampradio.radio.board import Board
    from ampradio.radio.interface import RadioSettings
    from ampradio.radio.radio_uri import radio_uri
    from ampradio.sap.phy_side import PhySap
    from flowgraphs.entities import compile_loops
    from flowgraphs.gr_iio_losses import GrIioLosses
    from flowgraphs.pluto_entities import AHEAD, TIMEOUT_S, pluto_phy
    from flowgraphs.streams import CI16_UNIT
    from testbed.live.address import watched
    from testbed.radios.calibration import Policy
    from testbed.recorder import NodeRecorder
    from testbed.runner.run_calibration import consulted
    from testbed.runner.warm_up import warm_up_ap, warm_up_tag

    profile = load_profile(config.profile)
    settings = RadioSettings(
        config.centre_hz, config.rate_sps, config.bandwidth_hz, config.rx_gain_db, config.tx_attenuation_db
    )
    compile_loops(config.role, say_compiled)
    if config.role == "ap":  # a radio does not wait while the receiver's loops are loaded
        warm_up_ap(profile, config.rate_sps, profile.uplink.rate_low_bps)
    else:
        warm_up_tag(profile, config.rate_sps, profile.downlink.rate_low_bps)
    board = Board(radio_uri(config.uri), TIMEOUT_S)
    about = board.identity
    calibration = consulted(about, config.centre_hz, cast(Policy, config.calibration))
    settings = replace(settings, carrier_ppm=calibration.carrier_ppm)
    recorder = NodeRecorder(
        config.record_base,
        config.role,
        profile,
        config.rate_sps,
        config.record_datatype,
        config.description,
        center_hz=config.centre_hz,
        hardware=f"{about.model}, serial {about.serial}, gain {config.rx_gain_db:g} dB",
    )
    stream = RecordedStream(recorder.data_path, config.record_datatype, CI16_UNIT)
    sap = PhySap("ipc://*", profile.name)
    phy = pluto_phy(
        sap,
        config.role,
        profile,
        board,
        settings,
        config.block,
        scale=config.scale,
        losses=GrIioLosses(),
        witness=recorder,
        keep=stream.keep,
        chip_clock_ppm=config.chip_clock_ppm,
        carrier_offset_hz=config.carrier_offset_hz,
        delay_samples=calibration.delay_samples(config.rate_sps, config.bandwidth_hz),
    )
    seen = watched(phy, phy.receiver, config.role, config.rate_sps)
    top = _top_block(config, seen, radio_uri(config.uri).libiio)
    phy.stream.watch(lambda: int(top.sent.nitems_read(0)), AHEAD)
    leash.tie(phy)
    who = {"model": about.model, "serial": about.serial, "firmware": about.firmware}
    say("ready", sap=sap.endpoint, calibration=calibration.as_facts(), **who)
    top.start()
    _wait_for_the_end(phy)
    recorder.finish(stream.end, phy.received if phy.failure else phy.stop_sample, RECORDER_PATIENCE_S)
    if phy.failure:
        say("error", reason=phy.failure)
        leave(3)
    say("stopped", samples=phy.stop_sample)
    hold()


def _wait_for_the_end(phy: Any) -> None:
    """Return when the run has come to its end, or nothing is received any more: gr-iio's source ends without a word."""
    before = -1
    while not phy.stopped.wait(DELIVERY_PATIENCE_S):
        if phy.raw == before:
            phy.fail(f"no samples for {DELIVERY_PATIENCE_S:g} s: gr-iio gave up waiting for the radio, or it is gone")
        before = phy.raw


def _top_block(config: PlutoNodeConfig, phy: object, uri: str) -> Any:
    if config.role == "ap":
        from flowgraphs.generated.amp_pluto_ap import amp_pluto_ap as top_block
    else:
        from flowgraphs.generated.amp_pluto_tag import amp_pluto_tag as top_block
    return top_block(
        phy=phy,
        uri=uri,
        samp_rate=config.rate_sps,
        centre=config.centre_hz,
        gain=config.rx_gain_db,
        attenuation=config.tx_attenuation_db,
        block=config.block,
        send_block=SEND_BLOCK,
    )


if __name__ == "__main__":
    main()
