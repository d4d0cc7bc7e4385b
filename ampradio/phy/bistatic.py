"""Types 4 and 5: the energizer's excitation for bistatic tags, and the trigger over 40 MHz (rule 18)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ampradio.phy import downlink
from ampradio.phy.non_amp import carrier
from ampradio.phy.on_symbol import ChipRun, waveform
from ampradio.phy.usig import USig
from ampradio.profile.airtime import samples
from ampradio.profile.model import Downlink, Profile
from ampradio.vectors import TxVector


def excitation_symbol(settings: Downlink, rate_sps: int, upper: bool = False) -> npt.NDArray[np.complex64]:
    """Return one 3.2 µs symbol of the excitation, unit mean power; carriers in reverse order on the upper channel."""
    values = np.array([*settings.bistatic_lower, 0, *settings.bistatic_upper])
    indices = np.arange(-len(settings.bistatic_lower), len(settings.bistatic_upper) + 1)
    time_s = np.arange(samples(settings.bistatic_symbol_ns, rate_sps)) / rate_sps
    if upper:
        values = values[::-1]
    wave = values @ np.exp(2j * np.pi * np.outer(indices * settings.subcarrier_spacing_hz, time_s))
    symbol: npt.NDArray[np.complex64] = (wave / np.sqrt(np.mean(np.abs(wave) ** 2))).astype(np.complex64)
    return symbol


def excitation(
    settings: Downlink, duration_ns: int, rate_sps: int, upper: bool = False
) -> npt.NDArray[np.complex64]:
    """Return the Excitation field: the symbol repeated as it is, no prefix, no phase flips.

    Raises ValueError unless ``duration_ns`` is a whole number of symbols.
    """
    repeats, rest = divmod(duration_ns, settings.bistatic_symbol_ns)
    if rest:
        raise ValueError(f"an Excitation of {duration_ns} ns is not a whole number of symbols")
    return np.tile(excitation_symbol(settings, rate_sps, upper), repeats)


def type4_runs(profile: Profile, psdus: npt.NDArray[np.uint8], vector: TxVector) -> list[ChipRun]:
    """Return the chip fields of Type 4, addressed to all; raises ValueError for another rate than 250 kb/s."""
    _require_low_rate(profile, vector)
    settings = profile.downlink
    return downlink.addressed_runs(profile, psdus, settings.rate_low_bps, settings.broadcast_partial_id)


def type4_durations(profile: Profile, octets: int, vector: TxVector) -> tuple[tuple[str, int], ...]:
    """Return name and duration in ns of the fields of a Type 4 PPDU of ``octets``; raises ValueError as ``type4``."""
    if vector.excitation_ns <= 0:
        raise ValueError("a Type 4 PPDU has an Excitation: excitation_ns must be given")
    runs = type4_runs(profile, np.zeros(octets, np.uint8), vector)
    return downlink.durations(profile, runs, vector.excitation_ns)


def type4(profile: Profile, psdus: npt.NDArray[np.uint8], vector: TxVector) -> npt.NDArray[np.complex64]:
    """Return Type 4 PPDUs (…, n) at 20 MS/s of Excitation frames (…, octets), relative to the half's centre.

    ``vector.excitation_ns``: see ``profile.airtime.bistatic_excitation_ns``. Raises ValueError if that is no whole
    number of symbols, for another rate than 250 kb/s, or if the PPDU is too long.
    """
    rate_sps = profile.preamble.sample_rate_sps
    fields = type4_durations(profile, psdus.shape[-1], vector)
    head = downlink.non_amp_portion(profile, fields, USig(profile.preamble.mode_bistatic, wide=True))
    body = waveform(profile.downlink, type4_runs(profile, psdus, vector), rate_sps)
    tail = excitation(profile.downlink, vector.excitation_ns, rate_sps, vector.upper_half)
    return downlink.joined((head, body, tail), samples(profile.downlink.signal_extension_ns, rate_sps))


def _require_low_rate(profile: Profile, vector: TxVector) -> None:
    if vector.rate_bps != profile.downlink.rate_low_bps:
        raise ValueError(f"bistatic tags receive {profile.downlink.rate_low_bps} b/s only, not {vector.rate_bps}")


def type5_runs(profile: Profile, psdus: npt.NDArray[np.uint8], vector: TxVector) -> list[ChipRun]:
    """Return the chip fields of Type 5, those of a Type 1; raises ValueError for another rate than 250 kb/s."""
    _require_low_rate(profile, vector)
    return downlink.type1_runs(profile, psdus, vector)


def _in_half(
    profile: Profile, runs: Sequence[ChipRun], first: int, upper: bool
) -> npt.NDArray[np.complex64]:
    preamble = profile.preamble
    body = waveform(profile.downlink, runs, preamble.wide_sample_rate_sps)
    offset_hz = preamble.half_offset_hz if upper else -preamble.half_offset_hz
    shift = carrier(offset_hz, body.shape[-1], preamble.wide_sample_rate_sps, first)
    return (body * shift).astype(np.complex64)


def type5(profile: Profile, psdus: npt.NDArray[np.uint8], vector: TxVector) -> npt.NDArray[np.complex64]:
    """Return Type 5 PPDUs (…, n) at 40 MS/s of ``psdus`` (…, octets).

    The non-AMP portion lies in both halves, the AMP part in the primary half, the upper one if
    ``vector.upper_half``.
    Raises ValueError for another rate than 250 kb/s, a partial ID that does not exist, or a PPDU that is too long.
    """
    runs = type5_runs(profile, psdus, vector)
    u_sig = USig(profile.preamble.mode_bistatic, wide=True)
    head = downlink.non_amp_portion(profile, downlink.durations(profile, runs), u_sig, duplicate=True)
    body = _in_half(profile, runs, head.shape[-1], vector.upper_half)
    extension = samples(profile.downlink.signal_extension_ns, profile.preamble.wide_sample_rate_sps)
    return downlink.joined((head, body), extension)
