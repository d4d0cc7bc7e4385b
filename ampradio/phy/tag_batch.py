"""Many downlink receptions at once, for sweeps: the tag receiver's own steps over a leading packet axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy import amp_sig
from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.envelope_chips import EnvelopeChips, differences_of
from ampradio.phy.envelope_frame import finish, follow, time_sync
from ampradio.phy.envelope_sync import EnvelopeSync
from ampradio.phy.reception import Itself
from ampradio.phy.running_sum import running_sum
from ampradio.phy.tag_reading import tag_loop
from ampradio.profile.airtime import non_amp_ns
from ampradio.profile.model import Profile
from ampradio.psdu import SIZING_OCTETS, frame_octets, octets_of

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, eq=False)
class DownlinkBatch:
    """Per packet: the PSDU (None: no sync, AMP-SIG failed, or not enough samples) and how it was found.

    ``start_sample`` and ``stretch`` (packets,) are sample 0 of the PPDU, not rounded, and received over nominal
    duration; they mean nothing where ``found`` is False.
    """

    psdus: tuple[bytes | None, ...]
    found: npt.NDArray[np.bool_]
    rate_bps: npt.NDArray[np.int64]
    start_sample: npt.NDArray[np.float64]
    stretch: npt.NDArray[np.float64]


class TagBatch:
    """Receives one Type 1 PPDU from each row of an array of envelope power."""

    def __init__(self, profile: Profile, sample_rate_sps: int, decimation: int = 2) -> None:
        """Prepare as ``TagReceiver`` does; same errors."""
        self._profile = profile
        self._rate_sps = sample_rate_sps
        self._decimation = decimation
        self._sync = EnvelopeSync(profile, sample_rate_sps, decimation)
        rates = (profile.downlink.rate_low_bps, profile.downlink.rate_high_bps)
        self._chips = [EnvelopeChips(profile, rate, sample_rate_sps, decimation) for rate in rates]

    def receive(self, power: npt.NDArray[np.float32], floor: npt.NDArray[np.float64]) -> DownlinkBatch:
        """Return what is received first in each row of ``power`` (packets, n), float32.

        ``floor`` (packets,) is the noise per power sample, 0 where unknown.
        """
        hits = self._sync.first(power, floor)
        psdus: list[bytes | None] = [None] * power.shape[0]
        start, stretch = hits.timing.start.copy(), hits.timing.stretch.copy()
        for complemented, chips in enumerate(self._chips):
            rows = np.flatnonzero(hits.found & (hits.complemented == complemented))
            if rows.size:
                timing, read = self._read(power, rows, hits.timing.of(rows), chips)
                start[rows], stretch[rows] = timing.start, timing.stretch
                for row, psdu in zip(rows, read, strict=True):
                    psdus[row] = psdu
        before = non_amp_ns(self._profile) * self._rate_sps / _NS_PER_S
        rates = np.where(hits.complemented, self._chips[1].rate_bps, self._chips[0].rate_bps)
        first = start * self._decimation - before * stretch
        return DownlinkBatch(tuple(psdus), hits.found, rates, first, stretch)

    def _read(
        self, power: npt.NDArray[np.float32], rows: npt.NDArray[np.intp], timing: ChipTiming, chips: EnvelopeChips
    ) -> tuple[ChipTiming, list[bytes | None]]:
        if accelerator.is_on():
            loop = tag_loop(Itself(self._profile), chips.rate_bps, self._rate_sps, self._decimation, 0.0)
            return loop.read_each(np.ascontiguousarray(power), rows, timing)
        return self._frames(running_sum(power[rows], np.float64), timing, chips)

    def _frames(
        self, sums: npt.NDArray[np.float64], timing: ChipTiming, chips: EnvelopeChips
    ) -> tuple[ChipTiming, list[bytes | None]]:
        sig_bits, packets = 8 * self._profile.downlink.sig_octets, sums.shape[0]
        timing = time_sync(sums, timing, chips)
        timing, _ = finish(sums, follow(sums, timing, chips, sig_bits), chips, sig_bits)
        sig = differences_of(sums, timing, chips, sig_bits)
        valid = [amp_sig.partial_id_by(self._profile.downlink, each) is not None for each in sig]
        psdus: list[bytes | None] = [None] * packets
        start, stretch = timing.start.copy(), timing.stretch.copy()
        octets, done = np.full(packets, self._profile.mac.short_frame_octets), np.full(packets, sig_bits)
        unread = np.flatnonzero(valid)
        while unread.size:
            longer = []
            for wanted, known in np.unique(np.stack((octets[unread], done[unread])), axis=1).T.tolist():
                rows = unread[(octets[unread] == wanted) & (done[unread] == known)]
                bits = sig_bits + 8 * wanted
                followed = follow(sums[rows], ChipTiming(start[rows], stretch[rows]), chips, bits, known)
                fitted, decided = finish(sums[rows], followed, chips, bits)
                octets[rows] = [self._size(each[sig_bits:]) for each in decided]
                done[rows] = bits
                goes_on = octets[rows] > wanted
                start[rows] = np.where(goes_on, followed.start, fitted.start)
                stretch[rows] = np.where(goes_on, followed.stretch, fitted.stretch)
                longer.append(rows[goes_on])
                for row, each in zip(rows, decided, strict=True):
                    if octets[row] == wanted:
                        psdus[row] = octets_of(each[sig_bits:])
            unread = np.concatenate(longer)
        return ChipTiming(start, stretch), psdus

    def _size(self, bits: npt.NDArray[np.uint8]) -> int:
        return frame_octets(self._profile.mac, octets_of(bits)) or SIZING_OCTETS
