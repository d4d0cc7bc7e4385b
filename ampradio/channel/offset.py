"""Carrier offset: the carrier of the sender minus the carrier of the receiver."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.channel.per_packet import PerPacket, Samples, checked, per_packet

FINE = 64  # samples of the fine oscillator; the coarse one steps by as many


def carrier_offset(
    samples: Samples,
    cfo_hz: PerPacket,
    sample_rate_sps: float,
    phase_rad: PerPacket = 0.0,
    out: Samples | None = None,
) -> Samples:
    """Return ``samples`` (..., n) turned by ``cfo_hz``, starting at ``phase_rad``; each one number or one per packet.

    With ``out``, of the same shape, the result is put there; it may be ``samples``.

    Raises:
        ValueError: an offset or phase is not finite or does not fit the packets, or the rate is not positive.
    """
    samples = checked(samples)
    packets = samples.shape[:-1]
    if not sample_rate_sps > 0:
        raise ValueError(f"sample_rate_sps must be positive, not {sample_rate_sps!r}")
    one_each = np.zeros((*packets, 1))
    turns = per_packet("cfo_hz", cfo_hz, packets) / sample_rate_sps + one_each
    start = per_packet("phase_rad", phase_rad, packets) / (2 * np.pi) + one_each
    size = samples.shape[-1]
    coarse = _phasor(turns * (FINE * np.arange(-(-size // FINE))) + start)
    fine = _phasor(turns * np.arange(FINE))
    turned: Samples = np.empty(samples.shape, np.complex64) if out is None else out
    for packet in np.ndindex(packets):  # one at a time: an oscillator for all of them would not stay in the cache
        oscillator = coarse[packet][:, np.newaxis] * fine[packet]
        np.multiply(samples[packet], oscillator.reshape(-1)[:size], out=turned[packet])
    return turned


def _phasor(turns: npt.NDArray[np.float64]) -> Samples:
    phasor: Samples = np.exp(2j * np.pi * (turns - np.rint(turns))).astype(np.complex64)
    return phasor
