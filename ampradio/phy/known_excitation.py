"""The excitation of a mono-static command as a radio hears it: what the draft says it is, fitted to what arrived.

A tag that has a receiver instead of a switch cannot reflect; it can send what it would have reflected. What the AP
goes on sending after a command is known, chip by chip, so all it takes is where a chip begins in this radio's samples,
how fast they come, and how the AP's carrier turns against this radio's own. The command tells all three.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ampradio.phy import mono_static
from ampradio.phy.on_symbol import phase_bits
from ampradio.phy.reception import Reception
from ampradio.profile.airtime import samples as samples_in
from ampradio.profile.model import Downlink, Profile
from ampradio.vectors import PpduKind, TxVector

_EXCITED = (PpduKind.DL_TYPE2, PpduKind.DL_TYPE3)
_NORM_POINTS = 4096
_STRAY_HZ = 250e3  # by which two radios' carriers may differ: 50 ppm each at 2.4 GHz
_EARLY_LATE = 5  # samples by which the envelope's timing may be wrong
_STEP = 0.25  # samples either side over which the wave's slope is taken
_BESIDE = 1.5  # samples about a chip's edge that tell no delay: what comes of a jump there is the filters' business
_ROUNDS = 3
_PIECE = 512  # samples
_PIECES = (4, 32)
_LIKE = 0.3  # least part of the power heard that the known wave explains
_KEPT = 0.9  # of what earlier commands told: crystals drift


_Places = npt.NDArray[np.float64] | npt.NDArray[np.int64]


@dataclass(frozen=True)
class RadioClocks:
    """The AP's clocks against this radio's, and how much has been heard that speaks for them.

    ``turn``: its carrier, cycles per sample; ``stretch``: samples in which one of the AP's passes.
    """

    turn: float = 0.0
    stretch: float = 1.0
    weight: float = 0.0


@dataclass(frozen=True, eq=False)
class KnownExcitation:
    """What the AP sends from its first AMP chip on, by this radio's samples: ``start`` is where that begins.

    ``signs`` are the command's chips, 0 OFF and ±1 the phase of ON; all that follow are ON. ``phase`` (radians) is the
    carrier's at ``start``, ``clocks.weight`` what the command alone told.
    """

    downlink: Downlink
    signs: npt.NDArray[np.int8]
    samples_per_chip: float
    start: float
    phase: float
    clocks: RadioClocks

    @property
    def data_end(self) -> float:
        """The sample at which the AMP-Data end."""
        return self.start + self.signs.size * self.samples_per_chip * self.clocks.stretch

    def wave(self, first: int, count: int) -> npt.NDArray[np.complex64]:
        """Return ``count`` samples from ``first`` on (count,), mean power 1 where it is on."""
        place = np.arange(first, first + count)
        turns = self.clocks.turn * (place - self.start)
        turned = np.exp(1j * (2 * np.pi * (turns - np.rint(turns)) + self.phase))
        wave: npt.NDArray[np.complex64] = (self.still(place) * turned).astype(np.complex64)
        return wave

    def within_chips(self, place: _Places) -> npt.NDArray[np.bool_]:
        """Return which samples ``place`` are away from the edges of chips."""
        chip = (place - self.start) / (self.samples_per_chip * self.clocks.stretch)
        within: npt.NDArray[np.bool_] = np.abs(chip - np.rint(chip)) * self.samples_per_chip > _BESIDE
        return within

    def still(self, place: _Places) -> npt.NDArray[np.complex128]:
        """Return the excitation at samples ``place`` as it is on the AP's own carrier."""
        chip = (place - self.start) / (self.samples_per_chip * self.clocks.stretch)
        index = np.floor(chip).astype(np.int64)
        signs = np.where(index < self.signs.size, self.signs[np.clip(index, 0, self.signs.size - 1)], 1)
        after = index >= self.signs.size
        if after.any():
            low = int(index[after].min())
            phases = phase_bits(self.downlink, int(index.max()) - low + 1, low)
            signs[after] = 1 - 2 * phases[index[after] - low].astype(np.int64)
        still: npt.NDArray[np.complex128] = _on(self.downlink, chip - index) * np.where(index < 0, 0, signs)
        return still


