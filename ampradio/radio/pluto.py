"""A PlutoSDR, real or emulated, as a ``Radio``: the working method for a radio that stamps no times on samples."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from ampradio.radio.board import Board, TransmitBuffer
from ampradio.radio.burst_operation import BurstCapture, exchange, send_once
from ampradio.radio.duplex_stream import DuplexStream
from ampradio.radio.errors import RadioError, RadioSettingError
from ampradio.radio.free_running import FreeRunner
from ampradio.radio.front_end_settings import apply_settings, set_loopback
from ampradio.radio.interface import (
    PATIENCE_S,
    BurstOutcome,
    Loopback,
    LossCount,
    RadioIdentity,
    RadioSettings,
    SampleBlock,
    Samples,
)
from ampradio.radio.radio_uri import radio_uri
from ampradio.radio.reconnecting import Interrupted, found_again
from ampradio.radio.sample_streams import StreamPlan, block_for
from ampradio.radio.transmit_timeline import transmit_codes

_CYCLIC_BUFFERS = 2


class PlutoRadio:
    """See ``Radio``; made by ``open_radio``."""

    def __init__(
        self,
        uri: str,
        *,
        block: int | None,
        receive_buffers: int,
        lead_blocks: int,
        paced_by_reader: bool,
        delay_samples: int,
        timeout_s: float,
    ) -> None:
        self._timeout_s = timeout_s
        self._block, self._receive_buffers, self._lead_blocks = block, receive_buffers, lead_blocks
        self._paced = paced_by_reader
        self.delay_samples = delay_samples  # takes effect at the next ``start``
        self._uri = radio_uri(uri)
        self._board = Board(self._uri, timeout_s)
        self.identity: RadioIdentity = self._board.identity
        self._settings: RadioSettings | None = None
        self._lock = threading.RLock()  # settings and streams' beginning and end
        self._stream: DuplexStream | None = None
        self._runner: FreeRunner | None = None
        self._transmit = False
        self._repeating: TransmitBuffer | None = None
        self._repeated: Samples | None = None
        self._last_losses = LossCount()
        self._interrupted: Interrupted | None = None

    @property
    def settings(self) -> RadioSettings:
        """See ``Radio``."""
        if self._settings is None:
            raise RadioSettingError(f"{self._uri.text}: it has not been set yet", "configure it first")
        return self._settings

    @property
    def plan(self) -> StreamPlan:
        """Block size and depth at the rate in force."""
        block = self._block or block_for(self.settings.rate_sps)
        return StreamPlan(block, self._receive_buffers, self._lead_blocks, block / self.settings.rate_sps)

    @property
    def block(self) -> int:
        """See ``Radio``."""
        return self.plan.block

    @property
    def lead(self) -> int:
        """See ``Radio``."""
        return self._running().lead

    def configure(self, settings: RadioSettings) -> RadioSettings:
        """See ``Radio``; a new rate or loopback restarts what streams, and the counter with it."""
        with self._lock:
            before = self._settings
            restart = self._stream is not None and (
                before is None or (before.rate_sps, before.loopback) != (settings.rate_sps, settings.loopback)
            )
            if restart:
                self.stop()
            self._settings = apply_settings(self._board, settings, before)
            if restart:
                self.start(transmit=self._transmit)
            elif self._runner is not None:
                self._runner.flush()
            elif self._stream is not None:
                self._stream.flush()
            return self._settings

    def start(self, *, transmit: bool = True) -> None:
        """See ``Radio``."""
        for ready in self.starting(transmit=transmit):
            if ready:
                break
        self.begin()

    def starting(self, *, transmit: bool = True, resumed: DuplexStream | None = None) -> Iterator[bool]:
        """Do what ``start`` does before ``begin``, a block for each item; True items follow once all is aligned."""
        with self._lock:
            self.stop()
            self._transmit = transmit
            self._stream = DuplexStream(
                self._board,
                self.plan,
                self._switch_loopback,
                loopback=self.settings.loopback,
                transmit=transmit,
                delay=self.delay_samples,
                resumed=resumed,
            )
        try:
            yield from self._stream.starting()
        except BaseException as error:
            if not isinstance(error, GeneratorExit):  # begun, and the caller wants no more
                self._stream.close()
                self._stream = None
            raise

    def begin(self) -> None:
        """Let the next block be the first, and unless the reader paces the radio, let it run freely."""
        stream = self._running()
        stream.begin()
        if not self._paced:
            self._runner = FreeRunner(stream, self.block)

    def receive(self, timeout_s: float = PATIENCE_S) -> SampleBlock:
        """See ``Radio``."""
        runner = self._runner
        return runner.receive(timeout_s) if runner is not None else self._running().next_block()

    def blocks(self) -> Iterator[SampleBlock]:
        """See ``Radio``."""
        while (stream := self._stream) is not None:
            try:
                block = self.receive()
            except RadioError:
                if self._stream is not stream:  # stopped meanwhile
                    return
                raise
            yield block

    def earliest(self) -> int:
        """See ``Radio``."""
        return self._running().earliest()

    def burst(self, samples: Samples, at: int) -> BurstOutcome:
        """See ``Radio``."""
        stream = self._running()
        if not self._transmit:
            raise RadioSettingError(f"{self._uri.text}: it was started without transmitting", "start it with transmit")
        return stream.burst(samples, at)

    def cyclic(self, samples: Samples | None) -> None:
        """See ``Radio``; it outlives ``stop``, until ``close``, when the radio repeats it by itself."""
        if self._stream is not None and self._transmit:
            self._stream.cyclic(samples)
            return
        with self._lock:
            self._repeat(samples)

    def send_once(self, samples: Samples) -> None:
        """Send ``samples``, |x| at most 1, as soon as may be, out of one padded buffer; return when they are out.

        At any rate, and without a place in terms of the receive counter. Raises as ``burst`` does, and
        RadioSettingError when they are longer than the radio's memory.
        """
        with self._lock:
            self.stop()
            send_once(self._board, samples, rate_sps=self.settings.rate_sps)

    def exchange(self, samples: Samples, *, after: int = 0) -> BurstCapture:
        """Send ``samples`` once in burst operation; see ``burst_operation.exchange``. Ends what streams."""
        with self._lock:
            self.stop()
            return exchange(self._board, samples, rate_sps=self.settings.rate_sps, after=after)

    def losses(self) -> LossCount:
        """See ``Radio``."""
        return self._stream.losses() if self._stream is not None else self._last_losses

    def stop(self) -> None:
        """See ``Radio``."""
        with self._lock:
            stream, self._stream = self._stream, None
            runner, self._runner = self._runner, None
            if runner is not None:
                runner.stop()
            elif stream is not None:
                stream.close()
            if stream is not None:
                self._last_losses = stream.losses()

    def reconnect(self, patience_s: float = 30.0) -> None:
        """See ``Radio``; may be tried again when it failed."""
        with self._lock:
            if self._interrupted is None:
                self._interrupted = Interrupted(self._settings, self._stream, self._repeated)
            was = self._interrupted
            self._let_go()
            self._board = found_again(self._uri, self.identity, patience_s, self._timeout_s)
            if was.settings is not None:
                self._settings = apply_settings(self._board, was.settings, None)
            if was.repeated is not None:
                self._repeat(was.repeated)
            if was.stream is not None:
                for ready in self.starting(transmit=self._transmit, resumed=was.stream):
                    if ready:
                        break
                self.begin()
            self._interrupted = None

    def close(self) -> None:
        """See ``Radio``."""
        with self._lock:
            self._interrupted = None
            self._let_go()

    def _let_go(self) -> None:
        self.stop()
        with contextlib.suppress(RadioError):
            self._repeat(None)
        if self._board.answers and self._settings is not None:
            with contextlib.suppress(RadioError):  # it may be gone; the next program finds an open antenna
                set_loopback(self._board, Loopback.OFF)
        self._settings = None
        self._board.close()

    def __enter__(self) -> PlutoRadio:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _running(self) -> DuplexStream:
        stream = self._stream
        if stream is None:
            raise RadioSettingError(f"{self._uri.text}: it does not stream", "start it first")
        return stream

    def _repeat(self, samples: Samples | None) -> None:
        if self._repeating is not None:
            self._repeating.close()
            self._repeating = None
        self._repeated = samples
        if samples is not None:
            codes = transmit_codes(samples)
            self._repeating = self._board.open_transmit(len(codes), _CYCLIC_BUFFERS, cyclic=True)
            self._repeating.write(codes)

    def _switch_loopback(self, loopback: Loopback) -> None:
        set_loopback(self._board, loopback)
