"""One command in progress at a mono-static tag, or below 1 GHz: from a found AMP-Sync through its header to the PSDU.

There is no AMP-SIG that would confirm the sync, so a PSDU whose FCS does not hold is counted and not given up.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import numpy.typing as npt

from ampradio.phy.command_format import CommandFormat
from ampradio.phy.edge_timing import PPM, ChipTiming
from ampradio.phy.envelope_chips import STRADDLE
from ampradio.phy.frame_check import check_holds
from ampradio.phy.mono_tag_chips import MonoTagChips
from ampradio.phy.mono_tag_frame import FIRST_BITS, WOKEN_REACH, begun, finished, followed, woken
from ampradio.phy.reception import Reception, placed_fields
from ampradio.phy.running_sum import integral_to, running_sum
from ampradio.profile.airtime import non_amp_ns
from ampradio.profile.model import Profile
from ampradio.psdu import SIZING_OCTETS, frame_octets, octets_of
from ampradio.vectors import PpduKind, RxVector, TxVector

_NS_PER_S = 1_000_000_000
_MARGIN_CHIPS = 0.5  # read this far past the last chip
_CLOCK_OF_SYNC = 0.0125  # the search tells the clock no better
_CLOCK_OF_HEADER = 1e-3
_QUIETEST = 1e-10  # noise below this part of the signal is called 100 dB down
_LAST_FIELD = "AMP-Data"


class MonoTagCommand:
    """Reads a command piece by piece: ``take`` the power from ``origin`` to ``needs`` until it is ``over``."""

    def __init__(
        self,
        profile: Profile,
        form: CommandFormat,
        chips: MonoTagChips,
        rate_sps: int,
        decimation: int,
        sync: tuple[int, ChipTiming, float],
        floor: float,
    ) -> None:
        """Begin at ``sync``: a stream position, in power samples, the timing (1,) counted from there, the contrast."""
        self.reception: Reception | None = None
        self.over = False
        self.counted: Counter[str] = Counter()
        self._profile = profile
        self._form = form
        self._chips = chips
        self._rate_sps = rate_sps
        self._decimation = decimation
        self._floor = np.array([floor])
        self._non_amp = _non_amp(profile, chips, form)
        lead = self.power_before(profile, chips, form)
        found, timing, self.contrast = sync
        self.origin = found + math.floor(float(timing.start[0])) - lead
        self._timing = ChipTiming(timing.start + (found - self.origin), timing.stretch)
        self._bits_done = 0
        self._octets = profile.mac.short_frame_octets

    @staticmethod
    def power_before(profile: Profile, chips: MonoTagChips, form: CommandFormat) -> int:
        """Return how many power samples before its AMP-Sync a command is judged by."""
        slowest = 1 + 2 * profile.uplink.mono_chip_tolerance_ppm * PPM
        return math.ceil(WOKEN_REACH * _non_amp(profile, chips, form) * slowest + chips.chip)

    @property
    def needs(self) -> int:
        """The stream position up to which power is wanted next."""
        bits = 8 * self._octets if self._bits_done else FIRST_BITS
        unsure = 0.0 if self._bits_done else _CLOCK_OF_SYNC * self._chips.data_end(bits)
        return self.origin + math.ceil(self._end_of(bits) + unsure + _MARGIN_CHIPS * self._chips.chip)

    @property
    def is_short(self) -> bool:
        """Whether the frame is of the shortest kind, whose check sequence has 8 bits only."""
        return self._octets == self._profile.mac.short_frame_octets

    @property
    def end(self) -> int:
        """The stream position at which the AMP-Data end, as far as the header has been read."""
        return self.origin + int(self._end_of(8 * self._octets))

    def earliest_end(self) -> int:
        """Return the sample (of the undecimated stream) before which this command cannot end."""
        bits = 8 * max(self._octets, self._profile.mac.short_frame_octets)
        unsure = (_CLOCK_OF_HEADER if self._bits_done else _CLOCK_OF_SYNC) * self._chips.data_end(bits)
        return int((self.origin + self._end_of(bits) - unsure - _MARGIN_CHIPS * self._chips.chip) * self._decimation)

    def take(self, power: npt.NDArray[np.float32]) -> None:
        """Read on with ``power`` (1, needs − origin)."""
        sums = running_sum(power, np.float64)
        if not self._bits_done:
            self._timing = begun(sums, self._timing, self._chips)
            self._bits_done = FIRST_BITS
            return
        bits = 8 * self._octets
        self._timing = followed(sums, self._timing, self._chips, bits, self._bits_done)
        self._bits_done = max(bits, self._bits_done)
        octets = self._size(self._chips.bits(sums, self._timing, bits))
        if octets > self._octets:
            self._octets = octets
            return
        if octets == self._octets:
            self._timing, decided = finished(sums, self._timing, self._chips, bits)
            self._conclude(sums, decided)
        else:
            self._give_up("length_changed")

    def _end_of(self, bits: int) -> float:
        return float(self._timing.at(np.array([self._chips.data_end(bits)]))[0, 0])

    def _size(self, decided: npt.NDArray[np.uint8]) -> int:
        """Return the octets of the frame, or how many it takes to tell."""
        return frame_octets(self._profile.mac, octets_of(decided[0])) or SIZING_OCTETS

    def _conclude(self, sums: npt.NDArray[np.float64], decided: npt.NDArray[np.uint8]) -> None:
        psdu = octets_of(decided[0])
        if self._size(decided) != self._octets:
            self._give_up("length_changed")
        elif self.is_short and not self._form.short_frames:
            self._give_up("not_a_command")
        elif not check_holds(self._profile.mac, psdu):
            self._give_up("fcs_failed")
        else:
            self.counted["psdus"] += 1
            self.reception = self._deliver(sums, psdu)
            self.over = True

    def _give_up(self, reason: str) -> None:
        self.counted[reason] += 1
        self.over = True

    def _deliver(self, sums: npt.NDArray[np.float64], psdu: bytes) -> Reception:
        profile, rate_sps = self._profile, self._rate_sps
        vector = TxVector(self._kind(sums), self._form.rate_bps, excitation_ns=profile.downlink.bst_excitation_min_ns)
        stretch = float(self._timing.stretch[0])
        sync_sample = (self.origin + float(self._timing.start[0])) * self._decimation
        fields = placed_fields(profile, len(psdu), vector, rate_sps, sync_sample, stretch)
        names = [field.name for field in fields]
        fields = fields[: names.index(_LAST_FIELD) + 1]  # how long the excitation is, nobody tells a tag
        on, off = self._levels(sums, 8 * len(psdu))
        signal = max(on - off, 1e-30)
        rxvector = RxVector(
            kind=vector.kind,
            rate_bps=vector.rate_bps,
            start_ns=_ns(fields[0].start_sample, rate_sps),
            end_ns=_ns(fields[-1].stop_sample, rate_sps),
            start_sample=fields[0].start_sample,
            snr_db=10 * math.log10(signal / max(off, _QUIETEST * signal)),
            rssi_dbfs=10 * math.log10(signal / self._decimation),
            clock_ppm=(stretch - 1) / PPM,
        )
        return Reception(psdu, rxvector, fields)

    def _kind(self, sums: npt.NDArray[np.float64]) -> PpduKind:
        if self._form.continuous_wave:
            return PpduKind.DL_SUB1GHZ
        awoken = woken(sums, self._timing, self._chips, self._floor, self._non_amp)[0]
        return PpduKind.DL_TYPE2 if awoken else PpduKind.DL_TYPE3

    def _levels(self, sums: npt.NDArray[np.float64], bits: int) -> tuple[float, float]:
        """Return the mean power of a power sample in the better half of the bits, and inside the other.

        A sample that straddles an edge would look like noise.
        """
        edges = self._timing.at(self._chips.edges(bits)[self._chips.sync.size :])
        energy = np.diff(integral_to(sums, edges))[0].reshape(-1, 2)
        within = np.stack((edges[0, :-1] + STRADDLE, edges[0, 1:] - STRADDLE))
        inside = np.diff(integral_to(sums, within.reshape(1, -1)).reshape(within.shape), axis=0).reshape(-1, 2)
        off = np.take_along_axis(inside, np.argmin(energy, axis=1)[:, np.newaxis], axis=1)
        chip = self._chips.chip * float(self._timing.stretch[0])
        return float(energy.max(axis=1).mean() / chip), max(float(off.mean() / (chip - 2 * STRADDLE)), 0.0)


def _non_amp(profile: Profile, chips: MonoTagChips, form: CommandFormat) -> float:
    """Return how long the non-AMP portion lasts in power samples; there is none on a continuous wave."""
    return 0.0 if form.continuous_wave else non_amp_ns(profile) / form.chip_ns * chips.chip


def _ns(sample: int, rate_sps: int) -> int:
    return round(sample * _NS_PER_S / rate_sps)
