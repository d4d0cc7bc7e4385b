"""``make bench-false-alarms``: the law is the page's, what is counted is counted right, the figures are complete."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from rich.progress import Progress

from ampradio.phy.modulate import ppdu
from ampradio.profile import load_profile
from ampradio.vectors import PpduKind, TxVector
from testbed.bench import false_alarms
from testbed.bench.false_alarm_air import decoded_after_bursts, through_both, wifi
from testbed.bench.false_alarm_law import BANK_OF_CLOCKS, ONE_CLOCK, Alarms, count_alarms, law_per_s, noise
from testbed.bench.false_alarm_soak import END_TO_END, NO_WINDOW, soak
from tests.phy.streams import random_psdu, with_noise


def test_the_law_is_the_pages() -> None:
    """Performance page: 1.75e6 · P_FA a second for 2 µs chips; two words; at 6.5 sigma P_FA is near the normal tail."""
    normal_tail = 4.016e-11  # Q(6.5)
    assert law_per_s(6.5) == pytest.approx(2 * 1.75e6 * normal_tail, rel=0.5)
    assert law_per_s(4.0) == pytest.approx(2 * 1.75e6 * 3.167e-5, rel=0.1)


def test_intervals_are_exact() -> None:
    """Garwood's interval of a Poisson count: 10 gives 4.795 to 18.39, none gives 0 to 3.689."""
    assert Alarms("", 4.0, 10, 1.0, 1.0).interval_per_s == pytest.approx((4.795, 18.39), rel=1e-3)
    assert Alarms("", 4.0, 0, 1.0, 1.0).interval_per_s == pytest.approx((0, 3.689), rel=1e-3)


def test_alarms_follow_the_law() -> None:
    """Half a second of noise at 4 sigma: one clock within a third of the law, a bank above it and below its size."""
    found = {each.what: each for each in count_alarms((4.0,), 10_000_000, 3)}
    assert found[ONE_CLOCK].seconds == pytest.approx(0.5, abs=1e-3)
    assert 0.6 < found[ONE_CLOCK].per_s / found[ONE_CLOCK].law_per_s < 1.33
    assert 1 < found[BANK_OF_CLOCKS].per_s / found[ONE_CLOCK].per_s < 5


def test_noise_is_never_the_same() -> None:
    """Unit power, all of it, no piece twice."""
    pieces = list(noise(250_000, 100_000, np.random.default_rng(1)))
    assert [each.size for each in pieces] == [100_000, 100_000, 50_000]
    whole = np.concatenate(pieces)
    assert np.mean(np.abs(whole) ** 2) == pytest.approx(1, abs=0.01)
    assert np.unique(whole).size == whole.size


def test_a_frame_in_the_air_would_be_counted() -> None:
    """What is accepted is noticed, at the tag and, in its window, at the AP; elsewhere the AP hears nothing."""
    profile = load_profile()
    rng = np.random.default_rng(2)
    down = ppdu(profile, random_psdu(rng, 13), TxVector(PpduKind.DL_TYPE1, 250_000))
    up = ppdu(profile, random_psdu(rng, 13), TxVector(PpduKind.UL_ACTIVE, 250_000, seed_index=1))
    air = np.zeros(400_000, np.complex64)
    air[2_000 : 2_000 + up.size] = up
    air[100_000 : 100_000 + down.size] = down
    air[200_000 : 200_000 + up.size] = up
    tag, ap = through_both("air", [with_noise(rng, air, 0.01)])
    assert (tag.accepted, ap.accepted) == (1, 1)
    assert tag.expected == pytest.approx(2.0**-16)
    assert (tag.listened, ap.listened) == (400_000, 20_000)


def test_noise_through_the_ap_alone_is_the_same_in_any_number_of_processes() -> None:
    """Every sample listened to, in either way; spans of 50 ms, the last one shorter."""
    console = Console(quiet=True)
    with Progress(console=console) as progress:
        one, two = (soak(1_500_000, 5, processes, progress, span=1_000_000) for processes in (1, 2))
    assert one == two
    assert [(each.receiver, each.samples, each.listened) for each in one] == [
        (NO_WINDOW, 1_500_000, 1_500_000),
        (END_TO_END, 1_500_000, 1_500_000),
    ]
    assert one[1].counters["syncs"] > one[0].counters["syncs"], "weaker syncs are taken where a reply is due"


def test_bursts_are_what_they_say() -> None:
    """Half of the time 20 dB over the noise; PPDUs among them are received."""
    power = np.abs(np.concatenate(list(wifi(20.0, 4_000_000, 1)))) ** 2
    loud = power.reshape(-1, 200).mean(axis=1) > 30
    assert loud.mean() == pytest.approx(0.5, abs=0.1)
    assert power.mean() == pytest.approx(51, rel=0.2)
    assert decoded_after_bursts(20.0, 4, 1) == 4


def test_the_command_prints_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every threshold, every air, every bar; 0 only if all hold."""
    monkeypatch.chdir(tmp_path)
    code = false_alarms.main(["--quick", "--samples", "4000000"])
    figures = json.loads((tmp_path / "bench/out/false_alarms.json").read_text())
    printed = capsys.readouterr().out
    assert {each["sigmas"] for each in figures["alarms"]} == {4.0, 4.5, 5.0}
    assert [each["receiver"] for each in figures["heard"]] == [*["tag", "AP"] * 5, NO_WINDOW, END_TO_END]
    assert figures["heard"][0]["samples"] == 4_000_000
    assert figures["by_the_law_per_min"] < 1
    assert len(figures["bars"]) == 7
    for each in ("extrapolated, ", "Wi-Fi at 30 dB", "none used twice"):
        assert each in printed
    assert code == (0 if all(bar["holds"] for bar in figures["bars"]) else 1)
