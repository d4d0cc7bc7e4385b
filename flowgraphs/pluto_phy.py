"""The PHY entity of a station whose PlutoSDR is in a flowgraph, by gr-iio's blocks.

Before the station's time begins, a sequence is sent through the chip's digital loopback, with the transmitter off, and
found again: that is how the two streams lie to each other, for as long as neither breaks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ampradio.profile import Profile
from ampradio.radio.alignment import find, sync_sequence
from flowgraphs.parties import Receiver, Sap, Witness
from flowgraphs.pluto_stream import PlutoStream
from flowgraphs.radio_phy import RadioPhy

TRIES = 40
LIKENESS = 0.9


class PlutoPhy(RadioPhy):
    """A ``RadioPhy`` that aligns its streams first.

    Args:
        set_loopback: closes (True) or opens the chip's digital loopback; None where it is not to be touched.
        keep: takes the samples of the station's time, for the recording.
        settle: samples after the loopback was opened that may still be of before.
        stream: the transmit stream.
        Others as of ``RadioPhy``.
    """

    def __init__(
        self,
        sap: Sap,
        receiver: Receiver,
        profile: Profile,
        witness: Witness,
        role: int,
        sample_rate_sps: int,
        *,
        stream: PlutoStream,
        set_loopback: Callable[[bool], None],
        keep: Callable[[npt.NDArray[np.complex64]], None],
        settle: int,
        chip_clock_ppm: float = 0.0,
        carrier_offset_hz: float = 0.0,
    ) -> None:
        super().__init__(
            sap,
            receiver,
            profile,
            witness,
            role,
            sample_rate_sps,
            bursts=stream,
            chip_clock_ppm=chip_clock_ppm,
            carrier_offset_hz=carrier_offset_hz,
        )
        self.stream = stream
        self._set_loopback = set_loopback
        self._keep = keep
        self._settle = settle
        self._raw = 0
        self._origin: int | None = None  # the raw sample at which the station's time begins
        self._sent_at: int | None = None
        self._heard = np.zeros(0, np.complex64)
        self._tries = 0
        self.aligned = threading.Event()

    def attend(self, patience_s: float) -> None:
        """Wait until the streams are aligned, then for the MAC."""
        self.aligned.wait(patience_s)
        super().attend(patience_s)

    def receive(self, items: npt.NDArray[np.generic]) -> None:
        """Take the next items of the receive stream: to align, to let go, and then for the station."""
        if self.failure or self.stopped.is_set():
            return
        samples = items.astype(np.complex64, copy=False)
        first, self._raw = self._raw, self._raw + samples.size
        if self._origin is None:
            self._align(samples, first)
        elif self._raw > self._origin:
            mine = samples[max(self._origin - first, 0) :]
            self._keep(mine)
            super().receive(mine)
        self.stream.received(self._raw)

    def _align(self, samples: npt.NDArray[np.complex64], first: int) -> None:
        known = sync_sequence()
        if self._sent_at is None or first > self._sent_at + 4 * self._settle:
            if self._tries == TRIES:
                self.fail("what is sent does not come back through the chip's digital loopback")
                return
            self._tries += 1
            self._sent_at = self.stream.emitted + self._settle
            self.stream.add_raw(known, self._sent_at)
            self._heard = np.zeros(0, np.complex64)
        self._heard = np.concatenate((self._heard, samples))
        found = find(known, self._heard)
        if found is None or found.likeness < LIKENESS:
            self._heard = self._heard[-(known.size + samples.size) :]
            return
        at = first + samples.size - self._heard.size + found.at
        self._set_loopback(False)
        self.aligned.set()
        self._origin = self._raw + self._settle
        self.stream.aligned(self._origin - (at - self._sent_at))
        self._heard = np.zeros(0, np.complex64)
