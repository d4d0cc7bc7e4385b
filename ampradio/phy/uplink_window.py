"""A stretch of the stream in which the AP looks for an uplink PPDU: search, then frame, then done (or again)."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ampradio.phy.ap_frame import ApFrame
from ampradio.phy.coded_extent import lead_samples
from ampradio.phy.coded_frame import CodedLoop
from ampradio.phy.coded_stream import CodedFrame
from ampradio.phy.edge_timing import PPM
from ampradio.phy.reception import Reception
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_sync import OUTRANKS, UplinkSync
from ampradio.phy.uplink_sync_hits import FoundSync
from ampradio.profile.airtime import uplink_ns
from ampradio.profile.model import Profile

_EARLY_CHIPS = 2  # a tag's rounded start may come this much before the window
_SETTLED_NS = 3_000  # after the window by which it has an answer
_NS_PER_S = 1_000_000_000


class Frame(Protocol):
    """A frame in progress, whatever it is read by: see ``ApFrame``."""

    @property
    def origin(self) -> int:
        """The first stream position that is read."""

    over: bool
    false_start: bool
    reception: Reception | None
    counted: Counter[str]

    @property
    def needs(self) -> int:
        """The stream position up to which samples are wanted next."""

    @property
    def end(self) -> int:
        """Where the frame ends by what has been read of it."""

    @property
    def uses(self) -> int:
        """The stream position up to which samples are of use now; more than it needs saves coming back."""

    def earliest_end(self) -> int:
        """Return the sample before which this PPDU cannot end."""

    def take(self, samples: npt.NDArray[np.complex64], floor: float) -> None:
        """Read on with ``samples`` (1, needs − origin or more)."""


class UplinkWindow:
    """Looks for a PPDU of one rate from sample ``start`` to ``stop`` (None: for ever, frame after frame)."""

    def __init__(
        self,
        profile: Profile,
        search: UplinkSync,
        chips: UplinkChips,
        rate_sps: int,
        seeds: tuple[int, ...],
        start: int,
        stop: int | None,
        loop: CodedLoop | None = None,
    ) -> None:
        """Open the window for the scrambler ``seeds`` (indices); with a ``loop`` it reads frames, for the only seed."""
        self._loop = loop
        self.counted: Counter[str] = Counter()
        self.over = False
        self._profile = profile
        self._search = search
        self._chips = chips
        self._rate_sps = rate_sps
        self._seeds = seeds
        self._position = max(0, start - int(_EARLY_CHIPS * chips.chip))
        self._settled = None if stop is None else stop + _SETTLED_NS * rate_sps // _NS_PER_S
        shortest_ns = uplink_ns(profile, chips.kind, profile.mac.short_frame_octets, chips.rate_bps)
        fastest = 1 - profile.uplink.chip_tolerance_ppm * PPM
        self._shortest = int(shortest_ns * fastest * rate_sps / _NS_PER_S) - int(chips.chip)
        self._latest = None if stop is None else stop - self._shortest
        self._lead = lead_samples(chips)
        self._skip = 2 * self._lead
        self._found: tuple[int, FoundSync] | None = None
        self._looks: list[tuple[int, float]] = []  # further ones, from where and how much stronger a sync must be
        self._outranks = 1.0
        self._frame: Frame | None = None
        self._promised = 0

    @property
    def needed_from(self) -> int:
        """The first stream position this window still reads."""
        if self._frame is not None:
            return self._frame.origin
        first = self._position if self._found is None else min(self._found[0], self._position)
        return max(0, first - self._lead)

    @property
    def needs(self) -> int:
        """The stream position up to which samples are wanted next."""
        if self._frame is not None:
            return self._frame.needs
        return self._position + self._search.reach

    @property
    def uses(self) -> int:
        """The stream position up to which samples are of use now, ``needs`` or more."""
        if self._frame is None:
            return self.needs
        uses = self._frame.uses
        return uses if self._settled is None or uses <= self._settled else max(self._frame.needs, self._settled)

    def earliest_end(self) -> int:
        """Return the sample before which no PPDU of this window can end; it never goes back."""
        if self._frame is not None and self._settled is not None:
            end = self._frame.earliest_end()
        else:
            end = self.needed_from + self._shortest
        self._promised = max(self._promised, end)
        return self._promised

    def take(self, samples: npt.NDArray[np.complex64], floor: float) -> Reception | None:
        """Read on with ``samples``, from ``needed_from`` to ``needs`` or more; return a PPDU once complete.

        ``floor`` is the noise power per sample.
        """
        if self._frame is not None:
            return self._read(self._frame, samples, floor)
        self._look(samples[:, self._position - self.needed_from :], floor)
        return None

    def _look(self, samples: npt.NDArray[np.complex64], floor: float) -> None:
        sync = self._search.first(samples, floor)
        before = self._found
        if before is None and sync is None:
            self._position += self._search.block * self._search.grid
            self.over = self._latest is not None and self._position > self._latest
            return
        if sync is not None and (before is None or sync.energy > self._outranks * before[1].energy):
            self._found = (self._position + int(sync.start), sync)
        assert self._found is not None
        if before is None:
            self._looks = self._further_looks(*self._found, floor)
        if self._looks:
            self._position, self._outranks = self._looks.pop(0)
            return
        sample, best = self._found
        self._found = None
        self.counted["syncs"] += 1
        self._begin(self._frame_at(sample, best))

    def _frame_at(self, sample: int, sync: FoundSync) -> Frame:
        """Return the frame whose sync was found at ``sample``."""
        where = (self._profile, self._chips, self._rate_sps, sample, sync.stretch, sync.carrier_hz)
        if self._loop is not None:
            return CodedFrame(*where, self._loop, self._settled)
        return ApFrame(*where, self._seeds, self._settled)

    def _further_looks(self, sample: int, sync: FoundSync, floor: float) -> list[tuple[int, float]]:
        """Return from where to look for something how much stronger than the first sync, found at ``sample``."""
        looks = [(sample, 1.0)] if sync.unsettled else []
        if self._search.is_weak(sync.energy, floor):
            looks += [(sample + later, OUTRANKS) for later in self._search.later_looks]
        return looks

    def _begin(self, frame: Frame) -> None:
        self._frame = frame
        self._position = frame.origin
        self._expire()

    def _read(self, frame: Frame, samples: npt.NDArray[np.complex64], floor: float) -> Reception | None:
        frame.take(samples, floor)
        if frame.counted:
            for what, times in frame.counted.items():
                self.counted[what] += times
            frame.counted.clear()
        if not frame.over:
            self._expire()
            return None
        self._frame = None
        self._position = frame.end if frame.reception is not None else frame.origin + self._skip
        if frame.false_start:  # so what is due may still come
            self.over = self._latest is not None and self._position > self._latest
        else:
            self.over = self._settled is not None
        return frame.reception

    def _expire(self) -> None:
        if self._frame is not None and self._settled is not None and self._frame.needs > self._settled:
            self.counted["outlasted_window"] += 1
            self._frame = None
            self.over = True
