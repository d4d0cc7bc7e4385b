"""Commands at a mono-static tag (Types 2 and 3), many at once, from envelope power alone.

There is no AMP-SIG: the frame follows the AMP-Sync and its header tells its size. Air-interface page, section 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.mono_tag_chips import MonoTagChips
from ampradio.phy.mono_tag_frame import FIRST_BITS, begun, finished, followed
from ampradio.phy.mono_tag_frame import woken as woken_before
from ampradio.phy.mono_tag_sync import MonoTagSync
from ampradio.phy.running_sum import running_sum
from ampradio.profile.airtime import non_amp_ns
from ampradio.profile.model import Profile
from ampradio.psdu import SIZING_OCTETS, frame_octets, octets_of

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, eq=False)
class MonoDownlinkBatch:
    """Per packet: the PSDU (None: no sync, or not enough samples) and how it was found.

    ``sync_sample`` and ``data_end_sample`` (packets,) are the first edge of the AMP-Sync and the last of the AMP-Data,
    from where T1 counts, not rounded; ``stretch`` received over nominal duration; ``woken`` whether a WUP-Excitation
    came before (Type 2). They mean nothing where ``found`` is False.
    """

    psdus: tuple[bytes | None, ...]
    found: npt.NDArray[np.bool_]
    sync_sample: npt.NDArray[np.float64]
    data_end_sample: npt.NDArray[np.float64]
    stretch: npt.NDArray[np.float64]
    woken: npt.NDArray[np.bool_]


class MonoTagBatch:
    """Receives one Type 2 or 3 PPDU from each row of an array of envelope power."""

    def __init__(self, profile: Profile, sample_rate_sps: int, decimation: int = 2) -> None:
        """Prepare for power summed over ``decimation`` samples; ValueError for a rate whose chips are not whole."""
        self._profile = profile
        self._decimation = decimation
        self._sync = MonoTagSync(profile, sample_rate_sps, decimation)
        self._chips = MonoTagChips(profile, sample_rate_sps, decimation)
        self._non_amp = non_amp_ns(profile) * sample_rate_sps / (_NS_PER_S * decimation)

    def receive(self, power: npt.NDArray[np.float32], floor: npt.NDArray[np.float64]) -> MonoDownlinkBatch:
        """Return what is received first in each row of ``power`` (packets, n), float32.

        ``floor`` (packets,) is the noise per power sample, 0 where unknown. A PSDU is given up whether or not its FCS
        holds; rows that are not finite hold none. Raises ValueError for shapes that do not fit.
        """
        if power.ndim != 2 or floor.shape != power.shape[:1]:
            raise ValueError(f"power {power.shape} and floor {floor.shape} must be (packets, n) and (packets,)")
        finite = np.isfinite(power).all(axis=1)
        power = power if finite.all() else np.where(finite[:, np.newaxis], power, np.float32(0))
        hits = self._sync.first(power, floor)
        packets = power.shape[0]
        psdus: list[bytes | None] = [None] * packets
        start, stretch, end = hits.timing.start.copy(), hits.timing.stretch.copy(), np.zeros(packets)
        woken = np.zeros(packets, np.bool_)
        rows = np.flatnonzero(hits.found)
        if rows.size:
            sums = running_sum(power[rows], np.float64)
            timing, read = self._frames(sums, begun(sums, hits.timing.of(rows), self._chips))
            start[rows], stretch[rows] = timing.start, timing.stretch
            woken[rows] = woken_before(sums, timing, self._chips, floor[rows], self._non_amp)
            for row, psdu in zip(rows, read, strict=True):
                psdus[row] = psdu
                nominal = self._chips.data_end(8 * len(psdu or b""))
                end[row] = start[row] + nominal * stretch[row]
        each = self._decimation
        return MonoDownlinkBatch(tuple(psdus), hits.found, start * each, end * each, stretch, woken)

    def _frames(self, sums: npt.NDArray[np.float64], timing: ChipTiming) -> tuple[ChipTiming, list[bytes | None]]:
        """Return timing and PSDU of each frame: first of a short frame, then of a header, then of what that tells."""
        psdus: list[bytes | None] = [None] * sums.shape[0]
        start, stretch = timing.start.copy(), timing.stretch.copy()
        waiting = [(np.arange(len(psdus)), timing, FIRST_BITS, self._profile.mac.short_frame_octets)]
        while waiting:
            rows, timing, done_bits, octets = waiting.pop()
            bits = 8 * octets
            end = timing.at(np.array([self._chips.data_end(bits)]))[:, 0]
            fits = np.flatnonzero(end < sums.shape[1])
            rows, timing = rows[fits], timing.of(fits)
            if not rows.size:
                continue
            part = sums[rows]
            timing = followed(part, timing, self._chips, bits, done_bits)
            sizes = self._sizes(self._chips.bits(part, timing, bits))
            whole = np.flatnonzero(sizes == octets)
            if whole.size:
                final, decided = finished(part[whole], timing.of(whole), self._chips, bits)
                start[rows[whole]], stretch[rows[whole]] = final.start, final.stretch
                right = self._sizes(decided) == octets
                for row in np.flatnonzero(right):
                    psdus[rows[whole[row]]] = octets_of(decided[row])
            for size in np.unique(sizes[sizes > octets]):
                some = np.flatnonzero(sizes == size)
                waiting.append((rows[some], timing.of(some), bits, int(size)))
        return ChipTiming(start, stretch), psdus

    def _sizes(self, decided: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
        """Return the octets of frames that begin with ``decided`` (packets, bits), or how many it takes to tell."""
        mac = self._profile.mac
        return np.array([frame_octets(mac, octets_of(bits)) or SIZING_OCTETS for bits in decided], np.intp)
