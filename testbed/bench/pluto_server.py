"""Emulated PlutoSDRs in a process of their own for ``make bench-pluto``: `python -m testbed.bench.pluto_server SPEC`.

It says where they answer, and for every line on standard input what it has spent and what was lost so far.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

from ampradio.radio.emulator.air_file import AirFile
from testbed.bench.unmeasured import Unmeasured
from testbed.emulated_air import emulated_network, keep_memory
from testbed.emulated_air.plan import plan_of_keys

AIR = AirFile(path_loss_db=60, leak_db=50, carrier_ppm=(0.0, 2.0, -3.0, 1.0))


class BenchServer:
    """``plutos`` emulated radios at ``uris``, kept to ``core`` if one is given; a context manager."""

    def __init__(self, plutos: int, *, elastic: bool, core: int | None = None) -> None:
        spec = json.dumps({"plutos": plutos, "elastic": elastic, "core": core})
        command = [sys.executable, "-m", "testbed.bench.pluto_server", spec]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.uris: list[str] = self._answer()

    def spent(self) -> dict[str, Any]:
        """Return ``cpu_s`` of the server so far, and by radio the ``overflows`` and ``underflows`` told of."""
        assert self._process.stdin is not None
        self._process.stdin.write("spent\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = self._answer()
        return answer

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Unmeasured(f"the emulated radios' process ended with {self._process.wait()}")
        return json.loads(line)

    def __enter__(self) -> BenchServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def main(spec: str) -> None:
    """Serve until standard input ends."""
    wanted = json.loads(spec)
    if wanted["core"] is not None:
        os.sched_setaffinity(0, {wanted["core"]})
    keep_memory()
    with emulated_network(plan_of_keys(AIR, wanted["plutos"]), elastic=wanted["elastic"]) as network:
        print(json.dumps(network.uris), flush=True)
        for _ in sys.stdin:
            losses = {
                "cpu_s": time.process_time(),
                "overflows": [pluto.receive_core.registers.losses for pluto in network.plutos],
                "underflows": [pluto.transmit_core.registers.losses for pluto in network.plutos],
            }
            print(json.dumps(losses), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
