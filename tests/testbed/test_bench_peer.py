"""``make bench-peer``: the chain of stock blocks is put together well, and its packets are what they say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ampradio.phy.theory import wilson_interval
from ampradio.phy.uncoded_frame import Detector
from testbed.bench import peer, peer_downlink, peer_ours
from testbed.bench.peer_chain import Settings, errors, receive
from testbed.bench.peer_packets import BITS, limit_per, packets
from testbed.bench.peer_tune import LOOP_BANDWIDTHS, tuned

SETTINGS = Settings()


def _lost(clock_ppm: float, ecn0_db: float, count: int, settings: Settings = SETTINGS) -> int:
    heard = packets(clock_ppm, ecn0_db, count, (4, int(ecn0_db)))
    return errors(heard, *receive(heard, settings, clock_ppm), settings.data_after)


def test_packets_have_the_energy_they_say() -> None:
    """Half of the data chips are ON with amplitude 1 for 8 samples, and what is not signal is noise as told."""
    heard = packets(0.0, 20.0, 32, (1,))
    assert heard.bits.shape == (32, BITS)
    quiet = heard.samples[:, :600]
    assert np.mean(np.abs(quiet) ** 2) == pytest.approx(heard.noise_power[0], rel=0.03)
    chips = 24 + BITS  # ON, of sync and data
    amplitudes = np.sum(np.abs(packets(0.0, 90.0, 32, (1,)).samples), axis=1)
    assert np.mean(amplitudes) == pytest.approx(8 * chips, rel=0.001)


@pytest.mark.parametrize("clock_ppm", [100.0, 1000.0])
def test_the_peer_is_not_crippled(clock_ppm: float) -> None:
    """It loses nothing without noise, is within 1.5 dB of the limit at 10 %, and not below the limit."""
    assert _lost(clock_ppm, 30.0, 64) == 0
    count = 400
    _, high = wilson_interval(_lost(clock_ppm, 12.5, count), count)
    assert high < 0.1
    assert limit_per(12.5) < high
    _, high = wilson_interval(_lost(clock_ppm, 10.5, count), count)
    assert high > limit_per(10.5) == pytest.approx(0.2, abs=0.02)


def test_tuning_finds_what_was_spoiled() -> None:
    """A wrong mark_delay loses nearly everything; tuning, which starts elsewhere, ends no worse than the defaults."""
    spoiled = Settings(mark_delay=204)
    assert _lost(100.0, 13.0, 100, spoiled) > 50
    found = tuned(packets(100.0, 12.0, 60, (9,)), 100.0, LOOP_BANDWIDTHS[2:3])
    assert _lost(100.0, 13.0, 200, found) <= _lost(100.0, 13.0, 200) + 10


def test_ours_decodes_at_the_worst_clock_where_the_peer_fails() -> None:
    """The same packets, 10 000 ppm, 1 dB above the limit's 10 %: the peer, tuned, loses a fifth or more."""
    heard = packets(10_000.0, 12.1, 100, (5,))
    tuned_for_it = Settings(0.05, 0.1, 2.0, 1.1, 0.0, 192, 0.3, True, 25)
    assert errors(heard, *receive(heard, tuned_for_it, 10_000.0), tuned_for_it.data_after) > 20
    for detector in Detector:
        assert wilson_interval(peer_ours.errors(heard, detector), 100)[1] < 0.12


def test_the_downlink_is_read_by_both() -> None:
    """Nearly without noise nothing is lost but what begins at a false sync, since a batch looks once.

    The tag's receiver is within 2.2 dB of the energy comparison's 10 %, not below.
    """
    easy = peer_downlink.packets(100.0, 30.0, 48, (1,))
    aligned = replace(SETTINGS, data_after=73)
    assert errors(easy, *receive(easy, aligned, 100.0), aligned.data_after) == 0
    assert peer_downlink.errors(easy) <= 1
    assert peer_downlink.limit_per(13.35) == pytest.approx(0.1, abs=0.005)
    lost = peer_downlink.errors(peer_downlink.packets(1000.0, 15.55, 300, (2,)))
    assert wilson_interval(lost, 300)[1] < 0.1
    lost = peer_downlink.errors(peer_downlink.packets(1000.0, 13.35, 300, (3,)))
    assert wilson_interval(lost, 300)[1] > 0.1


def test_the_command_prints_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both receivers at every clock, intervals that hold the rate, the settings that won, bars and exit code."""
    monkeypatch.chdir(tmp_path)
    code = peer.main(["--quick", "--processes", "2", "--seed", "3"])
    figures = json.loads((tmp_path / "bench/out/peer.json").read_text())
    links = [(each["link"], each["clock_ppm"]) for each in figures["comparisons"]]
    assert links == [(link, clock) for link in ("uplink", "downlink") for clock in (100.0, 1000.0, 10_000.0)]
    for each in figures["comparisons"]:
        assert each["peer_settings"]["loop_bandwidth"] > 0
        for point in each["peer"]["curve"] + [one for side in each["ours"].values() for one in side["curve"]]:
            low, high = point["interval"]
            assert low <= point["per"] <= high
    assert code == (0 if all(bar["holds"] for bar in figures["bars"]) else 1)
    assert "The peer's settings" in capsys.readouterr().out


def test_wrong_options_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and the reason."""
    with pytest.raises(SystemExit) as stopped:
        peer.main(["--packets", "0"])
    assert stopped.value.code == 2
    assert "at least 1" in capsys.readouterr().err
