"""PPDUs in a 40 MHz channel, at 40 MS/s about its centre: what an AP of bistatic tags, its energizer and a tag put in.

Type 5 fills the channel; Types 1 and 4 lie in one half of it. A bistatic tag gives its reflection coefficient, shifted.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import signal

from ampradio.phy.modulate import ppdu, sample_rate_sps
from ampradio.phy.non_amp import carrier
from ampradio.phy.reflection import shifted
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind, TxVector

_HALVES = (PpduKind.DL_TYPE1, PpduKind.DL_TYPE4)
_TAPS = 48  # either side: 20 MS/s to 40 MS/s flat up to 8.75 MHz, its image 80 dB down
_SHAPE = ("kaiser", 8.0)


def wide_ppdu(
    profile: Profile, psdu: bytes, vector: TxVector, *, clock_ppm: float = 0.0
) -> npt.NDArray[np.complex64]:
    """Return the samples (n,) of a PPDU at 40 MS/s, its phase in a half counted from sample 0.

    ``clock_ppm`` is the error of a bistatic tag's chip and shift clock. Raises ValueError for a kind that is neither of
    Types 1, 4 and 5 nor native to 40 MS/s, and what ``modulate.ppdu`` refuses.
    """
    wide_sps = profile.uplink.wide_sample_rate_sps
    samples = ppdu(profile, psdu, vector, clock_ppm=clock_ppm)
    if vector.kind is PpduKind.UL_BISTATIC:
        return shifted(profile, samples, wide_sps, upwards=vector.shift_upwards, clock_ppm=clock_ppm)
    native_sps = sample_rate_sps(profile, vector)
    if native_sps == wide_sps:
        return samples
    if vector.kind not in _HALVES:
        raise ValueError(f"{vector.kind.name} needs {native_sps} sample/s and is not sent in half a channel")
    finer = signal.resample_poly(samples, wide_sps // native_sps, 1, window=_taps(wide_sps // native_sps))
    offset_hz = profile.preamble.half_offset_hz * (1 if vector.upper_half else -1)
    moved: npt.NDArray[np.complex64] = (finer * carrier(offset_hz, finer.size, wide_sps)).astype(np.complex64)
    return moved


@lru_cache(maxsize=4)
def _taps(finer: int) -> npt.NDArray[np.float64]:
    taps: npt.NDArray[np.float64] = signal.firwin(2 * _TAPS + 1, 1 / finer, window=_SHAPE)
    return taps
