"""``make bench-phy``: what it times is really done, and what it prints and writes is complete."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ampradio.phy.modulate import ppdu
from ampradio.profile import load_profile
from ampradio.vectors import PpduKind, TxVector
from testbed.bench import phy, waveform
from testbed.bench.bars import Bar
from testbed.bench.detectors import NaiveDetector
from testbed.bench.frames import measure as measure_frames
from testbed.bench.measured_part import BEGIN, END
from testbed.bench.packet_link import PacketLink, data_frames, randomness
from testbed.bench.packet_modes import MODES, PacketMode
from testbed.bench.packet_workers import simulate
from testbed.bench.stopwatch import medians_s, warning, with_core_share
from tests.conftest import ROOT

RATE_SPS = 20_000_000
SYNC_AT = 32 * 20  # air-interface page, section 2: the AMP-Sync follows 32 µs of non-AMP portion


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_the_link_carries_what_was_sent(mode: PacketMode) -> None:
    """Every packet that is timed is decoded to what was sent, by the batch and by the streaming receiver."""
    link, draw = PacketLink(mode), randomness((3,))
    sent = data_frames(4, draw.rng)
    noisy = link.through_the_air(link.modulated(sent), draw)
    assert list(link.received(noisy).psdus) == [each.tobytes() for each in sent]
    added = np.mean(np.abs(noisy[:, :300]) ** 2)
    assert added == pytest.approx(mode.noise_power, rel=0.15)
    for each in measure_frames(mode, 1, 3):
        assert 0 < each.decode_s < 1 and 0 < each.receive_s < 1  # apart: on a busy machine either may be the longer
        assert 0 < each.air_s < 2e-3


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_the_number_of_processes_changes_nothing(mode: PacketMode) -> None:
    """One process and three find the same in every bit, over a last lot that is not full; another seed another."""
    alone = simulate(mode, 35, 5, 1)
    assert simulate(mode, 35, 5, 3) == alone
    assert (alone.packets, alone.right) == (35, 35)
    assert simulate(mode, 35, 6, 1).check != alone.check


def test_a_simulation_of_nothing_is_refused() -> None:
    """ValueError that names both numbers."""
    for packets, processes in ((0, 1), (1, 0)):
        with pytest.raises(ValueError, match=f"not {packets} and {processes}"):
            simulate(MODES[0], packets, 1, processes)


def test_both_links_at_waveform_level_follow_the_law() -> None:
    """½·exp(−γ/2) within four standard deviations of a binomial: it is the work that the comparison says it is."""
    packets = 2048
    ours = waveform.measure((64,), packets, 1, 4)
    law = waveform.theory_ber()
    deviation = np.sqrt(law * (1 - law) / (packets * waveform.BITS))
    assert abs(ours.ber - law) < 4 * deviation
    assert ours.best > 0 and ours.best_batch == 64


def test_without_sionna_the_reason_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not installed, or an environment in which it does not start: a sentence, no exception."""
    monkeypatch.setattr(waveform, "PYTHON", tmp_path / "none")
    assert "not installed" in str(waveform.measure_sionna((4,), 8, 1))
    monkeypatch.setattr(waveform, "PYTHON", Path(sys.executable))
    assert "sionna" in str(waveform.measure_sionna((4,), 8, 1))


def test_the_naive_detector_detects() -> None:
    """The detector that ours is held against finds the same word where it is, and nothing in noise."""
    rng = np.random.default_rng(4)
    noise = rng.standard_normal(40_000, dtype=np.float32).view(np.complex64) * np.float32(np.sqrt(0.5))
    naive = NaiveDetector(RATE_SPS)
    assert naive.find(noise, 1.0).size == 0
    samples = ppdu(load_profile(), bytes(16), TxVector(PpduKind.DL_TYPE1, 250_000))
    noise[3000 : 3000 + samples.size] += samples[: noise.size - 3000]
    found = naive.find(noise, 1.0)
    assert np.abs(found - (3000 + SYNC_AT)).min() <= 2
    assert found.min() > 3000 - naive.reach


