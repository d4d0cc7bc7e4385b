"""What the tag's receiver goes through for one downlink PPDU: envelope, correlation, threshold, timing, soft chips."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.edge_timing import PPM, ChipTiming
from ampradio.phy.envelope_chips import EnvelopeChips
from ampradio.phy.envelope_frame import finish, follow, time_sync
from ampradio.phy.envelope_sync import EnvelopeSync
from ampradio.phy.fields import Field
from ampradio.phy.noise_floor import HISTORY, NoiseFloor
from ampradio.phy.probe import ProbeSignal, marks_of
from ampradio.phy.reception import Reception
from ampradio.phy.running_sum import integral_to, running_sum
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind

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
    """Return the signals of a Type 1 PPDU in ``samples`` (n,), the first of which is number ``first`` of the stream.

    ``first`` is a multiple of ``decimation``; what comes before the PPDU tells the noise floor.

    Raises:
        ValueError: the PPDU is of another type, or does not lie within the samples.
    """
    sync_field = _field(reception, "AMP-Sync")
    sig, data = _field(reception, "AMP-SIG"), _field(reception, "AMP-Data")
    if reception.rxvector.kind is not PpduKind.DL_TYPE1:
        raise ValueError(f"no probe of {reception.rxvector.kind.name}")
    power = _power(samples, decimation)
    if not first <= sync_field.start_sample < data.stop_sample <= first + samples.size:
        raise ValueError("the PPDU does not lie within the samples")
    search = EnvelopeSync(profile, rate_sps, decimation)
    chips = EnvelopeChips(profile, reception.rxvector.rate_bps, rate_sps, decimation)
    shown = max(0, int((sync_field.start_sample - first) / decimation - _SHOWN_BEFORE_CHIPS * chips.sync_chip))
    at_sync = (sync_field.start_sample - first) / decimation - shown
    floor = _floor(power[: int(shown + at_sync)], search.block, decimation)
    power = power[shown:]
    origin = float(first + shown * decimation)
    difference, threshold = search.trace(power, floor)
    known, sums = int(at_sync), running_sum(power[np.newaxis], np.float64)
    bits = 8 * (profile.downlink.sig_octets + len(reception.psdu))
    begun = ChipTiming(np.array([at_sync]), np.array([1 + reception.rxvector.clock_ppm * PPM]))
    of_sync = time_sync(sums, ChipTiming(np.array([float(known)]), begun.stretch), chips)
    timing, _ = finish(sums, follow(sums, of_sync, chips, bits), chips, bits)
    edges = chips.edges(2 * bits)
    energy = np.diff(integral_to(sums, timing.at(edges)), axis=1)[0].astype(np.float32)
    power_sps, chip_sps = rate_sps / decimation, rate_sps / decimation / chips.data_chip
    fields, grid = reception.fields, decimation * search.grid
    sync_first = origin + float(timing.start[0]) * decimation
    data_first = origin + float(timing.at(edges[chips.sync.size :][:1])[0, 0]) * decimation
    soft_marks = (
        Field(sig.name, 0, 16 * profile.downlink.sig_octets),
        Field(data.name, 16 * profile.downlink.sig_octets, 2 * bits),
    )
    steps = np.arange(0.0, chips.data_end(2 * bits), chips.data_chip)
    timing_marks = marks_of(fields, sync_first, chips.data_chip * decimation, steps.size)

    def late(fitted: ChipTiming) -> npt.NDArray[np.float32]:
        nominal = float(timing.start[0]) + steps
        return np.asarray((fitted.at(steps)[0] - nominal) / power_sps * 1e9, np.float32)

    return (
        ProbeSignal(
            "envelope", f"|x|² summed over {decimation} samples", power, power_sps, origin,
            marks_of(fields, origin, decimation, power.size),
        ),
        ProbeSignal(
            "correlation", "ON minus OFF energy of the sync word under the best clock", difference,
            power_sps / search.grid, origin, marks_of(fields, origin, grid, difference.size),
        ),
        ProbeSignal(
            "threshold", f"what the correlation has to exceed; noise floor {floor:.3g}", threshold,
            power_sps / search.grid, origin, marks_of(fields, origin, grid, threshold.size),
        ),
        ProbeSignal(
            "timing_of_sync", "chip edges over a nominal clock's, by the AMP-Sync alone, ns", late(of_sync),
            chip_sps, sync_first, timing_marks,
        ),
        ProbeSignal(
            "timing", "chip edges over a nominal clock's, by the whole frame, ns", late(timing),
            chip_sps, sync_first, timing_marks,
        ),
        ProbeSignal(
            "sync_chips", "energy of each chip of the AMP-Sync", energy[: chips.sync.size],
            power_sps / chips.sync_chip, sync_first, (Field("AMP-Sync", 0, chips.sync.size),),
        ),
        ProbeSignal(
            "soft_chips", "energy of each half of a Manchester bit; a bit is 1 when the second has more",
            energy[chips.sync.size :], chip_sps, data_first, soft_marks,
        ),
    )  # fmt: skip


def _power(samples: npt.NDArray[np.complex64], decimation: int) -> npt.NDArray[np.float32]:
    whole = samples[: samples.size // decimation * decimation]
    squares = whole.real * whole.real + whole.imag * whole.imag
    return np.asarray(squares.reshape(-1, decimation).sum(axis=1, dtype=np.float32))


def _floor(power: npt.NDArray[np.float32], block: int, decimation: int) -> float:
    """Return the noise floor that the receiver tracks over blocks of ``power``, 0 when there is none before."""
    floor = NoiseFloor(float(block * decimation))
    floor.add(power[: power.size // block * block].reshape(-1, block).mean(axis=1, dtype=np.float64))
    return floor.power


def _field(reception: Reception, name: str) -> Field:
    for field in reception.fields:
        if field.name == name:
            return field
    raise ValueError(f"the PPDU has no {name}")
