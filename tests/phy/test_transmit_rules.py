"""The transmit side against the rules of the page that the vectors do not reach, and against bad calls."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ampradio.phy import amp_sig, bistatic
from ampradio.phy.fields import laid_out, ppdu_fields
from ampradio.phy.keying import keyed
from ampradio.phy.modulate import ppdu, ppdus, sample_rate_sps
from ampradio.phy.on_symbol import on_symbol, ones, waveform
from ampradio.phy.reflection import reflection, shifted
from ampradio.phy.uplink import scrambler_seed
from ampradio.phy.usig import USig, u_sig_bits
from ampradio.profile import load_profile
from ampradio.vectors import PpduKind, TxVector

PROFILE = load_profile()
TYPE1_250K = TxVector(PpduKind.DL_TYPE1, 250_000)
TYPE1_1M = TxVector(PpduKind.DL_TYPE1, 1_000_000)
ACTIVE_250K = TxVector(PpduKind.UL_ACTIVE, 250_000)
ACTIVE_1M = TxVector(PpduKind.UL_ACTIVE, 1_000_000)
ACTIVE_4M = TxVector(PpduKind.UL_ACTIVE, 4_000_000)
SENDABLE = (
    TYPE1_250K,
    TYPE1_1M,
    TxVector(PpduKind.DL_TYPE5, 250_000, partial_id=9, protected=True),
    TxVector(PpduKind.DL_SUB1GHZ, 62_500),
    ACTIVE_250K,
    ACTIVE_1M,
    ACTIVE_4M,
    TxVector(PpduKind.UL_MONO_STATIC, 250_000),
    TxVector(PpduKind.UL_MONO_STATIC, 1_000_000),
    TxVector(PpduKind.UL_BISTATIC, 250_000),
    TxVector(PpduKind.UL_BISTATIC, 1_000_000),
    TxVector(PpduKind.DL_TYPE2, 250_000, wup_ns=1_001_000, excitation_ns=17_000),
    TxVector(PpduKind.DL_TYPE3, 250_000, excitation_ns=776_000),
    TxVector(PpduKind.DL_TYPE4, 250_000, excitation_ns=32_000, upper_half=True),
    TxVector(PpduKind.DL_TYPE5, 250_000, upper_half=True),
    TxVector(PpduKind.UL_ACTIVE, 1_000_000, channel_offset_hz=-5_000_000),
)


@pytest.mark.parametrize(
    ("octets", "vector", "micros"),
    [(13, TYPE1_250K, 618), (4, TYPE1_250K, 330), (13, TYPE1_1M, 258), (4, TYPE1_1M, 186)],
)
def test_check_figures(octets, vector, micros):
    """Section 2, check figures: 618, 330, 258 and 186 µs, sample for sample."""
    assert ppdu(PROFILE, bytes(octets), vector).size == micros * 20


@pytest.mark.parametrize(("vector", "micros"), [(ACTIVE_250K, 488), (ACTIVE_1M, 122), (ACTIVE_4M, 32)])
def test_uplink_of_13_octets(vector, micros):
    """Rule 21: 13 octets take 488, 122 and 32 µs."""
    rate_sps = sample_rate_sps(PROFILE, vector)
    assert ppdu(PROFILE, bytes(13), vector).size * 1_000_000 == micros * rate_sps


def test_protected_padding():
    """Rule 17: a protected frame has 36 µs of ON padding in place of 20 µs."""
    plain, protected = (TxVector(PpduKind.DL_TYPE1, 250_000, protected=flag) for flag in (False, True))
    for vector, micros in ((plain, 20), (protected, 36)):
        samples = ppdu(PROFILE, bytes(20), vector)
        padding, extension = ppdu_fields(PROFILE, 20, vector)[-2:]
        assert padding.name == "Padding" and padding.stop_sample - padding.start_sample == micros * 20
        chips = samples[padding.start_sample : padding.stop_sample].reshape(-1, 40)
        assert np.allclose(np.mean(np.abs(chips) ** 2, axis=1), 1.0, atol=1e-6)
        assert extension.stop_sample == samples.size and not samples[extension.start_sample :].any()


def test_longest_ppdu():
    """Rule 14: TXTIME − 6 µs may be 5484 µs and no more; nothing is clipped."""
    longest = ppdu(PROFILE, bytes(164), TYPE1_250K)
    assert longest.size == (32 + 80 + 64 + 164 * 32 + 20 + 6) * 20
    for octets, vector in ((166, TYPE1_250K), (169, TYPE1_250K), (700, TYPE1_1M)):
        with pytest.raises(ValueError, match="longer than"):
            ppdu(PROFILE, bytes(octets), vector)
    with pytest.raises(ValueError, match="longer than"):
        ppdu(PROFILE, bytes(4), TxVector(PpduKind.DL_TYPE4, 250_000, excitation_ns=3200 * 1700))
    exact = TxVector(PpduKind.DL_TYPE3, 250_000, excitation_ns=(5484 - 32 - 16 - 4 * 32) * 1000)
    assert ppdu(PROFILE, bytes(4), exact).size == 5490 * 20
    with pytest.raises(ValueError, match="longer than"):
        ppdu(PROFILE, bytes(4), replace(exact, excitation_ns=exact.excitation_ns + 2000))


def test_excitations_round_up_to_whole_chips():
    """Rule 16: WUP- and BST-Excitation are 2 µs ON chips; WUP is 1 ms unless told otherwise."""
    short = {"wup_ns": 1_000_001, "excitation_ns": 16_001}
    for vector, micros in (
        (TxVector(PpduKind.DL_TYPE2, 250_000, **short), (1002, 18)),
        (TxVector(PpduKind.DL_TYPE2, 250_000, excitation_ns=16_000), (1000, 16)),
    ):
        fields = {field.name: field for field in ppdu_fields(PROFILE, 4, vector)}
        samples = ppdu(PROFILE, bytes(4), vector)
        for name, long_us in zip(("WUP-Excitation", "BST-Excitation"), micros, strict=True):
            part = samples[fields[name].start_sample : fields[name].stop_sample]
            assert part.size == 20 * long_us
            assert np.allclose(np.mean(np.abs(part.reshape(-1, 40)) ** 2, axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize("rate_bps", [250_000, 1_000_000])
@pytest.mark.parametrize("offset_hz", [-5_000_000, 5_000_000])
def test_uplink_off_the_centre(rate_bps, offset_hz):
    """Section 3 and rule 20: 40 MS/s, the keyed carrier −5 or +5 MHz off, in one phase from sample 0 on."""
    centre = TxVector(PpduKind.UL_ACTIVE, rate_bps, seed_index=1)
    beside = replace(centre, channel_offset_hz=offset_hz)
    assert sample_rate_sps(PROFILE, beside) == 40_000_000
    samples = ppdu(PROFILE, bytes(range(9)), beside)
    turned = samples * np.exp(-2j * np.pi * offset_hz / 40e6 * np.arange(samples.size))
    assert np.max(np.abs(turned - np.repeat(ppdu(PROFILE, bytes(range(9)), centre), 2))) < 1e-5


def test_on_symbols_have_unit_mean_power():
    """Rule 12: ON has unit mean power whatever its duration, and 0.5 µs chips are outputs 0…9 (section 2)."""
    two = on_symbol(PROFILE.downlink, 2000, 20_000_000)
    half = on_symbol(PROFILE.downlink, 500, 20_000_000)
    for symbol in (two, half):
        assert np.mean(np.abs(symbol) ** 2) == pytest.approx(1.0, abs=1e-6)
    ratio = half / two[8:18]
    assert np.allclose(ratio, ratio[0].real, atol=1e-5)


def test_phase_generator_runs_through_every_chip():
    """Rule 16: all-ones start, one step per chip, ON or OFF, whatever field or chip duration (``00001110…``)."""
    downlink = PROFILE.downlink
    signs = np.array([1 - 2 * int(bit) for bit in "00001110111100101100"])
    runs = [ones("a", 8000, 2000), ones("b", 4000, 500), ones("c", 16_000, 2000)]
    samples = waveform(downlink, runs, 20_000_000)
    starts = [0, 40, 80, 120, *range(160, 240, 10), *range(240, 560, 40)]
    reference = [on_symbol(downlink, 500 if 4 <= chip < 12 else 2000, 20_000_000)[0] for chip in range(20)]
    assert np.allclose(samples[starts] / reference, signs, atol=1e-5)


@pytest.mark.parametrize("vector", SENDABLE, ids=lambda vector: f"{vector.kind.name}-{vector.rate_bps}")
def test_many_at_once(vector):
    """A sweep's batch is the same samples as one PPDU at a time, and the fields tile each of them."""
    psdus = np.random.default_rng(3).integers(0, 256, (5, 9)).astype(np.uint8)
    batch = ppdus(PROFILE, psdus, vector)
    assert batch.dtype == np.complex64
    for row, psdu in zip(batch, psdus, strict=True):
        assert np.array_equal(row, ppdu(PROFILE, psdu.tobytes(), vector))
    fields = ppdu_fields(PROFILE, 9, vector)
    assert fields[0].start_sample == 0 and fields[-1].stop_sample == batch.shape[1]
    assert all(left.stop_sample == right.start_sample for left, right in pairwise(fields))


