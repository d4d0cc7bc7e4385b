"""What the tag's receiver goes through for one downlink PPDU: envelope, correlation, threshold, timing, soft chips."""

from __future__ import annotations

from dataclasses import dataclass

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
from ampradio.vectors import PpduKind, RxVector

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
    if reception.rxvector.kind is not PpduKind.DL_TYPE1:
        raise ValueError(f"no probe of {reception.rxvector.kind.name}")
    sync, data = _field(reception, "AMP-Sync"), _field(reception, "AMP-Data")
    if not first <= sync.start_sample < data.stop_sample <= first + samples.size:
        raise ValueError("the PPDU does not lie within the samples")
    power = _power(samples, decimation)
    search = EnvelopeSync(profile, rate_sps, decimation)
    chips = EnvelopeChips(profile, reception.rxvector.rate_bps, rate_sps, decimation)
    at_sync = (sync.start_sample - first) // decimation
    shown = max(0, at_sync - int(_SHOWN_BEFORE_CHIPS * chips.sync_chip))
    floor = _floor(power[:at_sync], search.block, decimation)
    power, origin = power[shown:], first + shown * decimation
    looked = _search_signals(search, power, floor, origin, reception.fields, rate_sps / decimation, decimation)
    sig_bits = 8 * profile.downlink.sig_octets
    bits = sig_bits + 8 * len(reception.psdu)
    got = _followed(power, at_sync - shown, reception.rxvector, chips, bits)
    return (*looked, *_frame_signals(got, chips, bits, sig_bits, origin, reception.fields, rate_sps, decimation))


@dataclass(frozen=True, eq=False)
class _Followed:
    """The running sum of the power, and the timing by the sync alone and by the whole frame."""

    sums: npt.NDArray[np.float64]
    of_sync: ChipTiming
    timing: ChipTiming


def _followed(power: npt.NDArray[np.float32], at_sync: int, rx: RxVector, chips: EnvelopeChips, bits: int) -> _Followed:
    """Go the receiver's way from a sync at ``at_sync`` on, under the clock that it found."""
    sums = running_sum(power[np.newaxis], np.float64)
    begun = ChipTiming(np.array([float(at_sync)]), np.array([1 + rx.clock_ppm * PPM]))
    of_sync = time_sync(sums, begun, chips)
    timing, _ = finish(sums, follow(sums, of_sync, chips, bits), chips, bits)
    return _Followed(sums, of_sync, timing)


def _search_signals(
    search: EnvelopeSync,
    power: npt.NDArray[np.float32],
    floor: float,
    origin: int,
    fields: tuple[Field, ...],
    power_sps: float,
    decimation: int,
) -> tuple[ProbeSignal, ...]:
    difference, threshold = search.trace(power, floor)
    rate_sps, first = power_sps / search.grid, float(origin)
    marks = marks_of(fields, first, decimation * search.grid, difference.size)
    of_power = marks_of(fields, first, decimation, power.size)
    what = "ON minus OFF energy of the sync word under the best clock"
    least = f"what the correlation has to exceed; noise floor {floor:.3g}"
    return (
        ProbeSignal("envelope", f"|x|² summed over {decimation} samples", power, power_sps, first, of_power),
        ProbeSignal("correlation", what, difference, rate_sps, first, marks),
        ProbeSignal("threshold", least, threshold, rate_sps, first, marks),
    )


def _frame_signals(
    got: _Followed,
    chips: EnvelopeChips,
    bits: int,
    sig_bits: int,
    origin: int,
    fields: tuple[Field, ...],
    rate_sps: int,
    decimation: int,
) -> tuple[ProbeSignal, ...]:
    power_sps, known = rate_sps / decimation, chips.sync.size
    chip_sps = power_sps / chips.data_chip
    edges = chips.edges(2 * bits)
    at = got.timing.at(edges)
    energy = np.diff(integral_to(got.sums, at), axis=1)[0].astype(np.float32)
    first, data_first = (origin + float(at[0, edge]) * decimation for edge in (0, known))
    steps = np.arange(0.0, chips.data_end(2 * bits), chips.data_chip)
    marks = marks_of(fields, first, chips.data_chip * decimation, steps.size)
    of_sync = (Field("AMP-Sync", 0, known),)
    of_data = (Field("AMP-SIG", 0, 2 * sig_bits), Field("AMP-Data", 2 * sig_bits, 2 * bits))

    def late(timing: ChipTiming) -> npt.NDArray[np.float32]:
        late_by = timing.at(steps)[0] - float(got.timing.start[0]) - steps
        return np.asarray(late_by / power_sps * 1e9, np.float32)

    alone = "chip edges over a nominal clock's, by the AMP-Sync alone, ns"
    whole = "chip edges over a nominal clock's, by the whole frame, ns"
    soft = "energy of each half of a Manchester bit; a bit is 1 when the second has more"
    of_chip = "energy of each chip of the AMP-Sync"
    return (
        ProbeSignal("timing_of_sync", alone, late(got.of_sync), chip_sps, first, marks),
        ProbeSignal("timing", whole, late(got.timing), chip_sps, first, marks),
        ProbeSignal("sync_chips", of_chip, energy[:known], power_sps / chips.sync_chip, first, of_sync),
        ProbeSignal("soft_chips", soft, energy[known:], chip_sps, data_first, of_data),
    )


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
