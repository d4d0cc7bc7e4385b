"""Uncoded uplinks at the AP: vectors, theory, clocks and carriers, streaming windows, what is no reply."""

from __future__ import annotations

import json
import math
from functools import cache

import numpy as np
import pytest

from ampradio.phy import theory
from ampradio.phy.listen_window import ListenWindows, Window
from ampradio.phy.reception import Reception
from ampradio.phy.uncoded_batch import UncodedBatch
from ampradio.phy.uncoded_frame import Detector
from ampradio.vectors import Listen, PpduKind, TxVector
from testbed.bench.uplink_links import uplink_link
from tests.conftest import SHARED
from tests.phy.streams import CARRIER_LIMIT_HZ, PROFILE, random_psdu, with_noise

WIDE_SPS = 40_000_000
NS_PER_WIDE_SAMPLE = 25
SHIFT_ERROR_HZ = 200e3  # rule 22: 1 % of 20 MHz
BITS = 128
ACTIVE = TxVector(PpduKind.UL_ACTIVE, 4_000_000, seed_index=1)
BISTATIC = TxVector(PpduKind.UL_BISTATIC, 250_000)
FAST = TxVector(PpduKind.UL_BISTATIC, 1_000_000)


def frames(rng: np.random.Generator, count: int, octets: int = 16) -> np.ndarray:
    return np.array([list(random_psdu(rng, octets)) for _ in range(count)], np.uint8)


@cache
def bar_db(detector: Detector) -> float:
    """Eb/N0 of 10 % PER by the formulas of performance.md section 1: ½·exp(−γ/2) and Q(√γ)."""
    ber = {
        Detector.NON_COHERENT: lambda gamma: 0.5 * math.exp(-gamma / 2),
        Detector.COHERENT_AIDED: lambda gamma: 0.5 * math.erfc(math.sqrt(gamma / 2)),
    }[detector]
    return theory.required_ebn0_db(0.1, lambda gamma: 1 - (1 - ber(gamma)) ** BITS)


def keyed_by_vector(entry: dict, clock_ppm: float) -> np.ndarray:
    """Return the PPDU of a reference vector, its chips stretched, each sample the mean over itself."""
    chips = np.array([int(each) for each in entry["sync"] + entry["data"]], float)
    edges = entry["samples_per_chip"] * (1 + clock_ppm * 1e-6) * np.arange(chips.size + 1)
    area = np.concatenate(([0.0], np.cumsum(chips * np.diff(edges))))
    return np.diff(np.interp(np.arange(math.ceil(edges[-1]) + 1), edges, area))


def drive(window: Window, samples: np.ndarray, floor: float) -> list[Reception]:
    """Give a window what it asks for until it is over."""
    received = []
    while not window.over and window.needs <= samples.size:
        reception = window.take(samples[np.newaxis, window.needed_from : window.needs], floor)
        received += [] if reception is None else [reception]
    return received


@pytest.mark.parametrize("detector", list(Detector))
@pytest.mark.parametrize("clock_ppm", [-10_000.0, 0.0, 10_000.0])
def test_reference_vectors_are_read(clock_ppm: float, detector: Detector) -> None:
    """The PSDUs of ``amp_phy.json`` from its own chips, at the worst clocks and carriers of section 3."""
    rng = np.random.default_rng(1)
    vectors = json.loads((SHARED / "vectors" / "amp_phy.json").read_text())["vectors"]["ul"]
    uncoded = [each for each in vectors if each["kind"] == "bistatic" or each["rate"] == 4_000_000]
    assert len(uncoded) == 2
    for entry in uncoded:
        active = entry["kind"] == "active"
        vector = TxVector(
            PpduKind.UL_ACTIVE if active else PpduKind.UL_BISTATIC, entry["rate"], seed_index=entry["seed_index"] or 0
        )
        limit_hz = CARRIER_LIMIT_HZ if active else SHIFT_ERROR_HZ
        level = np.pad(keyed_by_vector(entry, clock_ppm), (500, 16_000))
        turn = np.exp(2j * np.pi * limit_hz * np.sign(clock_ppm) / WIDE_SPS * np.arange(level.size))
        samples = with_noise(rng, (level * turn).astype(np.complex64), 1e-3)
        batch = UncodedBatch(PROFILE, vector, WIDE_SPS, detector, limit_hz)
        received = batch.receive(samples[np.newaxis], np.full(1, 1e-3))
        assert [psdu and psdu.hex() for psdu in received.psdus] == [entry["psdu"]]
        assert received.start_sample[0] == pytest.approx(500, abs=0.3)
        assert (received.stretch[0] - 1) * 1e6 == pytest.approx(clock_ppm, abs=100)


