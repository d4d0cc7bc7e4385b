"""The project's emulator of PlutoSDRs as a child process of a run, and the air between them."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from ampradio.radio.emulator.air_file import AirFile
from testbed.emulated_air.experiment_channel import plan_of_experiment
from testbed.emulated_air.plan import plan_of_keys
from testbed.emulator_child import config_of
from testbed.experiment import Experiment
from testbed.runner.processes import NodeProcess

START_PATIENCE_S = 180.0  # the first start compiles the loops of the air


class Emulated:
    """Emulated radios that answer at ``uris`` while this is open; AP first, or one for both.

    Raises:
        RunError: the process could not be started.
        ExperimentError: the emulated air has not what the channel has.
    """

    def __init__(self, experiment: Experiment, log_folder: Path) -> None:
        choice = experiment.choice
        # in a loopback nothing goes by the air
        plan = (
            plan_of_keys(AirFile(), 1) if choice.loopback else plan_of_experiment(experiment, "", choice.count)
        )
        self._config = config_of(plan, elastic=choice.elastic)
        self._log_folder = log_folder
        self._folder = Path(tempfile.mkdtemp(prefix="amp-emulator-"))
        self._process: NodeProcess | None = None
        self.uris: tuple[str, ...] = ()

    def __enter__(self) -> Emulated:
        try:
            self._process = NodeProcess(self._config, self._folder, self._log_folder, "testbed.emulator_child")
            self.uris = tuple(self._process.expect("ready", START_PATIENCE_S)["uris"])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()
            process.reap()
            if not process.wrote_log:
                process.log.unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def check(self) -> None:
        """Raise RunError when the emulator has ended."""
        if self._process is not None:
            self._process.check()
