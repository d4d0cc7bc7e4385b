"""GNU Radio hier block: a stream into a SigMF data file, by stock C++ blocks."""

from __future__ import annotations

from gnuradio import blocks, gr

from flowgraphs.streams import CI16_UNIT, DATATYPES


class IqRecorder(gr.hier_block2):
    """Write every sample to ``path`` unbuffered, so that a killed process leaves all but the last chunk.

    ``ci16_le`` maps an amplitude of 1 to 2048 (±16 full scale) and saturates. An empty path records nothing.
    """

    def __init__(self, path: str, datatype: str) -> None:
        gr.hier_block2.__init__(
            self,
            "AMP IQ recorder",
            gr.io_signature(1, 1, gr.sizeof_gr_complex),
            gr.io_signature(0, 0, 0),
        )
        if datatype not in DATATYPES:
            raise ValueError(f"datatype {datatype!r}: use one of {', '.join(DATATYPES)}")
        if not path:
            self.sink = blocks.null_sink(gr.sizeof_gr_complex)
            self.connect(self, self.sink)
        elif datatype == "cf32_le":
            self.sink = blocks.file_sink(gr.sizeof_gr_complex, path, False)
            self.sink.set_unbuffered(True)
            self.connect(self, self.sink)
        else:
            self.convert = blocks.complex_to_interleaved_short(False, CI16_UNIT)
            self.sink = blocks.file_sink(gr.sizeof_short, path, False)
            self.sink.set_unbuffered(True)
            self.connect(self, self.convert, self.sink)

    def end(self) -> None:
        """Write no more: the file closes before the next chunk."""
        if hasattr(self.sink, "close"):
            self.sink.close()
