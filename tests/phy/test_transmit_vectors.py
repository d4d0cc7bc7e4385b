"""The transmit side against vectors/amp_phy.json, computed by an independent implementation of the page's section 8."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ampradio.phy import amp_sig, amp_sync, bistatic
from ampradio.phy.convolutional import encode
from ampradio.phy.fields import ppdu_fields
from ampradio.phy.manchester import chips_from_text, chips_of
from ampradio.phy.modulate import ppdu, sample_rate_sps
from ampradio.phy.ofdm_symbol import interleave
from ampradio.phy.on_symbol import on_symbol
from ampradio.phy.scrambler import sequence
from ampradio.phy.signal_field import l_length, l_sig_bits
from ampradio.phy.uplink import runs as uplink_runs
from ampradio.phy.usig import USig, mono_static_parts, u_sig_bits
from ampradio.profile import load_profile
from ampradio.profile.airtime import bistatic_excitation_ns, bst_excitation_ns, uplink_backscatter_ns
from ampradio.psdu import bits_of, crc8, fcs, gen2_crc16
from ampradio.vectors import PpduKind, TxVector
from tests.conftest import SHARED

PROFILE = load_profile()
VECTORS = json.loads((SHARED / "vectors" / "amp_phy.json").read_text())["vectors"]
KINDS = {"active": PpduKind.UL_ACTIVE, "mono": PpduKind.UL_MONO_STATIC, "bistatic": PpduKind.UL_BISTATIC}
FIELD_KEYS = {
    "WUP-Excitation": "wup",
    "AMP-Sync": "sync",
    "AMP-SIG": "sig",
    "AMP-Data": "data",
    "Padding": "padding",
    "BST-Excitation": "bst",
    "Excitation": "excitation",
    "Signal extension": "sigext",
}


def of(group):
    return pytest.mark.parametrize("vector", VECTORS[group], ids=lambda vector: vector["id"])


def text(chips):
    return "".join(map(str, chips))


def octets(vector):
    return np.frombuffer(bytes.fromhex(vector["psdu"]), np.uint8)


def assert_samples(samples, expected):
    assert samples.dtype == np.complex64
    assert samples.shape == (expected["samples"],)
    values = np.array(expected["sample_values"]) @ (1, 1j)
    assert np.max(np.abs(samples[expected["sample_at"]] - values)) < 1e-6
    assert np.sum(np.abs(samples.astype(complex)) ** 2) == pytest.approx(expected["total_energy"], rel=1e-4)


def assert_fields(samples, fields, vector):
    """Offsets and energies of the vector hold for the fields, the five of the non-AMP portion taken as one."""
    assert fields[0].start_sample == vector["offsets"]["non_amp"]
    spans = {"non_amp": (0, fields[4].stop_sample)}
    spans |= {FIELD_KEYS[field.name]: (field.start_sample, field.stop_sample) for field in fields[5:]}
    offsets = {key: start for key, (start, _) in spans.items()} | {"end": fields[-1].stop_sample}
    expected = dict(vector["offsets"])
    if "wup" not in spans:
        expected.pop("wup", None)
    assert offsets == expected
    for key, (start, stop) in spans.items():
        energy = np.sum(np.abs(samples[start:stop].astype(complex)) ** 2)
        assert energy == pytest.approx(vector["energy"][key], rel=1e-4, abs=1e-9)


def assert_u_sig(fields, vector):
    assert text(u_sig_bits(PROFILE.preamble, fields)) == vector["usig"]


@of("amp_sig")
def test_amp_sig(vector):
    """Rule 15."""
    made = amp_sig.octets(PROFILE.downlink, vector["partial_id"])
    assert made.hex() == vector["octets"]
    assert text(chips_of(bits_of(made))) == vector["chips"]


@of("bcc")
def test_encoder(vector):
    """Rule 21; one of the two is the SIGNAL example of IEEE 802.11 Annex I."""
    assert text(encode(chips_from_text(vector["bits"]))) == vector["coded"]


@of("bistatic_symbol")
def test_bistatic_symbol(vector):
    """Rule 18."""
    values = np.array(vector["values"]) @ (1, 1j)
    assert np.max(np.abs(bistatic.excitation_symbol(PROFILE.downlink, 20_000_000) - values)) < 1e-6


@of("crc")
def test_check_sequences(vector):
    """Rule 2."""
    data = bytes.fromhex(vector["data"])
    assert fcs(data).hex() == vector["fcs_sent"]
    assert text(bits_of(fcs(data))) == vector["fcs_bits_in_order"]
    assert crc8(data) == vector["crc8"]


@of("backscatter_id")
def test_backscatter_id(vector):
    """Rule 4."""
    assert gen2_crc16(bytes.fromhex(vector["epc"])) == vector["backscatter_id"]


@of("lsig")
def test_l_sig(vector):
    """Rules 13 and 14."""
    length = l_length(PROFILE, vector["txtime_us"] * 1000)
    assert length == vector["length"]
    bits = l_sig_bits(length)
    assert text(bits) == vector["bits"]
    assert text(encode(bits)) == vector["coded"]
    assert text(interleave(encode(bits), 16)) == vector["interleaved"]


@of("usig")
def test_u_sig(vector):
    """Rule 13."""
    given = vector["fields"]
    part1, part2, colour = (given.get(key) for key in ("mode1", "mode2", "colour"))
    fields = USig(given["mode"], part1=part1 or 0, part2=part2 or 0, bss_colour=colour)
    bits = u_sig_bits(PROFILE.preamble, fields)
    assert text(bits) == vector["bits"]
    coded = encode(bits)
    assert text(coded) == vector["coded"]
    assert text(interleave(coded[:52], 13)) == vector["symbol1"]
    assert text(interleave(coded[52:], 13)) == vector["symbol2"]


@of("manchester")
def test_manchester(vector):
    """Rule 15."""
    assert text(chips_of(chips_from_text(vector["bits"]))) == vector["chips"]


@of("on_symbol")
def test_on_symbol(vector):
    """Rules 12 and 16."""
    values = np.array(vector["values"]) @ (1, 1j)
    assert np.max(np.abs(on_symbol(PROFILE.downlink, 2000, 20_000_000) - values)) < 1e-6


@of("scrambler")
def test_scrambler(vector):
    """Rule 21."""
    seed = PROFILE.uplink.scrambler_seeds[vector["index"]]
    assert seed == vector["seed"]
    assert text(sequence(seed, 127)) == vector["sequence"]


@of("sync")
def test_sync_words(vector):
    """Rules 15 and 22."""
    downlink, uplink = PROFILE.downlink, PROFILE.uplink
    assert text(amp_sync.downlink_chips(downlink, 250_000)) == vector["dl_250k"]
    assert text(amp_sync.downlink_chips(downlink, 1_000_000)) == vector["dl_1m"]
    assert text(amp_sync.mono_static_downlink_chips(downlink)) == vector["dl_mono"]
    assert text(amp_sync.uplink_chips(uplink, PpduKind.UL_ACTIVE)) == vector["ul"]
    assert text(amp_sync.uplink_chips(uplink, PpduKind.UL_BISTATIC)) == vector["ul"]
    assert text(amp_sync.uplink_chips(uplink, PpduKind.UL_MONO_STATIC)) == vector["ul_mono"]


@of("dl_type1")
def test_type1(vector):
    """Rules 12 to 17."""
    send = TxVector(PpduKind.DL_TYPE1, vector["rate"], vector["partial_id"], bool(vector["protected"]))
    samples = ppdu(PROFILE, bytes.fromhex(vector["psdu"]), send)
    assert_samples(samples, vector["iq"])
    assert_fields(samples, ppdu_fields(PROFILE, octets(vector).size, send), vector)
    assert samples.size == vector["txtime_us"] * 20
    assert l_length(PROFILE, vector["txtime_us"] * 1000) == vector["length"]
    assert_u_sig(USig(PROFILE.preamble.mode_active), vector)
    assert text(chips_of(bits_of(bytes.fromhex(vector["psdu"])))) == vector["data"]


@of("dl_us")
def test_downlink_air_time(vector):
    """Rules 14 and 17: the air time comes out of the waveform, sample for sample."""
    send = TxVector(PpduKind.DL_TYPE1, vector["rate"], protected=vector["protected"])
    assert ppdu(PROFILE, bytes(vector["octets"]), send).size == vector["us"] * 20


@of("dl_mono")
def test_types_2_and_3(vector):
    """Rules 12, 13, 16, 17, 23, 24."""
    reply_ns = uplink_backscatter_ns(PROFILE, PpduKind.UL_MONO_STATIC, vector["reply_octets"], vector["ul_rate"])
    send = TxVector(
        PpduKind(vector["type"]),
        250_000,
        excitation_ns=bst_excitation_ns(PROFILE, reply_ns),
        multi_txop=bool(vector["multi_txop"]),
        session_id=vector["session"],
        sta_id=vector["sta_id_12"],
    )
    samples = ppdu(PROFILE, bytes.fromhex(vector["psdu"]), send)
    assert_samples(samples, vector["iq"])
    assert_fields(samples, ppdu_fields(PROFILE, octets(vector).size, send), vector)
    assert samples.size == vector["txtime_us"] * 20
    part1, part2 = mono_static_parts(PROFILE.preamble, send.multi_txop, send.session_id, send.sta_id)
    assert_u_sig(USig(PROFILE.preamble.mode_mono_static, part1=part1, part2=part2), vector)


def test_type4():
    """Rules 13, 16, 18, 25."""
    vector = VECTORS["dl_type4"][0]
    excitation_ns = bistatic_excitation_ns(PROFILE, vector["slot_us"] * 1000, vector["n"])
    send = TxVector(PpduKind.DL_TYPE4, 250_000, excitation_ns=excitation_ns)
    samples = ppdu(PROFILE, bytes.fromhex(vector["psdu"]), send)
    assert_samples(samples, vector["iq"])
    assert_fields(samples, ppdu_fields(PROFILE, octets(vector).size, send), vector)
    assert_u_sig(USig(PROFILE.preamble.mode_bistatic, wide=True), vector)


def test_excitation_field_alone():
    """Rules 18 and 25."""
    vector = VECTORS["dl_type4"][1]
    excitation_ns = bistatic_excitation_ns(PROFILE, vector["slot_us"] * 1000, vector["n"])
    assert_samples(bistatic.excitation(PROFILE.downlink, excitation_ns, 20_000_000), vector["iq"])


def test_type5():
    """Rules 13 and 18: the whole PPDU, and its AMP part alone."""
    vector, amp_part = VECTORS["dl_type5"]
    send = TxVector(PpduKind.DL_TYPE5, 250_000, vector["partial_id"])
    samples = ppdu(PROFILE, bytes.fromhex(vector["psdu"]), send)
    assert sample_rate_sps(PROFILE, send) == vector["sample_rate"]
    assert_samples(samples, vector["iq"])
    fields = ppdu_fields(PROFILE, octets(vector).size, send)
    assert_fields(samples, fields, vector)
    assert_u_sig(USig(PROFILE.preamble.mode_bistatic, wide=True), vector)
    assert_samples(samples[fields[5].start_sample : fields[-1].start_sample], amp_part["iq"])


@of("dl_sub1ghz")
def test_sub1ghz(vector):
    """Rule 19."""
    send = TxVector(PpduKind.DL_SUB1GHZ, 62_500)
    samples = ppdu(PROFILE, bytes.fromhex(vector["psdu"]), send)
    rate_sps = sample_rate_sps(PROFILE, send)
    assert samples.size * 1_000_000 == vector["us"] * rate_sps
    per_chip = vector["chip_us"] * rate_sps // 1_000_000
    assert np.array_equal(samples, np.repeat(chips_from_text(vector["sync"] + vector["data"]), per_chip))
    assert [field.name for field in ppdu_fields(PROFILE, 4, send)] == ["AMP-Sync", "AMP-Data"]


@of("ul")
def test_uplink(vector):
    """Rules 20 to 22."""
    send = TxVector(KINDS[vector["kind"]], vector["rate"], seed_index=vector["seed_index"] or 0)
    sync, data = uplink_runs(PROFILE, octets(vector), send)
    assert text(sync.chips) == vector["sync"]
    assert text(data.chips) == vector["data"]
    assert int(sync.chips.sum()) + int(data.chips.sum()) == vector["ones"]
    rate_sps = sample_rate_sps(PROFILE, send)
    assert rate_sps == vector["sample_rate"]
    samples = ppdu(PROFILE, bytes.fromhex(vector["psdu"]), send)
    assert_samples(samples, vector["iq"])
    assert samples.size * 1e6 / rate_sps == vector["us"]
    sync_field, data_field = ppdu_fields(PROFILE, octets(vector).size, send)
    assert sync_field.stop_sample == data_field.start_sample == len(vector["sync"]) * vector["samples_per_chip"]
    assert data_field.stop_sample == vector["iq"]["samples"]
