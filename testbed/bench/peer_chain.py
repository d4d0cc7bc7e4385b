"""The best receiver for OOK that can be put together from stock GNU Radio blocks.

Boxcar FIR over a chip, |x|² (before it where ON chips are wideband), ``corr_est_cc`` on the sync word for time tags,
``symbol_sync_ff`` with Gardner's timing error detector, and a bit from each pair of chips by comparing them. It is read
favourably: amplitude, noise and length
are known, the carrier offset is zero, and of several tags in a packet, and of the chips beside each (``symbol_sync_ff``
rounds where it puts a tag), whichever decodes counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from testbed.bench.peer_packets import BITS, Form, Packets

_SLIPS = (0, -1, 1)
_PACKET_TAG, _TIME_TAG = "packet", "time_est"


@dataclass(frozen=True)
class Settings:
    """What is tuned.

    Attributes:
        loop_bandwidth: of ``symbol_sync_ff``, as it takes it.
        ted_gain: expected gain of the timing error detector; less widens the loop.
        damping: of the loop.
        deviation: how far the chip clock may go from nominal, times the greatest clock error there is.
        offset: subtracted from the chip amplitude squared; Gardner's detector likes a mean of zero, or not.
        mark_delay: samples from the start of the sync to the time tag.
        threshold: of ``corr_est_cc``, a share of the noiseless peak.
        filtered: whether the sync is looked for after the FIR.
        data_after: chips from the time tag to the first data chip.
    """

    loop_bandwidth: float = 0.04
    ted_gain: float = 0.35
    damping: float = 1.0
    deviation: float = 1.5
    offset: float = 0.3
    mark_delay: int = 0
    threshold: float = 0.4
    filtered: bool = True
    data_after: int = 49


def receive(heard: Packets, settings: Settings, clock_ppm: float) -> tuple[npt.NDArray[np.float32], list[list[int]]]:
    """Return the chips of all packets one after another, and per packet the chips at which a time tag stands.

    ``clock_ppm`` is the greatest clock error there is.
    """
    import pmt
    from gnuradio import blocks, digital, filter, gr

    form = heard.form
    chip = form.chip
    tags = []
    for index in range(len(heard.sent)):
        tag = gr.tag_t()
        tag.offset, tag.key = index * heard.samples.shape[1], pmt.intern(_PACKET_TAG)
        tag.value = pmt.from_long(index)
        tags.append(tag)
    flushed = np.pad(heard.samples.reshape(-1), (0, heard.samples.shape[1]))
    source = blocks.vector_source_c(flushed, False, 1, tags)
    mean = [1 / chip] * chip
    boxcar = filter.fir_filter_fff(1, mean) if form.envelope else filter.fir_filter_ccf(1, mean)
    correlate = digital.corr_est_cc(
        _template(form, settings.filtered), chip, settings.mark_delay, settings.threshold, digital.THRESHOLD_ABSOLUTE
    )
    power = blocks.complex_to_mag_squared()
    centred = blocks.add_const_ff(-settings.offset)
    timing = digital.symbol_sync_ff(
        digital.TED_GARDNER,
        chip,
        settings.loop_bandwidth,
        settings.damping,
        settings.ted_gain,
        settings.deviation * clock_ppm * 1e-6 * chip,
    )
    sink = blocks.vector_sink_f()
    top = gr.top_block()
    if form.envelope:
        look = (blocks.float_to_complex(), correlate, blocks.complex_to_real())
        way = (power, *((boxcar, *look) if settings.filtered else (*look, boxcar)))
    else:
        way = (*((boxcar, correlate) if settings.filtered else (correlate, boxcar)), power)
    top.connect(source, *way, centred, timing, sink)
    top.run()
    found: list[list[int]] = [[] for _ in heard.sent]
    current: int | None = None
    for tag in sorted(sink.tags(), key=lambda each: each.offset):
        name = pmt.symbol_to_string(tag.key)
        if name == _PACKET_TAG:
            current = pmt.to_long(tag.value)
        elif name == _TIME_TAG and current is not None:
            found[current].append(int(tag.offset))
    return np.asarray(sink.data(), np.float32), found


def errors(heard: Packets, chips: npt.NDArray[np.float32], found: list[list[int]], data_after: int) -> int:
    """Return how many packets are not as sent at any of their time tags."""
    right = 0
    for bits, tags in zip(heard.bits, found, strict=True):
        begins = (tag + data_after + slip for tag in tags for slip in _SLIPS)
        pairs = (chips[max(begin, 0) :][: 2 * BITS] for begin in begins)
        right += any(each.size == 2 * BITS and np.array_equal(each[1::2] > each[::2], bits > 0) for each in pairs)
    return len(found) - right


def _template(form: Form, filtered: bool) -> list[complex]:
    """Return the sync word as the correlator meets it, without its mean: amplitudes of a steady carrier, or powers."""
    word = np.repeat(np.array(form.word, np.float64), form.chip)
    if filtered:
        word = np.convolve(word, np.full(form.chip, 1 / form.chip))
    return [complex(each) for each in word - word.mean()]
