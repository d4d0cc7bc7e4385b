"""``make bench-per``: its figures are what they say, and receivers stay near their bars."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from rich.progress import Progress

from ampradio.phy.theory import ber_noncoherent, from_db
from ampradio.phy.theory import per as packet_error_rate
from testbed.bench import per
from testbed.bench.measured_part import BEGIN, END
from testbed.bench.per_case import Air, Case, count_errors
from testbed.bench.per_catalogue import cases
from testbed.bench.per_curve import Point, about, crossing_db, crossing_interval_db, median_crossing_db, pooled
from testbed.bench.per_measure import Curve, Effort, measure

TARGET = 0.1
CATALOGUE = {case.name: case for case in cases()}
BARS_DB = {  # performance page, section 1: the energy comparison with ideal timing; then coherent Manchester-OOK
    "DL 250k": 15.74,
    "DL 1M": 13.65,
    "DL Type 2": 15.74,
    "DL Type 3": 15.74,
    "UL mono 250k": 9.96,
    "UL mono 1M": 9.96,
}
CODED_BAR_DB = 4.83  # Ec/N0 where each chip's phase is unknown by itself, exact soft values, 40 000 packets


@dataclass(frozen=True, kw_only=True)
class Coin(Case):
    """A receiver that is ``late_db`` from its bar, ½·exp(−γ/2) a bit, and loses ``lost`` of all packets besides."""

    late_db: float
    lost: float = 0.0

    def limit(self, ecn0_db: float) -> float:
        return float(packet_error_rate(ber_noncoherent(float(from_db(ecn0_db))), 128))

    def generate(self, rng: np.random.Generator, packets: int, ecn0_db: float, clock_ppm: float) -> Air:
        wrong = rng.random(packets) < self.lost + (1 - self.lost) * self.limit(ecn0_db - self.late_db)
        ones = np.ones(packets)
        nothing = np.zeros((packets, 1), np.complex64)
        return Air(wrong[:, np.newaxis].astype(np.uint8), nothing, ones, nothing, ones, ones)

    def receive(self, air: Air) -> npt.NDArray[np.bool_]:
        return air.sent[:, 0] == 0


def coin(late_db: float, lost: float = 0.0, allowed_db: float = 0.3) -> Coin:
    return Coin(
        name=f"coin {late_db} {lost}", rate_bps=250_000, sample_rate_sps=20_000_000, detector="", bar="", air="coin",
        family="", allowed_db=allowed_db, clocks_ppm=(100.0,), late_db=late_db, lost=lost,
    )  # fmt: skip


def run(case: Case, effort: Effort, processes: int = 1) -> Curve:
    with Progress(disable=True) as progress:
        return measure([case], effort, 5, processes, progress)[0]


@pytest.mark.parametrize("late_db", [-0.4, 0.0, 0.25, 1.6])
def test_the_distance_is_found(late_db: float) -> None:
    """A receiver that is known to be so far from its bar is measured to be, at 10 % and 1 %."""
    curve = run(coin(late_db), Effort(packets=6000, errors=300, seeds=3, floor=0))
    assert curve.bar_db == pytest.approx(11.08, abs=0.01)  # performance page, section 1
    assert curve.bar_1pct_db == pytest.approx(12.43, abs=0.01)
    assert curve.loss_db == pytest.approx(late_db, abs=0.08)
    assert curve.loss_1pct_db == pytest.approx(late_db, abs=0.12)
    low_db, high_db = crossing_interval_db(curve.points)
    assert low_db < curve.measured_db < high_db


def test_a_bar_that_is_near_is_measured_closer() -> None:
    """Ten times the errors at the points about 10 % PER, not at all of them; 0.08 dB either side of a bar is told."""
    effort = Effort(packets=1500, errors=30, seeds=3, floor=0)
    for late_db, holds in ((0.22, True), (0.38, False)):
        case = replace(coin(late_db), closer=10)
        curve = run(case, effort)
        assert [bar.holds for bar in per.held([curve])] == [holds]
        for points in curve.seeds:
            near = about(points)
            assert len(near) == 2
            assert all(point.errors >= 300 for point in points if point.ecn0_db in near)
            assert sum(point.errors < 100 for point in points) >= 2


def test_a_floor_is_found() -> None:
    """1 % of all packets lost whatever the Ec/N0 misses the bar of 1e-3; none lost holds it, with 3840 or more."""
    effort = Effort(packets=500, errors=50, seeds=1, floor=4000)
    bar = per.held([run(coin(0.0, 0.01), effort)])[1]
    assert not bar.holds and bar.measured > 0.005
    clean = run(coin(0.0), effort)
    assert clean.floor is not None and clean.floor.packets >= 3840
    assert clean.floor.interval[1] < 1e-3
    assert all(bar.holds for bar in per.held([replace(clean, bar_db=clean.bar_db + 0.4)]))


@pytest.mark.parametrize(("lost", "holds"), [(6e-4, True), (1.6e-3, False)])
def test_as_many_packets_as_it_takes_to_tell_a_floor(lost: float, holds: bool) -> None:
    """Either side of 1e-3 the interval lies wholly there in the end; far from it a look or two will do."""
    effort = Effort(packets=500, errors=50, seeds=1, floor=2000)
    near, far = (run(coin(0.0, rate), effort).floor for rate in (lost, 0.0 if holds else 0.01))
    assert near is not None and far is not None
    assert near.interval[1] < 1e-3 if holds else near.interval[0] > 1e-3
    assert far.packets <= 4000 and near.packets <= 24 * 2000


def test_missed_bars_are_named() -> None:
    """0.6 dB from the bar is more than the 0.3 dB allowed; a curve that does not cross holds nothing."""
    bars = per.held([run(coin(0.9), Effort(packets=2000, errors=100, seeds=3, floor=0))])
    assert [bar.holds for bar in bars] == [False]
    assert "coin 0.9" in bars[0].what
    assert not per.held([Curve(coin(0.0), 100.0, ((Point(10.0, 1, 100, 0.1),),), 11.0)])[0].holds


def test_the_number_of_workers_changes_nothing() -> None:
    """Same seed, same points, with one process and with two; another seed, another draw."""
    effort = Effort(packets=64, errors=20, seeds=2, floor=40)
    one, two = run(CATALOGUE["DL 1M"], effort, 1), run(CATALOGUE["DL 1M"], effort, 2)
    assert one == two
    assert one.seeds[0] != one.seeds[1]


@pytest.mark.parametrize("name", ["DL 1M", "UL 1M", "UL 1M TGn D", "DL 1M TGn B"])
def test_a_genie_meets_the_same_air(name: str) -> None:
    """Receiver and genie get the very same samples, and the genie reads nearly all that the receiver reads."""
    case = CATALOGUE[name]
    genie = CATALOGUE.get(case.reference or "", case)
    assert case.air == genie.air
    first_db = case.grid_db[-1] if case.grid_db else 14.0
    airs = [each.generate(np.random.default_rng(3), 32, first_db, 10_000.0) for each in (case, genie)]
    np.testing.assert_array_equal(airs[0].samples, airs[1].samples)
    np.testing.assert_array_equal(airs[0].sent, airs[1].sent)
    only_receiver = case.receive(airs[0]) & ~genie.receive(airs[1])
    assert np.count_nonzero(only_receiver) <= 2


@pytest.mark.parametrize("name", [*BARS_DB, "UL 250k", "UL 1M"])
def test_within_a_decibel_of_the_bar(name: str) -> None:
    """At bar + 1 dB and the worst clock fewer than 10 % are lost, by the upper Wilson bound."""
    case = CATALOGUE[name]
    bar_db = BARS_DB.get(name, CODED_BAR_DB)
    if name in BARS_DB:
        assert case.limit(bar_db) == pytest.approx(TARGET, abs=0.004)
    lost, packets = count_errors(case, case.clocks_ppm[-1], bar_db + 1, 384, None, (7,))
    assert Point(bar_db + 1, lost, packets, 0.0).interval[1] < TARGET


@pytest.mark.parametrize(
    "name",
    [name for name, case in CATALOGUE.items() if name.startswith("DL") and "TGn" not in name and case.allowed_db],
)
def test_no_better_than_the_energy_comparison_allows(name: str) -> None:
    """An energy detector cannot beat its limit: if it seems to, the noise or the count is wrong.

    Below 8 samples a chip the limit is an approximation of what the band filter smears, and no bar.
    """
    case = CATALOGUE[name]
    below_db = case.limit_db(TARGET) - 1
    lost, packets = count_errors(case, case.clocks_ppm[-1], below_db, 96, None, (8,))
    assert Point(below_db, lost, packets, 0.0).interval[1] > case.limit(below_db)


def test_what_a_filter_leaves_of_the_on_waveform() -> None:
    """At the native rate the bar is the formula; 4 MHz cut into a chip whose carriers reach ±2 MHz, and it costs."""
    lower = [CATALOGUE[f"DL 250k at {rate} MS/s"].limit_db(TARGET) for rate in (4, 10)]
    formula_db = [13.35, 14.65]  # performance page, section 1: M = 8 and 20
    assert lower[1] == pytest.approx(formula_db[1], abs=0.03)
    assert 0.2 < lower[0] - formula_db[0] < 1.0


def test_the_coherent_bound_is_the_best() -> None:
    """Below where the phase-known decoder has its own 10 % (1.9 dB), no uplink receiver or genie loses fewer."""
    for name in ("UL 250k", "UL 1M", "UL 1M genie"):
        assert count_errors(CATALOGUE[name], 100.0, 1.0, 96, None, (9,))[0] > 0.1 * 96
    ideal = count_errors(CATALOGUE["UL 250k ideal"], 100.0, 2.5, 2000, None, (10,))
    assert Point(2.5, *ideal, 0.0).interval[1] < 0.05


def test_crossing_interpolates_the_logarithm() -> None:
    """From 1 to 0.01 over 2 dB, 0.1 lies in the middle; no crossing is NaN; seeds are medians, points added up."""
    assert crossing_db([3.0, 5.0], [1.0, 0.01]) == pytest.approx(4.0)
    assert math.isnan(crossing_db([3.0, 5.0], [0.05, 0.01]))
    assert math.isnan(crossing_db([3.0, 5.0], [0.5, 0.2]))
    points = [Point(3.0, 50, 100, 0.0), Point(4.0, 10, 100, 0.0), Point(5.0, 0, 100, 0.0)]
    low_db, high_db = crossing_interval_db(points)
    assert low_db < 4.0 < high_db
    seeds = [[Point(3.0, 100, 100, 0.0), Point(5.0, at, 100, 0.0)] for at in (1, 4, 9)]
    assert median_crossing_db(seeds, TARGET) == pytest.approx(3 + 2 * math.log(10) / math.log(25))
    assert pooled(seeds)[1] == Point(5.0, 14, 300, 0.0)


def test_the_command_prints_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One command: tables, bars, and ``bench/out/per.json`` with the fields a machine reads."""
    monkeypatch.chdir(tmp_path)
    code = per.main(["--quick", "--only", "UL 1M TGn", "--processes", "2", "--seed", "3"])
    figures = json.loads((tmp_path / "bench/out/per.json").read_text())
    assert [each["mode"] for each in figures] == ["UL 1M TGn B", "UL 1M TGn D"]
    for each in figures:
        assert (each["fs_msps"], each["clock_ppm"], each["seed"], each["rate_kbps"]) == (20, 10_000, 3, 1000)
        assert {"detector", "bar_db", "measured_db", "loss_db", "measured_1pct_db", "loss_1pct_db"} <= each.keys()
        assert each["packets"] == sum(point["packets"] for point in each["curve"]) > 0
        assert len(each["reference"]) == len(each["curve"])
        for point in each["curve"]:
            low, high = point["interval"]
            assert low <= point["per"] == point["errors"] / point["packets"] <= high
    shown = capsys.readouterr().out
    assert "distance" in shown
    assert code == int("does not hold" in shown)


