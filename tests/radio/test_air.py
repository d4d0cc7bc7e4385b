"""The air of the channel between emulated radios, held against what a tone, a convolution and a link budget say."""

from __future__ import annotations

import gc
import itertools
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest

from ampradio.channel.multipath import multipath_taps
from ampradio.channel.walk import Walk
from ampradio.radio.emulator import EmulatedNetwork
from ampradio.radio.emulator.air import Air, Emission, FlatAir, Samples, Tuning, Window
from ampradio.radio.emulator.front_end import FULL_SCALE_TX_DBM
from ampradio.radio.emulator.network import boards
from testbed.emulated_air import IndoorAir, Way
from testbed.emulated_air.echoes import Echoes, Fading
from testbed.emulated_air.indoor import LATER
from testbed.emulated_air.wandering import Wandering
from testbed.emulated_air.wifi import EPOCH, Wifi
from testbed.seeds import generator_for
from tests.radio.plutos import BLOCK, LO_HZ, RATE_SPS, fresh, peak_cycles, pluto, rms_dbfs, tone

FAR = 3_000_000_000  # samples since time began
EVERYTHING = Tuning(0.0, 1e9)


@dataclass(frozen=True)
class ToneSender:
    """A radio that has always been sending a tone, as exact as floats are."""

    frequency_hz: float
    rate_sps: Fraction

    def emissions(self, window: Window) -> list[Emission]:
        own = window.at(self.rate_sps)
        return [Emission(own.first, self.samples(own.first, own.count), 1.0, 0.0, 1e9, self.rate_sps)]

    def samples(self, first: int, count: int) -> Samples:
        cycles = Fraction(self.frequency_hz) / self.rate_sps
        start = float(cycles * first % 1)
        return np.exp(2j * np.pi * (start + float(cycles) * np.arange(count))).astype(np.complex64)


@dataclass(frozen=True)
class NoiseSender:
    """A radio that sends white noise, the same whenever it is asked."""

    rate_sps: Fraction
    seed: int = 1

    def emissions(self, window: Window) -> list[Emission]:
        own = window.at(self.rate_sps)
        samples = np.random.default_rng(self.seed).standard_normal((1 << 16, 2)).astype(np.float32)
        row = samples.view(np.complex64)[:, 0]
        return [
            Emission(
                own.first, np.take(row, own.first + np.arange(own.count), mode="wrap"), 1.0, 0.0, 1e9, own.rate_sps
            )
        ]


@dataclass(frozen=True)
class Constant:
    """A radio that has always been sending one value, in √mW: a carrier, or a reflection coefficient."""

    rate_sps: Fraction
    value: complex

    def emissions(self, window: Window) -> list[Emission]:
        own = window.at(self.rate_sps)
        return [Emission(own.first, np.full(own.count, self.value, np.complex64), 1.0, 0.0, 1e9, own.rate_sps)]


class Silence:
    """A receiver that sends nothing."""

    def emissions(self, window: Window) -> list[Emission]:
        return []


def joined(way: Way) -> IndoorAir:
    return IndoorAir(way, Way(0.0))


def error_db(heard: Samples, expected: Samples) -> float:
    return 10 * float(np.log10(np.mean(abs(heard - expected) ** 2) / np.mean(abs(expected) ** 2)))


@pytest.mark.parametrize("delay_s", [0.0, 7e-6, 300e-9, 33e-9])
def test_a_tone_arrives_later_by_the_delay_of_its_way(delay_s: float) -> None:
    rate = Fraction(1_000_000)
    sender = ToneSender(110_000.0, rate)
    heard = joined(Way(20.0, delay_s)).heard([sender, Silence()], 1, EVERYTHING, Window(FAR, 2000, rate)).samples()
    whole = delay_s * 1e6 == round(delay_s * 1e6)
    later_s = delay_s + (0 if whole else LATER / 1e6)
    expected = 0.1 * sender.samples(FAR, 2000) * np.exp(-2j * np.pi * 110_000 * later_s)
    assert error_db(heard, expected) < -65


