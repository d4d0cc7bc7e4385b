"""The powers of an active uplink's carrier and of the noise, as its AMP-Sync shows them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.running_sum import integral_to, running_sum
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_frame import derotated
from ampradio.phy.uplink_track import UplinkTrack, of_row

STRADDLE = 1.0
"""Samples left out at chip edges when noise is measured."""


def powers_of_sync(
    samples: npt.NDArray[np.complex64], track: UplinkTrack, chips: UplinkChips
) -> tuple[float, float]:
    """Return ON power and full-band noise power per sample of one PPDU in ``samples`` (1, n)."""
    if accelerator.is_on():
        from ampradio.phy.uplink_powers_loops import powers_of_sync as powers_of_one

        place, known = track.as_rows()[0], (chips.sync, chips.chip, STRADDLE)
        signal, noise = powers_of_one(np.ascontiguousarray(samples[0]), track.sums[0], place, *known)
        return max(signal, 1e-30), max(noise, 0.0)
    on = chips.turned(track, 0)[0, chips.sync > 0]
    signal = float(abs(on.mean()) / chips.chip) ** 2
    edges = track.timing.at(chips.edges(0))[0]
    begin, end = edges[:-1][chips.sync == 0] + STRADDLE, edges[1:][chips.sync == 0] - STRADDLE
    sync = samples[:, : math.ceil(edges[-1]) + 1]
    power = running_sum(sync.real * sync.real + sync.imag * sync.imag, np.float64)
    energy = integral_to(power, np.concatenate((end, begin))[np.newaxis])[0]
    noise = float((energy[: end.size].sum() - energy[end.size :].sum()) / (end - begin).sum())
    return max(signal, 1e-30), max(noise, 0.0)


def powers_in(
    samples: npt.NDArray[np.complex64], turn: float, place: npt.NDArray[np.float64], chips: UplinkChips
) -> tuple[float, float]:
    """Return what ``powers_of_sync`` does of a PPDU in ``samples`` (1, n), from where it is there.

    ``place`` (4,): start, stretch, phase and turn, after ``turn`` cycles a sample are taken off.
    """
    if accelerator.is_on():
        from ampradio.phy.uplink_powers_loops import powers_in as powers_in_one

        row = samples[0] if samples.flags.c_contiguous else samples[0].copy()
        signal, noise = powers_in_one(row, turn, place, chips.sync, chips.chip, STRADDLE)
        return max(signal, 1e-30), max(noise, 0.0)
    end = math.ceil(place[0] + place[1] * chips.sync.size * chips.chip) + 1
    track = UplinkTrack(derotated(samples[:, :end], np.array([turn])), *of_row(place))
    return powers_of_sync(samples, track, chips)
