"""What the receivers of envelope power have in common to show: the search's two curves, the timing, the chips."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.fields import Field
from ampradio.phy.noise_floor import NoiseFloor
from ampradio.phy.probe import ProbeSignal, marks_of
from ampradio.phy.reception import Reception
from ampradio.phy.running_sum import integral_to


@dataclass(frozen=True, eq=False)
class PowerStretch:
    """Power (n,), |x|² summed over ``decimation`` samples of a ``rate_sps`` stream, from its sample ``first`` on."""

    power: npt.NDArray[np.float32]
    first: int
    rate_sps: int
    decimation: int

    @property
    def power_sps(self) -> float:
        """Power samples per second."""
        return self.rate_sps / self.decimation


@dataclass(frozen=True, eq=False)
class FollowedChips:
    """A PPDU as a receiver has it in the end, positions in power samples.

    ``edges`` are the nominal chip edges of AMP-Sync and data, ``sync_chip`` and ``data_chip`` how long chips are.
    """

    sums: npt.NDArray[np.float64]
    of_sync: ChipTiming
    timing: ChipTiming
    edges: npt.NDArray[np.float64]
    known: int
    sync_chip: float
    data_chip: float


def power_of(samples: npt.NDArray[np.complex64], decimation: int) -> npt.NDArray[np.float32]:
    """Return |x|² summed over ``decimation`` samples each, (n // decimation,)."""
    whole = samples[: samples.size // decimation * decimation]
    squares = whole.real * whole.real + whole.imag * whole.imag
    return np.asarray(squares.reshape(-1, decimation).sum(axis=1, dtype=np.float32))


def floor_before(power: npt.NDArray[np.float32], block: int, decimation: int, history: int) -> float:
    """Return the noise floor that a receiver tracks over the last ``history`` blocks of ``power``, 0 without any."""
    floor = NoiseFloor(float(block * decimation), history)
    floor.add(power[: power.size // block * block].reshape(-1, block).mean(axis=1, dtype=np.float64))
    return floor.power


def search_signals(
    heard: PowerStretch,
    curves: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]],
    grid: int,
    behind: int,
    floor: float,
    fields: tuple[Field, ...],
) -> tuple[ProbeSignal, ...]:
    """Return the envelope, and correlation and threshold at every ``grid`` power samples, ``behind`` ones later."""
    difference, threshold = curves
    step, first = heard.decimation * grid, float(heard.first + behind * heard.decimation)
    marks = marks_of(fields, first, step, difference.size)
    of_power = marks_of(fields, float(heard.first), heard.decimation, heard.power.size)
    what = "ON minus OFF energy of the sync word under the best clock"
    least = f"what the correlation has to exceed; noise floor {floor:.3g}"
    summed = f"|x|² summed over {heard.decimation} samples"
    rate_sps = heard.power_sps / grid
    return (
        ProbeSignal("envelope", summed, heard.power, heard.power_sps, float(heard.first), of_power),
        ProbeSignal("correlation", what, difference, rate_sps, first, marks),
        ProbeSignal("threshold", least, threshold, rate_sps, first, marks),
    )


def chip_signals(
    heard: PowerStretch, got: FollowedChips, by: str, of_data: tuple[Field, ...], fields: tuple[Field, ...]
) -> tuple[ProbeSignal, ...]:
    """Return timing and chips; ``by`` says what the first timing is known by, ``of_data`` are fields in data chips."""
    at = got.timing.at(got.edges)
    energy = np.diff(integral_to(got.sums, at), axis=1)[0].astype(np.float32)
    first, data_first = (heard.first + float(at[0, edge]) * heard.decimation for edge in (0, got.known))
    steps = np.arange(0.0, got.edges[-1], got.data_chip)
    marks = marks_of(fields, first, got.data_chip * heard.decimation, steps.size)
    of_sync = (Field("AMP-Sync", 0, got.known),)
    chip_sps = heard.power_sps / got.data_chip
    real_sps = heard.power_sps / float(got.timing.stretch[0])  # of chips as long as the sender's clock makes them

    def late(timing: ChipTiming) -> npt.NDArray[np.float32]:
        late_by = timing.at(steps)[0] - float(got.timing.start[0]) - steps
        return np.asarray(late_by / heard.power_sps * 1e9, np.float32)

    alone = f"chip edges over a nominal clock's, by {by}, ns"
    whole = "chip edges over a nominal clock's, by the whole frame, ns"
    soft = "energy of each half of a Manchester bit; a bit is 1 when the second has more"
    of_chip = "energy of each chip of the AMP-Sync"
    return (
        ProbeSignal("timing_of_sync", alone, late(got.of_sync), chip_sps, first, marks),
        ProbeSignal("timing", whole, late(got.timing), chip_sps, first, marks),
        ProbeSignal("sync_chips", of_chip, energy[: got.known], real_sps / got.sync_chip, first, of_sync),
        ProbeSignal("soft_chips", soft, energy[got.known :], real_sps / got.data_chip, data_first, of_data),
    )


def field_of(reception: Reception, name: str) -> Field:
    """Return a field of the PPDU; ValueError if it has none of that name."""
    for field in reception.fields:
        if field.name == name:
            return field
    raise ValueError(f"the PPDU has no {name}")


def checked_place(reception: Reception, first: int, count: int) -> int:
    """Return the AMP-Sync's sample; ValueError for a PPDU that does not lie within ``count`` samples from ``first``."""
    sync, data = field_of(reception, "AMP-Sync"), field_of(reception, "AMP-Data")
    if not first <= sync.start_sample < data.stop_sample <= first + count:
        raise ValueError("the PPDU does not lie within the samples")
    return sync.start_sample
