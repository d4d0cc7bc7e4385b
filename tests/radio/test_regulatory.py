"""The regulatory guard: what the rules' own numbers allow and refuse, and that it speaks of the right one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ampradio.radio.interface import Loopback, RadioIdentity
from testbed.regulatory import RegulatoryError, Transmission, guard, load_region, measured, silence_of
from tests.radio.conftest import settings

REAL = RadioIdentity("pluto:usb:", "PlutoSDR", "1044", "v0.38", False)
WIFI = Transmission(2_437e6, 18e6, on_dbfs=-9.0, attenuation_db=0.0, antenna_gain_dbi=2.0, on_share=0.5, duration_s=2.0)


def test_power_is_the_worst_of_its_kind() -> None:
    """7 dBm at full scale, 3 dB for what boards differ, 9 dB of crest, 2 dBi: 3 dBm, and 18 MHz are 12.55 dB."""
    assert WIFI.eirp_dbm == pytest.approx(3.0)
    assert WIFI.dbm_per_mhz == pytest.approx(3.0 - 12.55, abs=0.01)


@pytest.mark.parametrize(
    ("region", "change", "limit_dbm"),
    [
        ("EU", {}, 10.0),
        ("eu", {"on_dbfs": 0.0, "on_share": 0.05}, 20.0),  # 12 dBm: the wideband rule, below 10 % of a second
        ("US", {"on_dbfs": 0.0, "on_share": 1.0}, 36.0),
        ("US", {"occupied_bandwidth_hz": 1e5, "attenuation_db": 5.0}, -1.25),  # a narrow one: 50 mV/m at 3 m
        ("CN", {}, 20.0),
        ("EU", {"centre_hz": 867.5e6, "occupied_bandwidth_hz": 150e3, "on_share": 1.0}, 35.15),
        ("CN", {"centre_hz": 920.625e6, "occupied_bandwidth_hz": 150e3}, 35.15),
        ("strictest", {"attenuation_db": 5.0, "on_share": 0.1}, -1.25),
        ("EU", {"centre_hz": 868.3e6, "occupied_bandwidth_hz": 3e5, "on_share": 1.0, "duration_s": 36.0}, 16.15),
    ],
)
def test_what_the_rules_allow(region: str, change: dict[str, float], limit_dbm: float) -> None:
    [allowed] = guard([replace(WIFI, **change)], load_region(region))
    assert allowed.radiates and allowed.limit_dbm == limit_dbm and allowed.source in allowed.statement


@pytest.mark.parametrize(
    ("region", "change", "said"),
    [
        ("EU", {"centre_hz": 2_300e6}, "2300 MHz may not be sent on"),
        ("EU", {"centre_hz": 915e6}, "choose a frequency of 865.6"),
        ("EU", {"centre_hz": 2_408e6}, "reach beyond 2400"),
        ("EU", {"on_dbfs": 0.0}, "50 % of 1 s, 10 % are allowed"),
        ("EU", {"on_dbfs": 0.0, "occupied_bandwidth_hz": 1e6, "on_share": 0.01}, "attenuate 2.0 dB more"),
        ("strictest", {"on_share": 0.01}, "attenuate 4.2 dB more: 4.2 dB"),
        ("US", {"occupied_bandwidth_hz": 1e5}, "narrower than 500 kHz"),
        ("CN", {"centre_hz": 922e6, "occupied_bandwidth_hz": 3e5}, "wider than 250 kHz"),
        (
            "EU",
            {"centre_hz": 868.3e6, "occupied_bandwidth_hz": 3e5, "on_share": 1.0, "duration_s": 36.1},
            "3600 s, 1 %",
        ),
        (
            "EU",
            {"centre_hz": 868.3e6, "occupied_bandwidth_hz": 3e5, "on_share": 0.02, "duration_s": None},
            "2 % of 3600",
        ),
    ],
)
def test_what_they_refuse_names_the_rule_and_the_fix(region: str, change: dict[str, float], said: str) -> None:
    with pytest.raises(RegulatoryError, match=said) as caught:
        guard([WIFI, replace(WIFI, **change)], load_region(region))
    assert caught.value.fix


def test_what_does_not_radiate_needs_no_rule_and_says_so() -> None:
    assert silence_of(REAL, settings(loopback=Loopback.OFF)) is None
    assert silence_of(REAL, settings(loopback=Loopback.RF)) is None
    forbidden = replace(WIFI, centre_hz=1_575.42e6)
    for identity, loopback in ((REAL, Loopback.DIGITAL), (replace(REAL, emulated=True), Loopback.OFF)):
        silent = silence_of(identity, settings(loopback=loopback))
        [allowed] = guard([forbidden], load_region("EU"), silent)
        assert not allowed.radiates and "nothing radiates" in allowed.statement
        assert allowed.as_facts()["radiates"] is False


def test_a_signal_is_measured_for_what_it_is() -> None:
    """Half of full scale for a fifth of the time, noise through an ideal filter of 1.2 MHz at 4 MS/s."""
    rng = np.random.default_rng(1)
    spectrum = np.fft.fft(rng.standard_normal(200_000) + 1j * rng.standard_normal(200_000))
    spectrum[abs(np.fft.fftfreq(200_000)) > 0.15] = 0
    noise = np.fft.ifft(spectrum)
    on = np.zeros(1_000_000, np.complex64)
    on[300_000:500_000] = 0.5 * noise / np.sqrt(np.mean(abs(noise) ** 2))
    found = measured(on / 4, 4_000_000, 2.45e9, attenuation_db=10.0, antenna_gain_dbi=0.0)
    assert found.on_dbfs == pytest.approx(-18.06, abs=0.1)
    assert found.on_share == pytest.approx(0.2, abs=0.005) and found.duration_s == 0.25
    assert found.occupied_bandwidth_hz == pytest.approx(1.2e6, rel=0.03)
    assert measured(on, 4_000_000, 2.45e9, attenuation_db=0, antenna_gain_dbi=0, repeated=True).duration_s is None
    with pytest.raises(ValueError, match="silence"):
        measured(on[:1000], 4_000_000, 2.45e9, attenuation_db=0, antenna_gain_dbi=0)


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "licence.toml"
    row = "low_hz = 3.4e9\nhigh_hz = 3.5e9\nmax_eirp_dbm = 30.0\nduty_cycle = 1.0\nduty_window_s = 1.0\n"
    row += 'source = "licence"\n'
    own.write_text(f'[mine]\n[[mine.ranges]]\n{row}provenance = "rule"\n')
    [allowed] = guard([replace(WIFI, centre_hz=3.45e9)], load_region(str(own)))
    assert allowed.region == "mine" and allowed.source == "licence"
    for text, said in (
        (f'[mine]\n[[mine.ranges]]\n{row}provenance = "hope"\n', "hope"),
        (f"[mine]\n[[mine.ranges]]\n{row}", "lacks provenance"),
        (f"[mine]\n[[mine.ranges]]\n{row}power = 3\n", "power"),
        ("[mine]\n", "no ranges"),
        ("[mine\n", "line 1"),
    ):
        own.write_text(text)
        with pytest.raises(RegulatoryError, match=said):
            load_region(str(own))


def test_an_unknown_region_names_the_nearest() -> None:
    with pytest.raises(RegulatoryError, match="did you mean strictest"):
        load_region("strict")
    assert all(row.source and row.provenance for name in ("EU", "US", "CN") for row in load_region(name).ranges)
