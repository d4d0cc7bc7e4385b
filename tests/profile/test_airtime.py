"""Air times against the check figures of the page and the independent implementation's vectors."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from ampradio.profile import airtime, load_profile
from ampradio.vectors import PpduKind
from tests.conftest import SHARED

PROFILE = load_profile()
VECTORS: dict[str, list[dict[str, Any]]] = json.loads((SHARED / "vectors" / "amp_phy.json").read_text())["vectors"]
KINDS = {"active": PpduKind.UL_ACTIVE, "mono": PpduKind.UL_MONO_STATIC, "bistatic": PpduKind.UL_BISTATIC}


def _ns(duration_us: float) -> int:
    exact = Fraction(str(duration_us)) * 1000
    assert exact.denominator == 1
    return int(exact)


def _all(group: str) -> Any:
    return pytest.mark.parametrize("vector", VECTORS[group], ids=lambda vector: vector["id"])


def _only(group: str, key: str) -> Any:
    chosen = [vector for vector in VECTORS[group] if key in vector]
    assert chosen
    return pytest.mark.parametrize("vector", chosen, ids=lambda vector: vector["id"])


@pytest.mark.parametrize(
    ("octets", "rate_bps", "us"), [(13, 250_000, 618), (4, 250_000, 330), (13, 1_000_000, 258), (4, 1_000_000, 186)]
)
def test_check_figures_of_section_2(octets: int, rate_bps: int, us: int) -> None:
    """Section 2, check figures: 13-octet Trigger and 4-octet Ack with signal extension."""
    assert airtime.downlink_type1_ns(PROFILE, octets, rate_bps, protected=False) == us * 1000


@_all("dl_us")
def test_type1_vectors(vector: dict[str, Any]) -> None:
    """Rules 14 and 17."""
    got = airtime.downlink_type1_ns(PROFILE, vector["octets"], vector["rate"], vector["protected"])
    assert got == _ns(vector["us"])


def test_protected_frames_are_padded_16_us_longer() -> None:
    """Rule 17: padding is 36 µs in place of 20 µs exactly when Protected is set."""
    plain = airtime.downlink_type1_ns(PROFILE, 40, 250_000, protected=False)
    assert airtime.downlink_type1_ns(PROFILE, 40, 250_000, protected=True) - plain == 16_000


def test_type5_lasts_as_a_type1() -> None:
    """Rule 18: only the non-AMP portion is duplicated."""
    vector = next(vector for vector in VECTORS["dl_type5"] if "offsets" in vector)
    octets = len(bytes.fromhex(vector["psdu"]))
    assert airtime.downlink_type1_ns(PROFILE, octets, 250_000, protected=False) == _ns(vector["txtime_us"])


@_all("dl_mono")
def test_mono_static_vectors(vector: dict[str, Any]) -> None:
    """Rules 16 and 24: BST-Excitation from T1 and T4, WUP-Excitation only in Type 2."""
    reply_ns = airtime.uplink_backscatter_ns(
        PROFILE, PpduKind.UL_MONO_STATIC, vector["reply_octets"], vector["ul_rate"]
    )
    bst_ns = airtime.bst_excitation_ns(PROFILE, reply_ns)
    octets = len(bytes.fromhex(vector["psdu"]))
    assert reply_ns == _ns(vector["t4_us"])
    assert bst_ns == _ns(vector["bst_us"])
    assert airtime.downlink_mono_ns(PROFILE, octets, bst_ns, first=vector["type"] == 2) == _ns(vector["txtime_us"])


def test_bst_excitation_of_a_delayed_reply() -> None:
    """Section 2: 1.1·T3 + 1 µs + 1.1·T4 = 2200 + 1 + 510.4 µs, whole 2 µs chips; and never under 16 µs."""
    assert airtime.bst_excitation_ns(PROFILE, 464_000, delayed=True) == 2_712_000
    assert airtime.bst_excitation_ns(PROFILE, 0) == 20_000


@_all("dl_type4")
def test_bistatic_excitation_vectors(vector: dict[str, Any]) -> None:
    """Rules 18 and 25."""
    slot_ns, slots, delay_ns = _ns(vector["slot_us"]), vector["n"], _ns(vector["delay_us"])
    assert airtime.bistatic_guard_ns(PROFILE, slot_ns, slots) == _ns(vector["guard_us"])
    got_ns = airtime.bistatic_excitation_ns(PROFILE, slot_ns, slots, delay_ns=delay_ns)
    assert got_ns == _ns(vector["excitation_us"])


@_only("dl_type4", "txtime_us")
def test_type4_vectors(vector: dict[str, Any]) -> None:
    """Rules 14 and 18, and the delay of the profile."""
    excitation_ns = airtime.bistatic_excitation_ns(PROFILE, _ns(vector["slot_us"]), vector["n"])
    assert airtime.downlink_excited_ns(PROFILE, excitation_ns, 250_000) == _ns(vector["txtime_us"])


@_all("ul")
def test_uplink_vectors(vector: dict[str, Any]) -> None:
    """Rules 20 to 22: duration of all three kinds, and whole samples."""
    kind, octets, rate_bps = KINDS[vector["kind"]], len(bytes.fromhex(vector["psdu"])), vector["rate"]
    chip_ns = airtime.uplink_chip_ns(PROFILE, kind, rate_bps)
    assert airtime.uplink_ns(PROFILE, kind, octets, rate_bps) == _ns(vector["us"])
    assert airtime.samples(chip_ns, vector["sample_rate"]) == vector["samples_per_chip"]


@pytest.mark.parametrize(("rate_bps", "us"), [(250_000, 488), (1_000_000, 122), (4_000_000, 32)])
def test_thirteen_octets_uplink(rate_bps: int, us: int) -> None:
    """Rule 21: 13 octets take 488 / 122 / 32 µs."""
    assert airtime.uplink_active_ns(PROFILE, 13, rate_bps) == us * 1000


@_only("timing", "delay_us")
def test_bistatic_slot_vectors(vector: dict[str, Any]) -> None:
    """Rule 25 and section 4: slot k at delay + (k − 1)(slot + guard)."""
    slot_ns, slots, delay_ns = _ns(vector["slot_us"]), vector["n"], _ns(vector["delay_us"])
    assert airtime.bistatic_guard_ns(PROFILE, slot_ns, slots) == _ns(vector["guard_us"])
    starts_ns = airtime.bistatic_slot_starts_ns(PROFILE, slot_ns, slots, delay_ns=delay_ns)
    assert starts_ns == tuple(map(_ns, vector["slot_starts_us"]))
    got_ns = airtime.bistatic_excitation_ns(PROFILE, slot_ns, slots, delay_ns=delay_ns)
    assert got_ns == _ns(vector["excitation_us"])


@_only("timing", "bst_us")
def test_bst_vectors(vector: dict[str, Any]) -> None:
    """Rule 16: BST-Excitation rounded up to whole chips."""
    assert airtime.bst_excitation_ns(PROFILE, _ns(vector["t4_us"])) == _ns(vector["bst_us"])


@pytest.mark.parametrize(("ul_ns", "units"), [(712_000, 178), (712_001, 179), (1, 1), (122_000, 31)])
def test_slot_units_round_up(ul_ns: int, units: int) -> None:
    """Rule 7: slot duration in 4 µs units, rounded up."""
    assert airtime.slot_units(PROFILE, ul_ns) == units


@_all("lsig")
def test_l_sig_length_vectors(vector: dict[str, Any]) -> None:
    """Section 2: LENGTH = 3·ceil((TXTIME − SigExt − 20 µs)/4 µs) − 3, a multiple of 3."""
    length = airtime.l_sig_length(PROFILE, _ns(vector["txtime_us"]))
    assert length == vector["length"] and length % 3 == 0


def test_a_ppdu_may_not_exceed_5484_us() -> None:
    """Rule 14: the encoder raises, nothing is clipped; rule 25: this bounds N."""
    longest_ns = 5_484_000
    at_250k_ns = airtime.downlink_type1_ns(PROFILE, 165, 250_000, protected=False)
    assert at_250k_ns - 6000 <= longest_ns
    with pytest.raises(ValueError, match="rule 14"):
        airtime.downlink_type1_ns(PROFILE, 166, 250_000, protected=False)
    with pytest.raises(ValueError, match="rule 14"):
        airtime.downlink_excited_ns(PROFILE, airtime.bistatic_excitation_ns(PROFILE, 460_000, 12), 250_000)


@pytest.mark.parametrize(
    ("kind", "rate_bps"),
    [(PpduKind.UL_MONO_STATIC, 4_000_000), (PpduKind.UL_ACTIVE, 62_500), (PpduKind.DL_TYPE1, 250_000)],
)
def test_rates_the_draft_does_not_have_are_refused(kind: PpduKind, rate_bps: int) -> None:
    """Section 3: each kind has its own rates."""
    with pytest.raises(ValueError, match=kind.name):
        airtime.uplink_ns(PROFILE, kind, 4, rate_bps)


def test_half_samples_are_refused() -> None:
    """Sample positions are integers at a stated rate."""
    with pytest.raises(ValueError, match="whole number of samples"):
        airtime.samples(125, 20_000_000)
