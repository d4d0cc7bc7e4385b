"""The gate before the search: what it costs and misses by theory and by trial, and the same frames with and without."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from ampradio.phy import power_gate_theory, sync_theory
from ampradio.phy.detection_theory import ber_energy, required_ebn0_db
from ampradio.phy.detection_theory import per as packet_error_rate
from ampradio.phy.envelope_sync import NOISE_SIGMAS
from ampradio.phy.modulate import ppdu
from ampradio.phy.noise_floor import HISTORY, NoiseFloor
from ampradio.phy.power_gate import PowerGate
from ampradio.phy.reception import Reception
from ampradio.phy.tag_receiver import TagReceiver
from ampradio.phy.tag_search import BLOCKS_AFTER, BLOCKS_BEFORE, P_OPEN
from ampradio.vectors import PpduKind, TxVector
from tests.phy.streams import DECIMATION, PROFILE, RATE_SPS, cuts, envelope, random_psdu, with_noise

BLOCK = 500  # samples: 25 µs
SETTLED = HISTORY * BLOCK
SYNC_AT = 640  # air-interface page, section 2: the AMP-Sync follows 32 µs of non-AMP portion
RATES = (250_000, 1_000_000)
Stream = npt.NDArray[np.complex64]


def gate() -> PowerGate:
    return PowerGate(float(BLOCK), BLOCKS_BEFORE, BLOCKS_AFTER, P_OPEN)


def wave(psdu: bytes, rate_bps: int) -> Stream:
    return ppdu(PROFILE, psdu, TxVector(PpduKind.DL_TYPE1, rate_bps))


def least_energy(rate_bps: int, octets: int = 4) -> float:
    """Energy of unit ON power in the gate's window, the AMP-Sync where in its block that is least."""
    power = np.abs(wave(random_psdu(np.random.default_rng(1), octets), rate_bps)) ** 2
    padded = np.pad(power, 4 * BLOCK)
    sync = 4 * BLOCK + SYNC_AT
    begins = sync - np.arange(BLOCK) - BLOCKS_BEFORE * BLOCK
    return min(float(padded[begin : begin + gate().window * BLOCK].sum()) for begin in begins)


def received(samples: Stream, *, gated: bool = True) -> tuple[list[Reception], TagReceiver]:
    receiver = TagReceiver(PROFILE, RATE_SPS, DECIMATION, squares=True, gated=gated)
    return receiver.feed(samples), receiver


