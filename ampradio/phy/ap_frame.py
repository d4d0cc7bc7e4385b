"""One uplink frame in progress at the AP: from a found AMP-Sync through its header to the PSDU (rule 21)."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ampradio.phy.coded_extent import coded_extent, lead_samples
from ampradio.phy.coded_frame import CodedFrameState
from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.frame_check import check_holds
from ampradio.phy.reception import Itself, Reception
from ampradio.phy.scrambler import scramble
from ampradio.phy.uplink import scrambler_seed
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_clocks import other_clocks
from ampradio.phy.uplink_follow import follow_data, follow_sync, looks_keyed
from ampradio.phy.uplink_frame import HEADER_REREAD, derotated, read_start, read_whole
from ampradio.phy.uplink_powers import powers_of_sync
from ampradio.phy.uplink_reception import UplinkReceptions
from ampradio.phy.uplink_track import UplinkTrack
from ampradio.profile.model import Profile
from ampradio.psdu import SIZING_OCTETS, frame_octets, octets_of
from ampradio.vectors import PpduKind, TxVector


class ApFrame:
    """Reads a frame piece by piece: ``take`` the samples from ``origin`` to ``needs`` until ``over``."""

    def __init__(
        self,
        profile: Profile,
        chips: UplinkChips,
        rate_sps: int,
        sync_sample: int,
        stretch: float,
        carrier_hz: float,
        seeds: tuple[int, ...],
        settled: int | None,
    ) -> None:
        """Begin at the sync found at ``sync_sample``; ``seeds`` are the scrambler seed indices to try.

        What ends within its window is read by ``settled``. None: there is no window, and a frame may turn out to be
        shorter than its header told at first, and so to have ended before an earlier ``earliest_end``.
        """
        lead = lead_samples(chips)
        self.origin = sync_sample - lead
        self.reception: Reception | None = None
        self.over = False
        self.false_start = False
        self.counted: Counter[str] = Counter()
        self._profile = profile
        self._chips = chips
        self._rate_sps = rate_sps
        self._carrier_hz = carrier_hz
        self._timing = ChipTiming(np.array([float(lead)]), np.array([stretch]))
        self._seeds = seeds
        self._extent = extent = coded_extent(Itself(profile), chips, rate_sps)
        self._tail, self._short, self._header = extent.tail, extent.short, extent.header
        self._reserved_from = profile.mac.protected_bit + 1  # bits of Frame Control that are sent 0 (rule 5)
        self._candidates: list[tuple[int, int]] = []  # (octets, seed index), next one last
        self._reread = False
        self._settled = settled
        self._octets = self._short
        self._tried: set[tuple[int, int]] = set()
        self._track: UplinkTrack | None = None
        self._header_track: UplinkTrack | None = None  # before any bit is decided that may lie past the end
        self._sums = np.zeros((1, 1), np.complex128)  # of what has been read
        self._coded_bits_done = 0
        self._sync_timing = self._timing
        self._others: list[UplinkTrack] | None = None  # under other clocks, next one last; None: not thought of yet
        self._others_bits = 0
        self._failed: tuple[UplinkTrack, bytes, int] | None = None  # what was read under the first
        self._least_end = 0.0  # of a frame under another clock: what was promised

    @property
    def needs(self) -> int:
        """The stream position up to which samples are wanted next."""
        return self.origin + self._extent.needed(*self._clock, self._octets)

    @property
    def end(self) -> int:
        """Where the frame ends if it is of the octets read last."""
        return self.origin + math.ceil(self._end_of(self._octets))

    def earliest_end(self) -> int:
        """Return the sample before which this PPDU cannot end."""
        return self._extent.earliest_end(self.origin, *self._clock, self._octets)

    @property
    def uses(self) -> int:
        """The stream position up to which samples are of use now: where the longest frame would end."""
        return max(self.needs, self.origin + self._extent.needed(*self._clock, self._extent.longest))

    def take(self, samples: npt.NDArray[np.complex64], floor: float) -> None:
        """Read on with ``samples`` (1, needs − origin or more); ``floor`` is the noise per sample, 0 if unknown."""
        while not self.over and self.needs - self.origin <= samples.shape[1]:
            self._take_step(samples[:, : self.needs - self.origin], floor)

    def take_over(self, begun: CodedFrameState, failed: int, samples: npt.NDArray[np.complex64]) -> None:
        """Go on from where the compiled loop ``failed``, by its own word, in ``samples`` (1, n)."""
        from ampradio.phy import coded_frame_loops as loops

        (seed,) = self._seeds
        self._octets = begun.octets
        if failed == loops.HEADER_FAILED:
            self._timing, self._sums = begun.timing(0), begun.track(0).sums
            self._fail("header_failed")
            return
        self._timing = begun.timing(loops.LAST_FOLLOWED)
        self._candidates, self._tried = [(self._octets, seed)], {(self._octets, seed)}
        self._track, self._header_track = begun.track(loops.LAST_FOLLOWED), begun.track(loops.AFTER_HEADER)
        self._sums, self._coded_bits_done = self._track.sums, begun.coded_bits_done
        self._take_whole(samples, begun.track(0), begun.bits)

    def _take_step(self, samples: npt.NDArray[np.complex64], floor: float) -> None:
        self._extend(samples)
        if self._track is None:
            track = follow_sync(self._sums, self._timing, self._chips)
        else:
            track = replace(self._track, sums=self._sums)
        bits = 8 * self._octets + self._tail
        track = follow_data(track, self._chips, 2 * bits, self._coded_bits_done)
        self._track, self._timing, self._coded_bits_done = track, track.timing, 2 * bits
        uplink = self._profile.uplink
        if self._candidates:
            track, decided = read_whole(track, self._chips, uplink, bits)
            self._take_whole(samples, track, decided[0])
        elif self._octets == self._short and not looks_keyed(track, self._chips, 2 * bits, np.array([floor]))[0]:
            self.counted["false_starts"] += 1
            self.false_start = self.over = True
        elif self._octets == self._short:
            self._take_short(samples, track, read_start(track, self._chips, uplink, bits)[0])
        else:
            self._header_track = track
            self._find_candidates(read_start(track, self._chips, uplink, bits)[0])
            if not self._candidates:
                self._fail("header_failed")

    def _extend(self, samples: npt.NDArray[np.complex64]) -> None:
        """Add what is new in ``samples`` to the sums; a timing that has moved back may not need all of it again."""
        read, turn = self._sums.shape[1] - 1, np.array([self._carrier_hz / self._rate_sps])
        if read < samples.shape[1]:
            self._sums = derotated(samples, turn, read, self._sums)

    @property
    def _clock(self) -> tuple[float, float]:
        return float(self._timing.start[0]), float(self._timing.stretch[0])

    def _end_of(self, octets: int) -> float:
        return self._extent.end(*self._clock, octets)

    def _octets_under(self, bits: npt.NDArray[np.uint8], seed_index: int, octets: int) -> bytes:
        return octets_of(scramble(bits[: 8 * octets], scrambler_seed(self._profile.uplink, seed_index)))

    def _take_short(self, samples: npt.NDArray[np.complex64], track: UplinkTrack, bits: npt.NDArray[np.uint8]) -> None:
        if not bits[-self._tail :].any():
            for seed in self._seeds:
                psdu = self._octets_under(bits, seed, self._short)
                if frame_octets(self._profile.mac, psdu) == self._short and check_holds(self._profile.mac, psdu):
                    self._deliver(samples, track, psdu, seed)
                    return
        self._octets = self._header

    def _find_candidates(self, bits: npt.NDArray[np.uint8]) -> None:
        """Add the sizes that the header tells under each seed, if they are new."""
        for seed in self._seeds:
            header = self._octets_under(bits, seed, SIZING_OCTETS)
            octets = frame_octets(self._profile.mac, header) or self._short
            plausible = len(self._seeds) == 1 or not header[0] >> self._reserved_from
            # a short frame has had its chance
            if plausible and octets >= self._header and (octets, seed) not in self._tried and self._is_due(octets):
                self._candidates.append((octets, seed))
                self._tried.add((octets, seed))
        self._candidates.sort(reverse=True)
        if self._candidates:
            self._octets = self._candidates[-1][0]
            if self._failed is not None and self._octets > len(self._failed[1]):
                self._failed = None  # too late for it then

    def _take_whole(self, samples: npt.NDArray[np.complex64], track: UplinkTrack, bits: npt.NDArray[np.uint8]) -> None:
        octets, seed = self._candidates.pop()
        psdu = self._octets_under(bits, seed, octets)
        good = check_holds(self._profile.mac, psdu)
        if not good and not self._candidates and not self._reread:
            self._read_header_again(octets)
        if not good and self._candidates:
            self._octets = self._candidates[-1][0]
            return
        if good:
            self._deliver(samples, track, psdu, seed)
        else:
            if len(self._seeds) == 1 and self._others is None:
                self._failed = track, psdu, seed
            self._fail("fcs_failed")
        if self.over and self._failed is not None and self.reception is None:
            self._deliver(samples, *self._failed)

    def _is_due(self, octets: int) -> bool:
        """Return whether a frame of ``octets`` ends neither before what was promised nor after its window."""
        if self._others is None or self._settled is None:
            return True
        end = self.origin + self._end_of(octets)
        return self._least_end <= end <= self._settled - self._extent.margin - 1

    def _fail(self, how: str) -> None:
        """Begin again under the next of the other clocks there may be; without any the frame is over."""
        if self._others is None:
            self.counted[how] += 1
            self._others = []
            if self._settled is not None and len(self._seeds) == 1:
                self._least_end = self.earliest_end()
                begun = follow_sync(self._sums, self._sync_timing, self._chips)
                bits = 2 * (8 * self._octets + self._tail)
                self._others, self._others_bits = other_clocks(begun, self._chips, bits)
        if not self._others:
            self.over = True
            return
        self.counted["read_again"] += 1
        self._track = self._others.pop()
        self._timing, self._coded_bits_done, self._octets = self._track.timing, self._others_bits, self._header
        self._candidates, self._tried, self._reread = [], set(), True

    def _read_header_again(self, octets: int) -> None:
        """Look for other sizes in a header whose frame fails its FCS, with what follows it to help the decoder."""
        self._reread = True
        if self._settled is not None:
            self._tried.update((shorter, seed) for shorter in range(octets) for seed in self._seeds)
        known, most = (8 * each + self._tail for each in (self._header, octets))
        bits = min(most, HEADER_REREAD * known)
        if bits == known or self._header_track is None:
            return
        begun = replace(self._header_track, sums=self._sums)
        again = follow_data(begun, self._chips, 2 * bits, 2 * known)
        self._find_candidates(read_start(again, self._chips, self._profile.uplink, bits)[0])
        if self._candidates:
            self._track, self._coded_bits_done = begun, 2 * known

    def _deliver(self, samples: npt.NDArray[np.complex64], track: UplinkTrack, psdu: bytes, seed_index: int) -> None:
        place = float(track.timing.start[0]), float(track.timing.stretch[0]), float(track.carrier.turn[0])
        vector = TxVector(PpduKind.UL_ACTIVE, self._chips.rate_bps, seed_index=seed_index)
        receptions = UplinkReceptions(self._profile, vector, self._rate_sps)
        begun, powers = (self.origin, self._carrier_hz), powers_of_sync(samples, track, self._chips)
        self.reception = receptions.of(psdu, begun, place, powers)
        self.counted["psdus"] += 1
        self.over = True
