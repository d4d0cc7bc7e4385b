"""An experiment over PlutoSDRs by GNU Radio: a flowgraph with gr-iio's blocks for each station, behind its PHY-SAP."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ampradio.mac.station import Station
from ampradio.sap.mac_side import MacSap, PhyGoneError
from flowgraphs.streams import ROLES
from testbed.experiment import Experiment
from testbed.pluto_node import PlutoNodeConfig
from testbed.runner.emulated import Emulated
from testbed.runner.errors import RunError
from testbed.runner.finished import Finished
from testbed.runner.mac_host import MacHost
from testbed.runner.one_time import SharedTime, TagInApTime, TellingAp
from testbed.runner.pluto_plan import pluto_plan
from testbed.runner.processes import NodeProcess
from testbed.runner.radio_facts import gr_facts
from testbed.runner.run_calibration import policy_of
from testbed.runner.stations import Stations
from testbed.runner.tell import Tell
from testbed.runner.zmq_run import START_PATIENCE_S, ZmqRun

ELASTIC_BLOCK, WALL_BLOCK = 4096, 1 << 14
MODULE = "testbed.pluto_node"
ALIGN_PATIENCE_S = 60.0
SILENCE_S = 60.0  # timeouts are long where spaces are
LOSSES = {
    "overflows": "radio_overflows",
    "underflows": "radio_underflows",
    "displaced_bursts": "displaced_bursts",
}


class GrRun(ZmqRun):
    """Own the processes of one run: both flowgraphs, and the emulator if it starts one; use as a context manager.

    Args:
        experiment: what to run.
        stations: both stations.
        record_folder: where recordings go.

    Raises:
        RunError: a process could not be started, failed or fell silent.
    """

    def __init__(self, experiment: Experiment, stations: Stations, record_folder: Path) -> None:
        time = self._time = SharedTime()
        self._tag = TagInApTime(stations.tag, time)
        each: dict[str, Station] = {"ap": TellingAp(stations.ap, time), "tag": self._tag}
        super().__init__(experiment, each, record_folder)
        self._plan = pluto_plan(experiment)
        self._resources = contextlib.ExitStack()
        self._emulator: Emulated | None = None
        self.silence_patience_s = SILENCE_S
        self.facts: dict[str, object] = {}
        self.outcome: dict[str, object] = {}

    def __exit__(self, failure: type[BaseException] | None = None, *rest: object) -> None:
        super().__exit__(failure, *rest)
        self._resources.close()

    def run(self, tell: Tell) -> Finished:
        """See ``ZmqRun``; what the radios lost is in ``outcome`` then."""
        finished = super().run(tell)
        self.outcome = {
            "losses": [
                {name: finished.counters[role].get(counter, 0) for name, counter in LOSSES.items()} for role in ROLES
            ]
        }
        return finished

    def _reached_ns(self, name: str) -> int:
        return self._tag.reached_ns if name == "tag" else super()._reached_ns(name)

    def _check(self) -> None:
        if self._emulator is not None:
            self._emulator.check()
        super()._check()

    def _start(self) -> None:
        choice = self._experiment.choice
        uris = choice.uris
        if choice.starts_emulator:
            self._emulator = self._resources.enter_context(Emulated(self._experiment, self._record_folder))
            uris = self._emulator.uris
        for role, uri in zip(ROLES, uris, strict=True):
            self._processes.append(
                NodeProcess(self._config(role, f"{choice.scheme}:{uri}"), self._folder, self._record_folder, MODULE)
            )
        said: dict[str, dict[str, Any]] = {}
        for process in self._processes:
            said[process.role] = process.expect("ready", START_PATIENCE_S)
            self._saps[process.role] = MacSap(said[process.role]["sap"])
            station, sap = self._stations[process.role], self._saps[process.role]
            self._hosts[process.role] = MacHost(process.role, station, sap, self._offset_of(process.role))
        calibrations = [said[role]["calibration"] for role in ROLES]
        self.facts = gr_facts(self._experiment, self._plan, uris, said) | {"calibrations": calibrations}
        for process in self._processes:
            try:
                self._saps[process.role].attach(self._experiment.profile.name, ALIGN_PATIENCE_S)
            except PhyGoneError as error:
                self._check()
                raise RunError(str(error), "run `amp doctor`") from error

    def _offset_of(self, role: str) -> Callable[[], int]:
        """Return what tells how much later than its radio says a station's time is."""
        return (lambda: self._time.offset_ns) if role == "tag" else lambda: 0

    def _config(self, role: str, uri: str) -> PlutoNodeConfig:
        experiment, settings, tag = self._experiment, self._plan.settings[role], self._experiment.tags[0]
        usual = ELASTIC_BLOCK if experiment.choice.elastic else WALL_BLOCK
        return PlutoNodeConfig(
            role,
            experiment.profile_source,
            uri,
            settings.rate_sps,
            settings.centre_hz,
            settings.bandwidth_hz,
            settings.rx_gain_db,
            settings.tx_attenuation_db,
            self._plan.scale[role],
            experiment.plutos.block_samples or usual,
            str(self._record_folder / role) if experiment.record.iq else "",
            experiment.record.format,
            f"{experiment.name}, seed {experiment.seed}: over {experiment.radio}",
            tag.chip_clock_ppm if role == "tag" else 0.0,
            tag.carrier_offset_hz if role == "tag" else 0.0,
            policy_of(experiment),
        )
