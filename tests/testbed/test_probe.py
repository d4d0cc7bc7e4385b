"""`amp replay --probe`: the receivers' inside as valid SigMF, which tells the PSDU again."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sigmf

from ampradio.phy.scrambler import scramble
from ampradio.phy.uplink import data_bits, scrambler_seed
from ampradio.phy.viterbi import decode
from ampradio.profile import load_profile
from ampradio.vectors import PpduKind, TxVector
from testbed import cli, probe_picture
from testbed.capture import open_capture
from testbed.probe import write_probes
from testbed.replay import replay
from tests.conftest import ROOT

GOLDEN = ROOT / "tests" / "golden" / "recordings"
PROFILE = load_profile()
TAG_SIGNALS = {"envelope", "correlation", "threshold", "timing_of_sync", "timing", "sync_chips", "soft_chips"}
AP_SIGNALS = TAG_SIGNALS - {"sync_chips"} | {"soft_bits"}


class Probed:
    """The signals of the only PPDU of a golden recording, and the PSDU that was sent."""

    def __init__(self, name: str, folder: Path) -> None:
        assert cli.main(["replay", str(GOLDEN / name), "--probe", str(folder), "--quiet"]) == 0
        self.psdu = bytes.fromhex(
            json.loads((GOLDEN / f"{name}.sigmf-meta").read_text())["global"]["amp:expected_psdus"][0]
        )
        self.meta: dict[str, dict[str, Any]] = {}
        self.values: dict[str, np.ndarray] = {}
        for path in sorted(folder.glob("*.sigmf-meta")):
            file = sigmf.sigmffile.fromfile(str(path))
            file.validate()
            signal = json.loads(path.read_text())
            what = signal["global"]["amp:signal"]
            self.meta[what] = signal
            self.values[what] = np.fromfile(
                path.with_suffix(".sigmf-data"), "<c8" if signal["global"]["core:datatype"] == "cf32_le" else "<f4"
            )

    def mark(self, signal: str, label: str) -> slice:
        """Return the values of a field."""
        found = [each for each in self.meta[signal]["annotations"] if each["core:label"] == label]
        assert len(found) == 1
        start = found[0]["core:sample_start"]
        return slice(start, start + found[0]["core:sample_count"])

    def rate(self, signal: str) -> float:
        """Return the sample rate of a signal."""
        return float(self.meta[signal]["global"]["core:sample_rate"])


@pytest.mark.parametrize("rate", ["250k", "1m"])
@pytest.mark.parametrize("kind", ["clean", "threshold", "protected"])
def test_the_tags_soft_chips_are_the_psdu(tmp_path: Path, rate: str, kind: str) -> None:
    """A bit is 1 when its second half has more energy; AMP-SIG first, then the PSDU, lowest bit first."""
    probed = Probed(f"dl-type1-{rate}-{kind}", tmp_path)
    assert probed.values.keys() == TAG_SIGNALS
    chips = probed.values["soft_chips"][probed.mark("soft_chips", "AMP-Data")]
    assert np.packbits(chips[1::2] > chips[::2], bitorder="little").tobytes() == probed.psdu
    assert probed.rate("soft_chips") == pytest.approx({"250k": 500e3, "1m": 2e6}[rate], rel=1e-3)
    sync = probed.values["sync_chips"]
    word = np.array([int(chip) for chip in PROFILE.downlink.sync_bits + PROFILE.downlink.special_bits])
    on = word == (1 if rate == "250k" else 0)
    assert sync[on].mean() > 2 * sync[~on].mean()


@pytest.mark.parametrize("name", ["ul-active-250k-clean", "ul-active-250k-threshold", "ul-active-1m-worst"])
def test_the_aps_soft_bits_are_the_psdu(tmp_path: Path, name: str) -> None:
    """The decoder and the scrambler make the PSDU of them; the chips of the clean one are those that were sent."""
    probed = Probed(name, tmp_path)
    assert probed.values.keys() == AP_SIGNALS
    window = next(
        each
        for each in json.loads((GOLDEN / f"{name}.sigmf-meta").read_text())["annotations"]
        if "amp:listen_seed_index" in each
    )
    seed_index, rate_bps = window["amp:listen_seed_index"], window["amp:listen_rate_bps"]
    soft = probed.values["soft_bits"].astype(np.float64)
    bits = decode(PROFILE.uplink, soft.reshape(1, -1, 2))[0, : 8 * len(probed.psdu)]
    plain = scramble(bits, scrambler_seed(PROFILE.uplink, seed_index))
    assert np.packbits(plain, bitorder="little").tobytes() == probed.psdu
    if name.endswith("clean"):
        vector = TxVector(PpduKind.UL_ACTIVE, rate_bps, seed_index=seed_index)
        coded = data_bits(PROFILE, np.frombuffer(probed.psdu, np.uint8), vector)
        chips = probed.values["soft_chips"][probed.mark("soft_chips", "AMP-Data")].real
        assert np.array_equal(chips[1::2] > chips[::2], coded > 0)


@pytest.mark.parametrize("name", ["ul-active-4m-clean", "ul-active-4m-worst"])
def test_soft_chips_of_an_uncoded_frame_are_the_scrambled_psdu(tmp_path: Path, name: str) -> None:
    """4 Mb/s: no soft bits, since there is no decoder; a bit is 1 when its second half is ON."""
    probed = Probed(name, tmp_path)
    assert probed.values.keys() == AP_SIGNALS - {"soft_bits"}
    annotations = json.loads((GOLDEN / f"{name}.sigmf-meta").read_text())["annotations"]
    (seed_index,) = (each["amp:listen_seed_index"] for each in annotations if "amp:listen_seed_index" in each)
    chips = probed.values["soft_chips"][probed.mark("soft_chips", "AMP-Data")].real
    plain = scramble((chips[1::2] > chips[::2]).astype(np.uint8), scrambler_seed(PROFILE.uplink, seed_index))
    assert np.packbits(plain, bitorder="little").tobytes() == probed.psdu


@pytest.mark.parametrize(
    "name", ["dl-type2-fast", "dl-type3-threshold", "dl-sub1ghz-slow", "dl-type4-lower", "dl-type5-upper-fast"]
)
def test_the_soft_chips_of_every_other_command_are_its_psdu(tmp_path: Path, name: str) -> None:
    """What Types 2 and 3, an excitation's announcement and a command below 1 GHz hold, under any clock."""
    probed = Probed(name, tmp_path)
    assert probed.values.keys() == TAG_SIGNALS
    chips = probed.values["soft_chips"][probed.mark("soft_chips", "AMP-Data")]
    assert np.packbits(chips[1::2] > chips[::2], bitorder="little").tobytes() == probed.psdu


