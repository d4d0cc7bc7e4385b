"""The golden recordings are what the reference makes, pinned by hash, valid SigMF, and cover what they are meant to."""

from __future__ import annotations

import hashlib
import json
import warnings
from typing import Any

import numpy as np
import pytest
import sigmf

from ampradio.phy import theory
from testbed.capture import open_capture, open_captures
from tests.golden.make import FOLDER, MANIFEST, entry, metadata, recipes, samples_of
from tests.golden.recipe import Recipe

PINNED: dict[str, dict[str, Any]] = json.loads(MANIFEST.read_text(encoding="utf-8"))
RECIPES = recipes()
MOST_OCTETS = 4_000_000
COVERED = {
    ("DL_TYPE1", 250_000), ("DL_TYPE1", 1_000_000), ("DL_TYPE2", 250_000), ("DL_TYPE3", 250_000),
    ("DL_TYPE4", 250_000), ("DL_TYPE5", 250_000), ("DL_SUB1GHZ", 62_500), ("UL_ACTIVE", 250_000),
    ("UL_ACTIVE", 1_000_000), ("UL_ACTIVE", 4_000_000), ("UL_MONO_STATIC", 250_000), ("UL_MONO_STATIC", 1_000_000),
    ("UL_BISTATIC", 250_000), ("UL_BISTATIC", 1_000_000),
}  # fmt: skip


def test_the_manifest_names_every_file() -> None:
    files = {path.name for path in FOLDER.iterdir()} - {MANIFEST.name}
    assert files == {f"{name}.sigmf-{part}" for name in PINNED for part in ("data", "meta")}
    assert sum((FOLDER / name).stat().st_size for name in files) < MOST_OCTETS
    assert {(each["kind"], each["rate_bps"]) for each in PINNED.values()} == COVERED


@pytest.mark.parametrize("name", PINNED)
def test_pinned_and_valid(name: str) -> None:
    """SHA-256 of both files; sigmf's own reader, validator and checksum; our reader."""
    data, meta = FOLDER / f"{name}.sigmf-data", FOLDER / f"{name}.sigmf-meta"
    assert hashlib.sha256(data.read_bytes()).hexdigest() == PINNED[name]["data_sha256"]
    assert hashlib.sha256(meta.read_bytes()).hexdigest() == PINNED[name]["meta_sha256"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        handle = sigmf.fromfile(str(meta))
        handle.validate()
    recording = open_capture(meta)
    assert recording.samples == handle.sample_count == data.stat().st_size // 4
    assert (recording.role, recording.sample_rate_sps) == (PINNED[name]["role"], PINNED[name]["sample_rate_sps"])


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_the_reference_makes_it_again(recipe: Recipe) -> None:
    """Sample for sample within one step of 16 bits (another machine's logarithm may differ in the last place)."""
    data = (FOLDER / f"{recipe.name}.sigmf-data").read_bytes()
    made, kept = samples_of(recipe), np.frombuffer(data, "<i2")
    assert made.size == kept.size
    assert np.max(np.abs(made.astype(np.int32) - kept)) <= 1
    meta = metadata(recipe, data)
    assert (FOLDER / f"{recipe.name}.sigmf-meta").read_text(encoding="utf-8") == meta
    assert entry(recipe, data, meta) == PINNED[recipe.name]


def bar_db(recipe: Recipe) -> float:
    """Return the Ec/N0 of 10 % PER for the frame in ``recipe``: the bounds of the performance page, section 1."""
    sent = recipe.sent[-1]
    bits = 8 * len(sent.psdu)
    chip_us = {62_500: 8.0, 250_000: 2.0, 1_000_000: 0.5}.get(sent.rate_bps, 0.125)
    freedom = round(chip_us * recipe.rate_sps / 1e6)

    def rate(gamma: float) -> float:
        if sent.kind.startswith("DL"):
            return float(theory.per(theory.ber_energy(gamma, freedom), bits))
        if sent.kind == "UL_MONO_STATIC":
            return float(theory.per(theory.ber_coherent(gamma), bits))
        if sent.rate_bps == 4_000_000:
            return float(theory.per(theory.ber_noncoherent(gamma), bits))
        return float(theory.per_coded(gamma, bits))

    return theory.required_ebn0_db(0.1, rate)


@pytest.mark.parametrize(
    "recipe", [recipe for recipe in RECIPES if recipe.ecn0_db is not None], ids=lambda recipe: recipe.name
)
def test_threshold_recordings_are_at_the_threshold(recipe: Recipe) -> None:
    """Noise at the bar + 1 dB, and measured in the file: before the PPDU there is nothing else (but the AP's leak)."""
    assert recipe.ecn0_db == pytest.approx(bar_db(recipe) + 1.0, abs=0.1)
    if recipe.own is None:
        recording = open_capture(FOLDER / recipe.name)
        noise = float(np.mean(np.abs(recording.read(0, int(recipe.sent[-1].start))) ** 2))
        sent = recipe.sent[-1]
        chip_us = {("DL_TYPE1", 250_000): 2.0, ("DL_TYPE1", 1_000_000): 0.5, ("DL_TYPE3", 250_000): 2.0,
                   ("DL_SUB1GHZ", 62_500): 8.0, ("UL_ACTIVE", 250_000): 1.0, ("UL_ACTIVE", 1_000_000): 0.25,
                   ("UL_ACTIVE", 4_000_000): 0.125}[sent.kind, sent.rate_bps]  # fmt: skip
        measured = 10 * np.log10(chip_us * recipe.rate_sps / 1e6 / noise)
        assert measured == pytest.approx(recipe.ecn0_db, abs=0.5)


def test_a_folder_of_recordings_is_read_at_once() -> None:
    assert {each.meta_path.name for each in open_captures(FOLDER)} == {f"{name}.sigmf-meta" for name in PINNED}
