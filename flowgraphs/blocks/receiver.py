"""GNU Radio sink and hier block: the receive stream of a node into a receiver of ``ampradio.phy``."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
from gnuradio import blocks, gr

from flowgraphs.streams import ROLES, TAG_DECIMATION

BUFFER_ITEMS = 1 << 16
"""What a call of a Python block costs is shared by the items that have gathered before it."""


class Sink(Protocol):
    """Whatever takes the items of a receive stream: a lock-step PHY, or a replay."""

    def receive(self, items: npt.NDArray[np.generic]) -> None: ...


class ReceiverSink(gr.sync_block):
    """Hand every item to ``phy.receive``; items are complex64 or float32."""

    def __init__(self, phy: Sink, item: type[np.generic]) -> None:
        gr.sync_block.__init__(self, "AMP receiver sink", [item], None)
        self._phy = phy

    def work(self, input_items: list, output_items: list) -> int:
        """Consume all items."""
        self._phy.receive(input_items[0])
        return len(input_items[0])


class Receiver(gr.hier_block2):
    """Receive chain of one role.

    ``tag``: |x|² and integration over ``TAG_DECIMATION`` samples in C++, the envelope receiver in Python.
    ``ap``: the complex stream goes to the receiver, which works only in the windows in which a reply may come.
    """

    def __init__(self, phy: Sink, role: str) -> None:
        gr.hier_block2.__init__(
            self,
            "AMP receiver",
            gr.io_signature(1, 1, gr.sizeof_gr_complex),
            gr.io_signature(0, 0, 0),
        )
        if role not in ROLES:
            raise ValueError(f"role {role!r}: use one of {', '.join(ROLES)}")
        if role == "ap":
            self.sink = ReceiverSink(phy, np.complex64)
            self.connect(self, self.sink)
            return
        self.power = blocks.complex_to_mag_squared(1)
        self.integrate = blocks.integrate_ff(TAG_DECIMATION, 1)
        self.sink = ReceiverSink(phy, np.float32)
        self.power.set_output_multiple(16)
        for block in (self.power, self.integrate):
            block.set_min_output_buffer(0, BUFFER_ITEMS)  # without the port GNU Radio says so on standard output
        self.connect(self, self.power, self.integrate, self.sink)