def box_integrated(chips, chip_samples):
    """The waveform of rectangular chips, integrated over each sample: piecewise linear primitive, differences."""
    edges = np.arange(len(chips) + 1) * chip_samples
    primitive = np.concatenate(([0.0], np.cumsum(chips) * chip_samples))
    return np.diff(np.interp(np.arange(int(np.ceil(edges[-1])) + 1), edges, primitive))


@settings(max_examples=60, deadline=None)
@given(
    chips=st.lists(st.integers(0, 1), min_size=1, max_size=80),
    samples_per_chip=st.sampled_from((5, 20, 40)),
    ppm=st.floats(-100_000, 100_000),
)
def test_stretched_chips(chips, samples_per_chip, ppm):
    """Rule 23: every edge at nominal·(1 + δ), below one sample too."""
    level = keyed(np.array(chips, np.uint8), samples_per_chip, ppm)
    expected = box_integrated(chips, samples_per_chip * (1 + ppm * 1e-6))
    assert abs(level.size - expected.size) <= 1
    shared = min(level.size, expected.size)
    assert np.max(np.abs(level[:shared] - expected[:shared])) < 1e-5
    assert np.all(np.concatenate((level[shared:], expected[shared:])) < 1e-5)


def test_stretched_uplink_energy_and_length():
    """Rules 20 and 23: a clock 1 % slow makes the PPDU 1 % longer, with 1 % more ON area; edges lie at k·20.2."""
    nominal = ppdu(PROFILE, bytes(13), ACTIVE_250K)
    slow = ppdu(PROFILE, bytes(13), ACTIVE_250K, clock_ppm=10_000)
    assert slow.size == 9858  # 9760 · 1.01 = 9857.6
    assert np.sum(slow.real) == pytest.approx(1.01 * np.sum(nominal.real), rel=1e-6)
    assert not slow.imag.any()
    # sync 10101100…: edge 1 at sample 20.2, edge 2 at 40.4
    assert slow[[19, 20, 21, 39, 40, 41]].real == pytest.approx([1, 0.2, 0, 0, 0.6, 1], abs=1e-5)


