"""The receiver block: every sample reaches the receiver, and GNU Radio's way of cutting the stream does not show."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from gnuradio import blocks, gr

from ampradio.phy.reception import Reception
from flowgraphs.blocks.receiver import Receiver
from flowgraphs.entities import receiver_for
from tests.phy.streams import PROFILE, RATE_SPS, downlink_stream


class Listener:
    """Takes the stream in the place of a PHY."""

    def __init__(self) -> None:
        self._receiver = receiver_for("tag", PROFILE, RATE_SPS)
        self.samples = self.calls = 0
        self.receptions: list[Reception] = []

    def receive(self, items: npt.NDArray[np.complex64]) -> None:
        self.samples += items.size
        self.calls += 1
        self.receptions += self._receiver.feed(items)


@pytest.mark.parametrize("buffer_items", [0, 1 << 16, 1 << 18])
def test_whatever_the_buffers_the_receptions_are_the_same(buffer_items: int) -> None:
    """Bit for bit what one call gives, with the buffers GNU Radio chooses and with large ones; nothing is lost."""
    samples, sent = downlink_stream(np.random.default_rng(1), 20, 0.05)
    samples = samples[: samples.size - samples.size % 2 - 1]  # an odd number: the last sample is half a power sample
    expected = receiver_for("tag", PROFILE, RATE_SPS).feed(samples)
    assert [each.psdu for each in expected] == [each.psdu for each in sent]
    listener = Listener()
    source, receiver = blocks.vector_source_c(samples), Receiver(listener, "tag")
    if buffer_items:
        source.set_min_output_buffer(0, buffer_items)
    top = gr.top_block()
    top.connect(source, receiver)
    top.run()
    assert listener.samples == samples.size
    assert listener.calls > 1
    assert listener.receptions == expected


def test_a_role_that_does_not_exist_is_refused() -> None:
    """ValueError that names those that do."""
    with pytest.raises(ValueError, match="ap, tag"):
        Receiver(Listener(), "reader")
