"""Which air a file describes: a small one of its own keys, or the channel of an experiment."""

from __future__ import annotations

import io
from dataclasses import fields
from pathlib import Path
from typing import Any

from ampradio.radio.emulator.air_file import AirFile, air_of
from ampradio.radio.emulator.network import boards
from testbed.emulated_air.echoes import Fading
from testbed.emulated_air.indoor import IndoorAir, Way
from testbed.emulated_air.network import AirPlan


def plan_of_file(path: Path | None, plutos: int) -> AirPlan:
    """Return the plan of an air file or an experiment for that many radios; without a file, the usual air.

    Raises:
        ExperimentError: the experiment cannot be read, or its channel has what this air has not.
        ValueError: it is not TOML; AirFileError, a ValueError: a key of an air file is wrong.
        OSError: it cannot be read.
    """
    if path is None:
        return plan_of_keys(AirFile(), plutos)
    from testbed.experiment.toml import parse_toml  # an experiment takes seconds to import

    table: dict[str, Any] = parse_toml(path.read_text(encoding="utf-8"))
    if not table.keys() <= {each.name for each in fields(AirFile)}:
        from testbed.emulated_air.experiment_channel import plan_of_experiment
        from testbed.experiment import load_experiment
        from testbed.experiment.shape import ExperimentFile

        if not table.keys().isdisjoint(set(ExperimentFile.__struct_fields__) - {"seed"}):
            nothing = io.StringIO("0\n")  # an air does not ask for what a tag has to say
            return plan_of_experiment(load_experiment(path, stdin=nothing), str(path), plutos)
    return plan_of_keys(air_of(table), plutos)


def plan_of_keys(file: AirFile, plutos: int) -> AirPlan:
    """Return the plan of an air file for that many radios."""

    def way(name: str, loss_db: float) -> Way:
        fading = None
        if file.multipath != "none":
            fading = Fading(file.multipath, file.seed, (name,), file.doppler_hz)
        return Way(loss_db, file.delay_ns * 1e-9, fading)

    pairs = [(sender, receiver) for sender in range(plutos) for receiver in range(plutos) if sender != receiver]
    ways = {(sender, receiver): way(f"air.{sender}.{receiver}", file.path_loss_db) for sender, receiver in pairs}
    air = IndoorAir(Way(file.path_loss_db), Way(file.leak_db), ways, frozenset(file.reflecting))
    return AirPlan(boards(plutos, file.noise_figure_db, file.carrier_ppm, file.clock_ppm), air, file.seed)
