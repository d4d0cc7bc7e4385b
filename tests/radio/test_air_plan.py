"""Files that describe an air: small ones, and experiments whose channel is that air."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ampradio.phy.on_symbol import on_symbol
from ampradio.profile import load_profile
from testbed.cli import main
from testbed.emulated_air import plan_of_file
from testbed.emulator_child import EmulatorConfig, config_of, plan_from
from testbed.experiment import ExperimentError
from tests.conftest import ROOT

FULL_SCALE_DBM = 7.0
MINIMAL = (ROOT / "examples/minimal.toml").read_text()


def experiment(folder: Path, **channel: object) -> Path:
    """A file beside which the minimal example's own files lie."""
    lines = [f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}" for key, value in channel.items()]
    path = folder / "experiment.toml"
    assert "[channel]" not in MINIMAL
    path.write_text(MINIMAL + "\n[channel]\n" + "\n".join(lines) + "\n")
    return path


def test_a_small_file(tmp_path: Path) -> None:
    file = tmp_path / "air.toml"
    file.write_text(
        'path_loss_db = 70\nleak_db = 41\ndelay_ns = 10\nmultipath = "B"\ndoppler_hz = 3\nnoise_figure_db = 5\n'
        "carrier_ppm = [1, -2]\nclock_ppm = [1, -2, 4]\nreflecting = [1]\nseed = 9\n"
    )
    plan = plan_of_file(file, 2)
    assert [(board.carrier_ppm, board.clock_ppm, board.noise_figure_db) for board in plan.boards] == [
        (1, 1, 5),
        (-2, -2, 5),
    ]
    there, back = plan.air.ways[0, 1], plan.air.ways[1, 0]
    assert (there.loss_db, there.delay_s) == (70, 1e-8)
    assert there.fading and back.fading and there.fading.names != back.fading.names
    assert (plan.air.leak.loss_db, plan.air.reflecting, plan.seed) == (41, {1}, 9)


def test_an_experiments_snr_is_what_arrives(tmp_path: Path) -> None:
    """ON power at the converter's scale, the loss, and kT with the noise figure over 20 MHz give the SNR again."""
    path = experiment(tmp_path, downlink_snr_db=31.0, uplink_snr_db=23.0, noise_figure_db=6.0)
    plan = plan_of_file(path, 2)
    noise_dbm = 10 * math.log10(1.380649e-23 * 290 * 1000 * 20e6) + 6.0
    down = load_profile().downlink
    crest = max(abs(on_symbol(down, chip, 4_000_000)).max() for chip in (down.chip_250k_ns, down.chip_1m_ns))
    sent_dbm = {"ap": FULL_SCALE_DBM - 10 + 20 * np.log10(0.9 / crest), "tag": FULL_SCALE_DBM - 10 + 20 * np.log10(0.9)}
    losses = {"ap": plan.air.usual.loss_db, "tag": plan.air.ways[1, 0].loss_db}
    assert sent_dbm["ap"] - losses["ap"] - noise_dbm == pytest.approx(31.0, abs=0.01)
    assert sent_dbm["tag"] - losses["tag"] - noise_dbm == pytest.approx(23.0, abs=0.01)


def test_an_experiments_channel_becomes_the_air(tmp_path: Path) -> None:
    path = experiment(
        tmp_path, delay_ns=50.0, multipath="D", uplink_ways="mono-static", clock_ppm=20.0, carrier_offset_hz=2437.0,
        leak_db=10.0,
    )  # fmt: skip
    plan = plan_of_file(path, 2)
    down, up = plan.air.usual, plan.air.ways[1, 0]
    assert down.delay_s == up.delay_s == pytest.approx(50e-9)
    assert down.fading and down.fading.names == ("air.downlink.multipath",)
    assert up.fading and up.fading.names == ("air.uplink.multipath",) * 2  # there and back the same way
    assert [(board.carrier_ppm, board.clock_ppm) for board in plan.boards] == [(0, 0), (pytest.approx(1.0), 20.0)]
    at_ap_db = (FULL_SCALE_DBM - 10 + 20 * math.log10(0.9)) - up.loss_db
    quieter_db = plan.air.leak.loss_db - up.loss_db  # of the AP's own ON power, which a crest leaves below the tag's
    assert at_ap_db < 0 and -10 - 12 < quieter_db < -10


