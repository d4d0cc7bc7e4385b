"""Continuous reception with a sample counter, and transmission placed in terms of it.

A PlutoSDR stamps no times on samples. The distance between its two streams is constant while neither breaks, and
is measured whenever they begin: a sequence goes through the chip's digital loopback with the transmitter off.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from ampradio.radio.alignment import LENGTH, find, sync_sequence
from ampradio.radio.board import Board
from ampradio.radio.errors import RadioTimeoutError, WrongRadioError
from ampradio.radio.interface import BurstOutcome, Codes, Loopback, LossCount, SampleBlock, Samples, scaled
from ampradio.radio.sample_streams import SampleStreams, StreamPlan, Turn
from ampradio.radio.transmit_timeline import TransmitTimeline, transmit_codes

_LOG = logging.getLogger(__name__)
_TRIES = 6
_LEAST_LIKENESS = 0.9


class DuplexStream:
    """One session of streaming on ``board``; ``set_loopback`` closes and opens the chip's loopback.

    ``delay`` is how many samples later than the digital loopback says a burst reaches the own receiver by the antennas.
    One thread calls ``starting``, ``begin`` and ``next_block``; any thread the rest.
    """

    def __init__(
        self,
        board: Board,
        plan: StreamPlan,
        set_loopback: Callable[[Loopback], None],
        *,
        loopback: Loopback,
        transmit: bool,
        delay: int,
        resumed: DuplexStream | None = None,
    ) -> None:
        self._board, self._plan, self._set_loopback = board, plan, set_loopback
        self._loopback, self._transmits = loopback, transmit
        self._delay = 0 if loopback is Loopback.DIGITAL else delay
        self._timeline = TransmitTimeline(plan.block)
        if resumed:
            self._timeline.set_background(resumed._timeline.background)
        self._streams: SampleStreams | None = None
        self._lock = threading.Lock()
        self._counter: int = resumed._counter if resumed else 0
        self._segment: int = resumed._segment if resumed else 0
        self._losses = resumed.losses() if resumed else LossCount()
        self._lost_next = resumed is not None
        self._resumed = resumed is not None
        self._offset = 0  # receive counter less transmit index, of what happens at one time
        self._gaps: set[int] = set()  # receive counters of blocks before which samples are missing
        self._misaligned = False
        self._discard = 0

    @property
    def lead(self) -> int:
        """See ``Radio.lead``."""
        with self._lock:
            return self._earliest() - self._counter

    def starting(self) -> Iterator[bool]:
        """Open both streams and align them, a turn for each item; True items follow once that is done."""
        self._streams = SampleStreams(self._board, self._plan, self._block_to_send if self._transmits else None)
        if self._transmits:
            for _ in self._aligning():
                yield False
        while True:
            self._turn()
            yield True

    def begin(self) -> None:
        """Let the next block be the first."""
        with self._lock:
            if not self._resumed:
                self._offset -= self._counter
                self._gaps = {gap - self._counter for gap in self._gaps}
                self._counter = 0
                self._losses = LossCount()
                self._lost_next = False
            self._timeline.set_phase(self._offset + self._delay)

    def next_block(self) -> SampleBlock:
        """Take the next block that is whole and fresh; raises RadioError."""
        while True:
            if self._misaligned:
                for _ in self._aligning():
                    pass
            first, turn = self._turn()
            if first in self._gaps:
                self._gaps.remove(first)
                self._lost_next = True
                if self._transmits:
                    self._misaligned = True
                    continue
            if self._discard:
                self._discard -= 1
                continue
            lost, self._lost_next = self._lost_next, False
            self._segment += lost
            return SampleBlock(first, turn.codes, lost, self._segment)

    def flush(self) -> None:
        """Throw away the blocks that may be older than this call."""
        self._discard = self._plan.receive_buffers

    def earliest(self) -> int:
        """See ``Radio.earliest``."""
        with self._lock:
            return self._earliest()

    def burst(self, samples: Samples, at: int) -> BurstOutcome:
        """See ``Radio.burst``."""
        codes = transmit_codes(samples)
        with self._lock:
            late_by = self._earliest() - at
            if late_by > 0:
                self._count(late_bursts=1)
                return BurstOutcome(at, late_by)
            self._timeline.place(codes, at - self._offset - self._delay)
            return BurstOutcome(at)

    def cyclic(self, samples: Samples | None) -> None:
        """See ``Radio.cyclic``."""
        codes = None if samples is None else transmit_codes(samples)
        with self._lock:
            self._timeline.set_background(codes)

    def dropped(self) -> None:
        """Count a block that nobody fetched."""
        with self._lock:
            self._count(dropped_blocks=1)

    def losses(self) -> LossCount:
        """See ``Radio.losses``."""
        with self._lock:
            return self._losses

    def cancel(self) -> None:
        """Make a turn that waits in another thread fail."""
        if self._streams is not None:
            self._streams.cancel()

    def close(self) -> None:
        """Close both streams; a turn in another thread ends first, or is made to."""
        if self._streams is not None:
            self._streams.close()

    def _earliest(self) -> int:
        return self._timeline.next + self._offset + self._delay

    def _block_to_send(self) -> Codes:
        with self._lock:
            self._timeline.forget_before(self._timeline.next - self._in_flight())
            return self._timeline.take_block()

    def _in_flight(self) -> int:
        return (self._plan.lead_blocks + 2) * self._plan.block

    def _turn(self) -> tuple[int, Turn]:
        assert self._streams is not None
        turn = self._streams.turn()
        with self._lock:
            first = self._counter
            self._counter += self._plan.block
            if turn.overflow:
                # the kernel's buffers were full: those that wait hold old samples, and the gap is behind them
                self._gaps.add(first + (self._plan.receive_buffers - 1) * self._plan.block)
                self._count(overflows=1)
                level = logging.WARNING if self._losses.overflows == 1 else logging.DEBUG  # the count tells the rest
                _LOG.log(level, "received samples were lost near sample %d", first)
            if turn.underflow:
                self._count(underflows=1, displaced_bursts=self._timeline.displaced(self._in_flight()))
                self._misaligned = True
                level = logging.WARNING if self._losses.underflows == 1 else logging.DEBUG
                _LOG.log(level, "the transmitter ran dry near sample %d", first)
        return first, turn

    def _count(self, **more: int) -> None:
        self._losses = replace(
            self._losses, **{name: getattr(self._losses, name) + count for name, count in more.items()}
        )

    def _aligning(self) -> Iterator[None]:
        """Measure the distance between the streams, a turn for each item; raises RadioError."""
        known = sync_sequence()
        for _ in range(_TRIES):
            self._misaligned = False
            if self._loopback is not Loopback.DIGITAL:
                self._set_loopback(Loopback.DIGITAL)
            with self._lock:
                sent_at = self._timeline.next + (self._plan.block - LENGTH) // 2
                self._timeline.place(transmit_codes(known), sent_at)
            found = None
            heard = np.zeros((0, 2), np.int16)
            for _ in range(2 * self._plan.receive_buffers + self._plan.lead_blocks + 4):
                first, turn = self._turn()
                yield
                heard = np.concatenate((heard[1 - LENGTH :], turn.codes))
                found = find(known, scaled(heard))
                if self._misaligned or (found is not None and found.likeness > _LEAST_LIKENESS):
                    break
            if self._loopback is not Loopback.DIGITAL:
                self._set_loopback(self._loopback)
            if found is not None and not self._misaligned and found.likeness > _LEAST_LIKENESS:
                self._aligned(first + self._plan.block - len(heard) + found.at - sent_at)
            elif not self._misaligned and not self._gaps:  # in a gap it may have been lost
                raise WrongRadioError(
                    f"{self._board.uri.text}: what is sent does not come back through the chip's digital loopback",
                    "update the firmware; without that loopback a burst cannot be placed",
                )
            # what was captured while the loopback was closed is not the air's
            for _ in range(self._plan.receive_buffers):
                self._turn()
                yield
            if not self._misaligned and not self._gaps:
                return
            self._lost_next |= bool(self._gaps)
            self._gaps.clear()
        raise RadioTimeoutError(
            f"{self._board.uri.text}: samples are lost all the time",
            "lower the sample rate, give larger blocks, or end what else keeps this computer busy",
        )

    def _aligned(self, offset: int) -> None:
        with self._lock:
            too_late = self._timeline.shift(self._offset - offset)
            self._offset = offset
            self._timeline.set_phase(offset + self._delay)
            self._count(displaced_bursts=too_late)
