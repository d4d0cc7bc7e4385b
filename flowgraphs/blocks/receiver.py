"""GNU Radio sink: the receive stream of a node into a receiver of ``ampradio.phy``."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
from gnuradio import gr

from flowgraphs.streams import ROLES


class Sink(Protocol):
    """Whatever takes the samples of a receive stream: a lock-step PHY, or a replay."""

    def receive(self, items: npt.NDArray[np.generic]) -> None: ...


class Receiver(gr.sync_block):
    """Hand every complex sample to ``phy.receive``.

    A tag's receiver passes over them once, for the power of blocks, and looks closer only where its gate opens; an AP's
    works in the windows in which a reply may come. An |x|² in C++ before it would cost more than that pass. What a call
    of a Python block costs is shared by the samples that have gathered before it, so give the block before it an output
    buffer of 64 k samples: whatever is there is taken at once, so a large buffer delays nothing that keeps up.
    """

    def __init__(self, phy: Sink, role: str) -> None:
        """Serve ``phy``; ValueError for a role that does not exist."""
        if role not in ROLES:
            raise ValueError(f"role {role!r}: use one of {', '.join(ROLES)}")
        gr.sync_block.__init__(self, f"AMP receiver ({role})", [np.complex64], None)
        self._phy = phy

    def work(self, input_items: list, output_items: list) -> int:
        """Consume all samples."""
        self._phy.receive(input_items[0])
        return len(input_items[0])