@pytest.mark.parametrize(("ways", "parts"), [("one-way", [0]), ("mono-static", [0, 0]), ("bistatic", [0, 1])])
def test_the_ways_of_an_uplink_fade_alike_or_apart(tmp_path: Path, ways: str, parts: list[int]) -> None:
    """docs/experiments.md: there and back independently, or the same way twice; the back's name is a one-way's."""
    fading = plan_of_file(experiment(tmp_path, multipath="D", uplink_ways=ways), 2).air.ways[1, 0].fading
    assert fading is not None
    names = list(reversed(fading.names))
    assert [names.index(each) for each in names] == parts and names[0] == "air.uplink.multipath"


def test_an_experiments_impairments_become_the_airs_and_the_receivers(tmp_path: Path) -> None:
    """Amplitudes are counted over an ON chip at each receiver: 30 dB and 20 dB over kT in 20 MHz, 7 dB of figure."""
    path = experiment(
        tmp_path, downlink_snr_db=30.0, uplink_snr_db=20.0, phase_noise_hz=10.0, wifi_duty_percent=5.0,
        wifi_power_db=-3.0, wifi_offset_hz=2e6, leak_db=10.0, leak_drift_rad=0.5, agc_step_db=3.0,
        agc_period_us=250.0, iq_gain_db=0.5, iq_phase_deg=2.0, dc_offset_percent=10.0, adc_bits=8,
    )  # fmt: skip
    plan = plan_of_file(path, 2)
    on_dbm = {1: -93.97 + 30.0, 0: -93.97 + 20.0}
    down, up = plan.air.usual.wandering, plan.air.ways[1, 0].wandering
    assert down and up and down.phase_noise_hz == up.phase_noise_hz == 10.0 and down.seed != up.seed
    assert plan.air.leak.wandering and plan.air.leak.wandering.drift_rad == 0.5
    assert not plan.air.leak.wandering.phase_noise_hz  # a receiver's own oscillator does not tremble against itself
    for radio, level_dbm in on_dbm.items():
        wifi, poor = plan.air.wifi[radio], plan.imperfections[radio]
        assert (wifi.duty, wifi.carrier_hz) == (0.05, 2_439_000_000.0)
        assert wifi.power_dbm == pytest.approx(level_dbm - 3.0, abs=0.02)
        assert (poor.agc_step_db, poor.agc_period_s, poor.iq_gain_db, poor.iq_phase_deg) == (3.0, 250e-6, 0.5, 2.0)
        assert 20 * math.log10(poor.dc_offset) == pytest.approx(level_dbm - 20.0, abs=0.02)
        assert (poor.adc_bits, 20 * math.log10(poor.adc_full_scale)) == (8, pytest.approx(level_dbm + 12.0, abs=0.02))
    assert plan.air.wifi[0].seed != plan.air.wifi[1].seed
    other = plan_from(json_through(config_of(plan, elastic=True)))  # as a run's emulator gets it
    assert (other.boards, other.imperfections, other.seed) == (plan.boards, plan.imperfections, plan.seed)
    assert (other.air.usual, other.air.leak, other.air.ways) == (plan.air.usual, plan.air.leak, plan.air.ways)
    assert other.air.wifi == plan.air.wifi


def json_through(config: EmulatorConfig) -> EmulatorConfig:
    return msgspec.json.decode(msgspec.json.encode(config), type=EmulatorConfig)


@pytest.mark.parametrize(
    ("channel", "key"), [({"adc_bits": 13}, "adc_bits"), ({"leak_drift_db": 1.0}, "leak_drift_db")]
)
def test_what_a_pluto_or_this_air_cannot_have_is_refused(tmp_path: Path, channel: dict[str, object], key: str) -> None:
    with pytest.raises(ExperimentError, match=key) as caught:
        plan_of_file(experiment(tmp_path, **channel), 2)
    assert "write" in str(caught.value)


def test_a_mistake_in_an_experiment_is_told_as_amp_run_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = experiment(tmp_path, downlink_snr_dB=3)
    assert main(["emulate", "--plutos", "2", "--port", "0", "--air", str(path)]) == 2
    assert "downlink_snr_db" in capsys.readouterr().err


def test_examples_describe_airs_or_are_told_what_is_too_much() -> None:
    """Also the one whose readings come from standard input: an air needs none."""
    refused = {}
    for path in sorted((ROOT / "examples").glob("*.toml")):
        try:
            assert len(plan_of_file(path, 2).boards) == 2
        except ExperimentError as error:
            refused[path.stem] = str(error)
    assert refused.keys() == {"mono-static", "bistatic"}
    assert "plutos.ap_tx_attenuation_db" in refused["mono-static"]  # it wants more power than is usual here
    assert "has no energizer" in refused["bistatic"]
    assert all("Fix: " in told and ".toml: " in told for told in refused.values()), refused
