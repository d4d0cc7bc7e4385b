"""GNU Radio blocks: stages of ``ampradio.channel.streaming`` in a stream."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from gnuradio import blocks, gr

from ampradio.channel.streaming import Stage, applied


class _Applied(gr.sync_block):
    """Put every sample through the stages, in whatever pieces they come: the stages do not mind."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        gr.sync_block.__init__(self, "AMP channel stages", [np.complex64], [np.complex64])
        self._stages = tuple(stages)
        self._done = 0

    def work(self, input_items: list, output_items: list) -> int:
        """Fill the output."""
        count = len(output_items[0])
        output_items[0][:] = applied(self._stages, input_items[0][:count], self._done)
        self._done += count
        return count


class AirStages(gr.hier_block2):
    """Stages of the channel; without any the stream as it is or, for a way that is not there, silence.

    Silence does not wait for the input: what is switched off ties nobody to anybody.

    Args:
        stages: of ``ampradio.channel.streaming``, in the order of the air.
        silent: whether no stages mean silence.
    """

    def __init__(self, stages: Sequence[Stage] = (), silent: bool = False) -> None:
        signature = gr.io_signature(1, 1, gr.sizeof_gr_complex)
        gr.hier_block2.__init__(self, "AMP air stages", signature, signature)
        if silent and not stages:
            self.nobody, self.silence = (
                blocks.null_sink(gr.sizeof_gr_complex),
                blocks.null_source(gr.sizeof_gr_complex),
            )
            self.connect(self, self.nobody)
            self.connect(self.silence, self)
            return
        self.stages = _Applied(stages) if stages else blocks.copy(gr.sizeof_gr_complex)
        self.connect(self, self.stages, self)
