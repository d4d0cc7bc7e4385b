"""What the AP's receiver goes through for an active uplink PPDU: correlation, threshold, timing, soft chips."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.edge_timing import PPM, ChipTiming
from ampradio.phy.fields import Field
from ampradio.phy.probe import ProbeSignal, marks_of
from ampradio.phy.reception import Reception
from ampradio.phy.running_sum import integral_to
from ampradio.phy.uncoded_frame import Detector, KeyedCarrier, finer, interpolation, leak, read_bits
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_follow import follow_data, follow_sync
from ampradio.phy.uplink_frame import derotated, read_whole, soft_bits
from ampradio.phy.uplink_sync_hits import EXPECTED
from ampradio.phy.uplink_track import UplinkTrack
from ampradio.profile.airtime import uplink_is_coded
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind, RxVector

_MARGIN_CHIPS = 40  # shown before and after
_GRID_PER_CHIP = 4


@dataclass(frozen=True, eq=False)
class UplinkFollowed:
    """A frame as a receiver has it in the end: ``chips`` and tracks are in samples made ``finer`` times as many."""

    chips: UplinkChips
    finer: int
    of_sync: UplinkTrack
    track: UplinkTrack
    data_chips: int
    soft: npt.NDArray[np.float32] | None


def samples_wanted(profile: Profile, reception: Reception, rate_sps: int) -> tuple[int, int]:
    """Return first sample and count of the stretch of the stream that ``probe_uplink`` wants, not before 0."""
    margin = int(_MARGIN_CHIPS * UplinkChips(profile, reception.rxvector.rate_bps, rate_sps).chip)
    first = max(0, reception.fields[0].start_sample - margin)
    return first, reception.fields[-1].stop_sample + margin - first


def probe_uplink(
    profile: Profile, samples: npt.NDArray[np.complex64], first: int, reception: Reception, rate_sps: int
) -> tuple[ProbeSignal, ...]:
    """Return the signals of an active PPDU in ``samples`` (n,), the first of which is number ``first`` of the stream.

    Raises:
        ValueError: the PPDU is of another kind, or does not lie within the samples.
    """
    rx, fields = reception.rxvector, reception.fields
    if rx.kind is not PpduKind.UL_ACTIVE:
        raise ValueError(f"no probe of {rx.kind.name}")
    sync = next(each for each in fields if each.name == "AMP-Sync")
    data = next(each for each in fields if each.name == "AMP-Data")
    if not first <= sync.start_sample < data.stop_sample <= first + samples.size:
        raise ValueError("the PPDU does not lie within the samples")
    got = _followed(profile, samples, float(sync.start_sample - first), rx, len(reception.psdu), rate_sps)
    power = (samples.real**2 + samples.imag**2).astype(np.float32)
    on_air = marks_of(fields, first, 1, samples.size)
    return (
        ProbeSignal("envelope", "|x|²", power, float(rate_sps), float(first), on_air),
        *uplink_signals(got, first, reception, rate_sps, EXPECTED.coherent),
    )


def uplink_signals(
    got: UplinkFollowed, first: int, reception: Reception, rate_sps: int, least: float
) -> tuple[ProbeSignal, ...]:
    """Return all but the envelope of a frame whose running sum begins with sample ``first`` at ``rate_sps``.

    ``least`` is what the correlation had to exceed.
    """
    fields, known = reception.fields, got.chips.sync.size
    sync, data = (next(each for each in fields if each.name == name) for name in ("AMP-Sync", "AMP-Data"))
    chip, stretch = got.chips.chip / got.finer, float(got.track.timing.stretch[0])
    correlation = _correlation(got) / np.float32(_chip_noise(reception.rxvector, chip) * got.finer**2)
    turned = got.chips.turned(got.track, got.data_chips)[0].astype(np.complex64)
    chip_sps, grid = rate_sps / chip, chip / _GRID_PER_CHIP
    start = first + float(got.track.timing.start[0]) / got.finer
    marks = (Field(sync.name, 0, known), Field(data.name, known, known + got.data_chips))
    on_grid = marks_of(fields, first, grid, correlation.size)
    threshold = np.full(correlation.size, least, np.float32)

    def late(track: UplinkTrack) -> npt.NDArray[np.float32]:
        steps = got.chips.edges(got.data_chips)
        late_by = track.timing.at(steps)[0] - float(got.track.timing.start[0]) - steps
        return np.asarray(late_by / (rate_sps * got.finer) * 1e9, np.float32)

    signals = [
        ProbeSignal(
            "correlation", "energy of the sync word's ON chips added up coherently, over the noise energy of a chip",
            correlation, rate_sps / grid, float(first), on_grid,
        ),
        ProbeSignal(
            "threshold", "what the correlation has to exceed when a PPDU is due", threshold,
            rate_sps / grid, float(first), on_grid,
        ),
        ProbeSignal(
            "timing_of_sync", "chip edges over a nominal clock's, by the AMP-Sync alone, ns", late(got.of_sync),
            chip_sps, start, marks,
        ),
        ProbeSignal(
            "timing", "chip edges over a nominal clock's, by the whole frame, ns", late(got.track),
            chip_sps, start, marks,
        ),
        ProbeSignal(
            "soft_chips", "integral of each chip of sync and data, its carrier turned onto the real axis",
            turned / np.float32(got.finer), chip_sps / stretch, start, marks,
        ),
    ]  # fmt: skip
    if got.soft is not None:
        what, at = "log-likelihood of each coded bit, 1 over 0", start + known * chip * stretch
        signals.append(
            ProbeSignal("soft_bits", what, got.soft, chip_sps / stretch / 2, at, (Field(data.name, 0, got.soft.size),))
        )
    return tuple(signals)


def _followed(
    profile: Profile, samples: npt.NDArray[np.complex64], sync_at: float, rx: RxVector, octets: int, rate_sps: int
) -> UplinkFollowed:
    """Go the receiver's way from a sync at ``sync_at`` samples on, under the clock and carrier that it found."""
    coded = uplink_is_coded(profile, rx.kind, rx.rate_bps)
    times = 1 if coded else interpolation(UplinkChips(profile, rx.rate_bps, rate_sps).chip)
    chips = UplinkChips(profile, rx.rate_bps, rate_sps * times)
    carrier_hz = (rx.cfo_hz or 0.0) + rx.channel_offset_hz
    sums = derotated(finer(samples[np.newaxis], times), np.array([carrier_hz / (rate_sps * times)]))
    begun = ChipTiming(np.array([sync_at * times]), np.array([1 + rx.clock_ppm * PPM]))
    of_sync = follow_sync(sums, begun, chips)
    if not coded:
        bits = 8 * octets
        carrier = KeyedCarrier(follow_data(of_sync, chips, bits), None, leak(times, chips.chip / times))
        track = read_bits(carrier, chips, bits, Detector.NON_COHERENT)[0].track
        return UplinkFollowed(chips, times, of_sync, track, 2 * bits, None)
    bits = 8 * octets + profile.uplink.bcc_tail_bits
    track, _ = read_whole(follow_data(of_sync, chips, 2 * bits), chips, profile.uplink, bits)
    soft = soft_bits(track, chips, 2 * bits)[0].astype(np.float32)
    return UplinkFollowed(chips, times, of_sync, track, 4 * bits, soft)


def _chip_noise(rx: RxVector, chip: float) -> float:
    """Return the noise energy of a chip of ``chip`` samples, as the receiver measured it."""
    return max(10 ** ((rx.rssi_dbfs - rx.snr_db) / 10) * chip, 1e-30)


def _correlation(got: UplinkFollowed) -> npt.NDArray[np.float32]:
    """Return the energy of the ON chips' sum for a word that begins at each quarter of a chip, by the track's clock."""
    sums, chips = got.track.sums, got.chips
    edges = chips.edges(0) * float(got.track.timing.stretch[0])
    begins = np.arange(0.0, sums.shape[1] - 1 - edges[-1], chips.chip / _GRID_PER_CHIP)
    at = integral_to(sums, (begins[:, np.newaxis] + edges).reshape(1, -1)).reshape(begins.size, -1)
    on = np.diff(at, axis=1)[:, chips.sync > 0]
    return np.asarray(np.abs(on.sum(axis=1)) ** 2 / on.shape[1], np.float32)
