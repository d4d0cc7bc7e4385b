"""Uplink PPDUs of active and bistatic tags as an AP samples them: clock, carrier and noise at a given Eb/N0.

    sent, samples, noise_power = uplink_link(vector, 40_000_000, 16, 1000.0, 11.0, rng=rng, psdus=psdus)

The chips are rectangular on a much finer grid than the AP's and then limited to its band: sampling alone costs 1 dB at
two samples a chip when each sample is the mean over itself, which no front end's is (performance page, section 2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import signal

from ampradio.channel.noise import awgn
from ampradio.phy.uplink import runs
from ampradio.profile import load_profile
from ampradio.profile.airtime import uplink_chip_ns
from ampradio.profile.model import Profile
from ampradio.vectors import TxVector

_NS_PER_S = 1_000_000_000
_LEAD_CHIPS = 20.0
_LATER_CHIPS = 4.0
_TAIL_CHIPS = 90.0
_SETTLE_CHIPS = 8.0
_FINEST = 40  # samples of a chip, before the band is limited
_PASS = 0.9  # of the sampled band
_TAPS = 24  # of the band limit, in samples either side


@dataclass(frozen=True, eq=False)
class Link:
    """``samples`` (packets, n) hold one PPDU a row; the rest is the truth about it, all (packets,)."""

    samples: npt.NDArray[np.complex64]
    noise_power: npt.NDArray[np.float64]
    start_sample: npt.NDArray[np.float64]
    stretch: npt.NDArray[np.float64]
    cfo_hz: npt.NDArray[np.float64]


def uplink_link(
    vector: TxVector,
    psdus: npt.NDArray[np.uint8],
    rate_sps: int,
    clock_ppm: float,
    ebn0_db: float,
    rng: np.random.Generator,
    cfo_limit_hz: float = 0.0,
) -> Link:
    """Return ``psdus`` (packets, octets) as they are received at an Eb/N0 (the energy of one ON chip over N0).

    Each PPDU begins at a random fraction of a sample, with its clock at plus or minus ``clock_ppm``, any phase and a
    carrier anywhere within ``cfo_limit_hz``. Raises ValueError for a kind, rate or seed that does not exist.
    """
    packets = psdus.shape[0]
    sync, data = runs(load_profile(), psdus, vector)
    chips = np.concatenate((np.broadcast_to(sync.chips, (packets, sync.chips.size)), data.chips), axis=1)
    chip = uplink_chip_ns(load_profile(), vector.kind, vector.rate_bps) * rate_sps / _NS_PER_S
    stretch = 1 + 1e-6 * rng.choice((-clock_ppm, clock_ppm), packets)
    start = chip * (_LEAD_CHIPS + _LATER_CHIPS * rng.random(packets))
    size = int(chip * (_LEAD_CHIPS + _LATER_CHIPS + chips.shape[1] * (1 + 1e-6 * clock_ppm) + _TAIL_CHIPS))
    cfo_hz, phase = rng.uniform(-cfo_limit_hz, cfo_limit_hz, packets), rng.uniform(0, 2 * np.pi, packets)
    turn = np.exp(2j * np.pi * np.outer(cfo_hz / rate_sps, np.arange(size)) + 1j * phase[:, np.newaxis])
    clean = (keyed_at(chips, chip, start, stretch, size) * turn).astype(np.complex64)
    noise_power = np.full(packets, chip / 10 ** (ebn0_db / 10))
    return Link(awgn(clean, noise_power, rng), noise_power, start, stretch, cfo_hz)


def bistatic_link(
    vector: TxVector,
    psdus: npt.NDArray[np.uint8],
    clock_ppm: float,
    ebn0_db: float,
    rng: np.random.Generator,
    direct_db: float = 40.0,
    cfo_limit_hz: float = 50e3,
    path_limit_ns: float = 60.0,
    energizer_ppm: float = 0.0,
) -> Link:
    """Return bistatic replies over a 40 MHz channel at 40 MS/s, under the excitation itself ``direct_db`` above them.

    The energizer's symbols begin anywhere, their clock is ``energizer_ppm`` fast and their carrier lies within
    ``cfo_limit_hz``; the way over the tag is up to ``path_limit_ns`` longer than the direct one. Γ is 0 for ``delay``
    (100 µs) and then the reply, shifted by the tag's own clock. An ON chip has its Eb in the mean over the symbol.
    """
    profile = load_profile()
    packets, rate_sps = psdus.shape[0], profile.uplink.wide_sample_rate_sps
    sync, data = runs(profile, psdus, vector)
    chips = np.concatenate((np.broadcast_to(sync.chips, (packets, sync.chips.size)), data.chips), axis=1)
    chip = sync.chip_ns * rate_sps / _NS_PER_S
    stretch = 1 + 1e-6 * rng.choice((-clock_ppm, clock_ppm), packets)
    delay = profile.timing.bistatic_delay_ns * rate_sps / _NS_PER_S
    start = delay + chip * _LATER_CHIPS * rng.random(packets)
    size = int(delay + chip * (_LATER_CHIPS + chips.shape[1] * (1 + 1e-6 * clock_ppm) + _SETTLE_CHIPS))
    level = keyed_at(chips, chip, start, stretch, size)
    symbol_s = profile.downlink.bistatic_symbol_ns / _NS_PER_S
    begun_s, path_s = symbol_s * rng.random(packets), path_limit_ns / _NS_PER_S * rng.random(packets)
    sign = 1 if vector.shift_upwards else -1
    time_s = np.arange(size) / rate_sps
    cfo_hz = rng.uniform(-cfo_limit_hz, cfo_limit_hz, packets)
    samples = np.empty((packets, size), np.complex64)
    for row in range(packets):
        shift_hz = sign * profile.uplink.bistatic_shift_hz / stretch[row]
        late = (1 + 1e-6 * energizer_ppm) * time_s - begun_s[row]
        way = [_excitation(profile, each, not vector.shift_upwards) for each in (late, late - path_s[row])]
        phase = np.exp(2j * np.pi * rng.random(2))
        carrier = np.exp(2j * np.pi * (cfo_hz[row] - sign * profile.preamble.half_offset_hz) * time_s)
        reply = phase[0] * level[row] * np.exp(2j * np.pi * shift_hz * time_s) * way[1]
        samples[row] = (reply + phase[1] * 10 ** (direct_db / 20) * way[0]) * carrier
    noise_power = np.full(packets, chip / 10 ** (ebn0_db / 10))
    return Link(awgn(samples, noise_power, rng), noise_power, start, stretch, cfo_hz)


def _excitation(profile: Profile, time_s: npt.NDArray[np.float64], upper: bool) -> npt.NDArray[np.complex128]:
    """Return the bistatic excitation at ``time_s`` about its own half's centre, mean power 1."""
    values = np.array([*profile.downlink.bistatic_lower, 0, *profile.downlink.bistatic_upper])
    values = values[::-1] if upper else values
    index = np.arange(values.size) - len(profile.downlink.bistatic_lower)
    step = np.exp(2j * np.pi * profile.downlink.subcarrier_spacing_hz * time_s)
    each, total = step ** int(index[0]), np.zeros(time_s.size, np.complex128)
    for value in values:
        total += value * each
        each *= step
    wave: npt.NDArray[np.complex128] = total / np.sqrt(np.sum(values**2))
    return wave