@pytest.mark.parametrize("name", ["ul-mono-250k-fast", "ul-mono-250k-threshold", "ul-mono-1m-leak-slow"])
def test_a_mono_static_reply_stands_out_of_the_leak(tmp_path: Path, name: str) -> None:
    """The chips are the PSDU, about half the reflection above and below; the envelope as heard shows the leak alone."""
    probed = Probed(name, tmp_path)
    assert probed.values.keys() == TAG_SIGNALS - {"sync_chips"} | {"wiped_off", "level"}
    chips = probed.values["soft_chips"][probed.mark("soft_chips", "AMP-Data")].real
    assert np.packbits(chips[1::2] > chips[::2], bitorder="little").tobytes() == probed.psdu
    assert np.abs(chips).mean() == pytest.approx(0.5, rel=0.1)
    chip_s, data_s = 1 / probed.rate("soft_chips"), probed.mark("envelope", "AMP-Data")
    assert chips.size * chip_s == pytest.approx((data_s.stop - data_s.start) / probed.rate("envelope"), rel=1e-3)
    data = probed.mark("envelope", "AMP-Data")
    assert probed.values["envelope"][data].mean() > 10 * np.abs(probed.values["wiped_off"][data]).mean() ** 2


@pytest.mark.parametrize(
    "name",
    [
        "dl-type1-250k-clean", "dl-type1-1m-clean", "ul-active-250k-clean", "dl-type3-clean", "dl-sub1ghz-clean",
        "ul-mono-250k-fast",
    ],
)  # fmt: skip
def test_the_correlation_passes_its_threshold_where_the_sync_is(tmp_path: Path, name: str) -> None:
    """It is highest within half a chip of the AMP-Sync's first edge, and above the threshold there."""
    probed = Probed(name, tmp_path)
    size, threshold = np.abs(probed.values["correlation"]), probed.values["threshold"]
    assert size.size == threshold.size > 0
    sync = probed.mark("correlation", "AMP-Sync").start
    peak = int(np.argmax(size[: sync + 20]))
    assert abs(peak - sync) <= 2
    assert size[peak] > threshold[peak]