@pytest.mark.parametrize("detector", list(Detector))
@pytest.mark.parametrize(
    ("vector", "rate_sps", "clock_ppm", "limit_hz", "loss_db"),
    [
        (ACTIVE, WIDE_SPS, 10_000.0, CARRIER_LIMIT_HZ, 0.4),
        (BISTATIC, 4_000_000, 1000.0, SHIFT_ERROR_HZ, 0.4),
        (BISTATIC, 20_000_000, 100.0, SHIFT_ERROR_HZ, 0.3),
        (FAST, 10_000_000, 10_000.0, SHIFT_ERROR_HZ, 0.4),
    ],
)
def test_packet_error_rate_against_theory(
    vector: TxVector, rate_sps: int, clock_ppm: float, limit_hz: float, loss_db: float, detector: Detector
) -> None:
    """At ``loss_db`` over the bar the PER is 10 % or less, and nowhere better than theory allows (Wilson, 99.9 %)."""
    rng = np.random.default_rng((2, vector.rate_bps, rate_sps))
    sent = frames(rng, 320)
    batch = UncodedBatch(PROFILE, vector, rate_sps, detector, limit_hz)
    ebn0_db = bar_db(detector) + loss_db
    wrong = 0
    for begin in range(0, 320, 64):
        part = sent[begin : begin + 64]
        link = uplink_link(vector, part, rate_sps, clock_ppm, ebn0_db, rng, limit_hz)
        got = batch.receive(link.samples, link.noise_power).psdus
        wrong += sum(psdu != each.tobytes() for psdu, each in zip(got, part, strict=True))
    low, high = theory.wilson_interval(wrong, 320, 0.999)
    gamma = float(theory.from_db(ebn0_db))
    bound = theory.ber_noncoherent(gamma) if detector is Detector.NON_COHERENT else theory.ber_coherent(gamma)
    assert low < 0.1
    assert high > float(theory.per(bound, BITS))


def test_coherent_aid_beats_the_non_coherent_bound() -> None:
    """Where ½·exp(−γ/2) gives 10 %, the aided detector errs on less than half as many packets (0.7 dB and more)."""
    rng = np.random.default_rng(3)
    sent = frames(rng, 320)
    link = uplink_link(BISTATIC, sent, 4_000_000, 1000.0, bar_db(Detector.NON_COHERENT), rng, SHIFT_ERROR_HZ)
    batch = UncodedBatch(PROFILE, BISTATIC, 4_000_000, Detector.COHERENT_AIDED, SHIFT_ERROR_HZ)
    got = batch.receive(link.samples, link.noise_power).psdus
    wrong = sum(psdu != each.tobytes() for psdu, each in zip(got, sent, strict=True))
    assert theory.wilson_interval(wrong, 320)[1] < 0.1


@pytest.mark.parametrize("vector", [ACTIVE, FAST])
def test_no_floor(vector: TxVector) -> None:
    """Four decibels over the bar, at the worst clock and carrier: none of 512 packets is lost."""
    rng = np.random.default_rng(4)
    limit_hz = CARRIER_LIMIT_HZ if vector.kind is PpduKind.UL_ACTIVE else SHIFT_ERROR_HZ
    batch = UncodedBatch(PROFILE, vector, WIDE_SPS, Detector.NON_COHERENT, limit_hz)
    for _ in range(8):
        sent = frames(rng, 64)
        ebn0_db = bar_db(Detector.NON_COHERENT) + 4
        link = uplink_link(vector, sent, WIDE_SPS, 10_000.0, ebn0_db, rng, limit_hz)
        got = batch.receive(link.samples, link.noise_power)
        assert got.psdus == [each.tobytes() for each in sent]
        assert np.all(np.abs(got.start_sample - link.start_sample) < 2)
        assert np.all(np.abs(got.cfo_hz - link.cfo_hz) < 0.002 * WIDE_SPS)


@pytest.mark.parametrize("rate_sps", [4_000_000, 6_000_000])
def test_two_or_three_samples_a_chip_will_do(rate_sps: int) -> None:
    """Six decibels over the bar, at the worst clock: none of 64 packets is lost."""
    rng = np.random.default_rng(8)
    sent = frames(rng, 64)
    link = uplink_link(FAST, sent, rate_sps, 10_000.0, bar_db(Detector.NON_COHERENT) + 6, rng, SHIFT_ERROR_HZ)
    batch = UncodedBatch(PROFILE, FAST, rate_sps, carrier_limit_hz=SHIFT_ERROR_HZ)
    assert batch.receive(link.samples, link.noise_power).psdus == [each.tobytes() for each in sent]