@pytest.mark.parametrize(
    ("send_sps", "receive_sps"),
    [
        (Fraction(1_000_000), Fraction(4_000_000)),
        (Fraction(4_000_000), Fraction(1_000_000)),
        (Fraction(20_000_000), Fraction(3_000_001)),
        (Fraction(1_000_000), Fraction(1_000_000) * (1 + Fraction(50, 10**6))),
    ],
)
def test_radios_of_unlike_rates_and_clocks_hear_each_other(send_sps: Fraction, receive_sps: Fraction) -> None:
    """The tone has the same time everywhere: sample n of the receiver is at n / receive_sps seconds."""
    frequency_hz = 130_000.0
    sender = ToneSender(frequency_hz, send_sps)
    window = Window(FAR, 4000, receive_sps)
    heard = joined(Way(0.0)).heard([sender, Silence()], 1, EVERYTHING, window).samples()
    later_s = LATER / float(send_sps)
    filtered = float(receive_sps) < 0.98 * float(send_sps)
    later_s += 32 / float(send_sps) if filtered else 0  # the filter's delay
    expected = ToneSender(frequency_hz, receive_sps).samples(FAR, 4000) * np.exp(-2j * np.pi * frequency_hz * later_s)
    assert error_db(heard, expected) < -60


@pytest.mark.parametrize("delay_s", [0.0, 300e-9])
def test_a_receiver_tuned_lower_hears_it_higher_and_as_strong(delay_s: float) -> None:
    rate = Fraction(4_000_000)
    sender = ToneSender(110_000.0, rate)
    tuning = Tuning(-50_000.0, 1e9)
    heard = joined(Way(20.0, delay_s)).heard([sender, Silence()], 1, tuning, Window(FAR, 2000, rate)).samples()
    later_s = delay_s + (LATER / 4e6 if delay_s else 0)
    carrier = ToneSender(50_000.0, rate).samples(FAR, 2000)  # the receiver's, since time began
    expected = 0.1 * sender.samples(FAR, 2000) * np.exp(-2j * np.pi * 110_000 * later_s) * carrier
    assert error_db(heard, expected) < -60


def test_what_a_slower_receiver_cannot_sample_it_does_not_hear() -> None:
    sender = ToneSender(1_700_000.0, Fraction(4_000_000))
    heard = joined(Way(0.0)).heard([sender, Silence()], 1, EVERYTHING, Window(FAR, 4000, Fraction(1_000_000))).samples()
    assert np.mean(abs(heard) ** 2) < 1e-5


@pytest.mark.parametrize("delay_s", [0.0, 310e-9])
def test_echoes_are_those_of_the_channel(delay_s: float) -> None:
    rate = Fraction(20_000_000)
    fading = Fading("D", 3, ("air.there", "air.back"))
    window = Window(70_000, 3000, rate)
    sender = NoiseSender(rate)
    heard = joined(Way(0.0, delay_s, fading)).heard([sender, Silence()], 1, EVERYTHING, window).samples()
    response = np.ones(1, np.complex64)
    for name in fading.names:
        response = np.convolve(response, multipath_taps("D", 20e6, generator_for(3, name)))
    before = 400
    (sent,) = sender.emissions(Window(70_000 - before, 3000 + before, rate))
    expected = np.convolve(sent.samples, response)[before : before + 3000]
    if delay_s:
        turned = np.exp(-2j * np.pi * np.fft.fftfreq(3000) * (6.2 + LATER))  # 310 ns
        expected = np.fft.ifft(np.fft.fft(expected) * turned)
        middle = slice(200, 2800)
        frequency = np.fft.fftfreq(2600)
        inner = abs(frequency) < 0.38  # where an interpolation is right
        difference = np.fft.fft((heard - expected)[middle] * np.hanning(2600))[inner]
        reference = np.fft.fft(expected[middle] * np.hanning(2600))[inner]
        assert np.mean(abs(difference) ** 2) < 1e-5 * np.mean(abs(reference) ** 2)
    else:
        assert error_db(heard, expected) < -100


def airs() -> list[tuple[str, Air]]:
    fading = Fading("B", 3, ("a",), doppler_hz=200.0)
    return [
        ("flat", FlatAir()),
        ("later", joined(Way(0.0, 123e-9))),
        ("fading", joined(Way(0.0, 0.0, fading))),
        ("fading, interpolated", joined(Way(0.0, 123e-9, fading))),
        ("wandering", joined(Way(0.0, 0.0, None, Wandering(4, 500.0, 20.0, 20.0)))),
        ("Wi-Fi", IndoorAir(Way(0.0), Way(0.0), wifi={1: Wifi(4, 0.5, 0.0, 1e6)})),
    ]


