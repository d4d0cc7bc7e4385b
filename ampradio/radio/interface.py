"""What a runner or a flowgraph needs of a front end: ``Radio``, and the values that pass between them.

One count of samples rules: the receive counter, which starts at 0 with the first block after ``start`` and never stops.
Transmissions are placed in terms of it: a burst "at 81920" leaves the antenna while the receiver takes sample 81920.
Amplitudes are relative to full scale, 1.0, in both directions.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.complex64]
Codes = npt.NDArray[np.int16]
RX_FULL_SCALE = 2048  # codes of the receiver's 12 bits
PATIENCE_S = 8.0  # for a block: a radio is silent for 3 s, then asked once more and looked for, before anybody says so


def scaled(codes: Codes) -> Samples:
    """Return received ``codes`` (n, 2) as complex64 of shape (n,), full scale 1."""
    parts = np.ascontiguousarray(codes, np.int16).astype(np.float32) * np.float32(1 / RX_FULL_SCALE)
    out: Samples = parts.view(np.complex64)[:, 0]
    return out


class Loopback(enum.IntEnum):
    """Where samples go: by the antennas, from transmitter to receiver inside the chip, or what came in out again."""

    OFF = 0
    DIGITAL = 1
    RF = 2


@dataclass(frozen=True)
class RadioSettings:
    """How a front end is set; both directions have one rate and one bandwidth, gains are manual.

    ``tx_centre_hz`` is that of reception unless given. ``carrier_ppm`` is the known error of the radio's own oscillator
    (from its calibration): the tuning is corrected by it. With ``Loopback.DIGITAL`` the driver switches the transmit
    oscillator off, so that nothing radiates.
    """

    centre_hz: int
    rate_sps: int
    bandwidth_hz: int
    rx_gain_db: float
    tx_attenuation_db: float
    tx_centre_hz: int | None = None
    loopback: Loopback = Loopback.OFF
    carrier_ppm: float = 0.0


@dataclass(frozen=True)
class RadioIdentity:
    """Which radio answered at ``uri``; ``emulated`` ones do not radiate."""

    uri: str
    model: str
    serial: str
    firmware: str
    emulated: bool


@dataclass(frozen=True, eq=False)
class SampleBlock:
    """Consecutive received samples, as they came: ``codes`` is (n, 2) int16, I and Q, full scale 2048.

    ``first`` is the receive counter of the first of them. ``lost`` says that samples are missing just before it, an
    unknown number that the counter does not count; ``segment`` counts such places, so that two blocks of one segment
    have no gap between them but what their indices say.
    """

    first: int
    codes: Codes
    lost: bool
    segment: int

    @property
    def end(self) -> int:
        """The receive counter behind the last sample."""
        return self.first + len(self.codes)

    @property
    def samples(self) -> Samples:
        """The samples as complex64 of shape (n,), full scale 1."""
        return scaled(self.codes)


@dataclass(frozen=True)
class LossCount:
    """What did not arrive or leave as asked, since ``start``.

    ``overflows``: times that the radio lost received samples. ``underflows``: times that its transmitter ran dry.
    ``dropped_blocks``: received, and thrown away because nobody fetched them. ``late_bursts``: asked for too late, not
    sent. ``displaced_bursts``: accepted, and then perhaps sent at another time or cut, because the transmitter ran dry.
    """

    overflows: int = 0
    underflows: int = 0
    dropped_blocks: int = 0
    late_bursts: int = 0
    displaced_bursts: int = 0

    @property
    def any(self) -> bool:
        """Whether anything was lost."""
        return self != LossCount()


@dataclass(frozen=True)
class BurstOutcome:
    """What became of a burst for sample ``at``: accepted, or not sent because it came ``late_by`` samples too late."""

    at: int
    late_by: int = 0

    @property
    def on_time(self) -> bool:
        """Whether it is sent, exactly there."""
        return self.late_by == 0


class Radio(Protocol):
    """A front end. One thread reads; any thread may call the rest. Every call may raise ``RadioError``."""

    @property
    def identity(self) -> RadioIdentity:
        """Which radio it is."""

    @property
    def settings(self) -> RadioSettings:
        """The settings in force, as the radio reads them back (a gain or a frequency may be rounded)."""

    @property
    def block(self) -> int:
        """Samples in a block."""

    @property
    def lead(self) -> int:
        """How far ahead transmissions are handed over: a burst at the newest block's ``end`` + ``lead`` is in time.

        Where the reader paces the radio this is exact and constant; a free-running radio goes on while the reader
        thinks: add what that takes, and ask ``earliest``.
        """

    def configure(self, settings: RadioSettings) -> RadioSettings:
        """Set everything, and return what the radio made of it; while streaming, samples from before are flushed.

        A new rate or loopback begins anew what streams, and the counter at 0.

        Raises:
            RadioSettingError: out of the radio's range.
        """

    def start(self, *, transmit: bool = True) -> None:
        """Begin to receive, and with ``transmit`` to send silence without a seam, aligned to the receive counter."""

    def receive(self, timeout_s: float = PATIENCE_S) -> SampleBlock:
        """Return the next block.

        Raises:
            RadioTimeoutError: none came in time.
            RadioGoneError: the connection broke; ``reconnect`` may mend it.
        """

    def blocks(self) -> Iterator[SampleBlock]:
        """Yield blocks until ``stop`` or ``close``; raises as ``receive`` does."""

    def earliest(self) -> int:
        """Return the first sample index at which a burst handed over now would be in time."""

    def burst(self, samples: Samples, at: int) -> BurstOutcome:
        """Send ``samples``, |x| at most 1, at receive counter ``at``, or not at all when that is too late.

        Several may wait; where two overlap the later call wins. Silence, or what ``cyclic`` set, surrounds them.

        Raises:
            ValueError: no samples, or some beyond full scale or not finite.
            RadioSettingError: ``start`` was told not to transmit.
        """

    def cyclic(self, samples: Samples | None) -> None:
        """Send ``samples`` again and again where no burst is, from now on; None for silence.

        While transmitting it is part of the stream, its first sample on a multiple of its length; after
        ``start(transmit=False)`` the radio repeats it by itself, which costs the host nothing.
        """

    def losses(self) -> LossCount:
        """Return what was lost so far."""

    def stop(self) -> None:
        """End both streams; ``start`` begins again, with a counter at 0."""

    def reconnect(self, patience_s: float = 30.0) -> None:
        """Open the same radio again with the same settings, waiting for it to come back, and resume what was running.

        The counter goes on; the first block is ``lost``. Raises NoRadioError after ``patience_s``.
        """

    def close(self) -> None:
        """End the streams and let the radio go: buffers first, then their context. Twice is once."""
