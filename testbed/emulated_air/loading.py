"""The loops of an air are compiled, or loaded, when they are first used: before a radio answers, not while it is asked.

Compiling takes half a minute of a core once; a client of a radio waits for seconds.
"""

from __future__ import annotations

import numpy as np

from testbed.emulated_air.network import AirPlan, emulated_network

_BLOCK, _BYTES = 4096, 4


def load_loops(plan: AirPlan) -> None:
    """Let radios of their own, under the same air, all send and each receive a block."""
    codes = np.full((_BLOCK, 2), 1000, np.int16)
    with emulated_network(plan, elastic=True) as network:
        playbacks = [pluto.open_playback(_BLOCK, _BYTES, True) for pluto in network.plutos]
        for pluto, playback in zip(network.plutos, playbacks, strict=True):
            pluto.send(playback, codes, None, lambda: False)
        for pluto in network.plutos:
            capture = pluto.open_capture(_BLOCK, _BYTES)
            for _ in range(2):
                pluto.receive(capture, None, lambda: False)
            pluto.close_capture(capture)
        for pluto, playback in zip(network.plutos, playbacks, strict=True):
            pluto.close_playback(playback)
