"""An experiment over ``zmq:``: the air, two PHY processes, and both stations here behind their PHY-SAPs."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import zmq

from ampradio.mac.station import Station
from ampradio.sap.mac_side import MacSap, PhyGoneError
from flowgraphs.streams import ROLES
from testbed.experiment import Experiment, ExperimentError
from testbed.node_config import NodeConfig, Streams
from testbed.runner.air import downlink_path, incident_path, own_delay_samples, uplink_path
from testbed.runner.bistatic_air import bistatic_paths, energizer_config
from testbed.runner.conductor import Conductor
from testbed.runner.errors import RunError
from testbed.runner.finished import Finished
from testbed.runner.mac_host import MacHost
from testbed.runner.processes import GRACE_S, NodeProcess
from testbed.runner.tell import Tell

START_PATIENCE_S = 180.0  # between two words of a process that starts; one says when it has compiled loops
ATTACH_PATIENCE_S = 30.0  # a PHY that has said that it is ready answers at once
SILENCE_PATIENCE_S = 30.0  # of processes that live: one that ends is noticed at once
POLL_MS = 250


class ZmqRun:
    """Own the processes of one run; use as a context manager.

    Args:
        experiment: what to run.
        stations: ``ap`` and ``tag``.
        record_folder: where recordings go, and the processes' logs when the run fails; None to keep none.

    Raises:
        RunError: a process could not be started, failed or fell silent.
        ExperimentError: the radio URI is not of this kind.
    """

    def __init__(self, experiment: Experiment, stations: Mapping[str, Station], record_folder: Path | None) -> None:
        self._experiment = experiment
        self._folder = Path(tempfile.mkdtemp(prefix="amp-run-"))
        self._processes: list[NodeProcess] = []
        self._hosts: dict[str, MacHost] = {}
        self._saps: dict[str, MacSap] = {}
        self.silence_patience_s = SILENCE_PATIENCE_S
        self._record_folder = record_folder
        self._stations = stations

    def __enter__(self) -> ZmqRun:
        try:
            self._start()
        except BaseException as error:
            self.__exit__(type(error))
            raise
        return self

    def __exit__(self, failure: type[BaseException] | None = None, *_: object) -> None:
        failed = failure is not None and issubclass(failure, Exception)
        for sap in self._saps.values():
            sap.close()
        for process in self._processes:
            process.end()
        until_s = time.monotonic() + GRACE_S
        for process in self._processes:
            process.reap(until_s)
            if not (failed and process.wrote_log):
                process.log.unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, tell: Tell) -> Finished:
        """Run until the AP is done or the air time is used up; every settled event is told in order of air time."""
        began = time.monotonic()
        poller = zmq.Poller()
        for sap in self._saps.values():
            poller.register(sap.socket, zmq.POLLIN)
        heard = time.monotonic()
        conductor = Conductor(self._hosts, self._experiment.max_air_time_ns, tell)
        while not all(host.stopped for host in self._hosts.values()):
            if poller.poll(POLL_MS):
                heard = time.monotonic()
                for name in ROLES:
                    self._serve(name, conductor)
                continue
            self._check()
            if time.monotonic() - heard > self.silence_patience_s:
                silent = f"no PHY has said anything for {self.silence_patience_s:g} s"
                raise RunError(silent, "run it again with -v, and `amp doctor`")
        stop_ns = conductor.rest()
        for process in self._processes:
            if process.role in ROLES:
                process.expect("stopped", START_PATIENCE_S)
        counters = {name: dict(host.stopped.counters) for name, host in self._hosts.items() if host.stopped}
        return Finished(bool(conductor.ok), conductor.ok is not None, stop_ns, time.monotonic() - began, counters)

    def _serve(self, name: str, conductor: Conductor) -> None:
        host = self._hosts[name]
        while (received := self._saps[name].receive(0)) is not None:
            events = host.take(*received)
            conductor.note(name, events)
            # The PHY goes on while this process writes down what happened.
            host.grant()
            conductor.write(name, events, self._reached_ns(name))

    def _reached_ns(self, name: str) -> int:
        """Return how far a station has got in the time of the run."""
        return self._hosts[name].now_ns

    def _check(self) -> None:
        """Raise RunError when a process has failed."""
        for process in self._processes:
            process.check()

    def _start(self) -> None:
        experiment = self._experiment
        streams, saps = self._addresses()
        bistatic = experiment.ap.bistatic
        profile = experiment.profile
        rate_sps = profile.uplink.wide_sample_rate_sps if bistatic else profile.preamble.sample_rate_sps
        common: dict[str, Any] = {
            "profile": experiment.profile_source,
            "sample_rate_sps": rate_sps,
            "streams": streams,
            "record_datatype": experiment.record.format,
            "description": f"{experiment.name}, seed {experiment.seed}: simulated air",
        }
        downlink, uplink = downlink_path(experiment, rate_sps), uplink_path(experiment, rate_sps)
        incident = incident_path(experiment, rate_sps)
        common |= {"mono_static": incident is not None, "own_delay_samples": own_delay_samples(experiment)}
        if bistatic:
            common["bistatic"] = bistatic_paths(experiment, rate_sps)
        self._spawn(NodeConfig(role="air", downlink=downlink, uplink=uplink, incident=incident, **common))
        for role in ROLES:
            base = str(self._record_folder / role) if self._record_folder and experiment.record.iq else ""
            clock = experiment.tags[0].chip_clock_ppm if role == "tag" else 0.0
            energizer = energizer_config(experiment) if bistatic and role == "ap" else None
            self._spawn(
                NodeConfig(
                    role=role, sap=saps[role], record_base=base, chip_clock_ppm=clock, energizer=energizer, **common
                )
            )
        ready = [(process, process.expect("ready", START_PATIENCE_S)) for process in self._processes]
        for process, said in ready:  # not before all are: an attached PHY waits for its MAC, which would wait here
            if process.role not in ROLES:
                continue
            sap = self._saps[process.role] = MacSap(said["sap"])
            self._hosts[process.role] = MacHost(process.role, self._stations[process.role], sap)
            try:
                sap.attach(experiment.profile.name, ATTACH_PATIENCE_S)
            except PhyGoneError as error:
                process.check()
                raise RunError(str(error), "run `amp doctor`") from error

    def _spawn(self, config: NodeConfig) -> None:
        self._processes.append(NodeProcess(config, self._folder, self._record_folder or self._folder))

    def _addresses(self) -> tuple[Streams, dict[str, str]]:
        """Return the addresses of the streams and of the SAPs: private sockets, or six ports from the one given."""
        address = self._experiment.radio.removeprefix("zmq:")
        if not address:
            base = f"ipc://{self._folder}/"
            names = [base + name for name in ("ap-tx", "ap-rx", "tag-tx", "tag-rx", "ap-sap", "tag-sap")]
        else:
            host, _, port = address.rpartition(":")
            if not (host.startswith("tcp://") and port.isdigit() and 0 < int(port) <= 65530):
                reason = f"{self._experiment.radio!r} is no ZMQ radio"
                raise ExperimentError("", "radio", reason, "write zmq: or zmq:tcp://127.0.0.1:5550")
            names = [f"{host}:{int(port) + offset}" for offset in range(6)]
        energizer = f"ipc://{self._folder}/energizer-tx"  # between two processes of this run, whatever the others are
        return Streams(*names[:4], energizer), {"ap": names[4], "tag": names[5]}
