"""One downlink frame in progress at a tag: from a found AMP-Sync through AMP-SIG and header to the PSDU."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy import amp_sig
from ampradio.phy.edge_timing import PPM, ChipTiming
from ampradio.phy.envelope_chips import EnvelopeChips, bits_of, differences_of, levels
from ampradio.phy.envelope_frame import finish, follow, time_sync
from ampradio.phy.frame_check import check_holds
from ampradio.phy.reception import Itself, Reception, placed_fields
from ampradio.phy.running_sum import running_sum
from ampradio.phy.tag_reading import TagLoop, TagReading, tag_loop
from ampradio.profile.model import Profile
from ampradio.psdu import SIZING_OCTETS, frame_octets, octets_of
from ampradio.vectors import PpduKind, RxVector, TxVector

_NS_PER_S = 1_000_000_000
_MARGIN_NS = 1_000  # read this far past the last chip, and trust an announced end this much less
_EARLY_CLOCK_ERROR = 1e-3  # of the clock estimate while only the header is in
_AT_ONCE = 20  # octets: of a longer frame no samples are looked at before its header is read
_QUIETEST = 1e-10  # noise below this part of the signal is called 100 dB down


class TagFrame:
    """Reads a frame piece by piece: ``take`` the samples from ``origin`` to ``needs`` until ``resume_at`` is set."""

    LEAD_GRID = 8  # grid steps kept before the sync, for the windows of its first edges

    def __init__(
        self,
        profile: Profile,
        chips: EnvelopeChips,
        rate_sps: int,
        decimation: int,
        grid: int,
        sync_position: int,
        stretch: float,
    ) -> None:
        """Begin at the sync found at stream position ``sync_position``; positions are in power samples."""
        self.origin = sync_position - self.LEAD_GRID * grid
        self.reception: Reception | None = None
        self.resume_at: int | None = None
        self.off_power = 0.0
        self.counted: Counter[str] = Counter()
        self._profile = profile
        self._chips = chips
        self._rate_sps = rate_sps
        self._decimation = decimation
        self._resume_if_false = sync_position + self.LEAD_GRID * grid
        self._margin = _MARGIN_NS * rate_sps / (_NS_PER_S * decimation)
        self._timing = ChipTiming(np.array([float(self.LEAD_GRID * grid)]), np.array([stretch]))
        self._sig_bits = 8 * profile.downlink.sig_octets
        self._octets = 0  # of the PSDU wanted next; 0 while AMP-SIG is
        self._bits_done = 0
        self._signalled: int | None = None
        self._loop: TagLoop | None = None
        if accelerator.is_on():
            self._loop = tag_loop(Itself(profile), chips.rate_bps, rate_sps, decimation, self._margin)
        self._begun = TagReading(float(self.LEAD_GRID * grid), stretch)

    @property
    def needs(self) -> int:
        """The stream position up to which samples are wanted next."""
        if self._begun.needed:
            return self.origin + self._begun.needed  # by the loop's own reckoning, to the last digit
        return self.origin + math.ceil(self._end_of(self._octets) + self._margin)

    @property
    def uses(self) -> int:
        """The stream position up to which samples may be of use now, those of a longer frame left out."""
        if self._loop is None:
            return self.needs
        return max(self.needs, self.origin + math.ceil(self._end_of(_AT_ONCE) + self._margin))

    def earliest_end(self, least_after_sync: int) -> int:
        """Return the sample before which neither this PPDU nor one hidden behind it can end.

        Until AMP-SIG has confirmed the sync, another may begin where the search would resume; its PPDU ends no
        sooner than ``least_after_sync`` samples later.
        """
        own = self._earliest_own_end()
        if self._signalled is None:
            return min(own, self._resume_if_false * self._decimation + least_after_sync)
        return own

    def _earliest_own_end(self) -> int:
        down, short = self._profile.downlink, self._profile.mac.short_frame_octets
        # a short frame may be that of Type 4, which has no padding and ends here with its AMP-Data
        tail_ns = down.padding_ns + down.signal_extension_ns if self._octets > short else 0
        octets = max(self._octets, short)
        data_end = (self.origin + self._end_of(octets)) * self._decimation
        unread = self._chips.data_end(2 * (self._sig_bits + 8 * octets)) * self._decimation * _EARLY_CLOCK_ERROR
        end = data_end + tail_ns * self._rate_sps / _NS_PER_S * float(self._timing.stretch[0])
        return int(end - self._margin * self._decimation - unread)

    def take(self, power: npt.NDArray[np.float32]) -> None:
        """Read on with ``power`` (1, needs − origin or more)."""
        if self._loop is not None:
            self._take_at_once(self._loop, power[0])
            return
        sums = running_sum(power[:, : self.needs - self.origin], np.float64)
        if self._signalled is None:
            self._take_sig(sums)
        else:
            self._take_data(sums)

    def forget(self) -> None:
        """Take it that what was read of the stream has changed since."""
        self._begun.forget()

    def _take_at_once(self, loop: TagLoop, power: npt.NDArray[np.float32]) -> None:
        """Read on by the compiled loop, as far as the samples go."""
        from ampradio.phy import tag_frame_loops as loops

        begun = self._begun
        found = loop.read_on(begun, power)
        self._timing, self._octets = begun.timing, begun.octets
        if found == loops.SIG_FAILED:
            self._sig_failed()
            return
        self._signalled = begun.partial_id
        if found == loops.WANTS_MORE:
            return
        if found == loops.LENGTH_CHANGED:
            self.counted["length_changed"] += 1
        else:
            self.reception = self._deliver(begun.psdu, *begun.levels, begun.check_holds)
        self.resume_at = self.origin + int(self._end_of(self._octets))

    def _end_of(self, octets: int) -> float:
        nominal = self._chips.data_end(2 * (self._sig_bits + 8 * octets))
        return float(self._timing.start[0] + self._timing.stretch[0] * nominal)

    def _take_sig(self, sums: npt.NDArray[np.float64]) -> None:
        self._timing = time_sync(sums, self._timing, self._chips)
        self._timing = follow(sums, self._timing, self._chips, self._sig_bits)
        self._timing, _ = finish(sums, self._timing, self._chips, self._sig_bits)
        self._bits_done = self._sig_bits
        difference = differences_of(sums, self._timing, self._chips, self._sig_bits)[0]
        self._signalled = amp_sig.partial_id_by(self._profile.downlink, difference)
        if self._signalled is None:
            self._sig_failed()
        self._octets = self._profile.mac.short_frame_octets

    def _take_data(self, sums: npt.NDArray[np.float64]) -> None:
        wanted = self._sig_bits + 8 * self._octets
        self._timing = follow(sums, self._timing, self._chips, wanted, self._bits_done)
        self._bits_done = wanted
        fitted, bits = finish(sums, self._timing, self._chips, wanted)
        octets = self._size(bits)
        if octets > self._octets:
            self._octets = octets
            return
        self._timing = fitted
        psdu = octets_of(bits[0, self._sig_bits :])
        if octets < self._octets:
            self.counted["length_changed"] += 1
        else:
            _, chips = bits_of(sums, self._timing, self._chips, wanted)
            on, off = (float(level[0]) for level in levels(sums, self._timing, self._chips, chips))
            self.reception = self._deliver(psdu, on, off, check_holds(self._profile.mac, psdu))
        self.resume_at = self.origin + int(self._end_of(self._octets))

    def _sig_failed(self) -> None:
        self.counted["amp_sig_failed"] += 1
        self.resume_at = self._resume_if_false

    def _size(self, bits: npt.NDArray[np.uint8]) -> int:
        """Return the octets of the frame, or how many it takes to tell."""
        return frame_octets(self._profile.mac, octets_of(bits[0, self._sig_bits :])) or SIZING_OCTETS

    def _deliver(self, psdu: bytes, on: float, off: float, checked: bool) -> Reception:
        """Return the reception of ``psdu`` at mean powers ``on`` and ``off``; ``checked``: its check sequence holds."""
        profile, rate_sps = self._profile, self._rate_sps
        vector = self._vector(psdu)
        stretch = float(self._timing.stretch[0])
        sync_sample = (self.origin + float(self._timing.start[0])) * self._decimation
        fields = placed_fields(profile, len(psdu), vector, rate_sps, sync_sample, stretch)
        if vector.kind is PpduKind.DL_TYPE4:
            fields = fields[: [field.name for field in fields].index("AMP-Data") + 1]  # nobody tells the rest to a tag
        signal = max(on - off, 1e-30)
        self.off_power = max(off, 0.0)
        self.counted["psdus"] += 1
        if not checked:
            self.counted["fcs_failed"] += 1
        start_sample = fields[0].start_sample
        rxvector = RxVector(
            kind=vector.kind,
            rate_bps=vector.rate_bps,
            start_ns=_ns(start_sample, rate_sps),
            end_ns=_ns(fields[-1].stop_sample, rate_sps),
            start_sample=start_sample,
            snr_db=10 * math.log10(signal / max(self.off_power, _QUIETEST * signal)),
            rssi_dbfs=10 * math.log10(signal / self._decimation),
            clock_ppm=(stretch - 1) / PPM,
            partial_id=self._signalled,
        )
        return Reception(psdu, rxvector, fields)

    def _vector(self, psdu: bytes) -> TxVector:
        """Return how the PPDU was sent: Type 4 when it carries an Excitation frame, else as Type 1, also for Type 5."""
        mac, down, rate_bps = self._profile.mac, self._profile.downlink, self._chips.rate_bps
        if psdu[0] & 0x0F == mac.type_excitation and rate_bps == down.rate_low_bps:
            return TxVector(PpduKind.DL_TYPE4, rate_bps, excitation_ns=down.bistatic_symbol_ns)
        return TxVector(PpduKind.DL_TYPE1, rate_bps, self._signalled or 0, bool(psdu[0] >> mac.protected_bit & 1))


def _ns(sample: int, rate_sps: int) -> int:
    return round(sample * _NS_PER_S / rate_sps)
