"""What the AP's receiver goes through for a coded uplink PPDU: envelope, correlation, threshold, timing, soft chips."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.edge_timing import PPM, ChipTiming
from ampradio.phy.fields import Field
from ampradio.phy.probe import ProbeSignal, marks_of
from ampradio.phy.reception import Reception
from ampradio.phy.running_sum import integral_to
from ampradio.phy.uplink_chips import UplinkChips, UplinkTrack
from ampradio.phy.uplink_frame import derotated, follow_data, follow_sync, read_whole, soft_bits
from ampradio.phy.uplink_sync import EXPECTED
from ampradio.profile.airtime import uplink_is_coded
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind

_MARGIN_CHIPS = 40  # shown before and after
_GRID_PER_CHIP = 4


def samples_wanted(profile: Profile, reception: Reception, rate_sps: int) -> tuple[int, int]:
    """Return first sample and count of the stretch of the stream that ``probe_uplink`` wants, not before 0."""
    margin = int(_MARGIN_CHIPS * UplinkChips(profile, reception.rxvector.rate_bps, rate_sps).chip)
    first = max(0, reception.fields[0].start_sample - margin)
    return first, reception.fields[-1].stop_sample + margin - first


def probe_uplink(
    profile: Profile, samples: npt.NDArray[np.complex64], first: int, reception: Reception, rate_sps: int
) -> tuple[ProbeSignal, ...]:
    """Return the signals of a coded active PPDU in ``samples`` (n,), the first of which is number ``first``.

    Raises:
        ValueError: the PPDU is of another kind, or does not lie within the samples.
    """
    rx = reception.rxvector
    if rx.kind is not PpduKind.UL_ACTIVE or not uplink_is_coded(profile, rx.kind, rx.rate_bps):
        raise ValueError(f"no probe of {rx.kind.name} at {rx.rate_bps} b/s")
    sync = next(each for each in reception.fields if each.name == "AMP-Sync")
    data = next(each for each in reception.fields if each.name == "AMP-Data")
    if not first <= sync.start_sample < data.stop_sample <= first + samples.size:
        raise ValueError("the PPDU does not lie within the samples")
    chips = UplinkChips(profile, rx.rate_bps, rate_sps)
    carrier_hz = (rx.cfo_hz or 0.0) + rx.channel_offset_hz
    sums = derotated(samples[np.newaxis], np.array([carrier_hz / rate_sps]))
    begun = ChipTiming(np.array([float(sync.start_sample - first)]), np.array([1 + rx.clock_ppm * PPM]))
    of_sync = follow_sync(sums, begun, chips)
    bits = 8 * len(reception.psdu) + profile.uplink.bcc_tail_bits
    track, _ = read_whole(follow_data(of_sync, chips, 2 * bits), chips, profile.uplink, bits)
    turned = chips.turned(track, 4 * bits)[0].astype(np.complex64)
    soft = soft_bits(track, chips, 2 * bits)[0].astype(np.float32)
    noise = 10 ** ((rx.rssi_dbfs - rx.snr_db) / 10) * chips.chip
    correlation = _correlation(sums, chips, track) / np.float32(max(noise, 1e-30))
    chip_sps, grid = rate_sps / chips.chip, chips.chip / _GRID_PER_CHIP
    start = first + float(track.timing.start[0])
    fields, known = reception.fields, chips.sync.size
    steps = chips.edges(4 * bits)
    marks = (Field(sync.name, 0, known), Field(data.name, known, known + 4 * bits))

    def late(of: UplinkTrack) -> npt.NDArray[np.float32]:
        nominal = float(track.timing.start[0]) + steps
        return np.asarray((of.timing.at(steps)[0] - nominal) / rate_sps * 1e9, np.float32)

    return (
        ProbeSignal(
            "envelope", "|x|²", (samples.real**2 + samples.imag**2).astype(np.float32), float(rate_sps), float(first),
            marks_of(fields, first, 1, samples.size),
        ),
        ProbeSignal(
            "correlation", "energy of the sync word's ON chips added up coherently, over the noise energy of a chip",
            correlation, rate_sps / grid, float(first), marks_of(fields, first, grid, correlation.size),
        ),
        ProbeSignal(
            "threshold", "what the correlation has to exceed when a PPDU is due",
            np.full(correlation.size, EXPECTED.coherent, np.float32), rate_sps / grid, float(first),
            marks_of(fields, first, grid, correlation.size),
        ),
        ProbeSignal(
            "timing_of_sync", "chip edges over a nominal clock's, by the AMP-Sync alone, ns", late(of_sync),
            chip_sps, start, marks,
        ),
        ProbeSignal(
            "timing", "chip edges over a nominal clock's, by the whole frame, ns", late(track), chip_sps, start, marks
        ),
        ProbeSignal(
            "soft_chips", "integral of each chip of sync and data, its carrier turned onto the real axis", turned,
            chip_sps, start, marks,
        ),
        ProbeSignal(
            "soft_bits", "log-likelihood of each coded bit, 1 over 0", soft,
            chip_sps / 2, start + known * chips.chip, (Field(data.name, 0, 2 * bits),),
        ),
    )  # fmt: skip


def _correlation(sums: npt.NDArray[np.complex128], chips: UplinkChips, track: UplinkTrack) -> npt.NDArray[np.float32]:
    """Return the energy of the ON chips' sum for a word that begins at each quarter of a chip, by the track's clock."""
    edges = chips.edges(0) * float(track.timing.stretch[0])
    begins = np.arange(0.0, sums.shape[1] - 1 - edges[-1], chips.chip / _GRID_PER_CHIP)
    at = integral_to(sums, (begins[:, np.newaxis] + edges).reshape(1, -1)).reshape(begins.size, -1)
    on = np.diff(at, axis=1)[:, chips.sync > 0]
    return np.asarray(np.abs(on.sum(axis=1)) ** 2 / on.shape[1], np.float32)
