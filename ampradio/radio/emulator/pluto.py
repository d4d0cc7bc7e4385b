"""One emulated PlutoSDR: its devices, its buffers, and what it sends and hears."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from ampradio.radio.emulator import front_end
from ampradio.radio.emulator.air import Air, Codes, Emission, Samples, Tuning, Window
from ampradio.radio.emulator.capture import Capture
from ampradio.radio.emulator.clock import Clock
from ampradio.radio.emulator.dma_devices import (
    OVERFLOW,
    UNDERFLOW,
    Core,
    Registers,
    receive_device,
    sensor_device,
    transmit_device,
)
from ampradio.radio.emulator.faults import Faults
from ampradio.radio.emulator.front_end import Board, Converter
from ampradio.radio.emulator.iio_tree import Device, Refused
from ampradio.radio.emulator.phy_device import phy_device
from ampradio.radio.emulator.playback import Playback, Segment, Sending, emission
from ampradio.radio.emulator.tone import LABELS, Tone, are_sounding, tones_at
from ampradio.radio.emulator.transceiver import Transceiver

RECEIVE, TRANSMIT = "cf-ad9361-lpc", "cf-ad9361-dds-core-lpc"
MOST_BYTES = 256 << 20  # what the driver can allocate for one device's buffers
MOST_BYTES_EACH = 64 << 20
MOST_DEPTH = 64
_MOST_AT_ONCE = 1 << 18  # samples that pass through the air together: what is in between takes ten times their memory
_REACH_S = 1e-3  # for how long an air may ask for what was sent before a block: its filters, delays and echoes


class EmulatedPluto:
    """A PlutoSDR at ``index`` of ``all_of_them``, which an air joins; any thread may call it."""

    def __init__(
        self,
        index: int,
        board: Board,
        clock: Clock,
        air: Air,
        all_of_them: Sequence[EmulatedPluto],
        converter: Converter,
    ) -> None:
        self.chip = Transceiver()
        self.lock = threading.RLock()
        self.faults = Faults()
        self._index, self._board, self._clock, self._air, self._all = index, board, clock, air, all_of_them
        self._converter = converter
        self.receive_core = Core(self.chip)
        self.transmit_core = Core(self.chip, Registers(self._look_for_underflow))
        self._tones = tuple(Tone() for _ in LABELS)
        self.devices: tuple[Device, ...] = (
            phy_device(self.chip, Registers().attribute()),
            sensor_device(),
            transmit_device(self.transmit_core, self._tones),
            receive_device(self.receive_core),
        )
        self.depth = {RECEIVE: 4, TRANSMIT: 4}
        self.capture: Capture | None = None
        self.playback: Playback | None = None
        self._segments: list[Segment] = []

    def context_attributes(self) -> Mapping[str, str]:
        """Return what `iio_info` prints above the devices."""
        return {
            "hw_model": "Analog Devices PlutoSDR Rev.B (Z7010-AD9363A)",
            "hw_model_variant": "0",
            "hw_serial": self._board.serial,
            "fw_version": "v0.38",
            "ad9361-phy,xo_correction": "40000000",
            "ad9361-phy,model": "ad9363a",
            "local,kernel": "5.15.0",
        }

    def set_depth(self, device: str, depth: int) -> None:
        """Set the number of kernel buffers; raises Refused."""
        with self.lock:
            if device not in self.depth or not 1 <= depth <= MOST_DEPTH:
                raise Refused(errno.EINVAL)
            if (self.capture if device == RECEIVE else self.playback) is not None:
                raise Refused(errno.EBUSY)
            self.depth[device] = depth

    def open_capture(self, block: int, bytes_each: int) -> Capture:
        """Open the receive buffer; raises Refused."""
        with self.lock:
            if self.capture is not None:
                raise Refused(errno.EBUSY)
            _check_size(block, bytes_each, self.depth[RECEIVE])
            depth, core = self.depth[RECEIVE], self.receive_core
            # blocks of clocks that differ do not end together: whoever reads them in turn needs one more
            slack = 1 if len({each._board.clock_ppm for each in self._all}) == 1 else 2
            self.capture = Capture(self._clock, block, depth, lambda: self._true_sps(core), self.faults.lost, slack)
            return self.capture

    def open_playback(self, block: int, bytes_each: int, cyclic: bool) -> Playback:
        """Open the transmit buffer; raises Refused."""
        with self.lock:
            if self.playback is not None:
                raise Refused(errno.EBUSY)
            _check_size(block, bytes_each, self.depth[TRANSMIT])
            depth, core = self.depth[TRANSMIT], self.transmit_core
            self.playback = Playback(
                self._clock, block, depth, lambda: self._true_sps(core), cyclic, self.faults.missed
            )
            return self.playback

    def close_capture(self, capture: Capture) -> None:
        """Close the receive buffer if it is this one."""
        with self.lock:
            if self.capture is capture:
                capture.close()
                self.capture = None

    def close_playback(self, playback: Playback) -> None:
        """Close the transmit buffer if it is this one; what was still queued is not sent."""
        with self.lock:
            if self.playback is not playback:
                return
            self._look_for_underflow()
            pace = self.capture.pace if self.capture else None
            ended = [(each, playback.stop_at(each.rate_sps, pace)) for each in self._segments]
            self._segments = [
                replace(each, end=min(each.end, end), sending=each.sending or self._sending())
                for each, end in ended
                if each.first < end
            ]
            self.playback = None

    def send(self, playback: Playback, codes: Codes, patience_s: float | None, gone: Callable[[], bool]) -> None:
        """Queue ``codes`` (n, 2) and return when there is room for more; raises Refused."""
        self.faults.wait(patience_s, gone)
        with self.lock:
            segment, dry = playback.place(codes, self._sending(), self.capture.pace if self.capture else None)
            if dry:
                self.transmit_core.registers.flag(UNDERFLOW)
            self._forget()
            self._segments.append(segment)
        playback.wait_for_room(patience_s, gone)

    def receive(self, capture: Capture, patience_s: float | None, gone: Callable[[], bool]) -> Codes:
        """Return the next block, (n, 2) codes of 12 bits; raises Refused."""
        self.faults.wait(patience_s, gone)
        first, gap = capture.next_block(patience_s, gone)
        if gap:
            self.receive_core.registers.flag(OVERFLOW)
        window = Window(first, capture.block, capture.rate_sps)
        if self.chip.loopback == 1:
            return self._own(window) >> 4
        if window.count <= _MOST_AT_ONCE:
            return self._converted(window)
        codes = np.empty((window.count, 2), np.int16)
        for begin in range(0, window.count, _MOST_AT_ONCE):
            part = codes[begin : begin + _MOST_AT_ONCE]
            part[:] = self._converted(Window(first + begin, len(part), window.rate_sps))
        return codes

    def _converted(self, window: Window) -> Codes:
        field = self._air.heard(self._all, self._index, self._tuning(), window)
        return front_end.converted(self.chip, self._board, field, self._converter)

    def emissions(self, window: Window) -> list[Emission]:
        """Return what it sends within the time of ``window``; see ``air.Sender``."""
        now = self._sending()
        if self.chip.loopback == 2:
            return self._repeated(window.at(self._true_sps(self.transmit_core)), now)
        with self.lock:
            segments, playing = list(self._segments), self.playback is not None
        parts = (emission(segment, window, now) for segment in segments)
        out = [part for part in parts if part is not None]
        if not playing and now.amplitude and are_sounding(self._tones):
            own = window.at(self._true_sps(self.transmit_core))
            tones = tones_at(self._tones, own.first, own.count, self.transmit_core.rate_sps())
            if tones is not None:
                out.append(_emission(own, tones, now))
        return out

    def _repeated(self, window: Window, how: Sending) -> list[Emission]:
        """Loopback 2: what it hears is what it sends; repeaters do not hear each other, nor themselves."""
        if not how.amplitude or window.rate_sps != self._true_sps(self.receive_core):
            return []
        others = [each if each.chip.loopback != 2 else _Silent() for each in self._all]
        field = self._air.heard(others, self._index, self._tuning(), window)
        scale = 10 ** ((self.chip.rx_gain_db - front_end.FULL_SCALE_RX_DBM) / 20)
        heard = (field.samples() * np.float32(scale)).view(np.float32)
        return [_emission(window, np.clip(heard, -1, 1).view(np.complex64), how)]

    def _own(self, window: Window) -> Codes:
        with self.lock:
            segments, playing = list(self._segments), self.playback is not None
        out = np.zeros((window.count, 2), np.int16)
        if not playing:
            tones = tones_at(self._tones, window.first, window.count, self.transmit_core.rate_sps())
            if tones is not None:
                out[:] = np.rint(tones.view(np.float32).reshape(-1, 2) * (front_end.DAC_CODES - 1)).astype(np.int16)
        for segment in segments:
            part = segment.between(window.first, window.first + window.count)
            if part is not None and segment.rate_sps == window.rate_sps:
                out[part[0] - window.first :][: len(part[1])] = part[1]
        return out

    def _true_sps(self, core: Core) -> Fraction:
        """Return the rate at which the board's crystal lets ``core`` run."""
        return self._board.true_sps(core.rate_sps())

    def _sending(self) -> Sending:
        carrier_hz = self.chip.tx_lo_hz * (1 + self._board.carrier_ppm * 1e-6)
        return Sending(front_end.sent_amplitude(self.chip), carrier_hz, self.chip.tx_bandwidth_hz)

    def _tuning(self) -> Tuning:
        return Tuning(self.chip.rx_lo_hz * (1 + self._board.carrier_ppm * 1e-6), self.chip.rx_bandwidth_hz)

    def _look_for_underflow(self) -> None:
        with self.lock:
            if self.playback is not None and self.playback.ran_dry():
                self.transmit_core.registers.flag(UNDERFLOW)

    def _forget(self) -> None:
        """Drop what nobody can ask for any more, so that a receiver that stopped asking costs no memory."""
        captures = [each.capture for each in self._all]
        wanted = [stretch for capture in captures if capture is not None for stretch in capture.needs()]
        longest_s = max((until - since for since, until in wanted), default=0.0)
        now_s = float(self._clock.now(None)) - longest_s

        def is_wanted(segment: Segment) -> bool:
            rate_sps = float(segment.rate_sps)
            since, until = segment.first / rate_sps, segment.end / rate_sps + _REACH_S
            return until >= now_s or any(since < stop and until >= start for start, stop in wanted)

        self._segments = [segment for segment in self._segments if is_wanted(segment)]


class _Silent:
    def emissions(self, window: Window) -> list[Emission]:
        return []


def _emission(window: Window, samples: Samples, how: Sending) -> Emission:
    return Emission(window.first, samples, how.amplitude, how.carrier_hz, how.bandwidth_hz, window.rate_sps)


def _check_size(block: int, bytes_each: int, depth: int) -> None:
    if block < 1:
        raise Refused(errno.EINVAL)
    if block * bytes_each > MOST_BYTES_EACH or block * bytes_each * depth > MOST_BYTES:
        raise Refused(errno.ENOMEM)