def test_clock_of_each_packet():
    """Rule 23 for a batch: every packet has its own clock, the short ones end in silence."""
    psdus = np.random.default_rng(4).integers(0, 256, (3, 6)).astype(np.uint8)
    clocks = np.array([-10_000.0, 0.0, 7_300.0])
    batch = ppdus(PROFILE, psdus, ACTIVE_1M, clock_ppm=clocks)
    for row, psdu, clock in zip(batch, psdus, clocks, strict=True):
        single = ppdu(PROFILE, psdu.tobytes(), ACTIVE_1M, clock_ppm=float(clock))
        assert np.max(np.abs(row[: single.size] - single)) < 1e-6
        assert not row[single.size :].any()


def test_reflection_coefficients():
    """Rule 22: Γ_ON for 1, Γ_OFF for 0, both complex if wished."""
    psdu = np.frombuffer(b"\x06\xef\xbe\xb1", np.uint8)
    vector = TxVector(PpduKind.UL_MONO_STATIC, 1_000_000)
    levels = reflection(PROFILE, psdu, vector, 20_000_000, on=1.0, off=0.0)
    gamma = reflection(PROFILE, psdu, vector, 20_000_000, on=0.5j, off=-0.25)
    assert np.allclose(gamma, np.where(levels == 1, 0.5j, -0.25), atol=1e-7)


