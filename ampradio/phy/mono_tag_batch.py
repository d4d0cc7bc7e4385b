"""Commands at a mono-static tag (Types 2 and 3), many at once, from envelope power alone.

There is no AMP-SIG: the frame follows the AMP-Sync and its header tells its size. Air-interface page, section 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.mono_tag_chips import MonoTagChips
from ampradio.phy.mono_tag_sync import MonoTagSync
from ampradio.phy.running_sum import integral_to, running_sum
from ampradio.profile.airtime import non_amp_ns
from ampradio.profile.model import Profile
from ampradio.psdu import SIZING_OCTETS, frame_octets, octets_of

_NS_PER_S = 1_000_000_000
_FIRST_BITS = 24
_FIRST_STARTS = np.linspace(-0.5, 0.5, 7)  # chips
_FIRST_CLOCKS = 41  # over the tolerance
_STEERING = np.linspace(-1.5, 1.5, 13)  # chips gained at the end of the stretch by the clocks compared
_WINDOWS = (0.5, 0.25)  # of a chip
_FINAL_WINDOWS = (0.25, 0.125, 0.125)
_WINDOW_MIN = 1.25  # power samples; an edge inside a power sample needs its neighbours whole
_WOKEN = 0.5  # least power before the non-AMP portion, over that of the sync, to be a WUP-Excitation


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
            timing, read = self._frames(sums, self._begun(sums, hits.timing.of(rows)))
            start[rows], stretch[rows] = timing.start, timing.stretch
            woken[rows] = self._woken(sums, timing, floor[rows])
            for row, psdu in zip(rows, read, strict=True):
                psdus[row] = psdu
                nominal = self._chips.data_end(8 * len(psdu or b""))
                end[row] = start[row] + nominal * stretch[row]
        each = self._decimation
        return MonoDownlinkBatch(tuple(psdus), hits.found, start * each, end * each, stretch, woken)

    def _begun(self, sums: npt.NDArray[np.float64], timing: ChipTiming) -> ChipTiming:
        """Return the timing over the first bits: the best of all clocks and of starts about the one found."""
        chips = self._chips
        starts, clocks = np.meshgrid(_FIRST_STARTS * chips.chip, chips.clocks(_FIRST_CLOCKS))
        nominal = ChipTiming(timing.start, np.ones_like(timing.stretch))
        timing = chips.steered(sums, nominal, _FIRST_BITS, starts.reshape(-1), clocks.reshape(-1), 0.0)
        return self._refined(sums, timing, _FIRST_BITS, _WINDOWS)

    def _followed(self, sums: npt.NDArray[np.float64], timing: ChipTiming, bits: int, done_bits: int) -> ChipTiming:
        chips = self._chips
        while done_bits < bits:
            reach = min(2 * done_bits, bits)
            pivot = 0.5 * chips.data_end(done_bits)
            clocks = chips.slopes(_STEERING, reach, pivot)
            timing = chips.steered(sums, timing, reach, np.zeros_like(clocks), clocks, pivot)
            timing = self._refined(sums, timing, reach, _WINDOWS)
            done_bits = reach
        return timing

    def _refined(
        self, sums: npt.NDArray[np.float64], timing: ChipTiming, bits: int, windows: tuple[float, ...]
    ) -> ChipTiming:
        for window in windows:
            timing = self._chips.refine(sums, timing, bits, max(window * self._chips.chip, _WINDOW_MIN))
        return timing

    def _frames(self, sums: npt.NDArray[np.float64], timing: ChipTiming) -> tuple[ChipTiming, list[bytes | None]]:
        """Return timing and PSDU of each frame: first of a short frame, then of a header, then of what that tells."""
        psdus: list[bytes | None] = [None] * sums.shape[0]
        start, stretch = timing.start.copy(), timing.stretch.copy()
        waiting = [(np.arange(len(psdus)), timing, _FIRST_BITS, self._profile.mac.short_frame_octets)]
        while waiting:
            rows, timing, done_bits, octets = waiting.pop()
            bits = 8 * octets
            end = timing.at(np.array([self._chips.data_end(bits)]))[:, 0]
            fits = np.flatnonzero(end < sums.shape[1])
            rows, timing = rows[fits], timing.of(fits)
            if not rows.size:
                continue
            part = sums[rows]
            timing = self._followed(part, timing, bits, done_bits)
            sizes = self._sizes(self._chips.bits(part, timing, bits))
            whole = np.flatnonzero(sizes == octets)
            if whole.size:
                final = self._refined(part[whole], timing.of(whole), bits, _FINAL_WINDOWS)
                start[rows[whole]], stretch[rows[whole]] = final.start, final.stretch
                decided = self._chips.bits(part[whole], final, bits)
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

    def _woken(
        self, sums: npt.NDArray[np.float64], timing: ChipTiming, floor: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.bool_]:
        """Return whether there is power where a non-AMP portion could not reach: one to two of its lengths before."""
        length = self._non_amp
        begin, middle = (timing.at(np.array([-part * length]))[:, 0] for part in (2.2, 1.2))
        ends = integral_to(sums, np.stack((begin, middle), axis=1))
        before = (ends[:, 1] - ends[:, 0]) / (middle - begin) - floor
        edges = self._chips.edges(0)[[1, 5]]  # ON in the sync
        on = np.diff(integral_to(sums, timing.at(edges)), axis=1)[:, 0] / (edges[1] - edges[0]) / timing.stretch - floor
        woken: npt.NDArray[np.bool_] = before > _WOKEN * on
        return woken
