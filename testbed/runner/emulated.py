"""The project's emulator of PlutoSDRs as a child process of a run, and the air between them."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from testbed.emulator_child import EmulatorConfig
from testbed.experiment import Experiment
from testbed.runner.pluto_plan import EmulatedAir, PlutoPlan
from testbed.runner.processes import NodeProcess
from testbed.seeds import seed_for

START_PATIENCE_S = 60.0


class Emulated:
    """Emulated radios that answer at ``uris`` while this is open; AP first, or one for both.

    Raises:
        RunError: the process could not be started.
    """

    def __init__(self, experiment: Experiment, plan: PlutoPlan, log_folder: Path) -> None:
        choice, air = experiment.choice, plan.air or EmulatedAir()
        seed = int(seed_for(experiment.seed, "air.emulated").generate_state(1)[0])
        self._config = EmulatorConfig(
            plutos=choice.count,
            elastic=not choice.wall,
            noise_figure_db=air.noise_figure_db,
            carrier_ppm=(0.0, air.tag_carrier_ppm)[: choice.count],
            losses_db=((0, 1, air.downlink_loss_db), (1, 0, air.uplink_loss_db)),
            seed=seed,
        )
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
