"""PPDUs at a sample rate too low for the non-AMP portion: what a radio sends that cannot stream 20 MS/s.

The AMP part is the same field by field; where L-STF to U-SIG belong there is silence of their length, so that
every time of the PPDU stays as it is. Wi-Fi stations nearby are told nothing: whoever sends this says so.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy import downlink, uplink
from ampradio.phy.modulate import ppdu, sample_rate_sps
from ampradio.phy.on_symbol import on_symbol, waveform
from ampradio.phy.signal_field import l_length
from ampradio.profile.airtime import downlink_chip_ns, non_amp_ns, samples, uplink_chip_ns
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind, TxVector

_NS_PER_S = 1_000_000_000
_SAMPLES_PER_CHIP_MIN = 2
_NON_AMP_CREST = 2.5  # 8 dB: in a median PPDU four of its samples are beyond


def narrow_ppdu(
    profile: Profile, psdu: bytes, vector: TxVector, rate_sps: int, *, clock_ppm: float = 0.0
) -> npt.NDArray[np.complex64]:
    """Return the samples (n,) of a Type 1 or active uplink PPDU at ``rate_sps``, signal extension included.

    ``clock_ppm`` is the error of an uplink chip's duration. Raises ValueError for another kind, an empty PSDU, a rate
    too low for the ON symbol's subcarriers or for two samples a chip, and what ``modulate.ppdu`` refuses.
    """
    if not psdu:
        raise ValueError("a PSDU has at least one octet")
    octets = np.frombuffer(psdu, np.uint8)
    if vector.kind is PpduKind.UL_ACTIVE:
        _check_chips(uplink_chip_ns(profile, vector.kind, vector.rate_bps), rate_sps, vector)
        out = uplink.active(profile, octets, vector, rate_sps, clock_ppm)
    elif vector.kind is PpduKind.DL_TYPE1:
        if clock_ppm:
            raise ValueError("clock_ppm is for the uplink")
        out = _type1(profile, octets, vector, rate_sps)
    else:
        raise ValueError(f"{vector.kind.name} cannot be sent at {rate_sps} S/s, only Type 1 and active uplinks")
    if vector.cut_off_ns:
        out[vector.cut_off_ns * rate_sps // _NS_PER_S :] = 0
    return out


def crest(profile: Profile, rate_sps: int) -> float:
    """Return the amplitude that leaves room for a downlink PPDU at ``rate_sps``, whose ON symbols have mean power 1.

    It is that of an ON symbol, or, where the non-AMP portion is sent too, of all but that one's rarest peaks.
    """
    of_symbols = on_crest(profile, rate_sps)
    return max(of_symbols, _NON_AMP_CREST) if rate_sps == profile.preamble.sample_rate_sps else of_symbols


def on_crest(profile: Profile, rate_sps: int) -> float:
    """Return the largest amplitude of an ON symbol of the downlink, whose mean power is 1."""
    down = profile.downlink
    return max(float(np.abs(on_symbol(down, chip, rate_sps)).max()) for chip in (down.chip_250k_ns, down.chip_1m_ns))


def modulated(
    profile: Profile, psdu: bytes, vector: TxVector, rate_sps: int, *, clock_ppm: float = 0.0
) -> npt.NDArray[np.complex64]:
    """Return the samples (n,) of a PPDU at ``rate_sps``: whole at its native rate, else as ``narrow_ppdu``."""
    if rate_sps == sample_rate_sps(profile, vector):
        return ppdu(profile, psdu, vector, clock_ppm=clock_ppm)
    return narrow_ppdu(profile, psdu, vector, rate_sps, clock_ppm=clock_ppm)


def _type1(
    profile: Profile, octets: npt.NDArray[np.uint8], vector: TxVector, rate_sps: int
) -> npt.NDArray[np.complex64]:
    down = profile.downlink
    span_hz = 2 * max(abs(carrier) for carrier in down.on_carriers) * down.subcarrier_spacing_hz
    if span_hz >= rate_sps:
        raise ValueError(f"{rate_sps} S/s do not hold the ON symbol, which spans {span_hz} Hz")
    _check_chips(downlink_chip_ns(profile, vector.rate_bps), rate_sps, vector)
    runs = downlink.type1_runs(profile, octets, vector)
    # a PPDU longer than any may be is refused here too (rule 14)
    l_length(profile, sum(duration_ns for _, duration_ns in downlink.durations(profile, runs)))
    silence = np.zeros(samples(non_amp_ns(profile), rate_sps), np.complex64)
    extension = samples(down.signal_extension_ns, rate_sps)
    return downlink.joined((silence, waveform(down, runs, rate_sps)), extension)


def _check_chips(chip_ns: int, rate_sps: int, vector: TxVector) -> None:
    if samples(chip_ns, rate_sps) < _SAMPLES_PER_CHIP_MIN:
        raise ValueError(f"{vector.kind.name} at {vector.rate_bps} b/s has chips of {chip_ns} ns: too short here")
