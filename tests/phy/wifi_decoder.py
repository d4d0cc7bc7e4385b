"""A plain 802.11 receiver for the first 32 µs of a PPDU: L-STF, L-LTF, L-SIG, RL-SIG, U-SIG.

Written from IEEE 802.11-2020 clause 17 and the EHT PHY clause, with its own tables and its own arithmetic; it shares
nothing with the modulator it judges.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

RATE_SPS = 20_000_000
# Equation (17-8), carriers −26…26
LTF = [
    1, 1, -1, -1, 1, 1, -1, 1, -1, 1, 1, 1, 1, 1, 1, -1, -1, 1, 1, -1, 1, -1, 1, 1, 1, 1, 0,
    1, -1, -1, 1, 1, -1, 1, -1, 1, -1, -1, -1, -1, -1, 1, 1, -1, -1, 1, -1, 1, -1, 1, 1, 1, 1,
]  # fmt: skip
# Equation (17-6), carriers −26…26, without the factor sqrt(13/6)·(1 + j)
STF = [
    0, 0, 1, 0, 0, 0, -1, 0, 0, 0, 1, 0, 0, 0, -1, 0, 0, 0, -1, 0, 0, 0, 1, 0, 0, 0, 0,
    0, 0, 0, -1, 0, 0, 0, -1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0,
]  # fmt: skip
NARROW = range(-26, 27)
PILOT_TONES = (-21, -7, 7, 21)
PILOT_VALUES = (1, 1, 1, -1)
FIRST_POLARITIES = (1, 1, 1, 1, -1, -1, -1, 1)  # 17.3.5.10
RATES_MBPS = {(1, 1, 0, 1): 6, (1, 1, 1, 1): 9, (0, 1, 0, 1): 12, (0, 1, 1, 1): 18,
              (1, 0, 0, 1): 24, (1, 0, 1, 1): 36, (0, 0, 0, 1): 48, (0, 0, 1, 1): 54}  # fmt: skip


class NotDecodedError(Exception):
    """The samples are not the start of a valid PPDU; the text says why."""


@dataclass(frozen=True)
class Decoded:
    """What a station of 802.11be would know after U-SIG.

    ``ripple`` is the largest relative deviation of the channel from its mean over the 52 tones of L-LTF,
    ``known_error`` that of the L-STF and pilot tones from what they should be: both 0 without noise and echoes.
    """

    start: int
    cfo_hz: float
    rate_mbps: int
    length: int
    u_sig: dict[str, int]
    ripple: float
    known_error: float


def decode(iq: np.ndarray) -> Decoded:
    """Find and decode the first PPDU in ``iq`` at 20 MS/s; raises NotDecodedError."""
    start = find_start(iq)
    if start < 0 or start + 640 > iq.size:
        raise NotDecodedError("samples end before U-SIG does")
    cfo_hz = carrier_offset(iq, start)
    burst = iq[start : start + 640] * np.exp(-2j * math.pi * cfo_hz / RATE_SPS * np.arange(640))
    channel = estimate_channel(burst)
    known_error = check_stf(burst, channel)
    ripple = deviation(np.array(list(channel.values())))
    for index in range(4):
        known_error = max(known_error, pilot_error(burst[320 + 80 * index : 400 + 80 * index], channel, index))
    first = legacy_signal(burst[320:400], channel, FIRST_POLARITIES[0])
    second = legacy_signal(burst[400:480], channel, FIRST_POLARITIES[1])
    rate_mbps, length = read_l_sig(first)
    if first != second:
        raise NotDecodedError("RL-SIG is not L-SIG")
    widen(channel, burst)
    soft: list[float] = []
    for index in (0, 1):
        symbol = burst[480 + 80 * index : 560 + 80 * index]
        soft += deinterleave(equalise(symbol, channel, FIRST_POLARITIES[2 + index], 28), columns=13, rows=4)
    return Decoded(start, cfo_hz, rate_mbps, length, read_u_sig(viterbi(soft)), ripple, known_error)


def find_start(iq: np.ndarray) -> int:
    """Return sample 0 of L-STF by two L-LTF symbols 64 samples apart, robust to a carrier offset."""
    reference = np.zeros(64, complex)
    for k, value in zip(NARROW, LTF, strict=True):
        reference += value * np.exp(2j * math.pi * k * np.arange(64) / 64)
    if iq.size < 200:
        raise NotDecodedError("too few samples")
    window = np.lib.stride_tricks.sliding_window_view(iq, 64)
    energy = np.sum(np.abs(window) ** 2, axis=1) + 1e-30
    coarse = coarse_offset(iq)
    search = iq * np.exp(-2j * math.pi * coarse / RATE_SPS * np.arange(iq.size))
    match = np.abs(np.correlate(search, reference, "valid")) ** 2 / energy / np.sum(np.abs(reference) ** 2)
    pair = np.minimum(match[:-64], match[64:])
    best = int(np.argmax(pair))
    if pair[best] < 0.35:
        raise NotDecodedError("no L-LTF")
    return best - 192


def coarse_offset(iq: np.ndarray) -> float:
    """Return the carrier offset that the 16-sample repetition of L-STF shows, where that repetition is strongest."""
    product = iq[16:] * np.conj(iq[:-16])
    power = np.abs(iq[16:]) ** 2
    kernel = np.ones(128)
    metric = np.convolve(product, kernel, "valid")
    place = int(np.argmax(np.abs(metric) / (np.convolve(power, kernel, "valid") + 64 * np.mean(power) + 1e-30)))
    return float(np.angle(metric[place])) / (2 * math.pi * 16 / RATE_SPS)


def carrier_offset(iq: np.ndarray, start: int) -> float:
    """Return the carrier offset from the two L-LTF symbols, its ambiguity of 312.5 kHz resolved by L-STF."""
    stf = iq[start : start + 160]
    coarse = np.angle(np.vdot(stf[:-16], stf[16:])) / (2 * math.pi * 16 / RATE_SPS)
    one, two = iq[start + 192 : start + 256], iq[start + 256 : start + 320]
    step = RATE_SPS / 64
    fine = np.angle(np.vdot(one, two)) / (2 * math.pi) * step
    return float(fine + step * round((coarse - fine) / step))


def tones(symbol: np.ndarray) -> np.ndarray:
    """Return the 64 carriers of the last 64 samples; carrier k is entry k mod 64."""
    return np.fft.fft(symbol[-64:]) / 64


def estimate_channel(burst: np.ndarray) -> dict[int, complex]:
    average = (np.fft.fft(burst[192:256]) + np.fft.fft(burst[256:320])) / 128
    return {k: average[k % 64] / value for k, value in zip(NARROW, LTF, strict=True) if value}


def deviation(values: np.ndarray) -> float:
    """Return how far any of ``values`` is from their mean, relative to it."""
    return float(np.max(np.abs(values / np.mean(values) - 1)))


def pilot_error(symbol: np.ndarray, channel: dict[int, complex], index: int) -> float:
    """Return the deviation of the four pilots of the symbol with polarity p_``index``, one phase for all."""
    spectrum = tones(symbol)
    known = zip(PILOT_TONES, PILOT_VALUES, strict=True)
    return deviation(np.array([spectrum[k % 64] / channel[k] * value * FIRST_POLARITIES[index] for k, value in known]))


def check_stf(burst: np.ndarray, channel: dict[int, complex]) -> float:
    """L-STF must carry the twelve values of (17-6), all in one phase; return their deviation."""
    spectrum = (tones(burst[:64]) + tones(burst[64:128])) / 2
    values = [
        spectrum[k % 64] / channel[k] / (sign * (1 + 1j)) for k, sign in zip(NARROW, STF, strict=True) if sign
    ]
    if abs(np.sum(values)) < 0.8 * np.sum(np.abs(values)):
        raise NotDecodedError("L-STF has other values")
    return deviation(np.array(values))


def equalise(symbol: np.ndarray, channel: dict[int, complex], polarity: int, highest: int) -> list[float]:
    """Return one soft value a data tone, −highest first: positive for bit 1, weighed by the channel's power."""
    spectrum = tones(symbol)
    turned = sum(
        spectrum[k % 64] * np.conj(channel[k]) * polarity * value
        for k, value in zip(PILOT_TONES, PILOT_VALUES, strict=True)
    )
    phase = turned / abs(turned)
    data = [k for k in range(-highest, highest + 1) if k and k not in PILOT_TONES]
    return [float((spectrum[k % 64] * np.conj(channel[k] * phase)).real) for k in data]


