"""The downlink packets of ``make bench-peer`` at 4 MS/s, and the tag's energy receiver on them.

A Type 1 PPDU at 250 kb/s from its AMP-Sync on (the non-AMP portion does not fit 4 MHz), with the draft's MC-OOK symbols
in its ON chips, through a filter that keeps 4 MHz; noise before it. Start, phase and the sign of the tag's clock error
are random. Ours interpolates by two before it squares, as a tag does below 8 MS/s; the peer squares at 4 MS/s.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.signal import firwin, resample_poly

from ampradio.channel.noise import awgn
from ampradio.phy import theory
from ampradio.phy.downlink import addressed_runs
from ampradio.phy.on_symbol import waveform
from ampradio.phy.square_law import square_law
from ampradio.phy.tag_batch import TagBatch
from ampradio.profile import load_profile
from testbed.bench.peer_packets import BITS, POOL, PPM, RATE_SPS, Form, Packets, data_frames

_RATE_BPS = 250_000
_NS_PER_S = 1_000_000_000
_FINE = 10
_LEAD_CHIPS, _EARLIEST_CHIPS, _TAIL_CHIPS = 80, 8, 20
_PARTIAL_ID = 5
_REACH, _WINDOW = 64, ("kaiser", 8.0)  # samples either side, of what keeps the band
_INTERPOLATION = 2  # as the tag's receiver does below 8 MS/s


def _chip() -> int:
    return load_profile().downlink.sync_chip_ns * RATE_SPS // _NS_PER_S


def limit_per(ecn0_db: float) -> float:
    """Return the packet error rate of ideal timing and an energy comparison over 4 MHz.

    It takes all of a chip's energy to be within the chip and the band, which at 4 MS/s it is not.
    """
    return float(theory.per(theory.ber_energy(float(theory.from_db(ecn0_db)), _chip()), BITS))


def packets(clock_ppm: float, ecn0_db: float, count: int, seed: tuple[int, ...]) -> Packets:
    """Return ``count`` packets over noise; ``seed`` gives all that is random."""
    rng = np.random.default_rng(seed)
    octets, stretch, clean = _pool(clock_ppm)
    chosen = rng.integers(0, POOL, count)
    noise_power = _chip() * stretch[chosen] / float(theory.from_db(ecn0_db))
    turned = clean[chosen] * np.exp(2j * np.pi * rng.random((count, 1))).astype(np.complex64)
    bits = np.unpackbits(octets[chosen], axis=-1, bitorder="little")
    sent = tuple(octets[each].tobytes() for each in chosen)
    return Packets(awgn(turned, noise_power, rng), bits, sent, noise_power, _form())


def errors(heard: Packets) -> int:
    """Return how many packets the tag's receiver does not read as sent; it is told the noise, as the peer is."""
    power = square_law(heard.samples, interpolation=_INTERPOLATION)
    received = _receiver().receive(power, heard.noise_power).psdus
    return sum(psdu != sent for psdu, sent in zip(received, heard.sent, strict=True))


@lru_cache(maxsize=1)
def _receiver() -> TagBatch:
    return TagBatch(load_profile(), _INTERPOLATION * RATE_SPS, 1)


@lru_cache(maxsize=1)
def _form() -> Form:
    profile = load_profile()
    sync, sig, _ = addressed_runs(profile, np.zeros((1, 1), np.uint8), _RATE_BPS, _PARTIAL_ID)
    return Form(tuple(int(chip) for chip in sync.chips), sig.chips.shape[-1], _chip(), envelope=True)


@lru_cache(maxsize=3)
def _pool(clock_ppm: float) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64], npt.NDArray[np.complex64]]:
    """Return PSDUs, how much longer than nominal their chips are to the tag, and their samples without noise."""
    profile, rng, chip = load_profile(), np.random.default_rng((int(clock_ppm), 1)), _chip()
    sent = data_frames(POOL, rng)
    clock = rng.choice((-clock_ppm, clock_ppm), POOL)
    waves = waveform(profile.downlink, addressed_runs(profile, sent, _RATE_BPS, _PARTIAL_ID), RATE_SPS * _FINE)
    begin = chip * _FINE * (_LEAD_CHIPS + _EARLIEST_CHIPS * rng.random(POOL))
    size = (_LEAD_CHIPS + _EARLIEST_CHIPS + _TAIL_CHIPS) * chip + -(-waves.shape[1] // _FINE)
    band = firwin(2 * _REACH * _FINE + 1, 1 / _FINE, window=_WINDOW)
    out = np.empty((POOL, size), np.complex64)
    for row, wave, first, stretch in zip(out, waves, begin, 1 + clock * PPM, strict=True):
        place = np.floor((np.arange(size * _FINE) - first) / stretch).astype(np.intp)
        inside = (place >= 0) & (place < wave.size)
        fine = np.where(inside, wave[np.clip(place, 0, wave.size - 1)], 0)
        row[:] = resample_poly(fine, 1, _FINE, window=band)
    return sent, 1 + clock * PPM, out
