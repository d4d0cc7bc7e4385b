"""GNU Radio source: the transmit stream of a node, up to its horizon."""

from __future__ import annotations

import numpy as np
from gnuradio import gr

from flowgraphs.lockstep import LockStepPhy


class BurstScheduler(gr.sync_block):
    """Emit zeros and the scheduled PPDUs; wait (never return nothing) at the horizon."""

    def __init__(self, phy: LockStepPhy) -> None:
        gr.sync_block.__init__(self, "AMP burst scheduler", None, [np.complex64])
        self._phy = phy

    def work(self, input_items: list, output_items: list) -> int:
        """Fill the output with the next samples; ends the stream when the PHY is closed."""
        samples = self._phy.transmit(output_items[0].size)
        if samples is None:
            return -1
        output_items[0][: samples.size] = samples
        return int(samples.size)