def test_bistatic_shift_is_single_sideband():
    """Rule 22: the reflection moves by +20 or −20 MHz, and by 1 % less when the chip clock is 1 % slow."""
    psdu = np.frombuffer(b"\x06\xef\xbe\xb1", np.uint8)
    vector = TxVector(PpduKind.UL_BISTATIC, 250_000)
    gamma = reflection(PROFILE, psdu, vector, 80_000_000)
    frequency = np.fft.fftfreq(gamma.size, 1 / 80e6)
    for upwards, ppm, expected in ((True, 0.0, 20e6), (False, 0.0, -20e6), (True, 10_000.0, 20e6 / 1.01)):
        spectrum = np.abs(np.fft.fft(shifted(PROFILE, gamma, 80_000_000, upwards=upwards, clock_ppm=ppm))) ** 2
        assert frequency[np.argmax(spectrum)] == pytest.approx(expected, abs=80e6 / gamma.size)
        assert spectrum[np.sign(frequency) == -np.sign(expected)].sum() < 0.01 * spectrum.sum()
    with pytest.raises(ValueError, match="shift"):
        shifted(PROFILE, gamma, 20_000_000, upwards=True)


def test_upper_channel_reverses_the_excitation():
    """Section 2 and rule 18: on the upper channel the carriers stand in reverse order."""
    lower, upper = (bistatic.excitation_symbol(PROFILE.downlink, 20_000_000, flag) for flag in (False, True))
    down, up = np.fft.fft(lower), np.fft.fft(upper)
    assert np.allclose(np.roll(down[::-1], 1), up, atol=1e-4) and not np.allclose(down, up, atol=1e-3)


