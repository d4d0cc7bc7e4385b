"""GNU Radio hier block: what comes from a tag, its own carrier or a part of what falls on it."""

from __future__ import annotations

from collections.abc import Sequence

from gnuradio import blocks, gr

from ampradio.channel.streaming import Stage
from flowgraphs.blocks.air_path import MULTIPLE, AirPath


class Reflection(gr.hier_block2):
    """The stream of the tag (input 0) as it is, or as a reflection coefficient of what the AP sends (input 1).

    Args:
        reflects: whether the tag only reflects; otherwise input 1 ends here.
        sample_rate_sps: of both streams.
        delay_samples: from the AP to the tag.
        taps: impulse response of the multipath from the AP to the tag.
        clock_ppm: by how much the AP's sample clock is fast against the tag's: the coefficient is brought to the AP's.
        way: what else happens on the way to the tag: stages of ``ampradio.channel.streaming``.
    """

    def __init__(
        self,
        reflects: bool,
        sample_rate_sps: float,
        delay_samples: int = 0,
        taps: Sequence[complex] = (),
        clock_ppm: float = 0.0,
        way: Sequence[Stage] = (),
    ) -> None:
        complex_size = gr.sizeof_gr_complex
        gr.hier_block2.__init__(
            self, "AMP reflection", gr.io_signature(2, 2, complex_size), gr.io_signature(1, 1, complex_size)
        )
        if not reflects:
            self.carrier, self.nobody = blocks.copy(complex_size), blocks.null_sink(complex_size)
            self.connect((self, 0), self.carrier, self)
            self.connect((self, 1), self.nobody)
            return
        self.coefficient = AirPath(sample_rate_sps, clock_ppm=clock_ppm)
        self.incident = AirPath(sample_rate_sps, 0.0, delay_samples, taps, way=way)
        self.product = blocks.multiply_cc()
        self.product.set_output_multiple(MULTIPLE)
        self.connect((self, 0), self.coefficient, (self.product, 0))
        self.connect((self, 1), self.incident, (self.product, 1))
        self.connect(self.product, self)
