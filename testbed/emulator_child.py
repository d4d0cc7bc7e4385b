"""The emulated PlutoSDRs of a run, in a process of their own: ``python -m testbed.emulator_child CONFIG.json``.

It says on standard output, as JSON, where they answer, and ends when standard input does.
"""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import msgspec


class EmulatorConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Radios by place, AP first; ``losses_db`` are [from, to, dB]."""

    plutos: int
    elastic: bool
    noise_figure_db: float
    carrier_ppm: tuple[float, ...] = ()
    losses_db: tuple[tuple[int, int, float], ...] = ()
    seed: int = 0
    port: int = 0
    role: str = "emulator"


def main(argv: list[str] | None = None) -> int:
    """Serve until standard input ends."""
    from ampradio.radio.emulator.air import FlatAir
    from ampradio.radio.emulator.network import EmulatedNetwork, boards

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    config = msgspec.json.decode(Path((argv or sys.argv[1:])[0]).read_bytes(), type=EmulatorConfig)
    air = FlatAir(pairs_db={(sender, receiver): loss_db for sender, receiver, loss_db in config.losses_db})
    each = boards(config.plutos, config.noise_figure_db, config.carrier_ppm)
    with EmulatedNetwork(each, air, elastic=config.elastic, port=config.port, seed=config.seed) as network:
        sys.stdout.write(json.dumps({"state": "ready", "uris": network.uris}) + "\n")
        sys.stdout.flush()
        while sys.stdin.buffer.read(4096):
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