@pytest.mark.parametrize("air", [air for _, air in airs()], ids=[name for name, _ in airs()])
def test_a_stream_is_the_same_however_it_is_cut(air: Air) -> None:
    rate = Fraction(4_000_000)
    senders = [NoiseSender(rate, 1), NoiseSender(rate, 2)]
    tuning = Tuning(20_000.0, 3_000_000.0)
    first, count = 40_000_000, 9000
    whole = air.heard(senders, 1, tuning, Window(first, count, rate)).samples()
    for cuts in ((1, 4000), (2048, 2049, 6000)):
        edges = [0, *cuts, count]
        parts = [
            air.heard(senders, 1, tuning, Window(first + begin, end - begin, rate)).samples()
            for begin, end in itertools.pairwise(edges)
        ]
        assert error_db(np.concatenate(parts), whole) < -100


def test_radios_that_have_had_many_rates_hold_no_more_than_those_of_now() -> None:
    """Sixteen rates at the most, as many as radios; what comes back to a rate hears what it heard there."""
    air = joined(Way(0.0, 0.0, Fading("B", 3, ("a",)), Wandering(4, 500.0)))

    def heard(rate_sps: int) -> Samples:
        senders = [Constant(Fraction(rate_sps), 1.0), Silence()]
        return air.heard(senders, 1, EVERYTHING, Window(1000, 50, Fraction(rate_sps))).samples()

    def held() -> int:
        return sum(isinstance(each, (Echoes, Walk)) for each in gc.get_objects())

    before, first = held(), heard(1_000_000)
    for rate_sps in range(1_001_000, 1_061_000, 1000):
        heard(rate_sps)
    assert held() - before <= 2 * 16
    assert np.array_equal(heard(1_000_000), first)


def test_a_slow_sender_reaches_a_fast_receiver_without_seams() -> None:
    """What filters and interpolation look back over are samples of the sender's: 38 times as long as the receiver's."""
    rate, first, count = Fraction(20_000_000), 40_000_000, 20_000
    senders = [NoiseSender(Fraction(521_000)), Silence()]
    air = joined(Way(0.0, 123e-9, Fading("D", 3, ("a", "b"))))
    whole = air.heard(senders, 1, EVERYTHING, Window(first, count, rate)).samples()
    edges = [0, 1, 7000, 7001, 13_000, count]
    parts = [
        air.heard(senders, 1, EVERYTHING, Window(first + begin, end - begin, rate)).samples()
        for begin, end in itertools.pairwise(edges)
    ]
    assert abs(whole).max() > 0.1 and np.allclose(np.concatenate(parts), whole, atol=1e-4)


def test_what_is_drawn_by_a_seed_is_the_same_again_and_another_by_another() -> None:
    rate, first = Fraction(20_000_000), EPOCH - 3000  # also where the bursts are drawn anew

    def heard(seed: int, wifi_seed: int) -> Samples:
        air = IndoorAir(
            Way(0.0, 0.0, None, Wandering(seed, 100.0)), Way(300.0), wifi={1: Wifi(wifi_seed, 0.9, 0.0, 0.0)}
        )
        senders = [ToneSender(0.0, rate), Silence()]
        return air.heard(senders, 1, EVERYTHING, Window(first, 40_000, rate)).samples()

    assert np.array_equal(heard(1, 2), heard(1, 2))
    assert not np.allclose(heard(1, 2), heard(3, 2), atol=0.1)
    assert not np.allclose(heard(1, 2), heard(1, 3), atol=0.1)


def test_fading_fades_and_is_continuous() -> None:
    """A carrier, a Doppler of 200 Hz: it moves within 5 ms, hardly from sample to sample, also where the drawn end."""
    rate = Fraction(1_000_000)
    air = joined(Way(0.0, 0.0, Fading("B", 5, ("a",), doppler_hz=200.0)))
    for first in (0, 249_000, 740_000, 2_000_000_000):  # 50 cycles are drawn: a quarter of a second
        heard = air.heard([ToneSender(0.0, rate), Silence()], 1, EVERYTHING, Window(first, 5000, rate)).samples()
        heard = heard[50:]
        assert abs(np.diff(heard)).max() < 0.02
        assert abs(heard - heard[0]).max() > 0.1


