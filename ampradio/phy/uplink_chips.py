"""The chips of an active uplink as the AP's complex samples show them: timing and carrier tracked over known chips.

Positions are in samples from the first edge of the AMP-Sync; the samples are derotated by a carrier estimate and what
is left is a slow phase. Performance page, section 3, steps 3 to 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.amp_sync import uplink_chips
from ampradio.phy.edge_timing import ChipTiming, fit
from ampradio.phy.running_sum import integral_to
from ampradio.profile.airtime import uplink_chip_ns
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class CarrierPhase:
    """Phase of the ON carrier left after derotation: ``phase`` + ``turn``·position, radians, both (packets,)."""

    phase: npt.NDArray[np.float64]
    turn: npt.NDArray[np.float64]

    def against(self, position: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
        """Return the factor that turns the carrier at ``position`` (packets, m) onto the real axis."""
        factor: npt.NDArray[np.complex128] = np.exp(
            -1j * (self.phase[:, np.newaxis] + self.turn[:, np.newaxis] * position)
        )
        return factor


class UplinkChips:
    """Nominal chips of one uplink rate and the two fits made on them."""

    def __init__(self, profile: Profile, rate_bps: int, sample_rate_sps: int) -> None:
        """Lay out the chips; ValueError for a rate that does not exist."""
        self.sync = uplink_chips(profile.uplink, PpduKind.UL_ACTIVE).astype(np.int8)
        self.rate_bps = rate_bps
        self.chip = uplink_chip_ns(profile, PpduKind.UL_ACTIVE, rate_bps) * sample_rate_sps / _NS_PER_S
        self.tolerance_ppm = float(profile.uplink.chip_tolerance_ppm)

    def edges(self, data_chips: int) -> npt.NDArray[np.float64]:
        """Return the nominal chip edges (48 + data_chips + 1,)."""
        return np.arange(self.sync.size + data_chips + 1) * self.chip

    def data_end(self, data_chips: int) -> float:
        """Return the nominal end of the last of ``data_chips`` data chips."""
        return (self.sync.size + data_chips) * self.chip

    def known(self, data: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
        """Return sync and ``data`` chips (packets, m) in one array."""
        return np.concatenate((np.broadcast_to(self.sync, (data.shape[0], self.sync.size)), data), axis=1)

    def integrals(self, sums: npt.NDArray[np.complex128], timing: ChipTiming, chips: int) -> npt.NDArray[np.complex128]:
        """Return the integral of each of the first ``chips`` chips, (packets, chips)."""
        return np.diff(integral_to(sums, timing.at(np.arange(chips + 1) * self.chip)), axis=1)

    def centres(self, timing: ChipTiming, chips: int) -> npt.NDArray[np.float64]:
        """Return where the middles of the first ``chips`` chips lie, (packets, chips)."""
        return timing.at((np.arange(chips) + 0.5) * self.chip)

    def fit_carrier(
        self, sums: npt.NDArray[np.complex128], timing: ChipTiming, carrier: CarrierPhase, data: npt.NDArray[np.int8]
    ) -> CarrierPhase:
        """Return ``carrier`` corrected by the phase regression over the ON chips of sync and ``data``."""
        chips = self.known(data)
        on = chips > 0
        where = self.centres(timing, chips.shape[1])
        turned = self.integrals(sums, timing, chips.shape[1]) * carrier.against(where) * on
        count = on.sum(axis=1)
        mean = turned.sum(axis=1)
        offset = np.angle(mean)
        amplitude = np.maximum(np.abs(mean), np.finfo(np.float64).tiny) / count
        residue = (turned * np.exp(-1j * offset)[:, np.newaxis]).imag / amplitude[:, np.newaxis]
        middle = (where * on).sum(axis=1) / count
        spread = (where - middle[:, np.newaxis]) * on
        slope = (residue * spread).sum(axis=1) / (spread * spread).sum(axis=1)
        return CarrierPhase(carrier.phase + offset - slope * middle, carrier.turn + slope)

    def fit_timing(
        self,
        sums: npt.NDArray[np.complex128],
        timing: ChipTiming,
        carrier: CarrierPhase,
        data: npt.NDArray[np.int8],
        window: float,
    ) -> ChipTiming:
        """Return ``timing`` after one pass of edge regression; windows reach ``window`` samples either side."""
        chips = self.known(data)
        on = chips > 0
        turned = (
            self.integrals(sums, timing, chips.shape[1]) * carrier.against(self.centres(timing, chips.shape[1]))
        ).real
        amplitude = (turned * on).sum(axis=1) / (on.sum(axis=1) * self.chip)
        polarity = np.diff(chips, axis=1)
        inner = np.arange(1, chips.shape[1]) * self.chip
        centre = timing.at(inner)
        across = (integral_to(sums, centre + window) - integral_to(sums, centre - window)) * carrier.against(centre)
        excess = across.real / np.where(amplitude > 0, amplitude, np.inf)[:, np.newaxis]
        error = np.clip(polarity * (window - excess), -2 * window, 2 * window)
        return fit(timing, inner, error, (polarity != 0).astype(np.float64), self.tolerance_ppm)
