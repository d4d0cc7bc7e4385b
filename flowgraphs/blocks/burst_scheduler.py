"""GNU Radio source: the transmit stream of a node, up to its horizon."""

from __future__ import annotations

import threading

import numpy as np
from gnuradio import gr

from flowgraphs.lockstep import LockStepPhy

PATIENCE_S = 3600.0


class BurstScheduler(gr.sync_block):
    """Emit zeros and the scheduled PPDUs; wait at the horizon.

    A source that returns nothing is parked for up to 250 ms, so that happens only when all stand still anyway.
    """

    def __init__(self, phy: LockStepPhy) -> None:
        gr.sync_block.__init__(self, "AMP burst scheduler", None, [np.complex64])
        self._phy = phy

    def start(self) -> bool:
        """Let the PHY wait for its MAC, unless it has one; not here, where a flowgraph could not be stopped."""
        threading.Thread(target=self._phy.attend, args=(PATIENCE_S,), daemon=True).start()
        return True

    def stop(self) -> bool:
        """Let whoever waits for the PHY go."""
        self._phy.close()
        return True

    def work(self, input_items: list, output_items: list) -> int:
        """Fill the output with the next samples; ends the stream when the PHY is closed."""
        samples = self._phy.transmit(output_items[0].size)
        if samples is None:
            return -1
        output_items[0][: samples.size] = samples
        return int(samples.size)
