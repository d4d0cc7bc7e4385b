"""The usual way to simulate a packet: a GNU Radio flowgraph for each, which is what a batched simulation replaces.

``channel_model`` (noise and carrier offset), |x|² and a moving average over half a sync chip; nothing is decoded. It
runs in a process of its own, because GNU Radio's threads and buffers outlive a flowgraph, and on one core, where it is
faster than on two. Its time is the CPU time of all its threads, which leaves out what they wait for each other.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from statistics import median

from testbed.bench.heap import keep_freed_memory
from testbed.bench.unmeasured import Unmeasured

PATIENCE_S = 120.0


def packets_per_s(samples: int, packets: int, repeat: int) -> float:
    """Return how many packets of ``samples`` a second go through a flowgraph each, the median of ``repeat`` lots.

    Raises:
        Unmeasured: the process failed, or did not end in time.
    """
    command = [sys.executable, "-m", "testbed.bench.packet_flowgraph", str(samples), str(packets), str(repeat)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        raise Unmeasured(f"the flowgraph per packet did not end within {PATIENCE_S:g} s") from None
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        raise Unmeasured(f"the flowgraph per packet failed: {done.stderr.strip()[-400:]}")
    return float(json.loads(lines[-1])["packets_per_s"])


def _measure(samples: int, packets: int, repeat: int) -> None:
    from gnuradio import blocks, channels, gr

    keep_freed_memory()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

    def one(seed: int) -> int:
        source = blocks.vector_source_c(packet, False)
        channel = channels.channel_model(0.1, 0.01, 1.0, [1.0], seed)
        power = blocks.complex_to_mag_squared(1)
        average = blocks.moving_average_ff(20, 0.05)
        sink = blocks.null_sink(gr.sizeof_float)
        top = gr.top_block()
        top.connect(source, channel, power, average, sink)
        top.run()
        return int(sink.nitems_read(0))

    packet = [1 + 0j] * samples
    rates = []
    for lot in range(repeat + 1):
        begun_s = time.process_time()
        through = [one(seed) for seed in range(packets)]
        if lot:
            rates.append(packets / (time.process_time() - begun_s))
        assert all(0 < samples - each < 16 for each in through), through[:3]  # its resampler keeps a few
    print(json.dumps({"packets_per_s": median(rates)}), flush=True)


if __name__ == "__main__":
    _measure(*(int(word) for word in sys.argv[1:4]))
