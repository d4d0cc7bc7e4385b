"""GNU Radio hier block: a SigMF data file as a complex stream, by stock C++ blocks."""

from __future__ import annotations

from gnuradio import blocks, gr

from flowgraphs.streams import CI16_UNIT, DATATYPES


class IqSource(gr.hier_block2):
    """Stream ``path`` once; ``ci16_le`` maps ``scale`` to an amplitude of 1."""

    def __init__(self, path: str, datatype: str, scale: float = CI16_UNIT) -> None:
        gr.hier_block2.__init__(
            self,
            "AMP IQ source",
            gr.io_signature(0, 0, 0),
            gr.io_signature(1, 1, gr.sizeof_gr_complex),
        )
        if datatype not in DATATYPES:
            raise ValueError(f"datatype {datatype!r}: use one of {', '.join(DATATYPES)}")
        if datatype == "cf32_le":
            self.source = blocks.file_source(gr.sizeof_gr_complex, path, False)
            self.connect(self.source, self)
        else:
            self.source = blocks.file_source(gr.sizeof_short, path, False)
            self.convert = blocks.interleaved_short_to_complex(False, False, scale)
            self.connect(self.source, self.convert, self)