@pytest.mark.parametrize(
    ("name", "ppm"),
    [
        ("dl-type1-250k-slow", 10_000.0),
        ("dl-type1-1m-fast", -10_000.0),
        ("dl-sub1ghz-slow", 100_000.0),
        ("ul-mono-250k-fast", -100_000.0),
    ],
)
def test_the_timing_is_the_clock_error(tmp_path: Path, name: str, ppm: float) -> None:
    """Chip edges drift from a nominal clock's by the error of the clock."""
    probed = Probed(name, tmp_path)
    late_ns = probed.values["timing"]
    nominal_ns = np.arange(late_ns.size) / probed.rate("timing") * 1e9
    assert np.polyfit(nominal_ns, late_ns, 1)[0] * 1e6 == pytest.approx(ppm, abs=100)


def test_the_envelope_has_the_energy_of_the_chips(tmp_path: Path) -> None:
    """ON half of the time: the mean over AMP-Data is that of the soft chips."""
    probed = Probed("dl-type1-250k-clean", tmp_path)
    envelope = probed.values["envelope"][probed.mark("envelope", "AMP-Data")]
    chips = probed.values["soft_chips"][probed.mark("soft_chips", "AMP-Data")]
    assert envelope.sum() == pytest.approx(chips.sum(), rel=0.01)


@pytest.mark.parametrize("name", ["dl-type1-1m-threshold", "dl-type2-fast", "ul-active-1m-worst", "ul-mono-250k-fast"])
def test_a_picture_of_them(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Drawn from the files alone; a folder without any is said to be one."""
    Probed(name, tmp_path)
    assert probe_picture.main([str(tmp_path), "--out", str(tmp_path / "probes.png")]) == 0
    assert (tmp_path / "probes.png").stat().st_size > 10_000
    (tmp_path / "empty").mkdir()
    assert probe_picture.main([str(tmp_path / "empty"), "--out", str(tmp_path / "no.png")]) == 2
    assert "amp replay --probe" in capsys.readouterr().err


def test_a_ppdu_that_cannot_be_looked_into_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever found the reply may have known its window; the recording has lost it. It is replayed all the same."""
    recording = open_capture(GOLDEN / "ul-mono-250k-fast.sigmf-meta")
    receptions = replay(recording, PROFILE).receptions
    written, left_out = write_probes(tmp_path / "probes", replace(recording, windows=()), PROFILE, receptions)
    assert written == [] and "no window" in left_out[0]


@pytest.mark.parametrize("name", ["ul-bistatic-250k", "ul-bistatic-1m-slow", "ul-bistatic-1m-down-fast"])
def test_a_bistatic_reply_without_its_excitation(tmp_path: Path, name: str) -> None:
    """The chips are the PSDU; ON ones differ, by what of the excitation falls into them, and OFF ones are empty."""
    probed = Probed(name, tmp_path)
    assert probed.values.keys() == TAG_SIGNALS - {"sync_chips"} | {"wiped_off"}
    chips = probed.values["soft_chips"][probed.mark("soft_chips", "AMP-Data")].real
    ones = chips[1::2] > chips[::2]
    assert np.packbits(ones, bitorder="little").tobytes() == probed.psdu
    on, off = (np.where(ones == state, chips[1::2], chips[::2]) for state in (True, False))
    assert on.mean() > 5 * np.abs(off).mean()
    correlation, threshold = probed.values["correlation"], probed.values["threshold"]
    peak = int(np.argmax(correlation))
    assert abs(peak - probed.mark("correlation", "AMP-Sync").start) <= 2 and correlation[peak] > threshold[peak]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file stands there: the caller's mistake, and the fix."""
    (tmp_path / "taken").write_text("")
    code = cli.main(["replay", str(GOLDEN / "dl-type1-250k-clean"), "--probe", str(tmp_path / "taken"), "--quiet"])
    assert code == 2
    assert "name a folder" in capsys.readouterr().err


def test_receivers_do_not_know_of_probes() -> None:
    """Nothing of it is loaded with the receivers: off, it costs nothing."""
    code = (
        "import sys, ampradio.phy.tag_receiver, ampradio.phy.ap_receiver;"
        "sys.exit(any('probe' in name for name in sys.modules if name.startswith('ampradio')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60).returncode == 0
