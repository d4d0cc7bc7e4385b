"""The bare ring: three GNU Radio processes that do nothing but lock-step over ZMQ, as the measure for ours.

Two nodes throw blocks of ``PPDU_SAMPLES`` ones at each other; an answer starts ``SIFS_SAMPLES`` after the last sample
heard. A node emits up to ``received + lookahead`` and waits; the air copies. No modulation, no noise, no decoding, no
MAC: what is left is what GNU Radio, gr-zeromq and the scheduling of three processes cost.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from testbed.bench.unmeasured import Unmeasured

PPDU_SAMPLES = 12_000
SIFS_SAMPLES = 200
TIMEOUT_MS = 2000
STREAM_BUFFER = 2**20


def ring_rate_msps(lookahead: int, samples: int, patience_s: float = 60.0) -> float:
    """Return the rate in MS/s at which a bare ring turns ``samples`` samples with this lookahead.

    Raises:
        Unmeasured: the ring did not finish within ``patience_s``.
    """
    with tempfile.TemporaryDirectory(prefix="amp-ring-") as folder:
        arguments = [folder, str(lookahead), str(samples)]
        command = [sys.executable, "-m", "testbed.bench.ring"]
        processes = [
            subprocess.Popen([*command, role, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            for role in ("air", "a", "b")
        ]
        try:
            return min(_report(process, patience_s) for process in processes[1:])
        finally:
            for process in processes:
                process.kill()
                process.wait()


def _report(process: subprocess.Popen[bytes], patience_s: float) -> float:
    timer = threading.Timer(patience_s, process.kill)
    timer.start()
    assert process.stdout is not None
    try:
        # GNU Radio writes notices to standard output too.
        for line in process.stdout:
            if line.startswith(b"{"):
                return float(json.loads(line)["msps"])
    finally:
        timer.cancel()
    raise Unmeasured(f"the bare ring did not finish within {patience_s:g} s")


def _node(role: str, folder: Path, lookahead: int, samples: int) -> None:
    from gnuradio import gr, zeromq

    changed = threading.Condition()
    state = {"received": 0, "emitted": 0, "start": 0 if role == "a" else samples * 2, "heard_from": 0, "began": 0.0}
    done = threading.Event()

    class Source(gr.sync_block):
        def __init__(self) -> None:
            gr.sync_block.__init__(self, "ring source", None, [np.complex64])

        def work(self, input_items: list, output_items: list) -> int:
            with changed:
                while state["emitted"] >= state["received"] + lookahead:
                    changed.wait()
                first = int(state["emitted"])
                last = min(first + output_items[0].size, int(state["received"]) + lookahead)
                state["emitted"] = last
                start = int(state["start"])
            out = output_items[0][: last - first]
            out[:] = 0
            out[max(start - first, 0) : max(start + PPDU_SAMPLES - first, 0)] = 1
            return last - first

    class Sink(gr.sync_block):
        def __init__(self) -> None:
            gr.sync_block.__init__(self, "ring sink", [np.complex64], None)

        def work(self, input_items: list, output_items: list) -> int:
            items = input_items[0]
            loud = np.flatnonzero(items[max(int(state["heard_from"]) - int(state["received"]), 0) :].real > 0.5)
            with changed:
                if loud.size:
                    begin = max(int(state["heard_from"]), int(state["received"])) + int(loud[0])
                    state["heard_from"] = begin + PPDU_SAMPLES
                    state["start"] = begin + PPDU_SAMPLES + SIFS_SAMPLES
                state["received"] += len(items)
                if not state["began"]:
                    state["began"] = time.monotonic()
                    state["first"] = state["received"]
                if state["received"] >= samples:
                    done.set()
                changed.notify_all()
            return len(items)

    top = gr.top_block()
    blocks = [
        Source(),
        zeromq.push_sink(gr.sizeof_gr_complex, 1, f"ipc://{folder}/{role}", TIMEOUT_MS, False, -1),
        zeromq.pull_source(gr.sizeof_gr_complex, 1, f"ipc://{folder}/to-{role}", TIMEOUT_MS, False, -1),
        Sink(),
    ]
    blocks[2].set_min_output_buffer(STREAM_BUFFER)
    top.connect(blocks[0], blocks[1])
    top.connect(blocks[2], blocks[3])
    top.start()
    done.wait()
    elapsed_s = time.monotonic() - state["began"]
    print(json.dumps({"msps": (samples - state["first"]) / elapsed_s / 1e6}), flush=True)
    sys.stdin.read()
    os._exit(0)


def _air(folder: Path) -> None:
    from gnuradio import blocks, gr, zeromq

    top = gr.top_block()
    kept = []
    for source, sink in (("a", "b"), ("b", "a")):
        chain = [
            zeromq.pull_source(gr.sizeof_gr_complex, 1, f"ipc://{folder}/{source}", TIMEOUT_MS, False, -1),
            blocks.copy(gr.sizeof_gr_complex),
            zeromq.push_sink(gr.sizeof_gr_complex, 1, f"ipc://{folder}/to-{sink}", TIMEOUT_MS, False, -1),
        ]
        chain[0].set_min_output_buffer(STREAM_BUFFER)
        top.connect(*chain)
        kept.append(chain)
    top.start()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    role, path, ahead, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    if role == "air":
        _air(path)
    else:
        _node(role, path, ahead, count)