@pytest.mark.parametrize(("options", "reason"), [(["--packets", "0"], "at least 1"), (["--only", "x"], "no mode")])
def test_wrong_options_are_refused(options: list[str], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and the reason."""
    with pytest.raises(SystemExit) as stopped:
        per.main(options)
    assert stopped.value.code == 2
    assert reason in capsys.readouterr().err


def test_the_page_is_written_from_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables and pictures between the marks, twice the same; the rest of the page stays."""
    monkeypatch.chdir(tmp_path)
    curves = [run(coin(late_db, allowed_db=0.3), Effort(200, 20, 1, 400)) for late_db in (0.1, 0.9)]
    machine = {"cpu": "an abacus", "cores": 1, "python": "3.11"}
    figures = [curve.figures() | {"family": "downlink", "seed": 5, "machine": machine} for curve in curves]
    (tmp_path / "bench/out").mkdir(parents=True)
    (tmp_path / "bench/out/per.json").write_text(json.dumps(figures))
    page = tmp_path / "docs/performance.md"
    page.parent.mkdir()
    page.write_text(f"before\n{BEGIN}old\n{END}after\n")
    assert per.main(["--page"]) == 0
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    assert "an abacus" in text and f"| {curves[1].loss_db:.2f} |" in text
    picture = tmp_path / "docs/img/per-downlink.svg"
    assert "coin 0.9" in picture.read_text()
    again = picture.read_bytes()
    assert per.main(["--page"]) == 0
    assert page.read_text() == text and picture.read_bytes() == again
    page.write_text("no marks")
    with pytest.raises(ValueError, match="no place"):
        per.main(["--page"])
