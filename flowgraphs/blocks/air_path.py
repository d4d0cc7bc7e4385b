"""GNU Radio hier block: one direction of the simulated air, by stock C++ blocks and stages of the channel."""

from __future__ import annotations

from collections.abc import Sequence

from gnuradio import analog, blocks, filter, gr

from ampradio.channel.streaming import Stage
from flowgraphs.blocks.air_stages import AirStages

# Whole SIMD vectors only: the remainder loops of some kernels round differently, and where a
# chunk ends depends on the scheduler. A seeded run must not.
MULTIPLE = 16

# mmse_resampler_cc's first output is its fourth input sample.
RESAMPLER_LEAD = 3


class AirPath(gr.hier_block2):
    """Gain, delay, multipath, further stages, carrier and sample-clock offset; what is neutral is left out.

    Args:
        sample_rate_sps: of the stream.
        gain_db: amplitude gain in dB.
        delay_samples: whole samples of delay.
        taps: complex impulse response of the multipath at the sample rate; empty for none.
        cfo_hz: carrier of the sender minus carrier of the receiver.
        clock_ppm: by how much the receiver's sample clock is fast against the sender's.
        way: what else happens on the way, before the carrier offset: stages of ``ampradio.channel.streaming``.
    """

    def __init__(
        self,
        sample_rate_sps: float,
        gain_db: float = 0.0,
        delay_samples: int = 0,
        taps: Sequence[complex] = (),
        cfo_hz: float = 0.0,
        clock_ppm: float = 0.0,
        way: Sequence[Stage] = (),
    ) -> None:
        signature = gr.io_signature(1, 1, gr.sizeof_gr_complex)
        gr.hier_block2.__init__(self, "AMP air path", signature, signature)
        self.stages = []
        if gain_db:
            self.stages.append(blocks.multiply_const_cc(10 ** (gain_db / 20)))
        if delay_samples:
            self.stages.append(blocks.delay(gr.sizeof_gr_complex, delay_samples))
        if len(taps):
            self.stages.append(filter.fir_filter_ccc(1, [complex(tap) for tap in taps]))
        if way:
            self.stages.append(AirStages(way))
        if cfo_hz:
            # sig_source counts phase in fixed point: unlike the rotator, the same however the stream is cut.
            self.oscillator = analog.sig_source_c(sample_rate_sps, analog.GR_COS_WAVE, cfo_hz, 1.0, 0.0)
            self.oscillator.set_output_multiple(MULTIPLE)
            mixer = blocks.multiply_cc()
            self.connect(self.oscillator, (mixer, 1))
            self.stages.append(mixer)
        if clock_ppm:
            self.stages.append(blocks.delay(gr.sizeof_gr_complex, RESAMPLER_LEAD))
            self.stages.append(filter.mmse_resampler_cc(0.0, 1.0 / (1.0 + clock_ppm * 1e-6)))
        if not self.stages:
            self.stages.append(blocks.copy(gr.sizeof_gr_complex))
        for stage in self.stages:
            if not isinstance(stage, AirStages):
                stage.set_output_multiple(MULTIPLE)
        self.connect(self, *self.stages, self)
