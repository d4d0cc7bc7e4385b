"""Other people's Wi-Fi: 20 MHz OFDM bursts with a real preamble, that come and go on the same channel.

Source: IEEE 802.11 clause 17 (17.3.3 training fields, 17.3.5.10 symbols of 3.2 us with a prefix of 0.8 us on 52
carriers 312.5 kHz apart). Data carriers are random QPSK, so that a burst looks Gaussian after its preamble.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
import numpy.typing as npt

from ampradio.channel.per_packet import PerPacket, Samples, per_packet

BANDWIDTH_SPS = 20_000_000
TRANSFORM = 64  # samples of 3.2 us at 20 MS/s
SYMBOL = 80
PREAMBLE = 320
CARRIERS = np.concatenate([np.arange(-26, 0), np.arange(1, 27)])
_SHORT = dict(zip((-24, -20, -16, -12, -8, -4, 4, 8, 12, 16, 20, 24), "+-+--+--++++", strict=True))
_LONG = "++--++-+-++++++--++-+-++++" + "+--++-+-+-----++--+-+-++++"
_SIGN = {"+": 1.0, "-": -1.0}


@dataclass(frozen=True)
class WifiTraffic:
    """Bursts of evenly distributed length, with pauses of exponentially distributed length between them.

    Attributes:
        duty_cycle: share of the time that is burst, 0 to below 1.
        shortest_symbols: OFDM symbols of 4 us that a burst has at least after its 16 us of preamble.
        longest_symbols: and at most.

    Raises:
        ValueError: a number is outside its range.
    """

    duty_cycle: float
    shortest_symbols: int = 6
    longest_symbols: int = 500

    def __post_init__(self) -> None:
        if not 0 <= self.duty_cycle < 1:
            raise ValueError(f"duty_cycle must be from 0 to below 1, not {self.duty_cycle!r}")
        if not 0 <= self.shortest_symbols <= self.longest_symbols:
            raise ValueError(f"a burst cannot have {self.shortest_symbols} to {self.longest_symbols} symbols")


def wifi_interference(
    traffic: WifiTraffic,
    power_db: PerPacket,
    samples: int,
    sample_rate_sps: float,
    rng: np.random.Generator,
    packets: tuple[int, ...] = (),
) -> Samples:
    """Return the bursts (*packets, samples) that a receiver hears beside its signal, complex64, to be added to it.

    It is in full swing at sample 0: with the probability of the duty cycle in the middle of a burst. Every burst has
    a random phase; for another centre frequency give the result to :func:`ampradio.channel.offset.carrier_offset`.

    Args:
        traffic: how much, and how long a burst.
        power_db: power of a burst while it is on, over samples of unit power; one number or one per packet.
        samples: how many.
        sample_rate_sps: a multiple of 20 MS/s.
        rng: source of arrivals, lengths, phases and data.
        packets: shape of the leading axes, independent of each other.

    Raises:
        ValueError: power_db is not finite or does not fit the packets, samples is negative, or the rate is no such
            multiple (less would not hold the band).
    """
    times = _oversampling(sample_rate_sps)
    amplitude = 10.0 ** (per_packet("power_db", power_db, packets) / 20)
    if samples < 0:
        raise ValueError(f"samples must not be negative, not {samples!r}")
    out = np.zeros((*packets, samples), np.complex64)
    for packet in np.ndindex(packets):
        coming = list(takewhile(lambda each: each[0] * times < samples, arrivals(traffic, rng)))
        for start, symbols in coming:
            wave = burst(symbols, sample_rate_sps, rng)[max(0, -start * times) :]
            place = out[packet][max(0, start * times) :][: wave.size]
            place += wave[: place.size]
    out *= amplitude.astype(np.float32)
    return out


def burst(symbols: int, sample_rate_sps: float, rng: np.random.Generator) -> Samples:
    """Return one burst of unit mean power: L-STF, L-LTF and ``symbols`` random OFDM symbols, at a random phase.

    Returns:
        (320 + 80 symbols) samples at 20 MS/s and as many times more at a multiple of it, complex64.

    Raises:
        ValueError: symbols is negative, or the rate is no multiple of 20 MS/s.
    """
    if symbols < 0:
        raise ValueError(f"symbols must not be negative, not {symbols!r}")
    times = _oversampling(sample_rate_sps)
    turn = np.exp(2j * np.pi * rng.random())
    data = (1 - 2.0 * rng.integers(0, 2, (2, symbols, CARRIERS.size))) / math.sqrt(2)
    body = _waveform(data[0] + 1j * data[1], times)
    guarded = np.concatenate([body[:, -(SYMBOL - TRANSFORM) * times :], body], axis=1)
    wave = np.concatenate([legacy_preamble(sample_rate_sps), guarded.reshape(-1)]) * turn
    return np.asarray(wave, np.complex64)


def legacy_preamble(sample_rate_sps: float) -> Samples:
    """Return L-STF and L-LTF (320 samples at 20 MS/s, or a multiple), each of unit mean power, complex64.

    Raises:
        ValueError: the rate is no multiple of 20 MS/s.
    """
    times = _oversampling(sample_rate_sps)
    short = np.zeros(CARRIERS.size, np.complex128)
    for carrier, sign in _SHORT.items():
        short[np.searchsorted(CARRIERS, carrier)] = _SIGN[sign] * (1 + 1j) * math.sqrt(13 / 6)
    long = np.array([_SIGN[sign] for sign in _LONG], np.complex128)
    stf, ltf = _waveform(np.stack([short, long]), times)
    parts = [stf, stf, stf[: PREAMBLE // 2 * times - 2 * stf.size], ltf[-ltf.size // 2 :], ltf, ltf]
    return np.asarray(np.concatenate(parts), np.complex64)


def burst_samples(symbols: int, sample_rate_sps: float) -> int:
    """Return how many samples a burst of ``symbols`` OFDM symbols has.

    Raises:
        ValueError: the rate is no multiple of 20 MS/s.
    """
    return (PREAMBLE + SYMBOL * symbols) * _oversampling(sample_rate_sps)


def arrivals(traffic: WifiTraffic, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Yield start in samples at 20 MS/s and symbols of each burst, for ever; the first may have begun before 0."""
    lengths = np.arange(traffic.shortest_symbols, traffic.longest_symbols + 1)
    durations = PREAMBLE + SYMBOL * lengths
    if traffic.duty_cycle == 0:
        return
    pause = durations.mean() * (1 / traffic.duty_cycle - 1)
    end = 0
    if rng.random() < traffic.duty_cycle:  # whoever looks meets a long burst more often, at any place in it
        which = rng.choice(lengths.size, p=durations / durations.sum())
        first = -int(rng.integers(durations[which]))
        yield first, int(lengths[which])
        end = first + int(durations[which])
    while True:
        start = end + round(rng.exponential(pause))
        which = rng.integers(lengths.size)
        yield start, int(lengths[which])
        end = start + int(durations[which])


def _waveform(values: npt.NDArray[np.complex128], times: int) -> npt.NDArray[np.complex128]:
    """Return (symbols, 64 times): 3.2 us of each row of carrier values (symbols, 52), of unit power for unit values."""
    spectrum = np.zeros((len(values), TRANSFORM * times), np.complex128)
    spectrum[:, CARRIERS] = values
    return np.asarray(np.fft.ifft(spectrum, axis=1) * (TRANSFORM * times / math.sqrt(CARRIERS.size)))


def _oversampling(sample_rate_sps: float) -> int:
    times = round(sample_rate_sps / BANDWIDTH_SPS) if math.isfinite(sample_rate_sps) else 0
    if times < 1 or times * BANDWIDTH_SPS != sample_rate_sps:
        raise ValueError(f"sample_rate_sps must be a multiple of {BANDWIDTH_SPS}, not {sample_rate_sps!r}")
    return times
