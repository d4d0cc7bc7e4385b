"""An experiment over PlutoSDRs by the driver: both stations in this process, each on a radio or both on one.

A station's time is the receive counter of its radio. Nothing is ever sent later than asked: a burst that comes too
late is counted and left out, and the exchange begins again as after any loss.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from ampradio.mac.events import Event
from ampradio.radio.errors import RadioError, RadioGoneError
from ampradio.radio.interface import RadioSettings
from ampradio.radio.opening import open_radio, start_together
from ampradio.radio.pluto import PlutoRadio
from flowgraphs.streams import ROLES
from testbed.experiment import Experiment, ExperimentError
from testbed.recorder import NodeRecorder
from testbed.runner.conductor import Conductor
from testbed.runner.emulated import Emulated
from testbed.runner.errors import RunError
from testbed.runner.finished import Finished
from testbed.runner.one_time import SharedTime, TagInApTime, TellingAp
from testbed.runner.pluto_plan import pluto_plan
from testbed.runner.radio_facts import radio_facts
from testbed.runner.radio_station import RadioStation
from testbed.runner.run_calibration import consulted_for
from testbed.runner.stations import Stations
from testbed.runner.tell import Tell
from testbed.runner.warm_up import warm_up

ELASTIC_BLOCK, ELASTIC_BUFFERS, ELASTIC_LEAD = 4096, 4, 2
WALL_BLOCK, BUFFERS, LEAD = 1 << 16, 16, 3  # a computer does something else for 50 ms now and then
_LOG = logging.getLogger(__name__)
HOST_ALLOWANCE_S = 20e-3  # what a computer may take to decide, where time does not wait for it


class RadioRun:
    """Own the radios of one run, and the emulator if it starts one; use as a context manager.

    Args:
        experiment: what to run.
        stations: both stations.
        record_folder: where recordings go, None to keep none.

    Raises:
        RunError: a radio could not be opened, or was lost.
        ExperimentError: the radios cannot do what the experiment wants.
    """

    def __init__(self, experiment: Experiment, stations: Stations, record_folder: Path) -> None:
        self._experiment = experiment
        self._choice = experiment.choice
        self._plan = pluto_plan(experiment)
        self._folder = record_folder
        self._resources = contextlib.ExitStack()
        self._radios: list[PlutoRadio] = []
        time = SharedTime()
        self._ap, self._tag = TellingAp(stations.ap, time), TagInApTime(stations.tag, time)
        self._nodes: dict[str, RadioStation] = {}
        self._reconnected = 0
        self._calibrations: list[dict[str, object]] = []
        self.facts: dict[str, object] = {}

    def __enter__(self) -> RadioRun:
        try:
            with _as_run_error():
                self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for node in self._nodes.values():
            node.close()
        self._resources.close()

    def run(self, tell: Tell) -> Finished:
        """Run until the AP is done or the air time is used up; every settled event is told in order of air time."""
        began = time.monotonic()
        conductor = Conductor(
            {role: node.host for role, node in self._nodes.items()}, self._experiment.max_air_time_ns, tell
        )
        with _as_run_error():
            for role, node in self._nodes.items():
                self._tell(role, conductor, node.begin())
            while not all(node.host.stopped for node in self._nodes.values()):
                self._turn(conductor)
        stop_ns = conductor.rest()
        for node in self._nodes.values():
            if node.phy.failure:
                raise RunError(node.phy.failure, "report this with the run folder")
        counters = {role: self._counters(role) for role in self._nodes}
        return Finished(bool(conductor.ok), conductor.ok is not None, stop_ns, time.monotonic() - began, counters)

    def _turn(self, conductor: Conductor) -> None:
        """Let every radio give a block to its stations."""
        for index, radio in enumerate(self._radios):
            try:
                block = radio.receive()
            except RadioGoneError as gone:
                self._resume(gone)
                return
            for role in self._roles_of(index):
                self._tell(role, conductor, self._nodes[role].take(block))

    def _resume(self, gone: RadioGoneError) -> None:
        """Wait for radios that went away, and begin again with all of them, if the experiment says so."""
        patience_s = self._experiment.plutos.reconnect_s
        if not patience_s or self._choice.starts_emulator:
            raise gone
        _LOG.warning("%s; waiting %g s for it", gone.reason, patience_s)
        for radio in self._radios:
            radio.stop()
        for radio in self._radios:
            radio.reconnect(patience_s)
        self._reconnected += 1
        self._stream()
        for node in self._nodes.values():
            node.resumed()

    def _tell(self, role: str, conductor: Conductor, events: Sequence[Event]) -> None:
        conductor.note(role, events)
        reached_ns = self._tag.reached_ns if role == "tag" else self._nodes[role].host.now_ns
        conductor.write(role, events, reached_ns)

    def _start(self) -> None:
        uris = self._choice.uris
        if self._choice.starts_emulator:
            uris = self._resources.enter_context(Emulated(self._experiment, self._folder)).uris
        elastic = self._choice.elastic
        block = self._experiment.plutos.block_samples or (ELASTIC_BLOCK if elastic else WALL_BLOCK)
        for index, uri in enumerate(uris):
            settings = self._plan.settings[self._roles_of(index)[0]]
            self._radios.append(self._opened(f"{self._choice.scheme}:{uri}", settings, block))
        self.facts = radio_facts(self._experiment, self._plan, self._radios) | {"calibrations": self._calibrations}
        for index, radio in enumerate(self._radios):
            for role in self._roles_of(index):
                self._nodes[role] = self._node(role, radio)
        if not elastic:
            warm_up(self._experiment)  # a radio does not wait while the receivers' loops are loaded
        self._stream()
        self._check_turnaround(elastic)

    def _opened(self, uri: str, settings: RadioSettings, block: int) -> PlutoRadio:
        """Return a radio that is set, with what its calibration says of its delay and its oscillator."""
        radio = self._open(uri, block, 0)
        consulted = consulted_for(self._experiment, radio.identity)
        self._calibrations.append(consulted.as_facts())
        delay = consulted.delay_samples(settings.rate_sps, settings.bandwidth_hz)
        if delay:
            radio.close()
            radio = self._open(uri, block, delay)
        radio.configure(dataclasses.replace(settings, carrier_ppm=consulted.carrier_ppm))
        return radio

    def _open(self, uri: str, block: int, delay_samples: int) -> PlutoRadio:
        elastic = self._choice.elastic
        radio = open_radio(
            uri,
            block=block,
            receive_buffers=ELASTIC_BUFFERS if elastic else BUFFERS,
            lead_blocks=ELASTIC_LEAD if elastic else LEAD,
            paced_by_reader=elastic,
            delay_samples=delay_samples,
        )
        self._resources.callback(radio.close)
        return radio

    def _stream(self) -> None:
        """Begin to receive and to send."""
        if self._choice.elastic:
            start_together(self._radios)
            return
        for radio in self._radios:
            radio.start()

    def _node(self, role: str, radio: PlutoRadio) -> RadioStation:
        experiment = self._experiment
        recorder = NodeRecorder(
            str(self._folder / role) if experiment.record.iq else "",
            role,
            experiment.profile,
            radio.settings.rate_sps,
            experiment.record.format,
            f"{experiment.name}, seed {experiment.seed}: over {experiment.radio}",
            center_hz=radio.settings.centre_hz,
            hardware=f"{radio.identity.model}, serial {radio.identity.serial}, gain {radio.settings.rx_gain_db:g} dB",
            device="mono-static" if experiment.ap.mono_static and role == "tag" else "",
            time_scale=experiment.time_scale if experiment.ap.mono_static else 1,
        )
        station = self._ap if role == "ap" else self._tag
        return RadioStation(role, station, radio, self._plan.scale[role], experiment, recorder)

    def _check_turnaround(self, elastic: bool) -> None:
        """Raise ExperimentError when the interframe space is shorter than a radio needs to answer."""
        rate_sps = self._experiment.plutos.rate_sps
        allowance_s = 0.0 if elastic else HOST_ALLOWANCE_S
        needed_s = max(radio.block + radio.lead for radio in self._radios) / rate_sps + allowance_s
        sifs_s = self._experiment.profile.timing.amp_sifs_ns * 1e-9
        if sifs_s < needed_s:
            enough = math.ceil(needed_s / sifs_s * self._experiment.time_scale)
            reason = f"an AMP SIFS of {sifs_s * 1e3:g} ms is shorter than the {needed_s * 1e3:.1f} ms a radio takes"
            raise ExperimentError("", "time_scale", reason, f"write time_scale = {enough} or more, or leave it out")

    def _roles_of(self, index: int) -> tuple[str, ...]:
        """Return whose radio the ``index``th is."""
        return ROLES if self._choice.loopback else (ROLES[index],)

    def _counters(self, role: str) -> dict[str, int]:
        stopped = self._nodes[role].host.stopped
        assert stopped is not None
        return dict(stopped.counters)

    @property
    def outcome(self) -> dict[str, object]:
        """What was lost on the way, radio by radio, and how often one had to be waited for."""
        losses = [dataclasses.asdict(radio.losses()) for radio in self._radios]
        sent = {} if self._nodes["tag"].reradiated is None else {"reradiated": self._nodes["tag"].reradiated}
        return {"losses": losses, "reconnected": self._reconnected, **sent}


@contextlib.contextmanager
def _as_run_error() -> Iterator[None]:
    try:
        yield
    except RadioError as error:
        raise RunError(error.reason, error.fix) from error