def test_a_radio_that_reflects_answers_on_the_carrier_that_falls_on_it() -> None:
    """7 dBm, 40 dB there, 45 dB back, |Γ| = 1/2; a square wave has 2/π of it on each side of the carrier."""
    cycles = 512
    square = np.where(np.arange(BLOCK) * 2 * cycles // BLOCK % 2, -1.0, 1.0) * 2**14
    ways = {(0, 1): Way(40.0), (1, 2): Way(45.0), (0, 2): Way(300.0)}
    air = IndoorAir(Way(300.0), Way(300.0), ways, reflecting=frozenset({1}))
    with EmulatedNetwork(3, air, elastic=True) as radios:
        reader, tag, listener = radios.uris
        with pluto(reader) as carrier, pluto(tag) as reflector, pluto(listener, gain_db=60) as receiver:
            reflector.tx_lo = LO_HZ + 30_000_000  # a reflection knows no carrier of its own
            reflector.tx_cyclic_buffer = carrier.tx_cyclic_buffer = True
            silence = rms_dbfs(fresh(receiver))
            reflector.tx(square)
            assert rms_dbfs(fresh(receiver)) == pytest.approx(silence, abs=0.3)  # there is nothing to reflect
            carrier.tx(tone(1000, amplitude=2.0**15 - 1))
            power = abs(np.fft.fft(fresh(receiver)) / BLOCK / 2048) ** 2
    sidebands = 10 * np.log10(power[[1000 - cycles, 1000 + cycles]])
    expected = 7 - 40 - 45 + 20 * np.log10(0.5 * 2 / np.pi) - (4 - 60)
    assert sidebands == pytest.approx([expected, expected], abs=0.3)
    assert 10 * np.log10(power[1000]) < expected - 25  # a Γ that averages to zero leaves no carrier


def test_a_reflection_is_of_what_somebody_sends_and_not_heard_by_its_own_antenna() -> None:
    """Two tags side by side reflect nothing without a carrier; with one, each hears it, and of reflections the other's.

    |Γ| of half of full scale, 7 dBm: what the reader's 1 √mW becomes on its way by a tag at 20 dB.
    """
    rate, window = Fraction(1_000_000), Window(FAR, 500, Fraction(1_000_000))
    gamma = 0.5 * 10 ** (FULL_SCALE_TX_DBM / 20)
    tags = [Constant(rate, gamma), Constant(rate, 1j * gamma)]
    near = IndoorAir(Way(0.0), Way(0.0), reflecting=frozenset({1, 2}))
    for receiver in range(3):
        assert near.heard([Silence(), *tags], receiver, EVERYTHING, window).power_mw() == 0
    ways = {(0, 1): Way(20.0), (0, 2): Way(40.0), (1, 2): Way(6.0), (2, 1): Way(6.0)}
    air = IndoorAir(Way(300.0), Way(0.0), ways, reflecting=frozenset({1, 2}))
    carrier = Constant(rate, 1.0)
    for receiver, expected in ((1, 0.1 + 0.5j * 0.01 * 10**-0.3), (2, 0.01 + 0.5 * 0.1 * 10**-0.3)):
        heard = air.heard([carrier, *tags], receiver, EVERYTHING, window).samples()
        assert np.allclose(heard, expected, atol=1e-5)


def test_what_wanders_keeps_its_carrier() -> None:
    """A receiver tuned lower hears it higher, whether both oscillators tremble or not: here by a microhertz."""
    rate, tuning = Fraction(4_000_000), Tuning(-50_000.0, 1e9)
    senders, window = [ToneSender(110_000.0, rate), Silence()], Window(FAR, 2000, rate)
    still, trembling = (
        joined(Way(20.0, 0.0, None, wandering)).heard(senders, 1, tuning, window).samples()
        for wandering in (None, Wandering(4, 1e-6))
    )
    turn = np.vdot(still, trembling) / np.vdot(still, still)
    assert abs(turn) == pytest.approx(1, abs=1e-3)
    assert error_db(trembling, still * turn) < -60


def test_a_clock_that_is_fast_sees_slow_tones() -> None:
    with EmulatedNetwork(boards(2, clock_ppm=[0.0, 50.0]), joined(Way(60.0)), elastic=True) as radios:
        first, second = radios.uris
        with pluto(first) as sender, pluto(second) as receiver:
            sender.tx_cyclic_buffer = True
            sender.tx(tone(3000))
            fresh(receiver)
            row = np.concatenate([receiver.rx() for _ in range(16)])
    bin_hz = RATE_SPS / row.size
    assert peak_cycles(row * np.hanning(row.size)) * bin_hz == pytest.approx(
        3000 / BLOCK * RATE_SPS / (1 + 50e-6), abs=bin_hz
    )
