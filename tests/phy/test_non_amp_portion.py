"""The non-AMP portion decodes as 802.11 by a decoder written from the standard (tests/phy/wifi_decoder.py)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ampradio.phy import signal_field, usig
from ampradio.phy.modulate import ppdu
from ampradio.phy.non_amp import portion
from ampradio.profile import load_profile
from ampradio.vectors import PpduKind, TxVector
from tests.phy.wifi_decoder import NotDecodedError, decode, one_half

PROFILE = load_profile()
DEFAULTS = {
    "version": 0, "ul_dl": 0, "colour": 0, "txop": 127, "amp_version": 0, "type": 3, "disregard": 1, "validate": 1,
}  # fmt: skip
# c7…c4 of the 8-bit remainder are all zero for x^8, x^9 and x^31: four bits out of eight cannot see these
UNSEEN_BY_CRC = (41, 40, 18)
ACTIVE = DEFAULTS | {"bw": 0, "mode": 2, "part1": 0, "part2": 0}
BISTATIC = DEFAULTS | {"bw": 1, "mode": 1, "part1": 0, "part2": 0}


def octets(count):
    return np.random.default_rng(count).integers(0, 256, count).astype(np.uint8)


def type1(count, rate_bps=250_000, **more):
    return ppdu(PROFILE, octets(count).tobytes(), TxVector(PpduKind.DL_TYPE1, rate_bps, **more))


def assert_length_covers(length, samples, rate_sps=20_000_000):
    """Rule 14 as a station reads it: RXTIME of the L-SIG ends with or within 4 µs after the PPDU; LENGTH mod 3 = 0."""
    on_air_us = samples * 1e6 / rate_sps - 6
    read_us = 20 + 4 * math.ceil((length + 3) / 3)
    assert length % 3 == 0
    assert on_air_us <= read_us < on_air_us + 4


def through_air(samples, seed, snr_db=None, cfo_hz=0.0, taps=(1.0,)):
    rng = np.random.default_rng(seed)
    before, after = rng.integers(50, 400, 2)
    sent = np.convolve(np.concatenate((np.zeros(before), samples[:1500], np.zeros(after))), taps)
    sent = sent * np.exp(1j * (2 * math.pi * cfo_hz / 20e6 * np.arange(sent.size) + rng.uniform(0, 6)))
    if snr_db is not None:
        noise = rng.standard_normal((2, sent.size)) * math.sqrt(0.5 * 10 ** (-snr_db / 10))
        sent = sent + noise[0] + 1j * noise[1]
    return sent, int(before)


@pytest.mark.parametrize("rate_bps", [250_000, 1_000_000])
@pytest.mark.parametrize("count", [4, 13, 14, 39, 71, 160])
@pytest.mark.parametrize("protected", [False, True])
def test_type1(count, rate_bps, protected):
    """Rules 13 and 14, every LENGTH on the way: parity, rate, tail, RL-SIG, CRC-4 and all U-SIG fields."""
    samples = type1(count, rate_bps, protected=protected)
    found = decode(samples)
    assert found.ripple < 1e-4 and found.known_error < 1e-4
    assert (found.start, found.rate_mbps) == (0, 6)
    assert_length_covers(found.length, samples.size)
    assert found.u_sig == ACTIVE


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("multi_txop", "session_id", "sta_id"), [(False, 0, 0), (True, 2, 0x8ABC), (False, 3, 0xFFFF)])
@pytest.mark.parametrize("bst_us", [16, 776, 2000])
def test_mono_static(first, multi_txop, session_id, sta_id, bst_us):
    """Rules 13, 14 and 16 for Types 2 and 3: Multi-TXOP, then Session ID; 12 LSB of the STA ID."""
    kind = PpduKind.DL_TYPE2 if first else PpduKind.DL_TYPE3
    fields = {"multi_txop": multi_txop, "session_id": session_id, "sta_id": sta_id, "excitation_ns": bst_us * 1000}
    samples = ppdu(PROFILE, octets(11).tobytes(), TxVector(kind, 250_000, **fields))
    found = decode(samples)
    assert found.ripple < 1e-4 and found.known_error < 1e-4
    assert_length_covers(found.length, samples.size)
    parts = {"part1": int(multi_txop) | session_id << 1, "part2": sta_id & 0xFFF}
    assert found.u_sig == DEFAULTS | {"bw": 0, "mode": 0} | parts


@pytest.mark.parametrize("symbols", [100, 500, 1600])
@pytest.mark.parametrize("upper", [False, True])
def test_type4(symbols, upper):
    """Rules 13 and 18: Type 4 says BW 1 and mode 1 and its LENGTH covers the excitation."""
    vector = TxVector(PpduKind.DL_TYPE4, 250_000, excitation_ns=symbols * 3200, upper_half=upper)
    samples = ppdu(PROFILE, octets(4).tobytes(), vector)
    found = decode(samples)
    assert_length_covers(found.length, samples.size)
    assert found.u_sig == BISTATIC


@pytest.mark.parametrize("count", [4, 13, 40])
@pytest.mark.parametrize("primary_upper", [False, True])
@pytest.mark.parametrize("half_upper", [False, True])
def test_type5(count, primary_upper, half_upper):
    """Rule 18: both halves of a Type 5 decode, whichever is primary."""
    vector = TxVector(PpduKind.DL_TYPE5, 250_000, upper_half=primary_upper)
    samples = ppdu(PROFILE, octets(count).tobytes(), vector)
    found = decode(one_half(np.concatenate((np.zeros(200), samples)), half_upper))
    assert found.start == 100
    assert_length_covers(found.length, samples.size, 40_000_000)
    assert found.u_sig == BISTATIC


@pytest.mark.parametrize("seed", range(20))
def test_with_noise_carrier_offset_and_echoes(seed):
    """An ordinary station decodes it at 12 dB, up to ±40 ppm off its carrier, behind a short echo."""
    rng = np.random.default_rng(seed + 100)
    cfo_hz = rng.uniform(-97_000, 97_000)
    echo = 0.4 * np.exp(2j * math.pi * rng.uniform())
    sent, before = through_air(type1(13 + seed), seed, 12.0, cfo_hz, (1.0, 0.0, echo))
    found = decode(sent)
    assert abs(found.start - before) <= 2
    assert found.cfo_hz == pytest.approx(cfo_hz, abs=8000)  # 5 sigma of 64 samples at 12 dB
    assert found.u_sig == ACTIVE
    assert_length_covers(found.length, type1(13 + seed).size)


def rebuilt(monkeypatch, *, l_flip=None, u_flip=None):
    """A non-AMP portion of which one information bit of L-SIG and RL-SIG or of U-SIG was flipped before coding."""
    l_bits, u_bits = signal_field.l_sig_bits, usig.u_sig_bits

    def flipped(bits, place):
        out = bits.copy()
        if place is not None:
            out[place] ^= 1
        return out

    monkeypatch.setattr(signal_field, "l_sig_bits", lambda length: flipped(l_bits(length), l_flip))
    monkeypatch.setattr(usig, "u_sig_bits", lambda preamble, fields: flipped(u_bits(preamble, fields), u_flip))
    return portion.__wrapped__(PROFILE.preamble, PROFILE.downlink.subcarrier_spacing_hz, 441, usig.USig(2))


def test_rebuilt_unflipped_decodes(monkeypatch):
    """Control of the next two tests: nothing flipped, nothing refused."""
    assert decode(rebuilt(monkeypatch)).length == 441


@pytest.mark.parametrize("place", range(18))
def test_flipped_l_sig_bit_is_refused(monkeypatch, place):
    """The parity of L-SIG means something: any one bit of RATE, reserved, LENGTH or parity flipped is noticed."""
    with pytest.raises(NotDecodedError, match="parity"):
        decode(rebuilt(monkeypatch, l_flip=place))


@pytest.mark.parametrize("place", sorted(set(range(46)) - set(UNSEEN_BY_CRC)))
def test_flipped_u_sig_bit_is_refused(monkeypatch, place):
    """The CRC-4 of U-SIG means something: one bit of content or CRC flipped is noticed."""
    with pytest.raises(NotDecodedError, match="CRC"):
        decode(rebuilt(monkeypatch, u_flip=place))


@pytest.mark.parametrize("place", UNSEEN_BY_CRC)
def test_flipped_u_sig_bit_the_crc_cannot_see(monkeypatch, place):
    """Three single bits lie outside what c7…c4 can see (in 802.11ax too); the fields then differ."""
    assert decode(rebuilt(monkeypatch, u_flip=place)).u_sig != ACTIVE


def test_broken_portions_are_refused():
    """What is not the start of an 802.11be PPDU does not decode: each field is looked at."""
    good, other = type1(13)[:640], type1(39)[:640]
    rng = np.random.default_rng(5)
    noise = rng.standard_normal(1000) + 1j * rng.standard_normal(1000)
    broken = {
        "no L-LTF": np.concatenate((noise, noise)),
        "L-STF": np.concatenate((np.tile(other[320:336], 10), good[160:])),
        "RL-SIG": np.concatenate((good[:400], other[400:480], good[480:])),
        "U-SIG": np.concatenate((good[:480], good[560:640], good[480:560])),
        "end": good[:600],
    }
    for reason, samples in broken.items():
        with pytest.raises(NotDecodedError, match=reason):
            decode(samples)


def test_silence_and_stubs_are_refused():
    """Nothing, or too little, is refused and not decoded by accident."""
    for samples in (np.zeros(0, complex), np.zeros(1000, complex), np.ones(150, complex)):
        with pytest.raises(NotDecodedError):
            decode(samples)
