"""The PHY entity of a station whose PlutoSDR is in a flowgraph, by gr-iio's blocks.

Before the station's time begins, a sequence is sent through the chip's digital loopback, with the transmitter off, and
found again: that is how the two streams lie to each other, for as long as neither breaks.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from ampradio.profile import Profile
from ampradio.radio.alignment import find, sync_sequence
from ampradio.radio.errors import RadioError
from ampradio.sap.messages import AttachConfirm, TimeIndication
from flowgraphs.gr_iio_losses import SILENT_S
from flowgraphs.parties import LossWitness, Receiver, Sap
from flowgraphs.pluto_stream import PlutoStream
from flowgraphs.radio_phy import RadioPhy

TRIES = 40
LIKENESS = 0.9
LOOK_EVERY = 1 << 14  # samples
MARK_PATIENCE = 1 << 20  # samples: more than wait to be sent in the flowgraph and in the radio


class PlutoPhy(RadioPhy):
    """A ``RadioPhy`` that aligns its streams first.

    Args:
        set_loopback: closes (True) or opens the chip's digital loopback.
        has_lost: whether received samples were lost, and whether the transmitter ran dry, since it was asked last.
        keep: takes the samples of the station's time, for the recording.
        settle: samples after the loopback was opened that may still be of before.
        delay_samples: how much later than the loopback says a burst arrives by the antennas.
        stream: the transmit stream.
        Others as of ``RadioPhy``.
    """

    def __init__(
        self,
        sap: Sap,
        receiver: Receiver,
        profile: Profile,
        witness: LossWitness,
        role: int,
        sample_rate_sps: int,
        *,
        stream: PlutoStream,
        set_loopback: Callable[[bool], None],
        has_lost: Callable[[], tuple[bool, bool]],
        keep: Callable[[npt.NDArray[np.complex64]], None],
        settle: int,
        delay_samples: int = 0,
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
        self._has_lost = has_lost
        self._began_s: float | None = None
        self.receiver = receiver
        self._losses = witness
        self._looked = 0
        self._keep = keep
        self._settle = settle
        self._delay = delay_samples
        self._raw = 0
        self._distance: int | None = None  # from a sample's place in the transmit stream to that in the received one
        self._origin: int | None = None  # the raw sample at which the station's time begins, or goes on
        self._sent_at: int | None = None
        self._marked = 0  # the raw sample at which the sequence was asked for
        self._heard = np.zeros(0, np.complex64)
        self._tries = 0
        self.aligned = threading.Event()

    @property
    def raw(self) -> int:
        """Samples that the radio has delivered, those before the station's time too."""
        return self._raw

    def attend(self, patience_s: float) -> None:
        """Wait until the streams are aligned, then for the MAC; what takes longer is a failure."""
        if not self.aligned.wait(patience_s):
            self.fail(f"the radio's streams are not aligned after {patience_s:g} s")
        super().attend(patience_s)

    def close(self) -> None:
        """See ``LockStepPhy``."""
        super().close()
        self.aligned.set()

    def start(self, patience_s: float) -> None:
        """See ``LockStepPhy``; the station's time begins once its MAC has answered, and samples pass meanwhile."""
        if self._started.is_set():
            return
        self._sap.wait_for_mac(AttachConfirm(self._role, self._rate, 0), patience_s)
        requests = self._sap.indicate(TimeIndication(0))
        self._begin()
        for request in requests:
            self._obey(request)
        self._advance([])
        self._started.set()

    def receive(self, items: npt.NDArray[np.generic]) -> None:
        """Take the next items of the receive stream: to align, to let go, and then for the station."""
        if self.failure or self.stopped.is_set():
            return
        with self._failing():
            self._take(items.astype(np.complex64, copy=False))
            if not self.stream.received(self._raw):
                self.fail("the radio takes no more samples to send: gr-iio gave up waiting for it, or it is gone")

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        """See ``LockStepPhy``; a radio that does not answer ends the run too."""
        with super()._failing():
            try:
                yield
            except RadioError as error:
                self.fail(str(error))

    def _take(self, samples: npt.NDArray[np.complex64]) -> None:
        """Align by the samples, let them go, or hand them to the station."""
        first, self._raw = self._raw, self._raw + samples.size
        if self._distance is None:
            self._began_s = self._began_s or time.monotonic()
            if time.monotonic() - self._began_s > SILENT_S:
                self._align(samples, first)
        elif self._origin is not None and self._raw > self._origin:
            mine = samples[max(self._origin - first, 0) :]
            self._keep(mine)
            super().receive(mine)
            self._look_for_losses()

    def _look_for_losses(self) -> None:
        """Align again when a stream has broken: what is sent meanwhile is lost, and nothing is sent elsewhere."""
        if self._raw - self._looked < LOOK_EVERY:
            return
        self._looked = self._raw
        overflow, underflow = self._has_lost()
        if overflow or underflow:
            self.counters.update(radio_overflows=int(overflow), radio_underflows=int(underflow))
            self._losses.gap(self.received)
            self.counters["displaced_bursts"] += self.stream.clear()
            self._set_loopback(True)
            self._distance = self.stream.distance = None
            self._sent_at, self._tries = None, 0

    def _align(self, samples: npt.NDArray[np.complex64], first: int) -> None:
        known = sync_sequence()
        if self._sent_at is None or first > self._marked + MARK_PATIENCE:
            if self._tries == TRIES:
                self.fail("what is sent does not come back through the chip's digital loopback")
                return
            self._tries += 1
            self._marked, self._sent_at = first, self.stream.emitted + self._settle
            self._has_lost()  # what was lost before is not ours
            self.stream.add_raw(known, self._sent_at)
            self._heard = np.zeros(0, np.complex64)
        self._heard = np.concatenate((self._heard, samples))
        found = find(known, self._heard)
        if found is None or found.likeness < LIKENESS:
            self._heard = self._heard[-(known.size + samples.size) :]
            return
        at = first + samples.size - self._heard.size + found.at
        self._heard = np.zeros(0, np.complex64)
        if any(self._has_lost()):  # the streams may have broken since
            self.counters["alignments_again"] += 1
            self._sent_at = None
            return
        self._set_loopback(False)
        self._distance = self.stream.distance = at - self._sent_at
        self.aligned.set()
        if self._origin is not None:
            self._begin()

    def _begin(self) -> None:
        """Let the station's time begin, or go on, with samples that are none of the loopback's."""
        assert self._distance is not None
        self._origin = self._raw + self._settle
        self.stream.aligned(self._origin - self.received - self._distance - self._delay)