def deinterleave(values: list[float], columns: int, rows: int) -> list[float]:
    """Undo i = rows·(k mod columns) + floor(k / columns)."""
    return [values[rows * (k % columns) + k // columns] for k in range(columns * rows)]


def legacy_signal(symbol: np.ndarray, channel: dict[int, complex], polarity: int) -> list[int]:
    return viterbi(deinterleave(equalise(symbol, channel, polarity, 26), columns=16, rows=3))


def parity(value: int) -> int:
    return bin(value).count("1") & 1


def viterbi(soft: list[float]) -> list[int]:
    """Return the bits of the path from state 0 to state 0 that fits best; g0 = 133, g1 = 171 (17.3.5.6)."""
    score = {0: 0.0}
    history: dict[int, list[int]] = {0: []}
    for position in range(0, len(soft), 2):
        new_score: dict[int, float] = {}
        new_history: dict[int, list[int]] = {}
        for state, so_far in score.items():
            for bit in (0, 1):
                register = bit << 6 | state
                gain = soft[position] * (2 * parity(register & 0o133) - 1)
                gain += soft[position + 1] * (2 * parity(register & 0o171) - 1)
                after = register >> 1
                if after not in new_score or so_far + gain > new_score[after]:
                    new_score[after] = so_far + gain
                    new_history[after] = [*history[state], bit]
        score, history = new_score, new_history
    return history[0]


def number(bits: list[int]) -> int:
    return sum(bit << place for place, bit in enumerate(bits))


def read_l_sig(bits: list[int]) -> tuple[int, int]:
    """Return rate and LENGTH (17.3.4)."""
    if sum(bits[:18]) % 2:
        raise NotDecodedError("L-SIG parity")
    if any(bits[18:]):
        raise NotDecodedError("L-SIG tail")
    if bits[4]:
        raise NotDecodedError("L-SIG reserved bit")
    rate = tuple(bits[:4])
    if rate not in RATES_MBPS:
        raise NotDecodedError("L-SIG rate")
    return RATES_MBPS[rate], number(bits[5:17])


def widen(channel: dict[int, complex], burst: np.ndarray) -> None:
    """Learn carriers ±27 and ±28 from the extra tones −1, −1, −1, 1 of L-SIG and RL-SIG.

    They must fit their neighbours.
    """
    average = (tones(burst[320:400]) + tones(burst[400:480])) / 2
    for k, value in ((-28, -1), (-27, -1), (27, -1), (28, 1)):
        channel[k] = complex(average[k % 64]) / value
        edge = channel[26 if k > 0 else -26]
        if (channel[k] * np.conj(edge)).real <= 0:
            raise NotDecodedError("extra tones of L-SIG have other signs")


def remainder_bits(bits: list[int]) -> list[int]:
    """CRC of HE-SIG-A by long division: preset ones on the first 8 bits, 8 zeros appended, remainder complemented."""
    work = [bit ^ 1 for bit in bits[:8]] + bits[8:] + [0] * 8
    for place in range(len(bits)):
        if work[place]:
            for offset in (0, 6, 7, 8):  # D^8 + D^2 + D + 1
                work[place + offset] ^= 1
    return [bit ^ 1 for bit in work[-8:]]


def read_u_sig(bits: list[int]) -> dict[str, int]:
    """Return the fields of U-SIG of an AMP PPDU (air-interface page, section 2)."""
    if any(bits[46:]):
        raise NotDecodedError("U-SIG tail")
    if remainder_bits(bits[:42])[:4] != bits[42:46]:
        raise NotDecodedError("U-SIG CRC")
    widths = {
        "version": 3, "bw": 3, "ul_dl": 1, "colour": 6, "txop": 7, "amp_version": 1, "mode": 2, "part1": 3, "type": 2,
        "part2": 12, "disregard": 1, "validate": 1,
    }  # fmt: skip
    values: dict[str, int] = {}
    start = 0
    for name, width in widths.items():
        values[name] = number(bits[start : start + width])
        start += width
    return values


def one_half(iq: np.ndarray, upper: bool) -> np.ndarray:
    """Return one 20 MHz half, at 20 MS/s, of a 40 MHz channel at 40 MS/s: mixed to zero, low-pass, every other."""
    moved = iq * np.exp((-2j if upper else 2j) * math.pi * 10e6 / 40e6 * np.arange(iq.size))
    time = np.arange(-64, 65)
    taps = 0.5 * np.sinc(0.5 * time) * np.hamming(time.size)
    return np.convolve(moved, taps, "same")[::2]