def sparse_stream(rng: np.random.Generator, count: int, gap: int, snr_db: float) -> tuple[Stream, list[bytes]]:
    """Return unit noise with a PPDU of either rate about every ``gap`` samples, the first once the floor is known."""
    sent, parts = [], [np.zeros(SETTLED, np.complex64)]
    for index in range(count):
        sent.append(random_psdu(rng, int(rng.choice((4, 8, 13, 30, 71)))))
        loud = wave(sent[-1], RATES[index % 2]) * np.float32(10 ** (snr_db / 20))
        parts += [np.zeros(int(rng.integers(gap // 2, gap)), np.complex64), loud]
    return with_noise(rng, np.concatenate([*parts, np.zeros(4000, np.complex64)]), 1.0), sent


def test_it_opens_in_noise_as_often_as_it_says() -> None:
    """Theory: P_OPEN with the floor known. By trial at a hundredfold P_OPEN: the gamma tail, within four sigma."""
    dof = gate().window * BLOCK
    assert power_gate_theory.p_opens(gate().threshold, dof) == pytest.approx(P_OPEN, rel=1e-3)
    often = PowerGate(float(BLOCK), BLOCKS_BEFORE, BLOCKS_AFTER, 100 * P_OPEN)
    rng = np.random.default_rng(1)
    opened = windows = 0
    for _ in range(20):
        blocks = rng.gamma(BLOCK, 1 / BLOCK, 100_004)
        opened += np.count_nonzero(often.opens(blocks, np.ones(100_000)))
        windows += 100_000
    assert abs(opened - windows * 1e-4) < 4 * np.sqrt(gate().window * windows * 1e-4)


def test_it_opens_seldom_over_the_tracked_floor() -> None:
    """The least of 256 blocks is 1.7 % off, so it opens far more often than P_OPEN: under a hundredth is searched."""
    rng = np.random.default_rng(2)
    receiver = TagReceiver(PROFILE, RATE_SPS, DECIMATION, squares=True)
    for _ in range(60):
        receiver.feed(with_noise(rng, np.zeros(500_000, np.complex64), 1.0))
    counters = receiver.counters
    assert counters["blocks"] == pytest.approx(60_000, abs=10)
    assert 0 < counters["blocks_searched"] - HISTORY < 1e-2 * counters["blocks"]


def test_what_it_misses_at_the_searchs_sensitivity() -> None:
    """Where the search finds every second word, no frame can be read: 1e-4 of those are missed, 2 dB up none are.

    There ON minus OFF is 6.5 sigma in the mean, so an ON sample is 4.9 dB below the noise.
    """
    dof, on_chips = 40.0, 20
    threshold = NOISE_SIGMAS * np.sqrt(2 * on_chips * dof)
    half_db = sync_theory.required_ecn0_db(0.5, lambda gamma: sync_theory.p_missed(threshold, gamma, dof, on_chips))
    on_snr = 10 ** (half_db / 10) / dof
    assert on_snr == pytest.approx(NOISE_SIGMAS / np.sqrt(2 * on_chips * dof) * 2, rel=0.02)
    window = gate().window * BLOCK
    for rate_bps in RATES:
        energy = on_snr * least_energy(rate_bps)
        assert 1e-5 < power_gate_theory.p_missed(gate().threshold, window, energy) < 2e-4
        assert power_gate_theory.p_missed(gate().threshold, window, 10**0.2 * energy, floor=1.03) < 1e-7


@pytest.mark.parametrize(("rate_bps", "chip"), [(250_000, 40), (1_000_000, 10)])
def test_what_it_misses_at_the_receivers_bar(rate_bps: int, chip: int) -> None:
    """At the SNR of 10 % PER of the bound, any length: nothing, even over a floor taken 10 % too high (6 sigma)."""
    window = gate().window * BLOCK
    for octets in (4, 16, 71):
        bits = 8 * octets
        bar_db = required_ebn0_db(0.1, lambda gamma: float(packet_error_rate(ber_energy(gamma, chip), bits)))  # noqa: B023
        energy = 10 ** (bar_db / 10) / chip * least_energy(rate_bps, octets)
        assert power_gate_theory.p_missed(gate().threshold, window, energy, floor=1.1) < 1e-9


def test_the_formula_of_a_miss_is_right() -> None:
    """By trial where misses are countable: 3 sigma of a binomial about the non-central chi-square."""
    rng = np.random.default_rng(3)
    dof, energy, trials = gate().window * BLOCK, 300.0, 400_000
    assert dof == 2500
    mean = stats.ncx2.rvs(2 * dof, 2 * energy, size=trials, random_state=rng) / (2 * dof)
    signal = np.sqrt(2 * energy)
    drawn = (rng.standard_normal(trials) + signal) ** 2 + rng.chisquare(2 * dof - 1, trials)
    expected = power_gate_theory.p_missed(gate().threshold, dof, energy)
    spread = 3 * np.sqrt(trials * expected * (1 - expected))
    for each in (mean, drawn / (2 * dof)):
        assert abs(np.count_nonzero(each <= gate().threshold) - trials * expected) < spread


def test_no_word_that_the_search_finds_is_missed() -> None:
    """By trial, from 1.5 dB below to 1.5 dB above the search's sensitivity: syncs with and without the gate."""
    rng = np.random.default_rng(4)
    found = {True: 0, False: 0}
    for snr_db in (-6.4, -4.9, -3.4):
        samples, _ = sparse_stream(rng, 60, 6_000, snr_db)
        for gated in found:
            found[gated] += received(samples, gated=gated)[1].counters["syncs"]
    assert 30 < found[False] < 180
    assert found[True] == found[False]


@pytest.mark.parametrize("snr_db", [-3.0, 0.0, 3.0, 10.0, 30.0])
def test_the_gate_changes_no_reception(snr_db: float) -> None:
    """Where every second PPDU fails and where all hold: PSDU, times, SNR and clock are bit for bit the ungated ones."""
    rng = np.random.default_rng(int(snr_db) + 50)
    samples, _ = sparse_stream(rng, 24, 40_000, snr_db)
    gated, receiver = received(samples)
    ungated, other = received(samples, gated=False)
    assert gated == ungated
    assert len(gated) >= (24 if snr_db > 3 else 6)
    assert receiver.counters["blocks_searched"] < 0.8 * other.counters["blocks_searched"]


@pytest.mark.parametrize("gain", [0.0, 1.0])
def test_hard_air_changes_nothing_either(gain: float) -> None:
    """PPDUs at once from sample 0, back to back for twice the floor's memory, with a DC offset, a gain that steps."""
    rng = np.random.default_rng(5)
    sent = [random_psdu(rng, 71) for _ in range(6)] + [random_psdu(rng, int(rng.choice((4, 13)))) for _ in range(20)]
    crowd = np.concatenate([wave(psdu, 250_000) for psdu in sent])
    assert crowd.size > 2 * SETTLED
    quiet = np.zeros(SETTLED, np.complex64)
    steps = np.repeat(np.float32([1, 10, 0.1, 3]), [crowd.size, SETTLED, SETTLED, crowd.size])
    samples = with_noise(rng, np.concatenate((crowd, quiet, quiet, crowd)), 0.01) * steps + np.complex64(0.3 * gain)
    gated, ungated = received(samples)[0], received(samples, gated=False)[0]
    assert gated == ungated
    assert [each.psdu for each in gated] == 2 * sent


def test_a_ppdu_at_the_start_and_its_weak_follower() -> None:
    """What begins with the stream does not pass for the floor: a PPDU 20 dB weaker right behind it is received."""
    rng = np.random.default_rng(6)
    loud, weak = random_psdu(rng, 71), random_psdu(rng, 13)
    parts = (wave(loud, 250_000), np.zeros(200), 0.1 * wave(weak, 250_000), np.zeros(4000))
    samples = with_noise(rng, np.concatenate(parts).astype(np.complex64), 0.001)
    assert [each.psdu for each in received(samples)[0]] == [loud, weak]


def test_behind_its_own_transmission_the_tag_hears() -> None:
    """A blanked range tells nothing about the noise; a weak PPDU 10 µs after it is received."""
    rng = np.random.default_rng(7)
    psdu = random_psdu(rng, 13)
    begin, stop = SETTLED + 137, SETTLED + 30_137
    after = np.zeros(stop + 200, np.complex64)
    samples = with_noise(rng, np.concatenate((after, wave(psdu, 250_000) * np.float32(1.4), np.zeros(4000))), 1.0)
    samples[begin:stop] += 100
    receiver = TagReceiver(PROFILE, RATE_SPS, DECIMATION, squares=True)
    receiver.blank(begin, stop)
    assert [each.psdu for each in receiver.feed(samples.astype(np.complex64))] == [psdu]


def test_cutting_complex_samples_changes_nothing() -> None:
    """Bit for bit the same however the stream is cut, odd pieces and blanked ranges included, and as from power."""
    rng = np.random.default_rng(8)
    samples, _ = sparse_stream(rng, 8, 30_000, 6.0)
    blanked = (SETTLED + 5_001, SETTLED + 9_000)
    whole, reference = received_blanked(samples, [0, samples.size], blanked)
    assert len(whole) > 5
    for longest in (700, 40_000):
        pieces, receiver = received_blanked(samples, cuts(rng, samples.size, longest), blanked)
        assert pieces == whole
        assert receiver.counters == reference.counters
        assert receiver.earliest_end() == reference.earliest_end()
    power = TagReceiver(PROFILE, RATE_SPS, DECIMATION)
    power.blank(*blanked)
    assert [each.psdu for each in power.feed(envelope(samples))] == [each.psdu for each in whole]


def received_blanked(samples: Stream, at: list[int], blanked: tuple[int, int]) -> tuple[list[Reception], TagReceiver]:
    receiver = TagReceiver(PROFILE, RATE_SPS, DECIMATION, squares=True)
    receiver.blank(*blanked)
    return [each for begin, stop in pairwise(at) for each in receiver.feed(samples[begin:stop])], receiver


def test_bad_samples_are_silence() -> None:
    """NaN, infinities and absurd amplitudes are counted, whatever block they are in; a PPDU behind them is heard."""
    rng = np.random.default_rng(9)
    psdu = random_psdu(rng, 13)
    samples = with_noise(rng, np.concatenate((np.zeros(9_000), wave(psdu, 1_000_000), np.zeros(4000))), 0.01)
    for index, bad in enumerate((np.nan, np.inf, complex(0, -np.inf), 1e30, complex(1, np.nan))):
        samples[[3 + 700 * index, 7_999]] = bad
    result, receiver = received(samples.astype(np.complex64))
    assert [each.psdu for each in result] == [psdu]
    assert receiver.counters["bad_samples"] == 6
    with pytest.raises(ValueError, match="complex"):
        receiver.feed(np.zeros(4, np.float32))


@pytest.mark.parametrize("longest", [170, 20_000])
def test_a_bad_sample_beside_a_blanked_one_is_seen(longest: int) -> None:
    """In a block of which a part is blanked too; what is blanked itself does not count, however the stream is cut."""
    rng = np.random.default_rng(13)
    psdu = random_psdu(rng, 13)
    samples = with_noise(rng, np.concatenate((np.zeros(6_000), wave(psdu, 250_000), np.zeros(4000))), 0.01)
    samples = samples.astype(np.complex64)
    samples[[2_990, 3_300, 3_999, 5_000]] = np.nan  # the second and third are blanked
    receiver = TagReceiver(PROFILE, RATE_SPS, DECIMATION, squares=True)
    receiver.blank(3_200, 4_200)
    at = cuts(rng, samples.size, longest)
    result = [each for begin, stop in pairwise(at) for each in receiver.feed(samples[begin:stop])]
    assert [each.psdu for each in result] == [psdu]
    assert receiver.counters["bad_samples"] == 2


def test_the_floor_is_unbiased_from_the_first_block_on() -> None:
    """The least of n gamma variables, corrected, has their mean: within 0.3 % from one block to 256."""
    rng = np.random.default_rng(10)
    for count in (1, 2, 10, 100, HISTORY):
        floors = []
        for powers in rng.gamma(BLOCK, 1 / BLOCK, (400, count)):
            floor = NoiseFloor(float(BLOCK))
            floor.add(powers)
            floors.append(floor.power)
        assert np.mean(floors) == pytest.approx(1, abs=0.003 + 3 * np.std(floors) / 20)


def test_the_floor_before_each_block_is_that_of_adding_them_in_turn() -> None:
    """Any history, silent blocks among them: the same numbers one by one."""
    rng = np.random.default_rng(11)
    for history in (0, 3, 250, 400):
        past = rng.gamma(BLOCK, 1 / BLOCK, history) * (rng.random(history) > 0.2)
        powers = rng.gamma(BLOCK, 1 / BLOCK, 120) * (rng.random(120) > 0.2)
        together, turn = NoiseFloor(float(BLOCK)), NoiseFloor(float(BLOCK))
        together.add(past)
        turn.add(past)
        floors, settled = together.before_each(powers)
        for power, floor, known in zip(powers, floors, settled, strict=True):
            assert (turn.power, turn.settled) == (floor, known)
            turn.add(power)
        with pytest.raises(ValueError, match="remembered"):
            together.before_each(np.ones(HISTORY + 1))


def test_the_short_cut_through_quiet_never_skips_what_would_open() -> None:
    """Where it says that nothing opens nothing does, over floors that wander; and it says so of most quiet air."""
    rng = np.random.default_rng(12)
    floor = NoiseFloor(float(BLOCK))
    floor.add(rng.gamma(BLOCK, 1 / BLOCK, HISTORY))
    shut = loud = 0
    for _ in range(400):
        powers = rng.gamma(BLOCK, 1 / BLOCK, 64 + 4) * (1 + 0.12 * rng.random() * (rng.random(68) < 0.3))
        inner = powers[BLOCKS_BEFORE : BLOCKS_BEFORE + 64]
        floors, settled = floor.before_each(inner)
        opened = gate().opens(powers, floors * settled).any()
        loud += bool(opened)
        if gate().stays_shut(powers, floor.above(inner)):
            shut += 1
            assert not opened
        floor.add(inner)
    assert shut > 200
    assert loud > 5
    assert not gate().stays_shut(np.ones(68), NoiseFloor(float(BLOCK)).above(np.ones(64)))
