"""Phase noise of a free-running oscillator: a Wiener process, so that its carrier is a Lorentzian line.

Source: A. Demir, A. Mehrotra, J. Roychowdhury, "Phase noise in oscillators", IEEE Trans. Circuits Syst. I 47 (2000):
phase variance 2 pi linewidth t; spectrum of a unit carrier L(f) = (linewidth / 2 pi) / (f^2 + (linewidth / 2)^2).
"""

from __future__ import annotations

import math

import numpy as np

from ampradio.channel.per_packet import PerPacket, Samples, checked, per_packet


def linewidth_hz(level_dbc_hz: float, offset_hz: float) -> float:
    """Return the full width at half power, in hertz, of the line that is ``level_dbc_hz`` high ``offset_hz`` away.

    Far from the carrier that is 2 pi offset^2 10^(level/10): -80 dBc/Hz at 10 kHz is 6.3 Hz.

    Args:
        level_dbc_hz: single-sideband phase noise, dB to the carrier in 1 Hz.
        offset_hz: distance from the carrier at which it holds, positive.

    Raises:
        ValueError: no line is as high as that so far from its centre, or the offset is not positive.
    """
    if not (0 < offset_hz < math.inf and math.isfinite(level_dbc_hz)):
        raise ValueError(f"need a finite level and offset_hz > 0, not {level_dbc_hz!r} at {offset_hz!r}")
    inverse = math.pow(10.0, -level_dbc_hz / 10) / math.pi
    rest = inverse * inverse - 4 * offset_hz * offset_hz
    if rest < 0:
        raise ValueError(f"no Lorentzian line has {level_dbc_hz!r} dBc/Hz at {offset_hz!r} Hz from its centre")
    return 4 * offset_hz * offset_hz / (inverse + math.sqrt(rest))


def phase_noise(samples: Samples, linewidth_hz: PerPacket, sample_rate_sps: float, rng: np.random.Generator) -> Samples:
    """Return ``samples`` (..., n) turned by an oscillator's random walk, which begins at phase 0 with sample 0.

    Args:
        samples: complex64.
        linewidth_hz: full width at half power of the oscillator's line, one number or one per packet; for two
            oscillators, sender and receiver, their sum.
        sample_rate_sps: sample rate.
        rng: source of the walk; it draws the same amount for any linewidth.

    Raises:
        ValueError: a linewidth is negative or not finite or does not fit the packets, or the rate is not positive.
    """
    samples = checked(samples)
    width = per_packet("linewidth_hz", linewidth_hz, samples.shape[:-1])
    if (width < 0).any():
        raise ValueError(f"linewidth_hz must not be negative, not {linewidth_hz!r}")
    if not sample_rate_sps > 0:
        raise ValueError(f"sample_rate_sps must be positive, not {sample_rate_sps!r}")
    phase = rng.standard_normal(samples.shape)
    phase[..., :1] = 0.0
    np.cumsum(phase, axis=-1, out=phase)
    phase *= np.sqrt(2 * np.pi * width / sample_rate_sps)
    turned: Samples = samples * np.exp(1j * phase).astype(np.complex64)
    return turned
