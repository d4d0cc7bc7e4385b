"""What the receiver of a mono-static tag, or of one below 1 GHz, goes through for one command."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.command_format import CommandFormat, mono_static, sub1ghz
from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.fields import Field
from ampradio.phy.mono_tag_chips import MonoTagChips
from ampradio.phy.mono_tag_frame import FIRST_BITS, begun, finished, followed
from ampradio.phy.mono_tag_receiver import BLOCK_CHIPS, FLOOR_BLOCKS
from ampradio.phy.mono_tag_sync import GRID_PER_CHIP, MonoTagSync
from ampradio.phy.probe import ProbeSignal
from ampradio.phy.probe_envelope import (
    FollowedChips,
    PowerStretch,
    checked_place,
    chip_signals,
    floor_before,
    power_of,
    search_signals,
)
from ampradio.phy.reception import Reception
from ampradio.phy.running_sum import running_sum
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind

KINDS = (PpduKind.DL_TYPE2, PpduKind.DL_TYPE3, PpduKind.DL_SUB1GHZ)
"""What ``probe_command`` looks into."""
_MARGIN_CHIPS = 30
_SHOWN_BEFORE_CHIPS = 40


def samples_wanted(profile: Profile, reception: Reception, rate_sps: int, decimation: int) -> tuple[int, int]:
    """Return first sample and count of the stretch of the stream that ``probe_command`` wants, not before 0."""
    chip = MonoTagChips(profile, rate_sps, decimation, _form(profile, reception)).chip
    history = int(FLOOR_BLOCKS * BLOCK_CHIPS * chip) * decimation
    first = max(0, reception.fields[0].start_sample - history) // decimation * decimation
    return first, reception.fields[-1].stop_sample + int(_MARGIN_CHIPS * chip) * decimation - first


def probe_command(
    profile: Profile,
    samples: npt.NDArray[np.complex64],
    first: int,
    reception: Reception,
    rate_sps: int,
    decimation: int,
) -> tuple[ProbeSignal, ...]:
    """Return the signals of a PPDU of ``KINDS`` in ``samples`` (n,), the first of which is sample ``first``.

    ``first`` is a multiple of ``decimation``; what comes before the PPDU tells the noise floor.

    Raises:
        ValueError: the PPDU is of another type, or does not lie within the samples.
    """
    form = _form(profile, reception)
    at_sync = (checked_place(reception, first, samples.size) - first) // decimation
    power = power_of(samples, decimation)
    search = MonoTagSync(profile, rate_sps, decimation, form)
    chips = MonoTagChips(profile, rate_sps, decimation, form)
    shown = max(0, at_sync - int(_SHOWN_BEFORE_CHIPS * chips.chip))
    floor = floor_before(power[:at_sync], BLOCK_CHIPS * GRID_PER_CHIP * search.grid, decimation, FLOOR_BLOCKS)
    heard = PowerStretch(power[shown:], first + shown * decimation, rate_sps, decimation)
    curves = search.trace(heard.power, floor)
    looked = search_signals(heard, curves, search.grid, search.lead * search.grid, floor, reception.fields)
    bits = 8 * len(reception.psdu)
    got = _followed(heard.power, at_sync - shown, chips, bits)
    by = f"the AMP-Sync and the first {FIRST_BITS} bits"
    return (*looked, *chip_signals(heard, got, by, (Field("AMP-Data", 0, 2 * bits),), reception.fields))


def _followed(power: npt.NDArray[np.float32], at_sync: int, chips: MonoTagChips, bits: int) -> FollowedChips:
    """Go the receiver's way from a sync at ``at_sync`` on; eight chips alone tell no clock."""
    sums = running_sum(power[np.newaxis], np.float64)
    of_sync = begun(sums, ChipTiming(np.array([float(at_sync)]), np.ones(1)), chips)
    timing, _ = finished(sums, followed(sums, of_sync, chips, bits, FIRST_BITS), chips, bits)
    return FollowedChips(sums, of_sync, timing, chips.edges(bits), chips.sync.size, chips.chip, chips.chip)


def _form(profile: Profile, reception: Reception) -> CommandFormat:
    kind = reception.rxvector.kind
    if kind not in KINDS:
        raise ValueError(f"no probe of {kind.name}")
    return sub1ghz(profile) if kind is PpduKind.DL_SUB1GHZ else mono_static(profile)
