"""Decoding of an active uplink frame from complex samples, vectorised over packets.

Where its chips are, ``uplink_follow`` tells; soft values go to the Viterbi decoder; its bits, coded again, give chips
that are nearly all right for a last fit and a second pass.
Performance page, section 3; air-interface page, rules 20 and 21.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import i0e

from ampradio import accelerator
from ampradio.phy.convolutional import encode
from ampradio.phy.running_sum import running_sum
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_follow import CLEAR, WINDOW_MIN, openness
from ampradio.phy.uplink_track import UplinkTrack
from ampradio.phy.viterbi import decode
from ampradio.profile.model import Uplink

HEADER_REREAD = 2  # when the FCS fails, the header is read again among so many times the bits it was first
_FINAL_WINDOWS = (0.25, 0.125)  # of a chip

NEIGHBOURS = 8
"""Coded bits either side whose ON chips tell the phase of one."""

_FINE = 64  # samples of the fine oscillator; the coarse one steps by as many
SURE = 40.0
"""Log-likelihood beyond which a bit is one or the other."""

QUIETEST = 1e-4
"""Noise energy of a chip over its signal energy, so that a noise-free frame has finite soft values."""


def derotated(
    samples: npt.NDArray[np.complex64],
    turn_per_sample: npt.NDArray[np.float64],
    done: int = 0,
    before: npt.NDArray[np.complex128] | None = None,
) -> npt.NDArray[np.complex128]:
    """Return the running sum (packets, n + 1) of ``samples`` (packets, n) turned back by cycles per sample.

    The phase is counted from sample 0. ``before`` (packets, done + 1) is what was returned for the first ``done``.
    """
    packets, count = samples.shape
    if accelerator.is_on():
        from ampradio.phy.uplink_soft_loops import derotate_each

        sums = np.empty((packets, count + 1), np.complex128)
        sums[:, : done + 1] = 0 if before is None else before
        derotate_each(np.ascontiguousarray(samples), turn_per_sample, done, sums)
        return sums
    samples, count = samples[:, done:], count - done
    rows = -(-count // _FINE)
    coarse = _phasor(np.outer(turn_per_sample, done + _FINE * np.arange(rows)))
    fine = _phasor(np.outer(turn_per_sample, np.arange(_FINE)))
    back = np.zeros((packets, rows * _FINE), np.complex64)
    back[:, :count] = samples
    turned = back.reshape(packets, rows, _FINE)
    turned *= fine[:, np.newaxis]
    turned *= coarse[:, :, np.newaxis]
    more = running_sum(back[:, :count], np.complex128)
    return more if before is None else np.concatenate((before[:, :-1], more + before[:, -1:]), axis=1)


def _phasor(turns: npt.NDArray[np.float64]) -> npt.NDArray[np.complex64]:
    phasor: npt.NDArray[np.complex64] = np.exp(-2j * np.pi * (turns - np.rint(turns))).astype(np.complex64)
    return phasor


def soft_bits(track: UplinkTrack, chips: UplinkChips, coded_bits: int) -> npt.NDArray[np.float64]:
    """Return log-likelihood ratios (packets, coded_bits) of coded 1 over 0.

    Each bit is judged without knowing the phase, except as the ON chips of its neighbours tell it. Of a packet whose
    bits are clear it is how much their halves differ: a ratio but for a factor.
    """
    known = chips.sync.size
    turned = chips.turned(track, 2 * coded_bits)
    if accelerator.is_on():
        from ampradio.phy.uplink_soft_loops import log_i0_table, soften_each

        softened = np.empty((turned.shape[0], coded_bits))
        soften_each(turned, chips.sync, NEIGHBOURS, SURE, QUIETEST, CLEAR, log_i0_table(), softened)
        return softened
    word, halves = turned[:, :known], turned[:, known:].reshape(-1, coded_bits, 2)
    amplitude = np.abs(np.add.reduce(word[:, chips.sync > 0], axis=1)) / np.count_nonzero(chips.sync)
    off = word[:, chips.sync == 0]
    noise = np.add.reduce(off.real * off.real + off.imag * off.imag, axis=1) / off.shape[1]
    energy = np.maximum(noise, QUIETEST * amplitude * amplitude)
    scale = (2 * amplitude / energy)[:, np.newaxis, np.newaxis]
    likely = _log_i0(scale * np.abs(halves))
    soft: npt.NDArray[np.float64] = likely[..., 1] - likely[..., 0]
    for _ in range(2):
        weight = 1 / (1 + np.exp(-np.minimum(np.maximum(soft, -SURE), SURE)))
        carrier = halves[..., 0] + weight * (halves[..., 1] - halves[..., 0])
        likely = _log_i0(scale * np.abs(halves + _neighbourhood(carrier)[..., np.newaxis]))
        soft = likely[..., 1] - likely[..., 0]
    clear = openness(turned[:, known:]) > CLEAR
    soft[clear] = halves[clear, :, 1].real - halves[clear, :, 0].real
    return soft


def final_windows(chips: UplinkChips) -> list[float]:
    """Return the half widths, in samples, of the windows about the edges of a whole frame, one for each pass.

    The last alone is wanted where no bit was decided wrongly before.
    """
    return [max(window * chips.chip, WINDOW_MIN) for window in _FINAL_WINDOWS]


def read_start(track: UplinkTrack, chips: UplinkChips, uplink: Uplink, bits: int) -> npt.NDArray[np.uint8]:
    """Return the first ``bits`` bits (packets, bits) of longer frames, still scrambled, by an open trellis."""
    soft = soft_bits(track, chips, 2 * bits)
    return decode(uplink, soft.reshape(soft.shape[0], bits, 2), terminated=False)


def read_whole(
    track: UplinkTrack, chips: UplinkChips, uplink: Uplink, bits: int
) -> tuple[UplinkTrack, npt.NDArray[np.uint8]]:
    """Return the track fitted to the whole frame and its ``bits`` bits (packets, bits), still scrambled, with tail."""
    polynomials = (uplink.bcc_polynomial_a, uplink.bcc_polynomial_b)
    soft = soft_bits(track, chips, 2 * bits)
    decided = decode(uplink, soft.reshape(soft.shape[0], bits, 2))
    ones = encode(decided, polynomials, uplink.bcc_constraint) > 0
    mended = np.flatnonzero((ones != (soft > 0)).any(axis=1))
    windows = final_windows(chips) if mended.size else final_windows(chips)[-1:]
    track = chips.refine_often(track, 2 * bits, windows, ones)
    if mended.size:  # what was decided wrongly had bent the track
        soft = soft_bits(track.of(mended), chips, 2 * bits)
        decided[mended] = decode(uplink, soft.reshape(mended.size, bits, 2))
    return track, decided


def _neighbourhood(carrier: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
    """Return for each bit the sum of the carrier of its neighbours, itself left out."""
    bits = carrier.shape[1]
    sums = running_sum(carrier, np.complex128)
    index = np.arange(bits)
    around: npt.NDArray[np.complex128] = sums[:, np.minimum(index + NEIGHBOURS + 1, bits)]
    around -= sums[:, np.maximum(index - NEIGHBOURS, 0)]
    around -= carrier
    return around


def _log_i0(value: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    logarithm: npt.NDArray[np.float64] = np.log(i0e(value))
    logarithm += value
    return logarithm
