"""A direct-conversion receiver's mixer: DC offset, and branches I and Q that differ in gain and are not square.

Source: B. Razavi, "RF Microelectronics", 2nd ed. (image rejection of quadrature downconversion).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.channel.per_packet import PerPacket, Samples, checked, per_packet


def dc_offset(samples: Samples, offset: complex | npt.NDArray[np.complex128] | Samples) -> Samples:
    """Return ``samples`` (..., n) plus ``offset``, one complex number or one per packet, in units of the samples.

    Raises:
        ValueError: the offset is not finite or does not fit the packets.
    """
    samples = checked(samples)
    both = np.asarray(offset, np.complex128)
    real, imag = (per_packet("offset", part, samples.shape[:-1]) for part in (both.real, both.imag))
    return samples + (real + 1j * imag).astype(np.complex64)


def iq_imbalance(samples: Samples, gain_db: PerPacket, phase_deg: PerPacket) -> Samples:
    """Return ``samples`` (..., n) with branch Q stronger by ``gain_db`` and turned by ``phase_deg`` from square.

    With g the amplitude and p the phase: I stays, Q becomes g (Q cos p - I sin p). That is K1 x + K2 conj(x) with
    K1 = (1 + g e^(-jp)) / 2 and K2 = (1 - g e^(jp)) / 2; the image is :func:`image_rejection_db` below the signal.

    Raises:
        ValueError: gain or phase is not finite or does not fit the packets.
    """
    samples = checked(samples)
    amplitude, phase = _amplitude_and_phase(gain_db, phase_deg, samples.shape[:-1])
    out = np.empty_like(samples)
    out.real = samples.real
    out.imag = (amplitude * np.cos(phase)).astype(np.float32) * samples.imag
    out.imag -= (amplitude * np.sin(phase)).astype(np.float32) * samples.real
    return out


def image_rejection_db(gain_db: PerPacket, phase_deg: PerPacket) -> npt.NDArray[np.float64]:
    """Return by how much the image lies below the signal: (1 + 2 g cos p + g^2) / (1 - 2 g cos p + g^2) in dB.

    Raises:
        ValueError: gain or phase is not finite or they do not fit each other.
    """
    packets = np.broadcast_shapes(np.shape(gain_db), np.shape(phase_deg))
    amplitude, phase = _amplitude_and_phase(gain_db, phase_deg, packets)
    with np.errstate(divide="ignore"):
        ratio = np.abs(1 + amplitude * np.exp(-1j * phase)) / np.abs(1 - amplitude * np.exp(1j * phase))
    return np.asarray(20 * np.log10(ratio)[..., 0])


def _amplitude_and_phase(
    gain_db: PerPacket, phase_deg: PerPacket, packets: tuple[int, ...]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    amplitude = 10.0 ** (per_packet("gain_db", gain_db, packets) / 20)
    return amplitude, np.deg2rad(per_packet("phase_deg", phase_deg, packets))