def known_excitation(
    profile: Profile,
    command: Reception,
    samples: npt.NDArray[np.complex64],
    first: int,
    rate_sps: int,
    before: RadioClocks = RadioClocks(),
) -> KnownExcitation | None:
    """Return the excitation of a Type 2 or 3 ``command``, fitted to ``samples`` (n,), whose first is sample ``first``.

    ``before`` is what earlier commands told of the clocks. None for another PPDU, for one of which samples are missing,
    or whose samples are not what the draft says. Raises ValueError for chips that are not whole samples.
    """
    rx = command.rxvector
    if rx.kind not in _EXCITED:
        return None
    rough = _rough(profile, command, rate_sps)
    begin, end = int(np.ceil(rough.start)) + _EARLY_LATE, int(rough.data_end) - _EARLY_LATE
    if begin - _EARLY_LATE < first or end + _EARLY_LATE > first + samples.size:
        return None
    heard = samples[begin - _EARLY_LATE - first : end + _EARLY_LATE - first].astype(np.complex128)
    if not np.isfinite(heard).all() or not heard.any():
        return None
    return _fitted(_placed(rough, heard, begin, rate_sps), heard[_EARLY_LATE:-_EARLY_LATE], begin, before)


def _rough(profile: Profile, command: Reception, rate_sps: int) -> KnownExcitation:
    """Return the excitation where the tag's envelope detector has found the command."""
    downlink, kind = profile.downlink, command.rxvector.kind
    vector = TxVector(kind, downlink.rate_low_bps, excitation_ns=downlink.bst_excitation_min_ns)
    runs = mono_static.runs(profile, np.frombuffer(command.psdu, np.uint8), vector)[:-1]
    if len({run.chip_ns for run in runs}) != 1:
        raise ValueError("the chips of a mono-static command are not of one length")
    chips = np.concatenate([run.chips for run in runs]).astype(np.int8)
    signs = chips * (1 - 2 * phase_bits(downlink, chips.size).astype(np.int8))
    per_chip = samples_in(runs[0].chip_ns, rate_sps)
    sync = next(field for field in command.fields if field.name == "AMP-Sync")
    before = sum(run.chips.size for run in runs[: [run.name for run in runs].index("AMP-Sync")])
    return KnownExcitation(
        downlink, signs.astype(np.int8), per_chip, sync.start_sample - before * per_chip, 0.0, RadioClocks()
    )


def _placed(rough: KnownExcitation, heard: npt.NDArray[np.complex128], begin: int, rate_sps: int) -> KnownExcitation:
    """Return it with its carrier to a bin and its start to a sample; ``heard`` is wider on both sides."""
    count = heard.size - 2 * _EARLY_LATE
    known = rough.still(np.arange(begin, begin + count)).conj()
    size = 1 << (2 * count - 1).bit_length()
    turns = np.fft.fftfreq(size)
    near = np.abs(turns) < _STRAY_HZ / rate_sps
    best, found = -1.0, rough
    for late in range(-_EARLY_LATE, _EARLY_LATE + 1):
        part = heard[_EARLY_LATE + late : _EARLY_LATE + late + count]
        strength = np.abs(np.fft.fft(part * known, size)) * near
        where = int(np.argmax(strength))
        if strength[where] > best:
            best, clocks = float(strength[where]), RadioClocks(float(turns[where]))
            found = replace(rough, start=rough.start + late, clocks=clocks)
    return found