def test_medians_are_of_turns() -> None:
    """Works run in turns, the first turn is not counted, and a median does not see one slow moment."""
    done: list[str] = []

    def slow_at_first() -> None:
        done.append("a")
        until_s = time.thread_time() + (0.05 if len(done) < 5 else 0)
        while time.thread_time() < until_s:
            pass

    seconds = medians_s({"a": slow_at_first, "b": lambda: done.append("b")}, 5)
    assert done == ["a", "b"] * 6
    assert seconds["a"] < 0.04
    with pytest.raises(ValueError, match="at least 1"):
        medians_s({}, 0)


def test_waiting_is_no_share_of_a_core() -> None:
    """A work that sleeps had little of the core; the result comes along."""
    result, share = with_core_share(lambda: time.sleep(0.1) or "done")
    assert result == "done"
    assert share < 0.5
    assert "busy" in warning([1.0, share]) and warning([1.0, 0.97]) == ""


def test_a_bar_holds_or_does_not() -> None:
    """At least, at most, and never without a figure."""
    assert Bar("a", 8.0, 8.0).holds and not Bar("a", 7.9, 8.0).holds
    assert Bar("a", 1.0, 1.0, at_most=True).holds and not Bar("a", 1.1, 1.0, at_most=True).holds
    assert not Bar("a", float("nan"), 1.0).holds and not Bar("a", float("nan"), 1.0, at_most=True).holds


def test_the_command_prints_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every mode in the table and in ``bench/out/phy.json``; the exit code is that of the issue's bars alone."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(phy, "QUICK", phy.Effort((1, 4), 2, 3, 1 << 18, (16,), 64, 20))
    monkeypatch.setattr(waveform, "PYTHON", tmp_path / "none")
    code = phy.main(["--quick"])
    figures = json.loads((tmp_path / "bench/out/phy.json").read_text())
    printed = capsys.readouterr().out
    assert [each["mode"] for each in figures["modes"]] == [mode.name for mode in MODES]
    for each in figures["modes"]:
        assert each["mode"] in printed
        assert each["decoded"] == 1
        assert each["packets_per_s"].keys() == {"modulate", "channel", "receive", "full chain", "noise only"}
        for part, by_batch in each["packets_per_s"].items():
            assert by_batch.keys() == {"1", "4"}
            best = each["best_packets_per_s"][part]
            assert best == max(by_batch.values()) > 0
            assert each["best_msps"][part] == pytest.approx(best * each["samples_per_packet"] / 1e6)
        assert each["flowgraph_per_packet_per_s"] > 0
    through = {"copy", "detector", "detector, no gate", "receiver, 10 PPDUs a second", "naive"}
    assert figures["detectors_msps"].keys() == through
    assert 0 <= figures["gate_opened_share"]["noise"] < 0.01
    assert 0 < figures["gate_opened_share"]["10 PPDUs a second"] < 0.05
    assert figures["machine"]["cores"] >= 1
    assert figures["core_share"].keys() == {*(mode.name for mode in MODES), "detectors"}
    assert len(figures["bars"]) == 2 + 3 * len(MODES)
    assert [each["octets"] for each in figures["frames"]] == [4, 16] * len(MODES)
    for each in figures["frames"]:
        assert min(each["decode_ms"], each["receive_ms"]) > 0
        assert each["air_times"] == pytest.approx(each["decode_ms"] / each["air_ms"])
        what = f"{each['mode']}, {each['octets']} octets: one frame decoded, air times"
        bars = figures["bars" if each["octets"] == 16 else "yardsticks"]
        assert [bar["measured"] for bar in bars if bar["what"] == what] == [each["air_times"]]
    assert figures["same_with_any_processes"] is True
    assert "not installed" in figures["sionna"]["not_measured"] and "Sionna was not measured" in printed
    assert code == (0 if all(bar["holds"] for bar in figures["bars"]) else 1)
    page = tmp_path / "docs/speed.md"
    page.parent.mkdir()
    page.write_text(f"before\n{BEGIN}old\n{END}after\n")
    assert phy.main(["--page"]) == 0
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    for each in figures["frames"]:
        row = f"| {each['mode']} | {each['octets']} | {each['air_ms']:.3f} | {each['decode_ms']:.3f} | "
        assert row in text


def test_wrong_options_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and the reason."""
    with pytest.raises(SystemExit) as stopped:
        phy.main(["--repeat", "0"])
    assert stopped.value.code == 2
    assert "at least 1" in capsys.readouterr().err
