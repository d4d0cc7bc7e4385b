"""``make bench-phy``: what it times is really done, and what it prints and writes is complete."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

from ampradio.phy.modulate import ppdu
from ampradio.profile import load_profile
from ampradio.vectors import PpduKind, TxVector
from testbed.bench import phy
from testbed.bench.bars import Bar
from testbed.bench.detectors import NaiveDetector
from testbed.bench.packets import Link, single_frame_s
from testbed.bench.per_modes import MODES, Mode, psdus
from testbed.bench.stopwatch import medians_s, warning, with_core_share
from tests.conftest import ROOT

RATE_SPS = 20_000_000
SYNC_AT = 32 * 20  # air-interface page, section 2: the AMP-Sync follows 32 µs of non-AMP portion


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_the_link_carries_what_was_sent(mode: Mode) -> None:
    """Every packet that is timed is decoded to what was sent, by the batch and by the streaming receiver."""
    link = Link(mode, 3)
    sent = psdus(4, link.rng)
    clean = link.modulated(sent)
    noisy = link.through_the_air(clean)
    assert link.received(noisy) == tuple(each.tobytes() for each in sent)
    added = np.mean(np.abs(noisy[:, :300]) ** 2)
    assert added == pytest.approx(link.noise_power, rel=0.15)
    assert 0 < single_frame_s(link, 1) < 1


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
        time.sleep(0.05 if len(done) < 5 else 0)

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
    monkeypatch.setattr(phy, "QUICK_BATCHES", (1, 4))
    monkeypatch.setattr(phy, "QUICK_FLOWGRAPHS", 3)
    code = phy.main(["--quick"])
    figures = json.loads((tmp_path / "bench/out/phy.json").read_text())
    printed = capsys.readouterr().out
    assert [each["mode"] for each in figures["modes"]] == [mode.name for mode in MODES]
    for each in figures["modes"]:
        assert each["mode"] in printed
        assert each["decoded"] == 1
        assert each["packets_per_s"].keys() == {"modulate", "receive", "full chain", "noise only"}
        for part, by_batch in each["packets_per_s"].items():
            assert by_batch.keys() == {"1", "4"}
            best = each["best_packets_per_s"][part]
            assert best == max(by_batch.values()) > 0
            assert each["best_msps"][part] == pytest.approx(best * each["samples_per_packet"] / 1e6)
        assert each["flowgraph_per_packet_per_s"] > 0
    assert figures["detectors_msps"].keys() == {"copy", "search", "search of power", "receiver", "naive"}
    assert figures["machine"]["cores"] >= 1
    assert figures["core_share"].keys() == {*(mode.name for mode in MODES), "detectors"}
    deciding = [bar for bar in figures["bars"] if "noise only" not in bar["what"] and "its batch 1" not in bar["what"]]
    assert len(deciding) == 2 + 2 * len(MODES)
    assert code == (0 if all(bar["holds"] for bar in deciding) else 1)


def test_wrong_options_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and the reason."""
    with pytest.raises(SystemExit) as stopped:
        phy.main(["--repeat", "0"])
    assert stopped.value.code == 2
    assert "at least 1" in capsys.readouterr().err