def _fitted(
    excitation: KnownExcitation, heard: npt.NDArray[np.complex128], begin: int, before: RadioClocks
) -> KnownExcitation | None:
    """Return ``excitation`` with delay, sample clock, carrier and phase fitted to pieces of ``heard``."""
    pieces = int(np.clip(heard.size // _PIECE, *_PIECES))
    firsts = np.linspace(0, heard.size - _PIECE, pieces).astype(np.int64)
    place = begin + firsts[:, np.newaxis] + np.arange(_PIECE)
    of = heard[place - begin]
    middle = place.mean(axis=1)
    around = middle - middle.mean()
    told = float(around @ around)
    weight = _KEPT * before.weight
    explained = 0.0
    for _ in range(_ROUNDS):
        inside = excitation.within_chips(place)
        at = excitation.still(place) * inside
        slope = (excitation.still(place + _STEP) - excitation.still(place - _STEP)) / (2 * _STEP) * inside
        turns = excitation.clocks.turn * (place - excitation.start)
        turned = of * inside * np.exp(-1j * (2 * np.pi * (turns - np.rint(turns)) + excitation.phase))
        own, delayed = _two_parts(turned, at, slope)
        size = np.abs(own) ** 2
        if not (size > 0).all():
            return None
        explained = float(np.sum(size * np.sum(np.abs(at) ** 2, axis=1)) / np.sum(np.abs(turned) ** 2))
        delay = -(delayed * own.conj()).real / size
        faster = (float(around @ delay) + weight * (before.stretch - excitation.clocks.stretch)) / (told + weight)
        phase = np.unwrap(np.angle(own))
        turn = float(around @ phase) / (2 * np.pi) + weight * (before.turn - excitation.clocks.turn)
        moved = float(delay.mean()) - faster * (float(middle.mean()) - excitation.start)
        clocks = RadioClocks(
            excitation.clocks.turn + turn / (told + weight), excitation.clocks.stretch + faster, told + weight
        )
        late = float(phase.mean()) - 2 * np.pi * (clocks.turn - excitation.clocks.turn) * float(
            middle.mean() - excitation.start
        )
        late += 2 * np.pi * clocks.turn * moved  # the phase is that at a start that has moved
        excitation = replace(excitation, start=excitation.start + moved, phase=excitation.phase + late, clocks=clocks)
    return excitation if explained > _LIKE else None


def _two_parts(
    heard: npt.NDArray[np.complex128], one: npt.NDArray[np.complex128], other: npt.NDArray[np.complex128]
) -> tuple[npt.NDArray[np.complex128], npt.NDArray[np.complex128]]:
    """Return how much of ``one`` and of ``other`` is in ``heard``, row by row, by least squares."""
    parts = np.stack((one, other), axis=2)
    normal = np.conj(np.swapaxes(parts, 1, 2)) @ parts
    normal += 1e-9 * np.trace(normal, axis1=1, axis2=2)[:, np.newaxis, np.newaxis] * np.eye(2)
    solved = np.linalg.solve(normal, np.conj(np.swapaxes(parts, 1, 2)) @ heard[..., np.newaxis])[..., 0]
    return solved[:, 0], solved[:, 1]


def _on(downlink: Downlink, part: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
    """Return the ON symbol at ``part`` of its duration, of mean power 1."""
    chip_s = downlink.sync_chip_ns * 1e-9
    carriers_hz = np.array(downlink.on_carriers) * downlink.subcarrier_spacing_hz
    values = np.array(downlink.on_values, np.complex128)
    grid = np.arange(_NORM_POINTS) / _NORM_POINTS
    table = values @ np.exp(2j * np.pi * np.outer(carriers_hz, grid * chip_s - downlink.on_prefix_ns * 1e-9))
    power = float(np.sqrt(np.mean(np.abs(table) ** 2)))
    base = np.exp(2j * np.pi * downlink.subcarrier_spacing_hz * (part * chip_s - downlink.on_prefix_ns * 1e-9))
    wave = np.zeros(part.shape, np.complex128)
    for carrier, value in zip(downlink.on_carriers, values, strict=True):
        wave += value * base**carrier
    wave /= power
    return wave
