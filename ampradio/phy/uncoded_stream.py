"""One uncoded uplink frame in progress at the AP, read piece by piece: sync, header, PSDU (rules 6 and 21)."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.edge_timing import PPM, ChipTiming
from ampradio.phy.frame_check import check_holds
from ampradio.phy.reception import Reception, placed_fields
from ampradio.phy.uncoded_frame import KeyedCarrier
from ampradio.phy.uncoded_reader import MARGIN_NS, UncodedReader
from ampradio.phy.uplink_sync_hits import UplinkSyncHits
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind, RxVector

_NS_PER_S = 1_000_000_000
_EARLY_CLOCK_ERROR = 1e-3
_QUIETEST = 1e-10  # noise below this part of the signal is called 100 dB down


class UncodedFrame:
    """Reads a frame: ``take`` the samples from ``origin`` to ``needs`` until ``over``."""

    def __init__(
        self, profile: Profile, reader: UncodedReader, rate_sps: int, sync_sample: int, hits: UplinkSyncHits
    ) -> None:
        """Begin at the sync that ``hits``, of one packet, found at ``sync_sample``."""
        self._reader = reader
        self._lead = int(reader.LEAD_CHIPS * reader.chips.chip / reader.finer)
        self.origin = sync_sample - self._lead
        self.reception: Reception | None = None
        self.over = False
        self.false_start = False
        self.counted: Counter[str] = Counter()
        self._profile = profile
        self._rate_sps = rate_sps
        self._hits = hits
        self._start, self._stretch = float(self._lead), float(hits.timing.stretch[0])
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
        reader, hits = self._reader, self._hits
        stretch, carrier_hz = float(hits.timing.stretch[0]), float(hits.carrier_hz[0])
        octets, psdu, track = reader.read(samples[0], float(self._lead), stretch, carrier_hz)
        if octets < 0:
            self._octets, self._too_few = -octets, samples.shape[1]
            self._start, self._stretch = float(track[0]) / reader.finer, float(track[1])
        elif octets == 0:
            self.counted["header_failed"] += 1
            self.over = True
        else:
            self._deliver_read(samples, track, psdu)

    def _take_clear(self, samples: npt.NDArray[np.complex64]) -> None:
        """Read a clear frame, if it is one."""
        reader, hits, room = self._reader, self._hits, np.array([samples.shape[1]])
        timing = ChipTiming(np.array([float(self._lead)]), hits.timing.stretch)
        clear = reader.clear.read_each(samples, timing, hits.carrier_hz * reader.finer / reader.rate_sps, room)
        if clear.psdus[0] is not None:
            self._deliver_read(samples, reader.finer_track(clear.tracks[0]), clear.psdus[0])

    def _deliver_read(self, samples: npt.NDArray[np.complex64], track: npt.NDArray[np.float64], psdu: bytes) -> None:
        reader, carrier_hz = self._reader, float(self._hits.carrier_hz[0])
        count = math.ceil(float(track[0] + track[1] * reader.chips.data_end(0)) / reader.finer) + 1
        self._octets = len(psdu)
        self._deliver(reader.carrier(samples[:, :count], carrier_hz, track), psdu)

    def _take_step(self, samples: npt.NDArray[np.complex64]) -> None:
        reader = self._reader
        carrier = self._begun(samples)
        fitted, psdus = reader.short_frames(carrier)
        if psdus[0] is not None:
            self._deliver(fitted, psdus[0])
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
            self._deliver(carrier, read[0])

    _is_constant = True  # the energy of its ON chips

    def _begun(self, samples: npt.NDArray[np.complex64]) -> KeyedCarrier:
        return self._reader.begin(samples, self._lead, self._hits)

    def _read_to(self, carrier: KeyedCarrier, octets: int) -> None:
        self._octets = octets
        timing = carrier.track.timing
        self._start, self._stretch = float(timing.start[0]) / self._reader.finer, float(timing.stretch[0])

    def _end_of(self, octets: int) -> float:
        return self._start + self._stretch * self._reader.chips.data_end(16 * octets) / self._reader.finer

    def _samples(self, duration_ns: int) -> int:
        return duration_ns * self._rate_sps // _NS_PER_S

    def _deliver(self, carrier: KeyedCarrier, psdu: bytes) -> None:
        reader, track, vector = self._reader, carrier.track, self._reader.vector
        stretch = float(track.timing.stretch[0])
        sync_sample = self.origin + float(track.timing.start[0]) / reader.finer
        fields = placed_fields(self._profile, len(psdu), vector, self._rate_sps, sync_sample, stretch)
        signal, noise = self._powers(carrier)
        turn = float(track.carrier.turn[0]) * reader.rate_sps / (2 * math.pi)
        rxvector = RxVector(
            kind=vector.kind,
            rate_bps=vector.rate_bps,
            start_ns=self._ns(fields[0].start_sample),
            end_ns=self._ns(fields[-1].stop_sample),
            start_sample=fields[0].start_sample,
            snr_db=10 * math.log10(signal / max(noise, _QUIETEST * signal)),
            rssi_dbfs=10 * math.log10(signal),
            clock_ppm=(stretch - 1) / PPM,
            cfo_hz=self._carrier_hz() + turn,
            seed_index=vector.seed_index if vector.kind is PpduKind.UL_ACTIVE else None,
        )
        self.counted["psdus"] += 1
        self.counted["fcs_failed"] += not check_holds(self._profile.mac, psdu)
        self.reception = Reception(psdu, rxvector, fields)
        self.over = True

    def _carrier_hz(self) -> float:
        return float(self._hits.carrier_hz[0])

    def _powers(self, carrier: KeyedCarrier) -> tuple[float, float]:
        """Return ON power and noise power per sample, from the chips of the AMP-Sync."""
        chips, finer = self._reader.chips, self._reader.finer
        word = chips.turned(carrier.track, 0)[0]
        signal = (abs(word[chips.sync > 0].mean()) / chips.chip) ** 2
        noise = float(np.mean(np.abs(word[chips.sync == 0]) ** 2)) / (finer * chips.chip)
        return max(float(signal), 1e-30), noise

    def _ns(self, sample: int) -> int:
        return round(sample * _NS_PER_S / self._rate_sps)
