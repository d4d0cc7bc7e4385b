"""The emulated PlutoSDRs of a run, in a process of their own: ``python -m testbed.emulator_child CONFIG.json``.

It says on standard output, as JSON, where they answer, and ends when standard input does.
"""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import msgspec

from ampradio.radio.emulator.front_end import Board
from testbed.emulated_air import AirPlan, IndoorAir, Way, emulated_network, keep_memory
from testbed.emulated_air.echoes import Fading
from testbed.emulated_air.imperfection import Imperfection
from testbed.emulated_air.loading import load_loops
from testbed.emulated_air.wandering import Wandering
from testbed.emulated_air.wifi import Wifi


class WayConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From one antenna to another; see ``Way`` and ``Fading``. No ``model``: no echoes."""

    loss_db: float
    delay_s: float = 0.0
    model: str = ""
    seed: int = 0
    names: tuple[str, ...] = ()
    doppler_hz: float = 0.0
    wandering: Wandering | None = None


class BoardConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One emulated board."""

    serial: str
    noise_figure_db: float
    carrier_ppm: float
    clock_ppm: float


class EmulatorConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Boards, AP first, and what lies between them; ``ways`` are [from, to, way], ``usual`` are all others."""

    boards: tuple[BoardConfig, ...]
    elastic: bool
    usual: WayConfig
    leak: WayConfig
    ways: tuple[tuple[int, int, WayConfig], ...] = ()
    seed: int = 0
    wifi: dict[int, Wifi] = {}
    imperfections: dict[int, Imperfection] = {}
    role: str = "emulator"


def config_of(plan: AirPlan, *, elastic: bool) -> EmulatorConfig:
    """Return ``plan`` as numbers."""
    boards = tuple(
        BoardConfig(each.serial, each.noise_figure_db, each.carrier_ppm, each.clock_ppm) for each in plan.boards
    )
    ways = tuple((sender, receiver, _numbers(way)) for (sender, receiver), way in plan.air.ways.items())
    return EmulatorConfig(
        boards,
        elastic,
        _numbers(plan.air.usual),
        _numbers(plan.air.leak),
        ways,
        plan.seed,
        dict(plan.air.wifi),
        dict(plan.imperfections),
    )


def plan_from(config: EmulatorConfig) -> AirPlan:
    """Return the plan of these numbers."""
    ways = {(sender, receiver): _way(way) for sender, receiver, way in config.ways}
    boards = [Board(each.serial, each.noise_figure_db, each.carrier_ppm, each.clock_ppm) for each in config.boards]
    return AirPlan(
        boards,
        IndoorAir(_way(config.usual), _way(config.leak), ways, wifi=config.wifi),
        config.seed,
        config.imperfections,
    )


def main(argv: list[str] | None = None) -> int:
    """Serve until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    config = msgspec.json.decode(Path((argv or sys.argv[1:])[0]).read_bytes(), type=EmulatorConfig)
    keep_memory()
    load_loops(plan_from(config))
    with emulated_network(plan_from(config), elastic=config.elastic) as network:
        sys.stdout.write(json.dumps({"state": "ready", "uris": network.uris}) + "\n")
        sys.stdout.flush()
        while sys.stdin.buffer.read(4096):
            pass
    return 0


def _numbers(way: Way) -> WayConfig:
    fading = way.fading or Fading("", 0, ())
    echoes = (fading.model, fading.seed, fading.names, fading.doppler_hz)
    return WayConfig(way.loss_db, way.delay_s, *echoes, way.wandering)


def _way(config: WayConfig) -> Way:
    fading = Fading(config.model, config.seed, config.names, config.doppler_hz) if config.model else None
    return Way(config.loss_db, config.delay_s, fading, config.wandering)


if __name__ == "__main__":
    sys.exit(main())
