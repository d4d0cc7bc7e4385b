"""One flowgraph in a process of its own: GNU Radio's threads and buffers outlive a flowgraph, and would tilt the next.

All are fed from memory by the same two blocks (a repeating vector source and a head) through buffers of the same size,
kept to one core, and timed by what they use of it, so that other work on the machine does not count:

``receive``   the tag's receive chain, as every tag flowgraph has it
``bare``      |x|² into a null sink
``stock``     |x|² and an fft_filter over the AMP-Sync at full rate, into a null sink
``latency``   the receive chain, fed at 20 MS/s by the clock in blocks, as a radio would
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np
import numpy.typing as npt

from ampradio.phy.amp_sync import downlink_chips
from ampradio.phy.reception import Reception
from ampradio.profile import load_profile
from flowgraphs.entities import receiver_for
from testbed.bench.flowgraph_content import Content, content
from testbed.bench.stopwatch import with_core_share
from testbed.bench.unmeasured import Unmeasured

BUFFER_ITEMS = 1 << 18  # at least as good for each of them as 64 k
RADIO_BLOCK = 4096
PATIENCE_S = 120.0
_NS_PER_S = 1_000_000_000


def measured(what: str, ppdus_per_s: int, stretches: int, seed: int) -> dict[str, Any]:
    """Return what the flowgraph ``what`` did with ``stretches`` of such content.

    Raises:
        Unmeasured: the process failed, or did not end in time.
    """
    numbers = (str(number) for number in (ppdus_per_s, stretches, seed))
    command = [sys.executable, "-m", "testbed.bench.flowgraph_run", what, *numbers]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        raise Unmeasured(f"the {what} flowgraph did not end within {PATIENCE_S:g} s") from None
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        raise Unmeasured(f"the {what} flowgraph failed: {done.stderr.strip()[-400:]}")
    result: dict[str, Any] = json.loads(lines[-1])
    return result


class Collector:
    """Stands where the lock-step PHY stands: takes the stream, notes when each PPDU came out."""

    def __init__(self) -> None:
        profile = load_profile()
        self._receiver = receiver_for("tag", profile, profile.preamble.sample_rate_sps)
        self.items = 0
        self.received: list[tuple[float, Reception]] = []

    def warm_up(self, fed: Content) -> None:
        """Let what is done once in a process be done: loops compiled or loaded, tables made."""
        profile = load_profile()
        receiver_for("tag", profile, profile.preamble.sample_rate_sps).feed(fed.samples)

    def receive(self, items: npt.NDArray[np.complex64]) -> None:
        """Take the next items of the stream."""
        self.items += items.size
        for reception in self._receiver.feed(items):
            self.received.append((time.monotonic(), reception))

    def lost(self, fed: Content, stretches: int) -> dict[str, int]:
        """Return how many samples and PPDUs of those fed are missing, and what came that was not sent."""
        sent = [each.psdu for each in fed.ppdus] * stretches
        heard = [reception.psdu for _, reception in self.received]
        right = sum(one == other for one, other in zip(sent, heard, strict=False))
        return {
            "lost_samples": fed.samples.size * stretches - self.items,
            "lost_ppdus": len(sent) - right,
            "wrong_ppdus": len(heard) - right,
        }


def _throughput(what: str, fed: Content, stretches: int) -> dict[str, Any]:
    from gnuradio import blocks, filter, gr

    from flowgraphs.blocks.receiver import Receiver

    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    collector = Collector()
    if what == "receive":
        collector.warm_up(fed)
    total = fed.samples.size * stretches
    chain = [blocks.vector_source_c(fed.samples, True), blocks.head(gr.sizeof_gr_complex, total)]
    if what == "receive":
        chain.append(Receiver(collector, "tag"))
    else:
        chain.append(blocks.complex_to_mag_squared(1))
        if what == "stock":
            chain.append(filter.fft_filter_fff(1, _word_taps()))
        chain.append(blocks.null_sink(gr.sizeof_float))
    for block in chain[:-1]:
        block.set_min_output_buffer(0, BUFFER_ITEMS)
    top = gr.top_block()
    top.connect(*chain)
    begun_s = time.perf_counter()
    _, share = with_core_share(top.run)
    wall_msps = total / (time.perf_counter() - begun_s) / 1e6
    result: dict[str, Any] = {"msps": wall_msps / share, "wall_msps": wall_msps, "core_share": share}
    if what == "receive":
        result |= collector.lost(fed, stretches)
    return result


def _word_taps() -> list[float]:
    profile = load_profile()
    chip = profile.downlink.sync_chip_ns * profile.preamble.sample_rate_sps // _NS_PER_S
    word = downlink_chips(profile.downlink, profile.downlink.rate_low_bps)
    signs: list[float] = np.repeat(2.0 * word - 1, chip)[::-1].tolist()
    return signs


def _latency(fed: Content, stretches: int) -> dict[str, Any]:
    from gnuradio import gr

    from flowgraphs.blocks.receiver import Receiver

    rate_sps = load_profile().preamble.sample_rate_sps
    total = fed.samples.size * stretches

    class Radio(gr.sync_block):
        """Hands out each block when its last sample is due."""

        def __init__(self) -> None:
            gr.sync_block.__init__(self, "paced source", None, [np.complex64])
            self.set_output_multiple(RADIO_BLOCK)
            self.set_min_output_buffer(0, BUFFER_ITEMS)
            self.position = 0
            self.begun_s = 0.0
            self.latest_s = 0.0

        def work(self, input_items: list, output_items: list) -> int:
            if self.position >= total:
                return -1
            if not self.position:
                self.begun_s = time.monotonic()
            stop = self.position + RADIO_BLOCK
            late_s = time.monotonic() - (self.begun_s + stop / rate_sps)
            if late_s < 0:
                time.sleep(-late_s)
            self.latest_s = max(self.latest_s, late_s)
            first = self.position % fed.samples.size
            part = fed.samples[first : first + RADIO_BLOCK]
            output_items[0][: part.size] = part
            self.position += part.size
            return int(part.size)

    collector, radio = Collector(), Radio()
    collector.warm_up(fed)
    receiver = Receiver(collector, "tag")
    top = gr.top_block()
    top.connect(radio, receiver)
    top.run()
    ends = [stretch * fed.samples.size + each.stop for stretch in range(stretches) for each in fed.ppdus]
    lost = collector.lost(fed, stretches)
    after_ms: list[float] = []
    if not (lost["lost_ppdus"] or lost["wrong_ppdus"]):  # else nobody knows which PPDU came when
        came_s = [at_s for at_s, _ in collector.received]
        after_ms = [(at_s - radio.begun_s - end / rate_sps) * 1e3 for at_s, end in zip(came_s, ends, strict=True)]
    return {"latencies_ms": after_ms, "latest_block_ms": radio.latest_s * 1e3, **lost}


if __name__ == "__main__":
    name, (density, count, drawn) = sys.argv[1], (int(word) for word in sys.argv[2:5])
    given = content(density, drawn)
    outcome = _latency(given, count) if name == "latency" else _throughput(name, given, count)
    print(json.dumps(outcome), flush=True)
