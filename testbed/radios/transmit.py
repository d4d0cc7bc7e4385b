"""Transmitting a recording: brought to the radio's rate and full scale, then streamed, sent at once, or repeated."""

from __future__ import annotations

import enum
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy import signal

from ampradio.radio.burst_operation import MOST_SENT
from ampradio.radio.interface import LossCount, Samples
from ampradio.radio.pluto import PlutoRadio
from testbed.capture import CaptureError, Recording

STREAMED_SPS = 5_000_000  # what a USB 2 cable carries without a pause
_MOST_SAMPLES = 64 << 20
_MOST_FACTOR = 4096
_AHEAD_BLOCKS = 8


class Way(enum.Enum):
    """How it leaves the radio."""

    STREAM = "streamed through the cable, at exact places"
    AT_ONCE = "out of one buffer, at a rate that the cable does not stream"
    CYCLIC = "out of one buffer that the radio repeats by itself"
    EXCHANGE = "out of one buffer, while one capture runs"


@dataclass(frozen=True)
class Sent:
    """How much was sent, and what was lost on the way."""

    samples: int
    losses: LossCount


def samples_of(recording: Recording, rate_sps: int, peak: float) -> Samples:
    """Return the recording at ``rate_sps``, its largest amplitude ``peak`` of full scale.

    Raises:
        CaptureError: too long, silent, not finite, or at a rate that does not go with this one.
    """
    factor = Fraction(rate_sps, recording.sample_rate_sps)
    if max(factor.numerator, factor.denominator) > _MOST_FACTOR:
        reason = f"{recording.sample_rate_sps} S/s do not become {rate_sps}"
        raise CaptureError(recording.meta_path, reason, "give --rate-sps a rate with a simple ratio to it")
    if recording.samples * max(factor, Fraction(1)) > _MOST_SAMPLES:
        reason = f"{recording.samples} samples are too many"
        raise CaptureError(recording.meta_path, reason, f"cut it: at most {_MOST_SAMPLES}")
    samples = recording.read()
    if factor != 1:
        samples = signal.resample_poly(samples, factor.numerator, factor.denominator).astype(np.complex64)
    most = float(np.abs(samples).max(initial=0.0))
    if not 0 < most < math.inf:
        raise CaptureError(recording.meta_path, "holds nothing to send", "record again")
    scaled: Samples = samples * np.float32(peak / most)
    return scaled


def way_for(count: int, rate_sps: int, *, cyclic: bool, captured: bool = False) -> Way:
    """Return how ``count`` samples leave; raises ValueError when they fit no way."""
    if not (cyclic or captured or rate_sps > STREAMED_SPS):
        return Way.STREAM
    if count > MOST_SENT - 2048:
        raise ValueError(f"{count} samples do not fit into the radio's memory")
    if captured:
        return Way.EXCHANGE
    return Way.CYCLIC if cyclic else Way.AT_ONCE


def transmit(
    radio: PlutoRadio,
    samples: Samples,
    way: Way,
    seconds: float | None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Sent:
    """Send ``samples`` with the configured ``radio``; repeated for ``seconds``, None: until interrupted.

    Raises:
        RadioError: the radio failed.
    """
    if way is Way.STREAM:
        return _streamed(radio, samples, progress)
    if way is Way.AT_ONCE:
        radio.send_once(samples)
        return Sent(samples.size, LossCount())
    radio.cyclic(samples)
    try:
        _wait(seconds, progress)
    finally:
        radio.cyclic(None)
    return Sent(samples.size, radio.losses())


def _streamed(radio: PlutoRadio, samples: Samples, progress: Callable[[int, int], None]) -> Sent:
    """Hand over a block after the other, some blocks before each is due."""
    radio.start()
    begin = radio.earliest() + _AHEAD_BLOCKS * radio.block
    end = begin + samples.size
    placed = begin
    try:
        while True:
            reached = radio.receive().end
            while placed < end and placed < reached + radio.lead + 2 * _AHEAD_BLOCKS * radio.block:
                radio.burst(samples[placed - begin : placed - begin + radio.block], placed)
                placed += radio.block
            progress(min(max(reached - begin, 0), samples.size), samples.size)
            if reached >= end + radio.block:
                break
    finally:
        losses = radio.losses()
        radio.stop()
    return Sent(samples.size, losses)


def _wait(seconds: float | None, progress: Callable[[int, int], None]) -> None:
    began = time.monotonic()
    while seconds is None or time.monotonic() - began < seconds:
        left_s = 0.1 if seconds is None else seconds - (time.monotonic() - began)
        time.sleep(max(0.0, min(0.1, left_s)))
        if seconds is not None:
            progress(round(10 * min(time.monotonic() - began, seconds)), round(10 * seconds))
