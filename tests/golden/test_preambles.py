"""The non-AMP portions in the golden recordings decode as 802.11, by a decoder written from that standard alone."""

from __future__ import annotations

import math
from typing import Any

import pytest

from testbed.capture import open_capture
from tests.golden.make import FOLDER, recipes
from tests.golden.recipe import Recipe, Sent
from tests.phy.wifi_decoder import NotDecodedError, decode, one_half

# A station of 802.11 has a clock within 20 ppm: what a tag hears at its worst clock, or below the noise, is not for it.
READABLE = [
    recipe
    for recipe in recipes()
    if recipe.role == "tag"
    and recipe.device != "sub-1 GHz"
    and recipe.ecn0_db is None
    and not recipe.name.endswith(("-slow", "-fast"))
]
SAME = {
    "version": 0, "ul_dl": 0, "colour": 0, "txop": 127, "amp_version": 0, "type": 3, "disregard": 1, "validate": 1,
}  # fmt: skip
STATION = 0x2BAD
SESSION = 0x5A


def expected_u_sig(kind: str) -> dict[str, int]:
    """Return U-SIG by section 2 and rule 13."""
    if kind in ("DL_TYPE4", "DL_TYPE5"):
        return SAME | {"bw": 1, "mode": 1, "part1": 0, "part2": 0}
    if kind in ("DL_TYPE2", "DL_TYPE3"):
        return SAME | {"bw": 0, "mode": 0, "part1": 1 | (SESSION & 3) << 1, "part2": STATION & 0xFFF}
    return SAME | {"bw": 0, "mode": 2, "part1": 0, "part2": 0}


def heard(recipe: Recipe, sent: Sent) -> list[Any]:
    """Return what stations of 20 MHz hear from 10 µs before a PPDU on: one, or both halves of a 40 MHz recording."""
    lead = recipe.rate_sps // 100_000
    samples = open_capture(FOLDER / recipe.name).read(int(sent.start) - lead, lead + recipe.rate_sps // 20_000)
    return [samples] if recipe.rate_sps == 20_000_000 else [one_half(samples, upper) for upper in (False, True)]


def readable(recipe: Recipe) -> tuple[Sent, ...]:
    """Return the PPDUs whose beginning is not under a stronger one."""
    return recipe.sent[-1:] if recipe.name.endswith("-collision") else recipe.sent


@pytest.mark.parametrize("recipe", READABLE, ids=lambda recipe: recipe.name)
def test_a_station_of_802_11_reads_it(recipe: Recipe) -> None:
    """Where it begins, 6 Mb/s, a LENGTH that covers what was sent (rule 14), and U-SIG with its CRC (rule 13)."""
    for sent in readable(recipe):
        on_air_us = sent.count * 1e6 / recipe.rate_sps - 6
        for samples in heard(recipe, sent):
            found = decode(samples)
            assert abs(found.start - 200) <= 1
            assert found.rate_mbps == 6
            read_us = 20 + 4 * math.ceil((found.length + 3) / 3)
            assert found.length % 3 == 0 and on_air_us <= read_us < on_air_us + 4
            assert found.u_sig == expected_u_sig(sent.kind)


def test_every_type_is_among_them() -> None:
    assert {recipe.sent[0].kind for recipe in READABLE} == {f"DL_TYPE{number}" for number in range(1, 6)}


def test_below_1_ghz_there_is_nothing_to_read() -> None:
    """Rule 19: no non-AMP portion."""
    (recipe,) = (recipe for recipe in recipes() if recipe.name == "dl-sub1ghz-clean")
    with pytest.raises(NotDecodedError):
        decode(open_capture(FOLDER / recipe.name).read().astype(complex))
