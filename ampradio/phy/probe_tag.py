"""What the tag's receiver goes through for one downlink PPDU: envelope, correlation, threshold, timing, soft chips."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.edge_timing import PPM, ChipTiming
from ampradio.phy.envelope_chips import EnvelopeChips
from ampradio.phy.envelope_frame import finish, follow, time_sync
from ampradio.phy.envelope_sync import EnvelopeSync
from ampradio.phy.fields import Field
from ampradio.phy.noise_floor import HISTORY
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
from ampradio.vectors import PpduKind, RxVector

KINDS = (PpduKind.DL_TYPE1, PpduKind.DL_TYPE4, PpduKind.DL_TYPE5)
"""What ``probe_downlink`` looks into."""
_MARGIN_CHIPS = 2
_SHOWN_BEFORE_CHIPS = 40  # of the sync: what is shown of the non-AMP portion and of the noise before


def samples_wanted(profile: Profile, reception: Reception, rate_sps: int, decimation: int) -> tuple[int, int]:
    """Return first sample and count of the stretch of the stream that ``probe_downlink`` wants, not before 0."""
    history = HISTORY * EnvelopeSync(profile, rate_sps, decimation).block * decimation
    first = max(0, reception.fields[0].start_sample - history) // decimation * decimation
    margin = _MARGIN_CHIPS * profile.downlink.sync_chip_ns * rate_sps // 1_000_000_000
    return first, reception.fields[-1].stop_sample + margin - first


def probe_downlink(
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
    if reception.rxvector.kind not in KINDS:
        raise ValueError(f"no probe of {reception.rxvector.kind.name}")
    at_sync = (checked_place(reception, first, samples.size) - first) // decimation
    power = power_of(samples, decimation)
    search = EnvelopeSync(profile, rate_sps, decimation)
    chips = EnvelopeChips(profile, reception.rxvector.rate_bps, rate_sps, decimation)
    shown = max(0, at_sync - int(_SHOWN_BEFORE_CHIPS * chips.sync_chip))
    floor = floor_before(power[:at_sync], search.block, decimation, HISTORY)
    heard = PowerStretch(power[shown:], first + shown * decimation, rate_sps, decimation)
    looked = search_signals(heard, search.trace(heard.power, floor), search.grid, 0, floor, reception.fields)
    sig_bits = 8 * profile.downlink.sig_octets
    bits = sig_bits + 8 * len(reception.psdu)
    got = _followed(heard.power, at_sync - shown, reception.rxvector, chips, bits)
    of_data = (Field("AMP-SIG", 0, 2 * sig_bits), Field("AMP-Data", 2 * sig_bits, 2 * bits))
    return (*looked, *chip_signals(heard, got, "the AMP-Sync alone", of_data, reception.fields))


def _followed(
    power: npt.NDArray[np.float32], at_sync: int, rx: RxVector, chips: EnvelopeChips, bits: int
) -> FollowedChips:
    """Go the receiver's way from a sync at ``at_sync`` on, under the clock that it found."""
    sums = running_sum(power[np.newaxis], np.float64)
    begun = ChipTiming(np.array([float(at_sync)]), np.array([1 + rx.clock_ppm * PPM]))
    of_sync = time_sync(sums, begun, chips)
    timing, _ = finish(sums, follow(sums, of_sync, chips, bits), chips, bits)
    edges, known = chips.edges(2 * bits), chips.sync.size
    return FollowedChips(sums, of_sync, timing, edges, known, chips.sync_chip, chips.data_chip)
