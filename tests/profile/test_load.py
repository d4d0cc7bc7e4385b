"""A user's own profile file: taken when good, refused by file, field and reason when not."""

from __future__ import annotations

import dataclasses
import re
from importlib.resources import files
from pathlib import Path

import pytest

from ampradio.profile import ProfileError, built_in_profiles, load_profile

SHIPPED = (files("ampradio.profile") / "11bp-2026.09.toml").read_text(encoding="utf-8")


def _line(key: str) -> str:
    section, _, name = key.partition(".")
    body = SHIPPED.split(f"[{section}]\n")[1]
    return next(line for line in body.splitlines() if line.startswith(f"{name} = "))


def _with(tmp_path: Path, key: str, old: str, new: str) -> Path:
    """A copy of the shipped file in which ``old`` of the entry ``key`` is ``new``."""
    line = _line(key)
    assert line.count(old) == 1
    section = key.partition(".")[0]
    head, body = SHIPPED.split(f"[{section}]\n")
    path = tmp_path / "mine.toml"
    path.write_text(f"{head}[{section}]\n{body.replace(line, line.replace(old, new), 1)}", encoding="utf-8")
    return path


def test_a_file_of_the_users_own_replaces_a_placeholder(tmp_path: Path) -> None:
    """A placeholder must be replaceable without touching code."""
    path = _with(tmp_path, "timing.bistatic_delay_ns", "value = 100_000", "value = 150_000")
    profile = load_profile(path)
    assert profile.timing.bistatic_delay_ns == 150_000
    assert load_profile(str(path)) == profile
    assert load_profile().timing.bistatic_delay_ns == 100_000


def test_a_profile_is_frozen_and_cached(tmp_path: Path) -> None:
    """Issue item 2: frozen and typed; a changed file is read again."""
    profile = load_profile("11bp-2026.09")
    assert profile is load_profile()
    assert "11bp-2026.09" in built_in_profiles()
    with pytest.raises(dataclasses.FrozenInstanceError):
        profile.timing.amp_sifs_ns = 1  # type: ignore[misc]
    path = _with(tmp_path, "preamble.txop", "value = 127", "value = 1")
    first = load_profile(path)
    assert load_profile(path) is first
    path.write_text(path.read_text().replace("txop = { value = 1,", "txop = { value = 2,"))
    assert load_profile(path).preamble.txop == 2


BAD = [
    ("uplink.sync_bits", "1010110010", "1010210010", "uplink.sync_bits.value", "0 and 1"),
    ("timing.amp_sifs_ns", "10_000", "-10_000", "timing.amp_sifs_ns.value", "negative"),
    ("timing.amp_sifs_ns", "10_000", "10.5", "timing.amp_sifs_ns.value", "integer"),
    ("timing.amp_sifs_ns", "10_000", "true", "timing.amp_sifs_ns.value", "integer"),
    ("timing.amp_sifs_ns", "10_000", '"10"', "timing.amp_sifs_ns.value", "integer"),
    ("timing.amp_sifs_ns", '"ns"', '"us"', "timing.amp_sifs_ns.unit", '"ns"'),
    ("timing.amp_sifs_ns", '"adopted"', '"adopte"', "timing.amp_sifs_ns.provenance", "nearest is adopted"),
    ("timing.amp_sifs_ns", '"PM-96"', '" "', "timing.amp_sifs_ns.source", "non-empty"),
    ("timing.amp_sifs_ns", 'provenance = "adopted", ', "", "timing.amp_sifs_ns.provenance", "missing"),
    ("timing.amp_sifs_ns", "provenance =", "provnance =", "timing.amp_sifs_ns.provnance", "nearest is provenance"),
    ("timing.amp_sifs_ns", "amp_sifs_ns", "amp_sif_ns", "timing.amp_sif_ns", "nearest is amp_sifs_ns"),
    ("downlink.chip_1m_ns", "value = 500", "value = 510", "downlink.chip_1m_ns.value", "510 ns"),
    ("downlink.chip_1m_ns", "value = 500", "value = 525", "downlink.chip_1m_ns.value", "whole number of samples"),
    ("downlink.chip_1m_ns", "value = 500", "value = 0", "downlink.chip_1m_ns.value", "zero"),
    ("uplink.active_chip_high_ns", "value = 125", "value = 150", "uplink.active_chip_high_ns.value", "4000000 b/s"),
    ("uplink.scrambler_seeds", "0x19", "0x00", "uplink.scrambler_seeds.value", "1 to 127"),
    ("uplink.scrambler_seeds", ", 0x19", "", "uplink.scrambler_seeds.value", "four"),
    ("uplink.scrambler_seeds", "0x19", '"x"', "uplink.scrambler_seeds.value[3]", "integer"),
    ("uplink.scrambler_seeds", "[0x7F, 0x53, 0x2B, 0x19]", "[]", "uplink.scrambler_seeds.value", "list"),
    ("downlink.on_values", "[1, 1,", "[1,", "downlink.on_values.value", "5 items"),
    ("preamble.u_sig_widths", "[3, 3,", "[3, 4,", "preamble.u_sig_widths.value", "53 bits"),
    ("mac.type_data", "value = 12", "value = 13", "mac.type_authentication.value", "mac.type_data"),
    ("mac.type_data", "value = 12", "value = 16", "mac.type_data.value", "4 bits"),
    ("mac.body_octets_max", "value = 64", "value = 65", "mac.body_octets_max.value", "6 bits"),
    ("power.on_v", "1.2", "nan", "power.on_v.value", "finite"),
    ("power.on_v", "1.2", "0.8", "power.on_v.value", "off_v"),
    ("power.harvester_efficiency", "0.2", "1.5", "power.harvester_efficiency.value", "at most 1"),
    ("downlink.wup_excitation_ns", "1_000_000", "900_000", "downlink.wup_excitation_ns.value", "shorter"),
]


