"""A coded uplink frame in progress that a compiled loop reads: all of ``ApFrame`` at once, as far as samples go.

What is out of the ordinary is left to an ``ApFrame``: a header or check sequence that fails, other clocks.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import numpy.typing as npt

from ampradio.phy.ap_frame import ApFrame
from ampradio.phy.coded_frame import CodedFrameState, CodedLoop
from ampradio.phy.reception import Reception
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.profile.model import Profile


class CodedFrame:
    """Reads a frame under one scrambler seed piece by piece, as ``ApFrame`` does, with the same calls."""

    def __init__(
        self,
        profile: Profile,
        chips: UplinkChips,
        rate_sps: int,
        sync_sample: int,
        stretch: float,
        carrier_hz: float,
        loop: CodedLoop,
        settled: int | None,
    ) -> None:
        """Begin at the sync found at ``sync_sample``; ``settled`` is as for ``ApFrame``."""
        self._loop, self._extent = loop, loop.extent
        extent, seed_index = loop.extent, loop.seed_index
        self._origin = sync_sample - extent.lead
        self._told = (profile, chips, rate_sps, sync_sample, stretch, carrier_hz, (seed_index,), settled)
        self._start, self._stretch, self._octets = float(extent.lead), stretch, extent.short
        self._begun = CodedFrameState(self._start, stretch, extent.short)
        self._needed = extent.needed(self._start, stretch, extent.short)
        self._stepwise: ApFrame | None = None
        self.reception: Reception | None = None
        self.over = False
        self.false_start = False
        self.counted: Counter[str] = Counter()

    @property
    def origin(self) -> int:
        """The first stream position that is read."""
        return self._origin

    @property
    def needs(self) -> int:
        """The stream position up to which samples are wanted next."""
        return self._origin + self._needed if self._stepwise is None else self._stepwise.needs

    @property
    def end(self) -> int:
        """Where the frame ends if it is of the octets read last."""
        if self._stepwise is not None:
            return self._stepwise.end
        return self._origin + math.ceil(self._extent.end(self._start, self._stretch, self._octets))

    def earliest_end(self) -> int:
        """Return the sample before which this PPDU cannot end."""
        if self._stepwise is not None:
            return self._stepwise.earliest_end()
        return self._extent.earliest_end(self._origin, self._start, self._stretch, self._octets)

    @property
    def uses(self) -> int:
        """The stream position up to which samples are of use now: where the longest frame would end."""
        if self._stepwise is not None:
            return self._stepwise.uses
        longest = self._extent.needed(self._start, self._stretch, self._extent.longest)
        return self._origin + max(self._needed, longest)

    def take(self, samples: npt.NDArray[np.complex64], floor: float) -> None:
        """Read on with ``samples`` (1, needs − origin or more); ``floor`` is the noise per sample, 0 if unknown."""
        if self._stepwise is None:
            self._take_at_once(samples, floor)
        if self._stepwise is not None and not self.over:
            self._stepwise.take(samples, floor)
            self._as_told_by(self._stepwise)

    def _take_at_once(self, samples: npt.NDArray[np.complex64], floor: float) -> None:
        rate_sps, carrier_hz = self._told[2], self._told[5]
        begun, loops = self._begun, self._loop.loops
        found = self._loop.read_on(begun, samples, carrier_hz / rate_sps, floor)
        self._octets = begun.octets
        self._start, self._stretch = begun.clock(loops.LAST_FOLLOWED if found == loops.WHOLE else 0)
        if found in (loops.SHORT, loops.WHOLE):
            read = (begun.psdu, (self._origin, carrier_hz), begun.place, begun.powers)
            self.reception = self._loop.receptions.of(*read)
            self.counted["psdus"] += 1
            self.over = True
        elif found == loops.WANTS_MORE:
            few = samples.shape[1]  # by the loop's own reckoning, to the last digit
            self._needed = max(self._extent.needed(self._start, self._stretch, self._octets), few + 1)
        elif found == loops.FALSE_START:
            self.counted["false_starts"] += 1
            self.false_start = self.over = True
        else:
            self._stepwise = ApFrame(*self._told)
            self._stepwise.take_over(begun, found, samples)
            self._as_told_by(self._stepwise)

    def _as_told_by(self, frame: ApFrame) -> None:
        self.reception, self.over, self.false_start = frame.reception, frame.over, frame.false_start
        self.counted.update(frame.counted)
        frame.counted.clear()
