"""``make bench-per``: its figures are what they say, and each mode stays within 1 dB of its bar."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from ampradio.phy.theory import required_ebn0_db, to_db
from testbed.bench import per, per_measure
from testbed.bench.per_curve import Point, crossing_db, crossing_interval_db
from testbed.bench.per_modes import MODES, downlink_per, errors, genie_errors, union_bound_per

TARGET = 0.1
BARS_DB = {"DL 250k": 15.74, "DL 1M": 13.65}  # performance page, section 1
CODED_BAR_DB = 4.83  # Ec/N0 of the genie at 10 % PER, 40 000 packets


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
@pytest.mark.parametrize("clock_ppm", [0.0, 10_000.0])
def test_within_a_decibel_of_the_bar(mode: per_measure.Mode, clock_ppm: float) -> None:
    """Done when (per.json): at bar + 1 dB fewer than 10 % are lost, by the upper Wilson bound."""
    bar_db = BARS_DB.get(mode.name, CODED_BAR_DB)
    lost = errors(mode, clock_ppm, bar_db + 1, 160, (7, MODES.index(mode), int(clock_ppm)))
    assert Point(bar_db + 1, lost, 160, 0.0).interval[1] < TARGET


@pytest.mark.parametrize("mode", MODES[:2], ids=lambda mode: mode.name)
def test_no_better_than_the_energy_comparison_allows(mode: per_measure.Mode) -> None:
    """An energy detector cannot beat its limit: if it seems to, the noise or the count is wrong."""
    bar_db = required_ebn0_db(TARGET, lambda gamma: downlink_per(mode, float(to_db(gamma))))
    assert bar_db == pytest.approx(BARS_DB[mode.name], abs=0.01)
    lost = errors(mode, 1000.0, bar_db - 1, 128, (8, MODES.index(mode)))
    assert Point(bar_db - 1, lost, 128, 0.0).interval[1] > downlink_per(mode, bar_db - 1)


def test_uplink_no_better_than_with_the_phase_known() -> None:
    """Below the coherent genie's own 10 % point more than 10 % are lost."""
    for mode in MODES[2:]:
        assert errors(mode, 0.0, 1.0, 96, (9, MODES.index(mode))) > 0.1 * 96


def test_the_genie_is_below_its_union_bound_and_near_it_where_that_is_tight() -> None:
    """At 6 dB the bound is a few times 1e-3 and the genie below it; the phase known is better than not."""
    lost = genie_errors(6.0, 4000, False, (10,))
    bound = union_bound_per(6.0)
    assert Point(6.0, lost, 4000, bound).interval[0] <= bound
    assert genie_errors(4.0, 1000, True, (11,)) < genie_errors(4.0, 1000, False, (11,))


def test_one_seed_gives_one_result() -> None:
    """Same seed, same errors; another seed, another draw."""
    mode = MODES[1]
    counts = [errors(mode, 0.0, 12.5, 64, (seed, 1)) for seed in (1, 1, 2, 3)]
    assert counts[0] == counts[1]
    assert len(set(counts)) > 1


def test_crossing_interpolates_the_logarithm() -> None:
    """From 1 to 0.01 over 2 dB, 0.1 lies in the middle; no crossing is NaN."""
    assert crossing_db([3.0, 5.0], [1.0, 0.01]) == pytest.approx(4.0)
    assert math.isnan(crossing_db([3.0, 5.0], [0.05, 0.01]))
    assert math.isnan(crossing_db([3.0, 5.0], [0.5, 0.2]))
    points = [Point(3.0, 50, 100, 0.0), Point(4.0, 10, 100, 0.0), Point(5.0, 0, 100, 0.0)]
    low_db, high_db = crossing_interval_db(points)
    assert low_db < 4.0 < high_db


def test_the_command_prints_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One command: tables, ``bench/out/per.json`` with the fields a machine reads, the plot."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(per_measure, "MODES", (MODES[1], MODES[3]))
    monkeypatch.setattr(per_measure, "CLOCKS_PPM", (1000.0,))
    code = per.main(["--packets", "48", "--processes", "2", "--seed", "3", "--plot", str(tmp_path / "per.png")])
    figures = json.loads((tmp_path / "bench/out/per.json").read_text())
    assert [each["mode"] for each in figures] == ["DL 1M", "UL 1M"]
    for each in figures:
        assert each["fs_msps"] == 20
        assert (each["clock_ppm"], each["packets"], each["seed"]) == (1000.0, 48, 3)
        assert {"rate_kbps", "detector", "bar_db", "measured_db", "loss_db", "curve"} <= each.keys()
        for point in each["curve"]:
            low, high = point["interval"]
            assert low <= point["per"] == point["errors"] / 48 <= high
    losses = [each["loss_db"] for each in figures]
    assert code == (0 if all(loss is not None and loss <= 1 for loss in losses) else 1)
    assert (tmp_path / "per.png").stat().st_size > 1000
    assert "distance" in capsys.readouterr().out


def test_wrong_options_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and the reason."""
    with pytest.raises(SystemExit) as stopped:
        per.main(["--packets", "0"])
    assert stopped.value.code == 2
    assert "at least 1" in capsys.readouterr().err