@pytest.mark.parametrize(("key", "old", "new", "field", "reason"), BAD, ids=[f"{b[0]}-{b[2]}" for b in BAD])
def test_bad_entry_is_refused(tmp_path: Path, key: str, old: str, new: str, field: str, reason: str) -> None:
    """Issue item 2: a bad one is refused with the field and the reason."""
    path = _with(tmp_path, key, old, new)
    with pytest.raises(ProfileError, match=re.escape(reason)) as caught:
        load_profile(path)
    assert caught.value.field == field
    assert caught.value.file == str(path)
    assert str(caught.value).startswith(f"{path}: {field}: ")


@pytest.mark.parametrize("key", ["timing.amp_sifs_ns", "mac.type_ack", "link.channel_models"])
def test_missing_entry_is_refused(tmp_path: Path, key: str) -> None:
    """Issue item 2: a missing key is named."""
    path = tmp_path / "mine.toml"
    path.write_text(SHIPPED.replace(_line(key), "", 1), encoding="utf-8")
    with pytest.raises(ProfileError, match="is missing") as caught:
        load_profile(path)
    assert caught.value.field == key


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ("[timing]", "[timming]", "timming", "nearest is timing"),
        ('name = "11bp-2026.09"', "", "name", "missing"),
        ('name = "11bp-2026.09"', "name = 7", "name", "non-empty text"),
        ("[timing]", "[[timing]]", "timing", "must be a table"),
        ("amp_sifs_ns = {", "amp_sifs_ns = 10_000 # {", "timing.amp_sifs_ns", "provenance"),
    ],
)
def test_bad_shape_is_refused(tmp_path: Path, old: str, new: str, field: str, reason: str) -> None:
    """Issue item 2: sections, the name, and bare numbers without provenance."""
    path = tmp_path / "mine.toml"
    path.write_text(SHIPPED.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ProfileError, match=reason) as caught:
        load_profile(path)
    assert caught.value.field == field


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    """Bad input: file, line, reason."""
    path = tmp_path / "mine.toml"
    path.write_text('name = "x"\n[timing\n', encoding="utf-8")
    with pytest.raises(ProfileError, match="line 2"):
        load_profile(path)


@pytest.mark.parametrize("octets", [b"\xff\xfe\x00", b"name = \x80"])
def test_not_text(tmp_path: Path, octets: bytes) -> None:
    """Garbage is refused like any other bad file."""
    path = tmp_path / "mine.toml"
    path.write_bytes(octets)
    with pytest.raises(ProfileError, match="not a TOML file"):
        load_profile(path)


def test_unknown_name_lists_the_built_in_ones(tmp_path: Path) -> None:
    """A wrong name says what there is; a folder is not a file."""
    with pytest.raises(ProfileError, match=re.escape("11bp-2026.09")):
        load_profile("11bp-1999.01")
    with pytest.raises(ProfileError, match="directory"):
        load_profile(tmp_path)
