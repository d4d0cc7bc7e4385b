"""Bistatic replies on an energizer's excitation, and channels of the 40 MS/s stream, at the worst clocks."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

from ampradio.phy import theory
from ampradio.phy.ap_receiver import ApReceiver
from ampradio.phy.bistatic_batch import BistaticBatch
from ampradio.phy.excitation_reference import heard_directly, symbol_spectrum
from ampradio.phy.modulate import ppdu
from ampradio.phy.uncoded_frame import Detector
from ampradio.phy.uplink_channel import UplinkChannel
from ampradio.vectors import Listen, PpduKind, TxVector
from testbed.bench.uplink_links import bistatic_link
from tests.conftest import SHARED
from tests.phy.streams import CARRIER_LIMIT_HZ, PROFILE, cuts, random_psdu, with_noise

WIDE_SPS = 40_000_000
HALF_SPS = 20_000_000
NS_PER_SAMPLE = 25
SYMBOL = 64  # samples of the excitation's symbol in a half (rule 18)
NEVER = 1 << 60


def frames(rng: np.random.Generator, count: int, octets: int = 16) -> np.ndarray:
    return np.array([list(random_psdu(rng, octets)) for _ in range(count)], np.uint8)


def vector_symbol() -> np.ndarray:
    """The excitation's symbol of the lower channel as the reference vectors give it, 64 samples at 20 MS/s."""
    vectors = json.loads((SHARED / "vectors" / "amp_phy.json").read_text())["vectors"]["bistatic_symbol"]
    values = np.array(next(each["values"] for each in vectors if each["id"] == "lower channel"))
    return values[:, 0] + 1j * values[:, 1]


def test_the_reference_is_the_vectors_symbol() -> None:
    """``amp_phy.json``: the spectrum the receiver matches to is that of the symbol, reversed on the upper channel."""
    spectrum = symbol_spectrum(PROFILE, HALF_SPS, upper=False)
    assert np.fft.ifft(spectrum) * SYMBOL == pytest.approx(vector_symbol(), abs=1e-6)
    upper = symbol_spectrum(PROFILE, HALF_SPS, upper=True)
    assert upper == pytest.approx(np.roll(spectrum[::-1], 1))


@pytest.mark.parametrize("cfo_hz", [-600e3, -120e3, 0.0, 50e3, 400e3])
def test_symbol_timing_and_carrier_from_the_direct_path(cfo_hz: float) -> None:
    """At 10 dB a delay within 5 ns and a carrier within 1 kHz, any start; noise alone is no excitation."""
    rng = np.random.default_rng(1)
    symbol = np.fft.fft(vector_symbol())
    index = np.fft.fftfreq(SYMBOL, 1 / SYMBOL)
    delay = rng.uniform(0, SYMBOL, 12)
    shifted = np.fft.ifft(symbol * np.exp(-2j * np.pi * np.outer(delay, index) / SYMBOL), axis=1)
    heard = np.tile(shifted, 16) * np.exp(2j * np.pi * cfo_hz / HALF_SPS * np.arange(16 * SYMBOL))
    noisy = with_noise(rng, heard.astype(np.complex64).reshape(-1), 0.1).reshape(heard.shape)
    found = heard_directly(symbol_spectrum(PROFILE, HALF_SPS, upper=False), noisy)
    assert found.heard.all()
    assert found.turn * HALF_SPS == pytest.approx(cfo_hz, abs=1000)
    error = (found.delay - delay + SYMBOL / 2) % SYMBOL - SYMBOL / 2
    assert np.all(np.abs(error) < 0.1)
    noise = with_noise(rng, np.zeros(12 * 1024, np.complex64), 1.0).reshape(12, 1024)
    assert not heard_directly(symbol_spectrum(PROFILE, HALF_SPS, upper=False), noise).heard.any()