@pytest.mark.parametrize("octets", [4, 8, 71])
def test_any_length_is_sized_by_its_header(octets: int) -> None:
    """Rule 6: short frames, the shortest with a Length and the longest."""
    rng = np.random.default_rng((5, octets))
    sent = frames(rng, 8, octets)
    link = uplink_link(ACTIVE, sent, WIDE_SPS, 5000.0, 20.0, rng, CARRIER_LIMIT_HZ)
    got = UncodedBatch(PROFILE, ACTIVE, WIDE_SPS).receive(link.samples, link.noise_power)
    assert got.psdus == [each.tobytes() for each in sent]


def test_noise_and_other_words_are_no_frames() -> None:
    """Two milliseconds of noise, and a carrier that is not keyed: nothing is found, and rows of zeros do no harm."""
    rng = np.random.default_rng(6)
    batch = UncodedBatch(PROFILE, ACTIVE, WIDE_SPS)
    noise = with_noise(rng, np.zeros(16 * 5000, np.complex64), 1.0).reshape(16, 5000)
    assert not batch.receive(noise, np.ones(16)).found.any()
    assert not batch.receive(noise + np.complex64(2), np.ones(16)).found.any()
    assert not batch.receive(np.zeros((2, 5000), np.complex64), np.zeros(2)).found.any()


def test_a_window_hears_one_at_four_megabit_and_measures_it() -> None:
    """PSDU and RXVECTOR of the streaming window, as short as the batch form's search and no earlier than promised."""
    rng = np.random.default_rng(7)
    for octets in (4, 13, 40):
        sent = frames(rng, 1, octets)
        link = uplink_link(ACTIVE, sent, WIDE_SPS, 7000.0, 20.0, rng, CARRIER_LIMIT_HZ)
        stop = link.samples.shape[1]
        window = ListenWindows(PROFILE, WIDE_SPS).open(
            Listen(ACTIVE.kind, ACTIVE.rate_bps, ACTIVE.seed_index, 0, stop * NS_PER_WIDE_SAMPLE)
        )
        promised = window.earliest_end()
        received = drive(window, link.samples[0], float(link.noise_power[0]))
        assert [each.psdu for each in received] == [sent[0].tobytes()]
        rx = received[0].rxvector
        assert (rx.kind, rx.rate_bps, rx.seed_index) == (ACTIVE.kind, ACTIVE.rate_bps, ACTIVE.seed_index)
        assert rx.start_sample == pytest.approx(link.start_sample[0], abs=1)
        assert rx.start_ns == rx.start_sample * NS_PER_WIDE_SAMPLE
        assert rx.end_ns >= promised * NS_PER_WIDE_SAMPLE
        assert rx.snr_db == pytest.approx(20 - 10 * math.log10(5), abs=2.5)
        assert rx.rssi_dbfs == pytest.approx(0, abs=0.7)
        assert rx.clock_ppm == pytest.approx((link.stretch[0] - 1) * 1e6, abs=400)
        assert rx.cfo_hz == pytest.approx(link.cfo_hz[0], abs=3000)


@pytest.mark.parametrize("rate_sps", [20_000_000, 4_000_000])
def test_what_a_slower_receiver_cannot_hear_is_the_callers_mistake(rate_sps: int) -> None:
    """4 Mb/s, an offset and a bistatic half need 40 MS/s (rules 20 and 22)."""
    windows = ListenWindows(PROFILE, rate_sps)
    for kind, rate_bps, offset_hz in (
        (PpduKind.UL_ACTIVE, 4_000_000, 0),
        (PpduKind.UL_ACTIVE, 250_000, 5_000_000),
        (PpduKind.UL_BISTATIC, 250_000, 0),
    ):
        with pytest.raises(ValueError, match="does not hear"):
            windows.open(Listen(kind, rate_bps, 0, 0, 1000, channel_offset_hz=offset_hz))


def test_a_coded_or_mono_static_uplink_is_not_for_this_receiver() -> None:
    """ValueError with the reason."""
    with pytest.raises(ValueError, match="uncoded"):
        UncodedBatch(PROFILE, TxVector(PpduKind.UL_ACTIVE, 250_000), 20_000_000)
    with pytest.raises(ValueError, match="uncoded"):
        UncodedBatch(PROFILE, TxVector(PpduKind.UL_MONO_STATIC, 250_000), 20_000_000)
    with pytest.raises(ValueError, match="whole samples"):
        UncodedBatch(PROFILE, ACTIVE, 20_000_000)
