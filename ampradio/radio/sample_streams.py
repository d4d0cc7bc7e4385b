"""Both streams of a PlutoSDR, turn by turn: hand over a block to send, take the next one received, look for losses.

One turn after the other keeps the distance between what is handed over and what is received constant, and makes what is
sent a function of what was received alone: the emulator's elastic time repeats a run exactly.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from ampradio.radio.board import Board, ReceiveBuffer, TransmitBuffer
from ampradio.radio.errors import RadioSettingError
from ampradio.radio.interface import Codes

_TRANSMIT_BUFFERS = 4
_TURN_S = 1.0
_BLOCKS_WAITED = 2  # the one that is being filled, and its successor
_BLOCK_S = 8e-3  # shorter ones do not keep up with a computer that does something else for a moment


def block_for(rate_sps: int) -> int:
    """Return the usual block size: the power of two that lasts 8 ms or a little longer, at least 4096."""
    return max(4096, 1 << (int(rate_sps * _BLOCK_S) - 1).bit_length())


@dataclass(frozen=True)
class StreamPlan:
    """Block size and depth: ``lead_blocks`` are handed over before they are due, 1 to 3; a block lasts ``block_s``."""

    block: int
    receive_buffers: int = 4
    lead_blocks: int = 2
    block_s: float = 0.0

    def __post_init__(self) -> None:
        if not 2048 <= self.block <= 1 << 22:
            raise ValueError(f"blocks of {self.block} samples: give 2048 to {1 << 22}")
        if not 2 <= self.receive_buffers <= 64:
            raise ValueError("give 2 to 64 receive buffers: one leaves a gap before every block")
        if not 1 <= self.lead_blocks < _TRANSMIT_BUFFERS:
            raise ValueError(f"give a lead of 1 to {_TRANSMIT_BUFFERS - 1} blocks")


@dataclass(frozen=True)
class Turn:
    """A received block, and what was lost since the last turn."""

    codes: Codes
    overflow: bool
    underflow: bool


class SampleStreams:
    """Open streams of ``board``; ``next_block`` gives what to send, None: nothing is sent. Raises RadioError."""

    def __init__(self, board: Board, plan: StreamPlan, next_block: Callable[[], Codes] | None) -> None:
        self._board, self._next_block = board, next_block
        self._transmit: TransmitBuffer | None = None
        self._receive: ReceiveBuffer | None = None
        self._busy = threading.Lock()  # a buffer that is destroyed under a thread within libiio ends the process
        try:
            with board.patience(_BLOCKS_WAITED * plan.block_s):
                self._open(plan)
            board.has_lost()  # what happened before is not ours
        except BaseException:
            self.close()
            raise

    def _open(self, plan: StreamPlan) -> None:
        if self._next_block is not None:
            self._transmit = self._board.open_transmit(plan.block, _TRANSMIT_BUFFERS)
            for _ in range(plan.lead_blocks):
                self._transmit.write(self._next_block())
        self._receive = self._board.open_receive(plan.block, plan.receive_buffers)

    def turn(self) -> Turn:
        """Send a block, receive a block; raises RadioError."""
        with self._busy:
            if self._receive is None:
                raise RadioSettingError(f"{self._board.uri.text}: it does not stream any more", "start it first")
            if self._transmit is not None and self._next_block is not None:
                self._transmit.write(self._next_block())
            codes = self._receive.read()
            overflow, underflow = self._board.has_lost()
            return Turn(codes, overflow, underflow and self._transmit is not None)

    def cancel(self) -> None:
        """Make a turn that waits in another thread fail."""
        receive = self._receive
        if receive is not None:
            receive.cancel()

    def close(self) -> None:
        """Close both; a turn in another thread ends first, or is made to."""
        while not self._busy.acquire(timeout=_TURN_S):
            self.cancel()
        try:
            for buffer in (self._receive, self._transmit):
                if buffer is not None:
                    buffer.close()
            self._receive = self._transmit = None
        finally:
            self._busy.release()
