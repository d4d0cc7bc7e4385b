"""The tag's streaming receiver: what it hands up, when, how exactly timed, and what it survives."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ampradio.channel.multipath import multipath, multipath_taps
from ampradio.phy.modulate import ppdu
from ampradio.phy.reception import Reception
from ampradio.phy.tag_batch import TagBatch
from ampradio.phy.tag_receiver import TagReceiver
from ampradio.profile import airtime
from ampradio.vectors import PpduKind, TxVector
from tests.phy.streams import (
    DECIMATION,
    NS_PER_SAMPLE,
    PROFILE,
    RATE_SPS,
    cuts,
    downlink_stream,
    envelope,
    random_psdu,
    with_noise,
)

TWENTY_DB = 0.01  # noise power at which an ON sample of unit power is 20 dB up
SIFS_SAMPLES = 200


def receive(power: np.ndarray) -> tuple[list[Reception], TagReceiver]:
    receiver = TagReceiver(PROFILE, RATE_SPS, DECIMATION)
    return receiver.feed(power), receiver


def test_reads_rate_length_and_partial_id_of_every_ppdu() -> None:
    """Both rates from the Sync alone (rule 15), any length (rule 6), RXVECTOR of each."""
    samples, sent = downlink_stream(np.random.default_rng(1), 40, 1e-4)
    received, receiver = receive(envelope(samples))
    assert [each.psdu for each in received] == [each.psdu for each in sent]
    for reception, truth in zip(received, sent, strict=True):
        rx = reception.rxvector
        assert (rx.kind, rx.rate_bps, rx.partial_id) == (
            truth.vector.kind,
            truth.vector.rate_bps,
            truth.vector.partial_id,
        )
        assert (rx.start_ns, rx.end_ns) == (truth.start * NS_PER_SAMPLE, truth.stop * NS_PER_SAMPLE)
        assert rx.snr_db == pytest.approx(40, abs=0.7)
        assert rx.rssi_dbfs == pytest.approx(0, abs=0.5)
        assert abs(rx.clock_ppm) < 100
        assert rx.cfo_hz is None
    assert receiver.counters["psdus"] == receiver.counters["syncs"] == len(sent)


def test_fields_lie_where_they_were_sent() -> None:
    """Fields in stream positions: contiguous from sample 0 of L-STF to the end of the signal extension."""
    samples, sent = downlink_stream(np.random.default_rng(2), 6, TWENTY_DB)
    received, _ = receive(envelope(samples))
    assert len(received) == len(sent)
    for reception, truth in zip(received, sent, strict=True):
        fields = reception.fields
        assert (fields[0].name, fields[0].start_sample) == ("L-STF", truth.start)
        assert (fields[-1].name, fields[-1].stop_sample) == ("Signal extension", truth.stop)
        assert all(left.stop_sample == right.start_sample for left, right in pairwise(fields))


@pytest.mark.parametrize("octets", [4, 13, 40])
@pytest.mark.parametrize("rate_bps", [250_000, 1_000_000])
def test_start_and_end_are_exact_at_20_db(rate_bps: int, octets: int) -> None:
    """The AMP SIFS is measured from them: at 20 dB per ON sample both are right to the sample in over 99.9 %."""
    rng = np.random.default_rng((rate_bps, octets))
    clean = envelope(np.zeros(2))
    batch = TagBatch(PROFILE, RATE_SPS, DECIMATION)
    wrong = total = 0
    for _ in range(10):
        psdu = random_psdu(rng, octets)
        samples = ppdu(PROFILE, psdu, TxVector(PpduKind.DL_TYPE1, rate_bps, 9))
        starts = rng.integers(400, 440, 60)
        rows = np.stack([np.pad(samples, (start, 600 - start)) for start in starts])
        power = envelope(with_noise(rng, rows.reshape(-1), TWENTY_DB).reshape(rows.shape))
        got = batch.receive(power, np.full(60, DECIMATION * TWENTY_DB))
        assert set(got.psdus) == {psdu}
        txtime = airtime.downlink_type1_ns(PROFILE, octets, rate_bps, protected=False) // NS_PER_SAMPLE
        ends = got.start_sample + txtime * got.stretch
        wrong += np.count_nonzero((np.rint(got.start_sample) != starts) | (np.rint(ends) != starts + txtime))
        total += starts.size
    assert clean.size == 1
    assert wrong <= total * 0.001


@pytest.mark.parametrize("noise_power", [0.0, TWENTY_DB, 0.3])
def test_cutting_the_stream_changes_nothing(noise_power: float) -> None:
    """Bit for bit the same receptions however the stream is cut, down to single samples and empty pieces."""
    rng = np.random.default_rng(3)
    power = envelope(downlink_stream(rng, 8, noise_power)[0])
    whole, reference = receive(power)
    assert len(whole) > 3
    for longest in (40, 1500):
        receiver = TagReceiver(PROFILE, RATE_SPS, DECIMATION)
        at = cuts(rng, power.size, longest)
        pieces = [receiver.feed(power[begin:stop]) for begin, stop in pairwise(at)]
        assert [each for piece in pieces for each in piece] == whole
        assert receiver.counters == reference.counters


@pytest.mark.parametrize("noise_power", [0.0, TWENTY_DB])
def test_the_batch_form_receives_the_same(noise_power: float) -> None:
    """One algorithm in two forms: same PSDUs, starts within a hundredth of a sample after rounding."""
    rng = np.random.default_rng(4)
    for rate_bps in (250_000, 1_000_000):
        psdu = random_psdu(rng, 13)
        samples = np.pad(ppdu(PROFILE, psdu, TxVector(PpduKind.DL_TYPE1, rate_bps, 1)), (2000, 4000))
        power = envelope(with_noise(rng, samples, noise_power))
        streamed, _ = receive(power)
        together = TagBatch(PROFILE, RATE_SPS, DECIMATION).receive(power[np.newaxis], np.full(1, 2 * noise_power))
        assert [each.psdu for each in streamed] == list(together.psdus) == [psdu]
        assert streamed[0].rxvector.start_sample == round(float(together.start_sample[0])) == 2000


def test_answers_in_time_and_promises_no_more_than_it_keeps() -> None:
    """A PSDU comes at most 5 µs after its last chip; no PPDU ends before an earlier ``earliest_end``.

    While nothing ends, the promise stays less than one AMP SIFS behind what was fed, or a lock-step would stall.
    """
    samples, sent = downlink_stream(np.random.default_rng(5), 25, 0.1)
    power = envelope(samples)
    receiver = TagReceiver(PROFILE, RATE_SPS, DECIMATION)
    step, got, promised = 20, 0, 0
    for begin in range(0, power.size, step):
        for reception in receiver.feed(power[begin : begin + step]):
            got += 1
            data_end = next(each.stop_sample for each in reception.fields if each.name == "AMP-Data")
            assert (begin + step) * DECIMATION - data_end <= (5_000 // NS_PER_SAMPLE) + step * DECIMATION
            assert reception.rxvector.end_ns >= promised * NS_PER_SAMPLE
        assert receiver.earliest_end() >= promised
        promised = receiver.earliest_end()
        assert promised > (begin + step) * DECIMATION - SIFS_SAMPLES
    assert got == len(sent)


def test_the_wifi_preamble_does_not_trigger() -> None:
    """The non-AMP portion alone, and OFDM bursts without an AMP part, are not taken for an AMP-Sync."""
    rng = np.random.default_rng(6)
    preamble = ppdu(PROFILE, random_psdu(rng, 13), TxVector(PpduKind.DL_TYPE1, 250_000))[:640]
    parts = []
    for _ in range(300):
        burst = np.tile(preamble, int(rng.integers(1, 4)))[: int(rng.integers(200, 1900))]
        parts += [burst, np.zeros(int(rng.integers(100, 3000)), np.complex64)]
    samples = np.concatenate([*parts, np.zeros(4000, np.complex64)])
    for noise_power in (0.0, TWENTY_DB):
        received, receiver = receive(envelope(with_noise(rng, samples, noise_power)))
        assert not received
        assert receiver.counters["syncs"] == 0


def test_noise_alone_is_not_a_frame() -> None:
    """False alarms: at most one sync and no frame in 0.2 s of noise (the bar is one a minute)."""
    rng = np.random.default_rng(7)
    receiver = TagReceiver(PROFILE, RATE_SPS, DECIMATION)
    for _ in range(20):
        assert not receiver.feed(rng.gamma(DECIMATION, 1.0, 100_000).astype(np.float32))
    assert receiver.counters["syncs"] <= 1


def test_a_louder_noise_floor_is_learnt() -> None:
    """The floor follows: a PPDU is found before and after the noise rises by 20 dB."""
    rng = np.random.default_rng(8)
    psdu = random_psdu(rng, 13)
    samples = np.pad(ppdu(PROFILE, psdu, TxVector(PpduKind.DL_TYPE1, 250_000)), (150_000, 4_000))
    quiet, loud = with_noise(rng, samples, 1e-4), with_noise(rng, samples, 1e-2)
    received, receiver = receive(envelope(np.concatenate((quiet, loud))))
    assert [each.psdu for each in received] == [psdu, psdu]
    assert receiver.counters["syncs"] == 2


def test_power_level_does_not_matter() -> None:
    """60 dB down or 40 dB up, the same frames; RSSI tells the difference."""
    samples, sent = downlink_stream(np.random.default_rng(9), 5, TWENTY_DB)
    for gain_db in (-60, 40):
        received, _ = receive(envelope(samples) * np.float32(10 ** (gain_db / 10)))
        assert [each.psdu for each in received] == [each.psdu for each in sent]
        assert received[0].rxvector.rssi_dbfs == pytest.approx(gain_db, abs=0.5)


@pytest.mark.parametrize("model", ["B", "D"])
def test_decodes_through_tgn_channels(model: str) -> None:
    """TGn B and D at 30 dB: what fades below is lost, nothing else (section 7; the taps' energy is given)."""
    rng = np.random.default_rng(10)
    heard = strong = 0
    for _ in range(25):
        taps = multipath_taps(model, RATE_SPS, rng)
        psdu = random_psdu(rng, 13)
        samples = np.pad(ppdu(PROFILE, psdu, TxVector(PpduKind.DL_TYPE1, 250_000)), (2_000, 4_000))
        received, _ = receive(envelope(with_noise(rng, multipath(samples, taps), 1e-3)))
        if np.sum(np.abs(taps) ** 2) > 0.05:
            strong += 1
            heard += [each.psdu for each in received] == [psdu]
    assert strong > 15
    assert heard == strong


def test_own_transmission_is_blanked() -> None:
    """A PPDU inside a blanked range is not heard, the next one is."""
    samples, sent = downlink_stream(np.random.default_rng(11), 4, TWENTY_DB)
    receiver = TagReceiver(PROFILE, RATE_SPS, DECIMATION)
    receiver.blank(sent[1].start, sent[1].stop)
    received = receiver.feed(envelope(samples))
    assert [each.psdu for each in received] == [sent[0].psdu, sent[2].psdu, sent[3].psdu]


def test_a_ppdu_cut_short_is_dropped_and_the_next_is_heard() -> None:
    """A truncated PPDU gives at most a frame whose FCS fails, counted; a damaged AMP-SIG is counted."""
    rng = np.random.default_rng(12)
    whole = ppdu(PROFILE, random_psdu(rng, 30), TxVector(PpduKind.DL_TYPE1, 250_000))
    last = random_psdu(rng, 13)
    parts = [np.zeros(3000, np.complex64)]
    for stop in (700, 2300, 3000, 4200, 9000):  # in the sync, before and in AMP-SIG, in the header, in the data
        parts += [whole[:stop], np.zeros(60_000, np.complex64)]
    good = ppdu(PROFILE, last, TxVector(PpduKind.DL_TYPE1, 1_000_000))
    samples = np.concatenate([*parts, good, np.zeros(4000, np.complex64)])
    received, receiver = receive(envelope(with_noise(rng, samples, TWENTY_DB)))
    assert received[-1].psdu == last
    assert receiver.counters["fcs_failed"] == len(received) - 1
    assert receiver.counters["amp_sig_failed"] >= 1


@settings(deadline=None, max_examples=25)
@given(
    hnp.arrays(np.float32, st.integers(0, 9000), elements=st.floats(width=32, allow_nan=True, allow_infinity=True)),
    st.integers(1, 3000),
)
def test_garbage_never_raises_or_piles_up(garbage: np.ndarray, cut: int) -> None:
    """NaN, infinities and anything else are counted drops, and a PPDU after them is still heard."""
    receiver = TagReceiver(PROFILE, RATE_SPS, DECIMATION)
    for begin in range(0, garbage.size, cut):
        receiver.feed(garbage[begin : begin + cut])
    bad = np.count_nonzero(~((garbage >= 0) & (garbage <= 1e9)))
    assert receiver.counters["bad_samples"] == bad
    for _ in range(12):
        receiver.feed(np.zeros(30_000, np.float32))
    psdu = random_psdu(np.random.default_rng(13), 8)
    samples = np.pad(ppdu(PROFILE, psdu, TxVector(PpduKind.DL_TYPE1, 1_000_000)), (3000, 4000))
    assert [each.psdu for each in receiver.feed(envelope(samples))] == [psdu]


def test_structured_garbage_never_raises() -> None:
    """Chips at random, at every chip length: syncs may be found, frames are bounded, nothing raises."""
    rng = np.random.default_rng(14)
    receiver = TagReceiver(PROFILE, RATE_SPS, DECIMATION)
    for length in (5, 10, 20, 40):
        for _ in range(6):
            receiver.feed(np.repeat(rng.integers(0, 2, 2000), length).astype(np.float32))
    assert receiver.earliest_end() > 0


@pytest.mark.parametrize("power", [np.zeros((2, 3), np.float32), np.zeros(4, np.complex64)])
def test_wrong_arrays_are_the_callers_mistake(power: np.ndarray) -> None:
    """ValueError for what is not one-dimensional real power."""
    with pytest.raises(ValueError, match="power"):
        TagReceiver(PROFILE, RATE_SPS).feed(power)


def test_a_sample_rate_that_does_not_fit_is_refused() -> None:
    """ValueError that says why."""
    with pytest.raises(ValueError, match="S/s"):
        TagReceiver(PROFILE, 3_333_333)
