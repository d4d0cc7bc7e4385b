"""One uncoded uplink frame in progress at the AP, read piece by piece: sync, header, PSDU (rules 6 and 21)."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.frame_check import check_holds
from ampradio.phy.reception import Reception
from ampradio.phy.uncoded_frame import KeyedCarrier
from ampradio.phy.uncoded_reader import MARGIN_NS, UncodedReader
from ampradio.phy.uplink_powers import powers_in
from ampradio.phy.uplink_sync_hits import FoundSync
from ampradio.profile.model import Profile

_NS_PER_S = 1_000_000_000
_EARLY_CLOCK_ERROR = 1e-3


class UncodedFrame:
    """Reads a frame: ``take`` the samples from ``origin`` to ``needs`` until ``over``."""

    def __init__(
        self, profile: Profile, reader: UncodedReader, rate_sps: int, sync_sample: int, sync: FoundSync
    ) -> None:
        """Begin at the ``sync`` that was found at ``sync_sample``."""
        self._reader = reader
        self._lead = int(reader.LEAD_CHIPS * reader.chips.chip / reader.finer)
        self.origin = sync_sample - self._lead
        self.reception: Reception | None = None
        self.over = False
        self.false_start = False
        self.counted: Counter[str] = Counter()
        self._profile = profile
        self._rate_sps = rate_sps
        self._sync = sync
        self._start, self._stretch = float(self._lead), sync.stretch
        self._octets = reader.short_octets
        self._too_few = 0  # so many samples were, by the loop's own reckoning
        self._longest = profile.mac.header_octets + profile.mac.body_octets_max + profile.mac.fcs_octets

    @property
    def needs(self) -> int:
        """The stream position up to which samples are wanted next."""
        return max(self.end + self._samples(MARGIN_NS), self.origin + self._too_few + 1)

    @property
    def end(self) -> int:
        """Where the frame ends if it is of the octets read last."""
        return self.origin + math.ceil(self._end_of(self._octets))

    @property
    def uses(self) -> int:
        """The stream position up to which samples are of use now: where the longest frame would end."""
        return max(self.needs, self.origin + math.ceil(self._end_of(self._longest)) + self._samples(MARGIN_NS))

    def earliest_end(self) -> int:
        """Return the sample before which this PPDU cannot end."""
        unread = self._end_of(self._octets) * _EARLY_CLOCK_ERROR
        return int(self.origin + self._end_of(self._octets) - self._samples(MARGIN_NS) - unread)

    def take(self, samples: npt.NDArray[np.complex64], floor: float) -> None:
        """Read on with ``samples`` (1, needs − origin or more); what the noise ``floor`` is makes no difference."""
        if accelerator.is_on() and self._is_constant:
            self._take_at_once(samples)
            return
        if self._is_constant:
            self._take_clear(samples)
        while not self.over and self.needs - self.origin <= samples.shape[1]:
            self._take_step(samples[:, : self.needs - self.origin])

    def _take_at_once(self, samples: npt.NDArray[np.complex64]) -> None:
        """Read by the compiled loop, as far as the samples go."""
        sync = self._sync
        read = self._reader.read(samples[0], float(self._lead), sync.stretch, sync.carrier_hz)
        if read.octets < 0:
            self._octets, self._too_few = -read.octets, samples.shape[1]
            self._start, self._stretch = read.place[:2]
        elif read.octets == 0:
            self.counted["header_failed"] += 1
            self.over = True
        elif read.is_clear:
            self._hand_up(read.psdu, True, sync.carrier_hz, read.place, read.powers)
        else:
            self._deliver(samples, read.place, read.psdu)

    def _take_clear(self, samples: npt.NDArray[np.complex64]) -> None:
        """Read a clear frame, if it is one."""
        timing = ChipTiming(np.array([float(self._lead)]), np.array([self._stretch]))
        turn, room = np.array([self._sync.carrier_hz / self._rate_sps]), np.array([samples.shape[1]])
        clear = self._reader.clear.read_each(samples, timing, turn, room)
        if clear.psdus[0] is not None:
            self._deliver(samples, clear.tracks[0].tolist(), clear.psdus[0])

    def _take_step(self, samples: npt.NDArray[np.complex64]) -> None:
        reader = self._reader
        carrier = self._begun(samples)
        fitted, psdus = reader.short_frames(carrier)
        if psdus[0] is not None:
            self._deliver_stepwise(samples, fitted, psdus[0])
            return
        if self._octets == reader.short_octets:
            self._read_to(carrier, reader.header_octets)
            return
        carrier, sizes = reader.headers(carrier)
        octets = int(sizes[0])
        if octets == 0:
            self.counted["header_failed"] += 1
            self.over = True
        elif octets > self._octets:
            self._read_to(carrier, octets)
        else:
            carrier, read = reader.whole(carrier, octets)
            self._deliver_stepwise(samples, carrier, read[0])

    _is_constant = True  # the energy of its ON chips

    def _begun(self, samples: npt.NDArray[np.complex64]) -> KeyedCarrier:
        return self._reader.begin(samples, self._lead, self._sync.as_hits())

    def _read_to(self, carrier: KeyedCarrier, octets: int) -> None:
        self._octets = octets
        timing = carrier.track.timing
        self._start, self._stretch = float(timing.start[0]) / self._reader.finer, float(timing.stretch[0])

    def _end_of(self, octets: int) -> float:
        return self._start + self._stretch * self._reader.chips.data_end(16 * octets) / self._reader.finer

    def _samples(self, duration_ns: int) -> int:
        return duration_ns * self._rate_sps // _NS_PER_S

    def _deliver_stepwise(self, samples: npt.NDArray[np.complex64], carrier: KeyedCarrier, psdu: bytes) -> None:
        self._deliver(samples, self._reader.place(carrier), psdu)

    def _deliver(self, samples: npt.NDArray[np.complex64], place: list[float], psdu: bytes) -> None:
        reader, carrier_hz = self._reader, self._sync.carrier_hz
        powers = powers_in(samples, carrier_hz / self._rate_sps, np.array(place), reader.coarse)
        self._hand_up(psdu, check_holds(self._profile.mac, psdu), carrier_hz, place, powers)

    def _hand_up(
        self,
        psdu: bytes,
        check: bool,
        carrier_hz: float,
        place: list[float],
        powers: tuple[float, float],
    ) -> None:
        """Deliver what was read under ``carrier_hz``: ``place`` is as of ``FrameRead``, ``check`` whether it holds."""
        start, stretch, _, turn = place
        begun, receptions = (self.origin, carrier_hz), self._reader.receptions
        self.reception = receptions.of(psdu, begun, (start, stretch, turn), powers)
        self.counted["psdus"] += 1
        if not check:
            self.counted["fcs_failed"] += 1
        self._octets = len(psdu)
        self.over = True
