"""Mono-static replies as the AP meets them: Γ(t) on the excitation, under its leak, without the code under test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.fields import ppdu_fields
from ampradio.phy.modulate import ppdu
from ampradio.profile import airtime
from ampradio.vectors import PpduKind, TxVector
from tests.phy.streams import PROFILE, with_noise

S = "11010100"  # air-interface page, section 3
CHIP_SAMPLES = {250_000: 40, 1_000_000: 10}
T1_SAMPLES = 320


@dataclass(frozen=True)
class Excitation:
    """A Type 3 PPDU and where its AMP-Data end."""

    samples: npt.NDArray[np.complex64]
    data_end: int


def excitation(octets: int, rate_bps: int, delayed: bool = False) -> Excitation:
    """Return a PPDU with a command of 8 octets that leaves room for a reply of ``octets``."""
    reply_ns = airtime.uplink_backscatter_ns(PROFILE, PpduKind.UL_MONO_STATIC, octets, rate_bps)
    bst_ns = airtime.bst_excitation_ns(PROFILE, reply_ns, delayed=delayed)
    send = TxVector(PpduKind.DL_TYPE3, 250_000, excitation_ns=bst_ns)
    bst = next(field for field in ppdu_fields(PROFILE, 8, send) if field.name == "BST-Excitation")
    return Excitation(ppdu(PROFILE, bytes(range(8)), send), bst.start_sample)


def reply_levels(
    psdus: npt.NDArray[np.uint8],
    rate_bps: int,
    start: npt.NDArray[np.float64],
    clock_ppm: npt.NDArray[np.float64],
    size: int,
) -> npt.NDArray[np.float64]:
    """Return how far ON each of ``size`` samples is, (packets, size): rectangular chips averaged over samples."""
    out = np.empty((psdus.shape[0], size))
    for row, (psdu, begin, ppm) in enumerate(zip(psdus, start, clock_ppm, strict=True)):
        bits = [octet >> place & 1 for octet in psdu.tolist() for place in range(8)]
        text = S * 3 + "".join("01" if bit else "10" for bit in bits)
        chips = np.array([character == "1" for character in text], float)
        edges = begin + CHIP_SAMPLES[rate_bps] * (1 + ppm * 1e-6) * np.arange(chips.size + 1)
        area = np.concatenate(([0.0], np.cumsum(chips * np.diff(edges))))
        out[row] = np.diff(np.interp(np.arange(size + 1), edges, area))
    return out


def heard(
    rng: np.random.Generator,
    sent: Excitation,
    levels: npt.NDArray[np.float64],
    leak_taps: npt.NDArray[np.complex128],
    noise_power: float = 0.0,
    drift: complex = 0.0,
    echo_turns: float = 0.0,
) -> npt.NDArray[np.complex64]:
    """Return replies of amplitude 1 and random phase over the leak, which changes by ``drift`` of itself.

    With ``echo_turns`` an echo of the leak, 26 dB below and 100 ns late, turns by so much.
    """
    packets, size = levels.shape
    phase = np.exp(2j * np.pi * rng.random((packets, 2, 1)))
    leak = np.convolve(sent.samples, leak_taps)[:size] * (1 + drift * np.linspace(0, 1, size))
    if echo_turns:
        late = np.concatenate((np.zeros(2), leak[:-2]))
        leak = leak + 0.05 * late * np.exp(2j * np.pi * echo_turns * np.linspace(0, 1, size))
    both = phase[:, 0] * levels * sent.samples + phase[:, 1] * leak
    noisy = with_noise(rng, both.astype(np.complex64).reshape(-1), noise_power)
    return noisy.reshape(packets, size)