def keyed_at(
    chips: npt.NDArray[np.uint8],
    chip: float,
    start: npt.NDArray[np.float64],
    stretch: npt.NDArray[np.float64],
    size: int,
) -> npt.NDArray[np.float64]:
    """Return ``size`` samples (packets, size) of rectangular ``chips`` (packets, n), limited to the sampled band.

    Row k begins at sample ``start[k]`` and has chips of ``chip``·``stretch[k]`` samples.
    """
    over = max(1, round(_FINEST / chip))
    level = np.empty((chips.shape[0], size * over))
    at = np.arange(size * over + 1) / over
    for row, each in enumerate(chips):
        edges = start[row] + chip * stretch[row] * np.arange(chips.shape[1] + 1)
        area = np.concatenate(([0.0], np.cumsum(each * np.diff(edges))))
        level[row] = over * np.diff(np.interp(at, edges, area))
    if over == 1:
        return level
    taps = signal.firwin(2 * _TAPS * over + 1, _PASS / over, window=("kaiser", 7.0))
    # fine sample m lies at (m + 1/2)/over − 1/2, so the wanted ones fall between two: take their mean
    taps = np.convolve(taps, [0.5, 0.5]) if over % 2 == 0 else taps
    first = _TAPS * over + over // 2
    wide = signal.upfirdn(taps, np.pad(level, ((0, 0), (0, 2 * _TAPS * over))), axis=1)
    return np.ascontiguousarray(wide[:, first : first + size * over : over])
