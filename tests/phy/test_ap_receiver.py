"""The AP's streaming receiver: windows, promises, estimates under any carrier and clock, blind search, bad input."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ampradio.channel.multipath import multipath, multipath_taps
from ampradio.phy.ap_batch import ApBatch
from ampradio.phy.ap_receiver import ApReceiver
from ampradio.phy.modulate import ppdu
from ampradio.phy.reception import Reception
from ampradio.profile import airtime
from ampradio.vectors import Listen, PpduKind, TxVector
from tests.phy.streams import NS_PER_SAMPLE, PROFILE, RATE_SPS, Sent, cuts, random_psdu, uplink_stream, with_noise

TWENTY_DB = 0.01
SIFS_SAMPLES = 200
SETTLED_SAMPLES = 60  # 3 µs
NEVER = 1 << 60


def window_of(sent: Sent, margin: int = 40) -> Listen:
    return Listen(
        sent.vector.kind,
        sent.vector.rate_bps,
        sent.vector.seed_index,
        (sent.start - margin) * NS_PER_SAMPLE,
        (sent.stop + margin) * NS_PER_SAMPLE,
    )


def receiver_for(sent: list[Sent]) -> ApReceiver:
    receiver = ApReceiver(PROFILE, RATE_SPS)
    for each in sent:
        receiver.listen(window_of(each))
    return receiver


def psdus(received: list[Reception]) -> list[bytes]:
    return [each.psdu for each in received]


def test_reads_every_ppdu_in_its_window_and_measures_it() -> None:
    """Any length, rate, seed, clock to ±10 000 ppm and carrier to ±2.44 MHz: PSDU and RXVECTOR (section 3)."""
    samples, sent = uplink_stream(np.random.default_rng(1), 40, 1e-4)
    receiver = receiver_for(sent)
    received = receiver.feed(samples)
    assert psdus(received) == [each.psdu for each in sent]
    for reception, truth in zip(received, sent, strict=True):
        rx = reception.rxvector
        assert (rx.kind, rx.rate_bps, rx.seed_index) == (
            PpduKind.UL_ACTIVE,
            truth.vector.rate_bps,
            truth.vector.seed_index,
        )
        assert abs(rx.start_sample - truth.start) <= 1
        assert rx.start_ns == rx.start_sample * NS_PER_SAMPLE
        assert abs(rx.end_ns / NS_PER_SAMPLE - truth.stop) <= 2
        assert rx.snr_db == pytest.approx(40, abs=1.5)
        assert rx.rssi_dbfs == pytest.approx(0, abs=0.5)
        assert rx.clock_ppm == pytest.approx(truth.clock_ppm, abs=100)
        assert rx.cfo_hz == pytest.approx(truth.cfo_hz, abs=300)
        assert [field.name for field in reception.fields] == ["AMP-Sync", "AMP-Data"]
        assert reception.fields[0].start_sample == rx.start_sample
    assert receiver.counters["psdus"] == len(sent)
    assert receiver.earliest_end() > NEVER


@pytest.mark.parametrize("noise_power", [0.0, TWENTY_DB, 1.0])
def test_cutting_the_stream_changes_nothing(noise_power: float) -> None:
    """Bit for bit the same receptions however the stream is cut."""
    rng = np.random.default_rng(2)
    samples, sent = uplink_stream(rng, 6, noise_power, octets=(4, 8, 13))
    reference = receiver_for(sent)
    whole = reference.feed(samples)
    assert len(whole) > 3
    for longest in (100, 3000):
        receiver = receiver_for(sent)
        at = cuts(rng, samples.size, longest)
        pieces = [receiver.feed(samples[begin:stop]) for begin, stop in pairwise(at)]
        assert [each for piece in pieces for each in piece] == whole
        assert receiver.counters == reference.counters


@pytest.mark.parametrize("noise_power", [0.0, 0.1])
@pytest.mark.parametrize("rate_bps", [250_000, 1_000_000])
def test_the_batch_form_receives_the_same(rate_bps: int, noise_power: float) -> None:
    """One algorithm in two forms."""
    rng = np.random.default_rng(3)
    vector = TxVector(PpduKind.UL_ACTIVE, rate_bps, seed_index=2)
    for octets in (4, 13):
        psdu = random_psdu(rng, octets)
        signal = ppdu(PROFILE, psdu, vector, clock_ppm=-7000)
        samples = with_noise(rng, np.pad(signal, (60, 4000)), noise_power)
        receiver = ApReceiver(PROFILE, RATE_SPS)
        receiver.listen(Listen(vector.kind, rate_bps, 2, 0, (signal.size + 200) * NS_PER_SAMPLE))
        streamed = receiver.feed(samples)
        batch = ApBatch(PROFILE, rate_bps, RATE_SPS)
        together = batch.receive(samples[np.newaxis], np.full(1, noise_power), 2)
        assert psdus(streamed) == list(together.psdus) == [psdu]
        assert abs(streamed[0].rxvector.start_sample - float(together.start_sample[0])) < 1


def test_answers_in_time_and_promises_no_more_than_it_keeps() -> None:
    """A PSDU comes within 3 µs of its last chip; nothing ends before an earlier ``earliest_end``.

    The promise stays less than one AMP SIFS behind what was fed, or a lock-step would stall.
    """
    samples, sent = uplink_stream(np.random.default_rng(4), 20, 0.1)
    receiver = receiver_for(sent)
    step, got, promised = 40, 0, 0
    for begin in range(0, samples.size, step):
        for reception in receiver.feed(samples[begin : begin + step]):
            got += 1
            assert begin + step - reception.fields[-1].stop_sample <= SETTLED_SAMPLES + step
            assert reception.rxvector.end_ns >= (promised - 1) * NS_PER_SAMPLE
        assert receiver.earliest_end() >= promised
        promised = receiver.earliest_end()
        assert promised > begin + step - SIFS_SAMPLES
    assert got == len(sent)


def test_an_empty_window_is_settled_three_microseconds_after_it() -> None:
    """Windows with noise alone: nothing received, and the promise is unbounded again at stop + 3 µs."""
    rng = np.random.default_rng(5)
    samples = with_noise(rng, np.zeros(30_000, np.complex64), 1.0)
    for rate_bps in (250_000, 1_000_000):
        receiver = ApReceiver(PROFILE, RATE_SPS)
        receiver.listen(Listen(PpduKind.UL_ACTIVE, rate_bps, 0, 100_000, 1_000_000))
        stop = 20_000 + SETTLED_SAMPLES
        assert receiver.feed(samples[:stop]) == []
        assert receiver.earliest_end() > NEVER
        assert receiver.counters["psdus"] == 0


def test_nothing_is_heard_outside_windows() -> None:
    """A PPDU without a window, one for another rate and one under another seed are not received as sent."""
    rng = np.random.default_rng(6)
    samples, sent = uplink_stream(rng, 3, TWENTY_DB, octets=(13,))
    receiver = ApReceiver(PROFILE, RATE_SPS)
    other = {250_000: 1_000_000, 1_000_000: 250_000}[sent[1].vector.rate_bps]
    wrong_rate, wrong_seed = window_of(sent[1]), window_of(sent[2])
    receiver.listen(Listen(wrong_rate.kind, other, wrong_rate.seed_index, wrong_rate.start_ns, wrong_rate.stop_ns))
    receiver.listen(
        Listen(wrong_seed.kind, wrong_seed.rate_bps, 3 - wrong_seed.seed_index, wrong_seed.start_ns, wrong_seed.stop_ns)
    )
    received = receiver.feed(samples)
    assert not {each.psdu for each in sent} & set(psdus(received))
    assert receiver.earliest_end() > NEVER


def test_earliest_end_before_a_window_is_its_start_and_the_shortest_ppdu() -> None:
    """Outside windows: start of the next one plus the shortest uplink PPDU, less the fastest clock."""
    receiver = ApReceiver(PROFILE, RATE_SPS)
    assert receiver.earliest_end() > NEVER
    receiver.listen(Listen(PpduKind.UL_ACTIVE, 250_000, 0, 1_000_000, 2_000_000))
    shortest = airtime.uplink_active_ns(PROFILE, 4, 250_000) // NS_PER_SAMPLE
    end = receiver.earliest_end()
    assert 20_000 + 0.985 * shortest - 100 <= end <= 20_000 + 0.99 * shortest


def test_blind_search_finds_every_rate_and_seed() -> None:
    """Without windows the FCS picks the seed; a recording of others is read whole."""
    samples, sent = uplink_stream(np.random.default_rng(7), 12, TWENTY_DB, octets=(8, 13, 20))
    receiver = ApReceiver(PROFILE, RATE_SPS, blind=True)
    received = [each for begin in range(0, samples.size, 7001) for each in receiver.feed(samples[begin : begin + 7001])]
    assert psdus(received) == [each.psdu for each in sent]
    assert [each.rxvector.seed_index for each in received] == [each.vector.seed_index for each in sent]
    assert [each.rxvector.rate_bps for each in received] == [each.vector.rate_bps for each in sent]


def test_blind_search_hears_nothing_in_noise() -> None:
    """False alarms: 5 ms of noise give no frame."""
    rng = np.random.default_rng(8)
    receiver = ApReceiver(PROFILE, RATE_SPS, blind=True)
    for _ in range(5):
        assert not receiver.feed(with_noise(rng, np.zeros(20_000, np.complex64), 1.0))
    assert receiver.counters["syncs"] <= 2


@pytest.mark.parametrize("model", ["B", "D"])
@pytest.mark.parametrize("rate_bps", [250_000, 1_000_000])
def test_decodes_through_tgn_channels(rate_bps: int, model: str) -> None:
    """TGn B and D at 30 dB: what does not fade far below is received (section 7)."""
    rng = np.random.default_rng((9, rate_bps))
    vector = TxVector(PpduKind.UL_ACTIVE, rate_bps)
    heard = strong = 0
    for _ in range(12):
        taps = multipath_taps(model, RATE_SPS, rng)
        psdu = random_psdu(rng, 13)
        signal = np.pad(ppdu(PROFILE, psdu, vector, clock_ppm=3000), (60, 2000))
        samples = with_noise(rng, multipath(signal, taps), 1e-3)
        receiver = ApReceiver(PROFILE, RATE_SPS)
        receiver.listen(Listen(vector.kind, rate_bps, 0, 0, (signal.size - 1500) * NS_PER_SAMPLE))
        got = psdus(receiver.feed(samples))
        if abs(np.sum(taps)) ** 2 > 0.1:  # what falls on the carrier
            strong += 1
            heard += got == [psdu]
    assert strong > 6
    assert heard == strong


def test_overlapping_windows_of_both_rates() -> None:
    """Two windows over the same time, one per rate: each finds its own PPDU, in order of their ends."""
    rng = np.random.default_rng(10)
    samples, sent = uplink_stream(rng, 8, TWENTY_DB, octets=(13,))
    low = [each.psdu for each in sent if each.vector.rate_bps == 250_000]
    receiver = ApReceiver(PROFILE, RATE_SPS)
    for each in sent:
        for rate_bps in (250_000, 1_000_000):
            window = window_of(each)
            receiver.listen(Listen(window.kind, rate_bps, window.seed_index, window.start_ns, window.stop_ns))
    received = receiver.feed(samples)
    right = [each for each in received if each.psdu in {truth.psdu for truth in sent}]
    assert sorted(psdus(right)) == sorted(each.psdu for each in sent)
    assert 0 < len(low) < len(sent)


def test_own_transmission_is_blanked() -> None:
    """A PPDU inside a blanked range is not heard."""
    samples, sent = uplink_stream(np.random.default_rng(11), 3, TWENTY_DB)
    receiver = receiver_for(sent)
    receiver.blank(sent[1].start, sent[1].stop)
    assert psdus(receiver.feed(samples)) == [sent[0].psdu, sent[2].psdu]


def test_a_ppdu_cut_short_or_too_long_for_its_window_is_counted() -> None:
    """Truncated: at most an FCS failure. Longer than the window: dropped, counted, the promise kept."""
    rng = np.random.default_rng(12)
    vector = TxVector(PpduKind.UL_ACTIVE, 250_000)
    whole = ppdu(PROFILE, random_psdu(rng, 40), vector)
    for stop in (300, 900, 2000, 5000, 20_000):
        samples = with_noise(rng, np.pad(whole[:stop], (100, 40_000)), TWENTY_DB)
        receiver = ApReceiver(PROFILE, RATE_SPS)
        receiver.listen(Listen(vector.kind, vector.rate_bps, 0, 5_000, 1_700_000))
        received = receiver.feed(samples)
        assert len(received) == receiver.counters["fcs_failed"] <= 1
        assert receiver.earliest_end() > NEVER
    receiver = ApReceiver(PROFILE, RATE_SPS)
    receiver.listen(Listen(vector.kind, vector.rate_bps, 0, 5_000, 600_000))
    assert receiver.feed(np.pad(whole, (100, 100))) == []
    assert receiver.counters["outlasted_window"] == 1


@settings(deadline=None, max_examples=15)
@given(
    hnp.arrays(np.complex64, st.integers(0, 6000), elements=st.complex_numbers(width=64)),
    st.integers(1, 3000),
    st.booleans(),
)
def test_garbage_never_raises_or_piles_up(garbage: np.ndarray, cut: int, blind: bool) -> None:
    """NaN, infinities and anything else are counted drops, and a PPDU after them is still heard."""
    receiver = ApReceiver(PROFILE, RATE_SPS, blind)
    if not blind:
        receiver.listen(Listen(PpduKind.UL_ACTIVE, 1_000_000, 1, 0, 250_000))
    for begin in range(0, garbage.size, cut):
        receiver.feed(garbage[begin : begin + cut])
    parts = garbage.view(np.float32).reshape(-1, 2)
    assert receiver.counters["bad_samples"] == np.count_nonzero(~(np.abs(parts) <= 1e6).all(axis=1))
    psdu = random_psdu(np.random.default_rng(13), 8)
    signal = ppdu(PROFILE, psdu, TxVector(PpduKind.UL_ACTIVE, 250_000, seed_index=2))
    start = max(garbage.size, 5100) + 60_000
    if not blind:
        stop_ns = (start + signal.size + 40) * NS_PER_SAMPLE
        receiver.listen(Listen(PpduKind.UL_ACTIVE, 250_000, 2, (start - 40) * NS_PER_SAMPLE, stop_ns))
    rest = np.pad(signal, (start - garbage.size, 4000))
    assert psdu in psdus(receiver.feed(rest))


@pytest.mark.parametrize(
    ("window", "why"),
    [
        (Listen(PpduKind.UL_ACTIVE, 4_000_000, 0, 0, 1000), "does not hear"),
        (Listen(PpduKind.UL_BISTATIC, 250_000, 0, 0, 1000), "does not hear"),
        (Listen(PpduKind.UL_ACTIVE, 250_000, 4, 0, 1000), "seed"),
        (Listen(PpduKind.UL_ACTIVE, 250_000, 0, 1000, 1000), "stops after"),
    ],
)
def test_wrong_windows_are_the_callers_mistake(window: Listen, why: str) -> None:
    """ValueError with the reason."""
    with pytest.raises(ValueError, match=why):
        ApReceiver(PROFILE, RATE_SPS).listen(window)


def test_wrong_arrays_are_the_callers_mistake() -> None:
    """ValueError for what is not one-dimensional."""
    with pytest.raises(ValueError, match="one-dimensional"):
        ApReceiver(PROFILE, RATE_SPS).feed(np.zeros((2, 3), np.complex64))
