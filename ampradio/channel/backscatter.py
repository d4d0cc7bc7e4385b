"""The two ways of a backscattered carrier: it fades on its way to the tag, and again on its way back.

Source: J. D. Griffin, G. D. Durgin, "Complete link budgets for backscatter-radio and RFID systems", IEEE Antennas
Propag. Mag. 51 (2009), the dyadic backscatter channel: fading is the product of the forward and the backward way's.
"""

from __future__ import annotations

import numpy as np

from ampradio.channel.multipath import multipath, multipath_taps
from ampradio.channel.per_packet import Samples, checked


def two_way_taps(
    model: str,
    sample_rate_sps: float,
    rng: np.random.Generator,
    packets: int | tuple[int, ...] | None = None,
    *,
    reciprocal: bool = False,
) -> tuple[Samples, Samples]:
    """Return taps of the way to the tag and of the way back from TGn model ``model``, each of mean power one.

    Independent ways (bistatic, or antennas apart): the mean power of both together is one, its distribution
    P(power > z) = 2 sqrt(z) K_1(2 sqrt(z)), so that 10 dB under the mean happens in 23 % of the draws and not in 10 %.
    Reciprocal (one antenna, mono-static): the same taps twice, the power X^2 of an exponential X; its mean is two,
    and is left so: the 3 dB are real.

    Raises:
        ValueError: no such model, or the rate is not positive.
    """
    forward = multipath_taps(model, sample_rate_sps, rng, packets)
    return forward, forward if reciprocal else multipath_taps(model, sample_rate_sps, rng, packets)


def reflection(excitation: Samples, coefficient: Samples, forward: Samples, backward: Samples) -> Samples:
    """Return what comes back of ``excitation`` (..., n): to the tag, times its reflection coefficient, and back.

    Args:
        excitation: complex64, as it leaves the antenna.
        coefficient: (m,) or (..., m) reflection coefficient over time as the tag switches it, sample by sample of
            what arrives there; the 6 dB of the profile's ``link`` are in it. After its last it stays.
        forward: (k,) or (..., k) impulse response of the way to the tag.
        backward: impulse response of the way back.

    Returns:
        (..., n + k_forward + k_backward - 2), complex64.

    Raises:
        ValueError: there is no coefficient or tap, or the leading axes do not fit.
    """
    at_tag = multipath(checked(excitation), forward)
    coefficient = checked(coefficient)
    if coefficient.shape[-1] == 0:
        raise ValueError("coefficient needs at least one sample")
    at = np.minimum(np.arange(at_tag.shape[-1]), coefficient.shape[-1] - 1)
    return multipath(at_tag * coefficient[..., at], backward)
