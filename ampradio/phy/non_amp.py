"""The non-AMP portion of a downlink PPDU, L-STF to U-SIG: 32 µs that any 802.11 receiver can read."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ampradio.phy.legacy_preamble import l_ltf, l_stf
from ampradio.phy.ofdm_symbol import OfdmSymbol
from ampradio.phy.signal_field import l_sig
from ampradio.phy.usig import USig, u_sig
from ampradio.profile.model import Preamble


def durations(preamble: Preamble) -> tuple[tuple[str, int], ...]:
    """Return name and duration in ns of the five fields, in order."""
    return (
        ("L-STF", preamble.l_stf_ns),
        ("L-LTF", preamble.l_ltf_ns),
        ("L-SIG", preamble.l_sig_ns),
        ("RL-SIG", preamble.rl_sig_ns),
        ("U-SIG", preamble.u_sig_ns),
    )


def _symbols(preamble: Preamble, length: int, fields: USig) -> tuple[OfdmSymbol, ...]:
    signals = (l_sig(preamble, length, 0), l_sig(preamble, length, 1))
    return (l_stf(preamble), l_ltf(preamble), *signals, *u_sig(preamble, fields))


def carrier(offset_hz: float, count: int, rate_sps: int, first: int = 0) -> npt.NDArray[np.complex128]:
    """Return e^{j2π·offset·t} at samples ``first``…, shape (count,), phase zero at sample 0."""
    turns: npt.NDArray[np.float64] = offset_hz / rate_sps * np.arange(first, first + count)
    wave: npt.NDArray[np.complex128] = np.exp(2j * np.pi * turns)
    return wave


def _duplicated(preamble: Preamble, field: npt.NDArray[np.complex128], first: int) -> npt.NDArray[np.complex128]:
    offset_hz, rate_sps = preamble.half_offset_hz, preamble.wide_sample_rate_sps
    rotation = np.exp(1j * np.deg2rad(preamble.upper_rotation_deg))
    lower = carrier(-offset_hz, field.size, rate_sps, first)
    both: npt.NDArray[np.complex128] = lower + rotation * carrier(offset_hz, field.size, rate_sps, first)
    return field * both


@lru_cache(maxsize=256)
def portion(
    preamble: Preamble, spacing_hz: int, length: int, fields: USig, duplicate: bool = False
) -> npt.NDArray[np.complex64]:
    """Return the samples of L-STF to U-SIG, shape (640,) at 20 MS/s (read-only).

    Each field, and each of the two symbols of U-SIG, has unit mean power. ``duplicate`` gives the 40 MHz duplicate of
    Type 5 instead: shape (1280,) at 40 MS/s, the upper half rotated by +j, the phase of both halves counted from
    sample 0 (rule 18). Raises ValueError for a value that does not fit its field.
    """
    rate_sps = preamble.wide_sample_rate_sps if duplicate else preamble.sample_rate_sps
    parts: list[npt.NDArray[np.complex128]] = []
    first = 0
    for symbol in _symbols(preamble, length, fields):
        field = symbol.waveform(spacing_hz, rate_sps)
        if duplicate:
            field = _duplicated(preamble, field, first)
        parts.append(field / np.sqrt(np.mean(np.abs(field) ** 2)))
        first += field.size
    samples = np.concatenate(parts).astype(np.complex64)
    samples.setflags(write=False)
    return samples