@pytest.mark.parametrize("detector", list(Detector))
@pytest.mark.parametrize("rate_bps", [250_000, 1_000_000])
def test_less_than_a_decibel_over_an_active_tag_at_the_same_chip_energy(rate_bps: int, detector: Detector) -> None:
    """One decibel over ½·exp(−γ/2) and Q(√γ), direct path 50 dB above the reply, worst clock: 10 % PER or less."""
    rng = np.random.default_rng((2, rate_bps))
    ber = theory.ber_noncoherent if detector is Detector.NON_COHERENT else theory.ber_coherent
    bar_db = theory.required_ebn0_db(0.1, lambda gamma: float(theory.per(ber(gamma), 128)))
    vector = TxVector(PpduKind.UL_BISTATIC, rate_bps)
    batch = BistaticBatch(PROFILE, vector, WIDE_SPS, detector)
    wrong, packets = 0, 96
    for _ in range(packets // 32):
        sent = frames(rng, 32)
        link = bistatic_link(vector, sent, 10_000.0, bar_db + 1.0, rng, direct_db=50.0)
        got = batch.receive(link.samples, link.noise_power).psdus
        wrong += sum(psdu != each.tobytes() for psdu, each in zip(got, sent, strict=True))
    assert theory.wilson_interval(wrong, packets)[0] < 0.1


@pytest.mark.parametrize("upwards", [True, False])
def test_either_shift_and_any_direct_path(upwards: bool) -> None:
    """Direct path 0 to 60 dB above the reply, energizer ±50 kHz and 20 ppm off, up or down: every reply, and where."""
    rng = np.random.default_rng(3)
    vector = TxVector(PpduKind.UL_BISTATIC, 1_000_000, shift_upwards=upwards)
    batch = BistaticBatch(PROFILE, vector, WIDE_SPS)
    for direct_db in (0.0, 30.0, 60.0):
        sent = frames(rng, 8, 13)
        link = bistatic_link(vector, sent, 10_000.0, 20.0, rng, direct_db, energizer_ppm=20.0)
        got = batch.receive(link.samples, link.noise_power)
        assert got.psdus == [each.tobytes() for each in sent]
        assert np.all(np.abs(got.start_sample - link.start_sample) < 4)
        assert (got.stretch - 1) * 1e6 == pytest.approx((link.stretch - 1) * 1e6, abs=300)
    other = BistaticBatch(PROFILE, TxVector(PpduKind.UL_BISTATIC, 1_000_000, shift_upwards=not upwards), WIDE_SPS)
    assert not set(other.receive(link.samples, link.noise_power).psdus) & {each.tobytes() for each in sent}


@pytest.mark.parametrize("rate_bps", [250_000, 1_000_000])
def test_no_reply_is_missed_where_there_is_hardly_any_noise(rate_bps: int) -> None:
    """ON chips of one reply differ in energy whatever the noise, for the excitation does: a sync need not be even."""
    rng = np.random.default_rng((5, rate_bps))
    vector = TxVector(PpduKind.UL_BISTATIC, rate_bps)
    sent = frames(rng, 24, 13)
    link = bistatic_link(vector, sent, 10_000.0, 40.0, rng)
    got = BistaticBatch(PROFILE, vector, WIDE_SPS).receive(link.samples, link.noise_power)
    assert got.psdus == [each.tobytes() for each in sent]


def test_a_channel_is_flat_and_stops_what_is_beside_it() -> None:
    """Tones through the channel at −5 MHz: 0 dB within 8.5 MHz, 90 dB less from 11.5 MHz on, 24.5 samples in place."""
    channel = UplinkChannel(-5e6, WIDE_SPS, 8.5e6, 11.5e6)
    tick = np.arange(4000) + 0.5
    passed, stopped = (-0.01, 0.01), (-200, -85)
    for offset_hz, (low_db, high_db) in ((0, passed), (8.4e6, passed), (-8.4e6, passed), (11.6e6, stopped)):
        tone = np.exp(2j * np.pi * (offset_hz - 5e6) / WIDE_SPS * tick).astype(np.complex64)
        heard = channel.samples(tone[np.newaxis], 0, 200, 1500)[0]
        assert low_db < 20 * np.log10(np.abs(heard).mean()) < high_db
    burst = np.where((tick > 1000) & (tick < 1100), np.exp(-2j * np.pi * 5e6 / WIDE_SPS * tick), 0)
    whole = np.abs(channel.samples(burst[np.newaxis].astype(np.complex64), 0, 0, 2000)[0])
    assert np.sum(whole * (np.arange(2000) + 0.5)) / whole.sum() == pytest.approx(525, abs=0.01)
    part = np.abs(channel.samples(burst[np.newaxis, 800:1400].astype(np.complex64), 800, 460, 600)[0])
    assert part == pytest.approx(whole[460:600], abs=1e-6)


def wide_stream(rng: np.random.Generator) -> tuple[np.ndarray, list[tuple[bytes, Listen]]]:
    """Return a stream at 40 MS/s with active PPDUs of every rate and offset, and the window of each."""
    parts, sent, position = [np.zeros(3000, np.complex64)], [], 3000
    for rate_bps, offset_hz in ((250_000, 5_000_000), (1_000_000, -5_000_000), (4_000_000, 0), (1_000_000, 5_000_000)):
        vector = TxVector(PpduKind.UL_ACTIVE, rate_bps, seed_index=3, channel_offset_hz=offset_hz)
        psdu = random_psdu(rng, 13)
        signal = ppdu(PROFILE, psdu, vector, clock_ppm=float(rng.uniform(-10_000, 10_000)))
        turn = rng.uniform(-CARRIER_LIMIT_HZ, CARRIER_LIMIT_HZ) / WIDE_SPS * np.arange(signal.size)
        parts += [(signal * np.exp(2j * np.pi * turn)).astype(np.complex64), np.zeros(2000, np.complex64)]
        start_ns, stop_ns = (NS_PER_SAMPLE * each for each in (position - 100, position + signal.size + 100))
        sent.append((psdu, Listen(vector.kind, rate_bps, 3, start_ns, stop_ns, channel_offset_hz=offset_hz)))
        position += signal.size + 2000
    return with_noise(rng, np.concatenate(parts), 0.01), sent


def test_every_rate_and_offset_however_the_stream_is_cut() -> None:
    """The AP at 40 MS/s: PSDUs, offsets and places as sent, bit for bit the same for any cut; then nothing is due."""
    rng = np.random.default_rng(4)
    samples, sent = wide_stream(rng)
    results = []
    for longest in (samples.size + 1, 3000, 400):
        receiver = ApReceiver(PROFILE, WIDE_SPS)
        for _, window in sent:
            receiver.listen(window)
        at = cuts(rng, samples.size, longest) if longest < samples.size else [0, samples.size]
        results.append([each for begin, stop in pairwise(at) for each in receiver.feed(samples[begin:stop])])
        assert receiver.earliest_end() > NEVER
    assert [each.psdu for each in results[0]] == [psdu for psdu, _ in sent]
    assert results[1] == results[0] and results[2] == results[0]
    for reception, (_, window) in zip(results[0], sent, strict=True):
        rx = reception.rxvector
        assert rx.channel_offset_hz == window.channel_offset_hz
        assert rx.start_ns == pytest.approx(window.start_ns + 100 * NS_PER_SAMPLE, abs=3 * NS_PER_SAMPLE)
        assert abs(rx.cfo_hz) < CARRIER_LIMIT_HZ + 1000


@pytest.mark.parametrize("rate_bps", [250_000, 1_000_000])
def test_the_ap_hears_a_bistatic_slot(rate_bps: int) -> None:
    """A window over the excitation: PSDU, clock and carrier of the tag; cut anyhow the same; empty without a reply."""
    rng = np.random.default_rng((5, rate_bps))
    vector = TxVector(PpduKind.UL_BISTATIC, rate_bps)
    sent = frames(rng, 1, 13)
    link = bistatic_link(vector, sent, 9000.0, 20.0, rng, direct_db=50.0)
    samples = np.pad(link.samples[0], (0, 2000))
    start_ns, stop_ns = NS_PER_SAMPLE * int(link.start_sample[0] - 150), NS_PER_SAMPLE * link.samples.shape[1]
    results = []
    for longest in (samples.size, 2500):
        receiver = ApReceiver(PROFILE, WIDE_SPS)
        receiver.listen(Listen(vector.kind, rate_bps, 0, start_ns, stop_ns))
        at = cuts(rng, samples.size, longest) if longest < samples.size else [0, samples.size]
        results.append([each for begin, stop in pairwise(at) for each in receiver.feed(samples[begin:stop])])
        assert receiver.earliest_end() > NEVER
    assert results[0] == results[1]
    assert [each.psdu for each in results[0]] == [sent[0].tobytes()]
    rx = results[0][0].rxvector
    assert rx.start_sample == pytest.approx(link.start_sample[0], abs=4)
    assert rx.clock_ppm == pytest.approx((link.stretch[0] - 1) * 1e6, abs=200)
    shift_error_hz = 20e6 * (1 / link.stretch[0] - 1)
    assert rx.cfo_hz == pytest.approx(link.cfo_hz[0] + shift_error_hz, abs=3000)
    receiver = ApReceiver(PROFILE, WIDE_SPS)
    receiver.listen(Listen(vector.kind, rate_bps, 0, start_ns, stop_ns, shift_upwards=False))
    assert receiver.feed(samples) == [] and receiver.counters["no_excitation"] == 1
    assert receiver.earliest_end() > NEVER


@pytest.mark.parametrize(("rate_bps", "ebn0_db"), [(250_000, 14.0), (1_000_000, 14.0), (1_000_000, 32.0)])
def test_the_snr_is_the_channel_s(rate_bps: int, ebn0_db: float) -> None:
    """Power of ON chips over that of noise in 40 MHz, as the channel was told: within 1 dB in the mean of noise powers.

    24 OFF chips tell the noise to 0.9 dB, and 12 replies to 0.26 dB.
    """
    rng, heard = np.random.default_rng((6, rate_bps)), []
    vector = TxVector(PpduKind.UL_BISTATIC, rate_bps)
    link = bistatic_link(vector, frames(rng, 12, 13), 9000.0, ebn0_db, rng)
    for row, begin in zip(np.pad(link.samples, ((0, 0), (0, 3000))), link.start_sample, strict=True):
        receiver = ApReceiver(PROFILE, WIDE_SPS)
        start_ns, stop_ns = NS_PER_SAMPLE * int(begin - 150), NS_PER_SAMPLE * link.samples.shape[1]
        receiver.listen(Listen(vector.kind, rate_bps, 0, start_ns, stop_ns))
        heard += [each.rxvector for each in receiver.feed(row)]
    assert len(heard) >= 11
    noise_db = 10 * np.log10(np.mean([10 ** (-each.snr_db / 10) for each in heard]))
    assert noise_db == pytest.approx(10 * np.log10(link.noise_power[0]), abs=1.0)
    assert np.mean([each.rssi_dbfs for each in heard]) == pytest.approx(0.0, abs=0.5)
