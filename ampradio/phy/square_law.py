"""What an envelope detector makes of complex samples: their power, at a rate at which it still shows the chip edges.

|x|² has twice the band of x. Where the sample rate only just holds the ON symbol, squaring sample by sample folds it,
and chip edges seem to move with the fraction of a sample: 0.6 dB at 8 samples a chip, more below. Interpolating by four
first costs no noise and leaves 0.2 dB (`make bench-per`, 4 MS/s).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.signal import firwin, resample_poly

_REACH = 16  # samples either side that an interpolated one is made of
_WINDOW = ("kaiser", 8.0)


def square_law(
    samples: npt.NDArray[np.complex64], *, decimation: int = 1, interpolation: int = 1
) -> npt.NDArray[np.float32]:
    """Return |x|² of ``samples`` (packets, n), summed over ``decimation`` samples, float32 (packets, m).

    ``interpolation`` times as many samples are made first, of the same power each: a receiver of the result is one for
    a sample rate as many times higher. The filter takes the edge of the band, 4 % of white noise. Samples that do not
    fill a sum are left out. Raises ValueError for factors below 1 and for an array that is not two-dimensional.
    """
    if samples.ndim != 2 or decimation < 1 or interpolation < 1:
        raise ValueError(f"samples {samples.shape} must be (packets, n), decimation and interpolation at least 1")
    if interpolation > 1:
        taps = firwin(2 * _REACH * interpolation + 1, 1 / interpolation, window=_WINDOW)
        samples = resample_poly(samples, interpolation, 1, axis=1, window=taps).astype(np.complex64)
    whole = np.ascontiguousarray(samples[:, : samples.shape[1] // decimation * decimation])
    parts = whole.view(np.float32).reshape(whole.shape[0], -1, 2 * decimation)
    power: npt.NDArray[np.float32] = np.einsum("pnk,pnk->pn", parts, parts)
    return power