def test_type5_halves():
    """Rule 18: both halves carry the non-AMP portion, the AMP part lies in the primary half alone."""
    vector = TxVector(PpduKind.DL_TYPE5, 250_000)
    for upper in (False, True):
        samples = ppdu(PROFILE, bytes(13), replace(vector, upper_half=upper))
        head, body = samples[:1280], samples[1280:-240]
        for part, share in ((head, 0.5), (body, 1.0 if upper else 0.0)):
            power = np.abs(np.fft.fft(part)) ** 2
            above = power[: part.size // 2].sum() / power.sum()
            assert above == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize(
    "wrong",
    [
        TxVector(PpduKind.DL_TYPE1, 500_000),
        TxVector(PpduKind.DL_TYPE1, 62_500),
        TxVector(PpduKind.DL_TYPE1, 250_000, partial_id=64),
        TxVector(PpduKind.DL_TYPE1, 250_000, partial_id=-1),
        TxVector(PpduKind.DL_TYPE5, 1_000_000),
        TxVector(PpduKind.DL_SUB1GHZ, 250_000),
        TxVector(PpduKind.DL_TYPE2, 250_000),
        TxVector(PpduKind.DL_TYPE3, 250_000),
        TxVector(PpduKind.DL_TYPE4, 250_000),
        TxVector(PpduKind.DL_TYPE4, 250_000, excitation_ns=-3200),
        TxVector(PpduKind.DL_TYPE4, 250_000, excitation_ns=5000),
        TxVector(PpduKind.DL_TYPE4, 1_000_000, excitation_ns=3200),
        TxVector(PpduKind.DL_TYPE2, 1_000_000, excitation_ns=16_000),
        TxVector(PpduKind.DL_TYPE2, 250_000, wup_ns=999_000, excitation_ns=16_000),
        TxVector(PpduKind.DL_TYPE3, 250_000, excitation_ns=14_000),
        TxVector(PpduKind.UL_ACTIVE, 250_000, channel_offset_hz=4_000_000),
        TxVector(PpduKind.UL_ACTIVE, 4_000_000, channel_offset_hz=5_000_000),
        TxVector(PpduKind.UL_ACTIVE, 2_000_000),
        TxVector(PpduKind.UL_ACTIVE, 250_000, seed_index=4),
        TxVector(PpduKind.UL_MONO_STATIC, 4_000_000),
        TxVector(PpduKind.UL_BISTATIC, 4_000_000),
    ],
    ids=str,
)
def test_refuses_what_cannot_be_sent(wrong):
    """A caller's mistake raises and says what is wrong."""
    with pytest.raises(ValueError, match=r".{10}"):
        ppdu(PROFILE, bytes(13), wrong)


def test_refuses_bad_arguments():
    """A caller's mistake raises and says what is wrong."""
    with pytest.raises(ValueError, match="octet"):
        ppdu(PROFILE, b"", TYPE1_250K)
    with pytest.raises(ValueError, match="clock_ppm"):
        ppdu(PROFILE, bytes(4), TYPE1_250K, clock_ppm=10.0)
    for ppm in (float("nan"), -1e6, float("inf")):
        with pytest.raises(ValueError, match="clock_ppm"):
            ppdu(PROFILE, bytes(4), ACTIVE_250K, clock_ppm=ppm)
    with pytest.raises(ValueError, match="symbols"):
        bistatic.excitation(PROFILE.downlink, 5000, 20_000_000)
    with pytest.raises(ValueError, match="bits"):
        u_sig_bits(PROFILE.preamble, USig(2, bss_colour=64))
    with pytest.raises(ValueError, match="seed index"):
        scrambler_seed(PROFILE.uplink, -1)
    with pytest.raises(ValueError, match="samples"):
        laid_out([("x", 130)], 4_000_000)


def test_amp_sig_is_checked_on_reception():
    """Rule 15 backwards: one flipped bit anywhere, another version or another device type is not an AMP-SIG."""
    downlink = PROFILE.downlink
    for partial_id in range(64):
        good = amp_sig.octets(downlink, partial_id)
        assert amp_sig.partial_id_of(downlink, good) == partial_id
        for bit in range(16):
            flipped = (int.from_bytes(good, "little") ^ 1 << bit).to_bytes(2, "little")
            assert amp_sig.partial_id_of(downlink, flipped) is None
    assert amp_sig.partial_id_of(downlink, b"\xaa") is None


@pytest.mark.parametrize("kind", [PpduKind.UL_ACTIVE, PpduKind.DL_TYPE1])
def test_a_transmitter_that_dies_is_silent_from_there_on(kind: PpduKind) -> None:
    """Brown-out inside a transmission: everything before the cut is as it was, nothing comes after it."""
    vector = TxVector(kind, 250_000)
    whole = ppdu(PROFILE, bytes(range(13)), vector)
    cut = ppdu(PROFILE, bytes(range(13)), replace(vector, cut_off_ns=100_000))
    assert cut.size == whole.size
    assert np.array_equal(cut[:2000], whole[:2000])
    assert np.any(whole[2000:]) and not np.any(cut[2000:])
