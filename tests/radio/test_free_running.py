"""The receive thread's end: wherever its reader was interrupted."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, cast

import numpy as np

from ampradio.radio.duplex_stream import DuplexStream
from ampradio.radio.free_running import FreeRunner
from ampradio.radio.interface import SampleBlock

BLOCK = 4096


class Endless:
    """A stream that always has a block."""

    def __init__(self) -> None:
        self.closed = False

    def next_block(self) -> SampleBlock:
        time.sleep(0.0005)
        return SampleBlock(0, np.zeros((BLOCK, 2), np.int16), False, 0)

    def cancel(self) -> None:
        raise AssertionError("the thread does not end by itself")

    def close(self) -> None:
        self.closed = True


def interrupted_at(step: int, read: Callable[[], object]) -> bool:
    """Do ``read`` with a Ctrl-C before its ``step``th operation, in whatever Python code it has got to by then."""
    left = step

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        frame.f_trace_opcodes = True
        left -= 1
        if left == 0:
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        read()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def test_ctrl_c_anywhere_in_reading_leaves_a_thread_that_can_be_ended() -> None:
    """A lock that the reader takes and does not give back would hold the thread, and the end of it, for ever."""
    step, interrupted = 0, True
    while interrupted:
        step += 1
        stream = Endless()
        runner = FreeRunner(cast(DuplexStream, stream), BLOCK)
        interrupted = interrupted_at(step, lambda: runner.receive(10.0))  # noqa: B023 – done at once
        runner.stop()
        assert stream.closed
    assert step > 20
