"""Every impairment of ``[channel]``: it has a key, is heard, follows from the seed, and mild lets frames through."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from ampradio.channel.streaming import applied
from ampradio.phy.modulate import ppdu
from ampradio.profile import load_profile
from ampradio.psdu import fcs
from ampradio.vectors import Listen, PpduKind, TxVector
from flowgraphs.entities import receiver_for
from testbed.experiment import Experiment, ExperimentError, experiment_of
from testbed.experiment.channel_limits import OPTIONAL_RANGES, RANGES
from testbed.experiment.link import snrs_db
from testbed.experiment.shape import Channel
from testbed.node_config import PathConfig
from testbed.runner.air import downlink_path, uplink_path
from testbed.runner.impairments import receiver_stages
from testbed.runner.sim_run import Direction
from tests.testbed.test_zmq_run import amp

FS = 20_000_000
_FRAME = bytes((load_profile().mac.type_data, 2, 0x34, 5, 0)) + b"Hello!"
PSDU = _FRAME + fcs(_FRAME)
MILD = {
    "downlink_snr_db": ["downlink_snr_db = 25.0"],
    "uplink_snr_db": ["uplink_snr_db = 25.0"],
    "distance_m": ["distance_m = 20.0"],
    "ap_power_dbm": ["distance_m = 20.0", "ap_power_dbm = 10.0"],
    "tag_power_dbm": ["distance_m = 20.0", "tag_power_dbm = 5.0"],
    "noise_figure_db": ["distance_m = 20.0", "noise_figure_db = 9.0"],
    "shadowing": ["distance_m = 20.0", 'multipath = "B"', "shadowing = true"],
    "gain_db": ["gain_db = -10.0"],
    "delay_ns": ["delay_ns = 350.0"],
    "multipath": ['multipath = "B"'],
    "uplink_ways": ['multipath = "B"', 'uplink_ways = "mono-static"'],
    "doppler_hz": ['multipath = "B"', "doppler_hz = 5.0"],
    "carrier_offset_hz": ["carrier_offset_hz = 20000.0"],
    "clock_ppm": ["clock_ppm = 200.0"],
    "phase_noise_hz": ["phase_noise_hz = 50.0"],
    "wifi_duty_percent": ["wifi_duty_percent = 50.0", "wifi_power_db = -20.0"],
    "wifi_power_db": ["wifi_duty_percent = 50.0", "wifi_power_db = -25.0"],
    "wifi_offset_hz": ["wifi_duty_percent = 50.0", "wifi_power_db = -20.0", "wifi_offset_hz = 5e6"],
    "leak_db": ["leak_db = 10.0"],
    "leak_drift_db": ["leak_db = 10.0", "leak_drift_db = 3.0"],
    "leak_drift_rad": ["leak_db = 10.0", "leak_drift_rad = 3.0"],
    "agc_step_db": ["agc_step_db = 1.0"],
    "agc_period_us": ["agc_step_db = 1.0", "agc_period_us = 90.0"],
    "iq_gain_db": ["iq_gain_db = 0.5"],
    "iq_phase_deg": ["iq_phase_deg = 2.0"],
    "dc_offset_percent": ["dc_offset_percent = 3.0"],
    "adc_bits": ["adc_bits = 8"],
    "adc_full_scale_db": ["adc_bits = 8", "adc_full_scale_db = 9.0"],
}
UPLINK_ONLY = {"uplink_snr_db", "uplink_ways", "tag_power_dbm", "leak_db", "leak_drift_db", "leak_drift_rad"}


def experiment(*channel: str, seed: int = 1, top: str = "") -> Experiment:
    text = f"seed = {seed}\n{top}\n[[tags]]\nreadings = ['1']\n[channel]\n" + "\n".join(channel)
    return experiment_of(text, Path("mine.toml"))


def path_of(of: Experiment, *, downlink: bool) -> PathConfig:
    return (downlink_path if downlink else uplink_path)(of, FS)


def sent_of(of: Experiment, *, downlink: bool) -> tuple[TxVector, npt.NDArray[np.complex64]]:
    kind = PpduKind.DL_TYPE1 if downlink else PpduKind.UL_ACTIVE
    vector = TxVector(kind, 250_000)
    return vector, np.pad(ppdu(of.profile, PSDU, vector), (8000, 4000))


def heard_by(of: Experiment, *, downlink: bool) -> npt.NDArray[np.complex64]:
    _, sent = sent_of(of, downlink=downlink)
    return Direction(path_of(of, downlink=downlink), of, FS).heard(sent, np.roll(sent, 3000), 60_000)


def received_of(of: Experiment, *, downlink: bool) -> list[bytes]:
    vector, sent = sent_of(of, downlink=downlink)
    own = np.zeros_like(sent)
    own[:6000] = 1  # the AP has just sent something itself
    heard = Direction(path_of(of, downlink=downlink), of, FS).heard(sent, own, 60_000)
    receiver = receiver_for("tag" if downlink else "ap", of.profile, FS)
    if not downlink:
        receiver.listen(Listen(vector.kind, vector.rate_bps, 0, 380_000, heard.size * 50))
    return [each.psdu for each in receiver.feed(np.pad(heard, (0, 4000)))]


def test_every_key_has_a_range_and_is_tried_here() -> None:
    """Whatever number ``[channel]`` takes, limits know its range; the clock errors' are the profile's."""
    keys = {field.name for field in msgspec.structs.fields(Channel)}
    numbers = keys - {"multipath", "uplink_ways", "shadowing"}
    assert numbers == RANGES.keys() | OPTIONAL_RANGES.keys() | {"carrier_offset_hz", "clock_ppm"}
    assert keys == MILD.keys()


@pytest.mark.parametrize("key", MILD)
def test_it_changes_what_is_heard_and_follows_from_the_seed(key: str) -> None:
    """Switched on it is heard, the same seed gives the same samples, another seed others."""
    channel = MILD[key]
    without = [line for line in channel if not line.startswith(f"{key} =")]
    downlink = key not in UPLINK_ONLY
    heard = heard_by(experiment(*channel), downlink=downlink)
    before = heard_by(experiment(*without), downlink=downlink)
    size = min(heard.size, before.size)
    assert not np.array_equal(heard[:size], before[:size])
    assert np.array_equal(heard, heard_by(experiment(*channel), downlink=downlink))
    other = heard_by(experiment(*channel, seed=2), downlink=downlink)
    size = min(heard.size, other.size)
    assert not np.array_equal(heard[:size], other[:size])


@pytest.mark.parametrize("key", sorted(MILD.keys() - {"leak_drift_db", "ap_power_dbm", "adc_full_scale_db"}))
def test_a_mild_one_lets_frames_through(key: str) -> None:
    """Both directions."""
    of = experiment(*MILD[key])
    for downlink in (True, False):
        assert received_of(of, downlink=downlink) == [PSDU], f"downlink {downlink}"


def test_one_more_leaves_the_others_draws_alone() -> None:
    """With Wi-Fi there is the same noise, multipath and phase noise, and Wi-Fi."""
    base = ['multipath = "D"', "phase_noise_hz = 100.0", "downlink_snr_db = 10.0"]
    wifi = ["wifi_duty_percent = 50.0", "wifi_power_db = 10.0"]
    more = experiment(*base, *wifi)
    added = heard_by(more, downlink=True) - heard_by(experiment(*base), downlink=True)
    stages = receiver_stages(path_of(more, downlink=True).impairments, FS)
    alone = applied(stages, np.zeros(added.size, np.complex64), 60_000)
    assert np.abs(alone).max() > 1
    assert np.allclose(added, alone, atol=1e-4)


def test_a_leak_is_what_the_ap_sends_itself() -> None:
    """As much stronger as said than an ON chip of the reply; nothing of it at the tag."""
    of = experiment("leak_db = 20.0", "uplink_snr_db = 100.0")
    silent, own = np.zeros(20_000, np.complex64), np.ones(20_000, np.complex64)
    heard = [
        Direction(
            path_of(experiment("leak_db = 20.0", "uplink_snr_db = 100.0", seed=seed), downlink=False), of, FS
        ).heard(silent, own, 0)[500:]
        for seed in range(60)
    ]
    assert np.mean(np.abs(heard) ** 2) == pytest.approx(100, rel=0.15)
    assert path_of(of, downlink=True).impairments.leak_db is None


def test_both_ways_fade() -> None:
    """The power of both ways in a row: mean 1 for independent ones, and more spread than one way."""
    spread = {}
    for ways in ("one-way", "bistatic"):
        powers = []
        for seed in range(150):
            of = experiment('multipath = "B"', f'uplink_ways = "{ways}"', seed=seed)
            powers.append(sum(re * re + im * im for re, im in path_of(of, downlink=False).taps))
        assert np.mean(powers) == pytest.approx(1, rel=0.35)
        spread[ways] = np.mean(np.array(powers) < 0.2)
    assert spread["bistatic"] > spread["one-way"]


def test_snrs_from_distance_and_powers() -> None:
    """Free space at 2437 MHz is 40.18 dB at 1 m and 60.18 dB at 10 m; 20 MHz at 290 K and 7 dB is -93.96 dBm."""
    of = experiment("distance_m = 10.0", "tag_power_dbm = -10.0")
    downlink_db, uplink_db = snrs_db(of.channel, of.profile, of.seed)
    assert downlink_db == pytest.approx(20 - 60.18 + 93.96, abs=0.02)
    assert uplink_db == pytest.approx(-10 - 60.18 + 93.96, abs=0.02)
    assert path_of(of, downlink=False).noise == pytest.approx(10 ** (-uplink_db / 20))
    far = experiment("distance_m = 20.0", 'multipath = "D"')
    steep_db = 20 - (60.18 + 35 * np.log10(2)) + 93.96
    assert snrs_db(far.channel, far.profile, far.seed)[0] == pytest.approx(steep_db, abs=0.02)


REFUSED = {
    "doppler_hz = 3.0": "there is no multipath",
    'uplink_ways = "bistatic"': "there is no multipath",
    'multipath = "B"\ndoppler_hz = 500.0': "max_air_time_s = 0.4 or less",
    "distance_m = 3.0\nuplink_snr_db = 12.0": "stands beside distance_m",
    "distance_m = 1e5\ntag_power_dbm = -100.0": "outside -40",
    "shadowing = true": "no distance",
    "shadowing = true\ndistance_m = 3.0": "free space has no shadowing",
    "adc_bits = 30": "outside 0 … 24",
    "wifi_duty_percent = 96.0": "outside 0 … 95",
    "leak_db = nan": "outside",
    "phase_noise_hz = -1.0": "outside",
    "phase_noise_khz = 1.0": "write phase_noise_hz = 1000",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_is_refused_with_its_key(text: str) -> None:
    """The error names the line, the key, the reason and the fix."""
    with pytest.raises(ExperimentError) as refused:
        experiment(text)
    assert REFUSED[text] in str(refused.value)
    assert refused.value.path.startswith("channel.") and refused.value.fix and refused.value.line


ROUGH = (
    'multipath="D"', "doppler_hz=5.0", "phase_noise_hz=50.0", "wifi_duty_percent=5.0", "wifi_power_db=-15.0",
    "leak_db=20.0", "leak_drift_rad=0.5", "leak_drift_db=0.2", "agc_step_db=1.0", "dc_offset_percent=2.0",
    "iq_gain_db=0.3", "iq_phase_deg=1.0", "adc_bits=8", "carrier_offset_hz=20000.0", "clock_ppm=200.0",
    "delay_ns=100.0", "downlink_snr_db=30.0", 'uplink_ways="bistatic"', "uplink_snr_db=40.0",
)  # fmt: skip


@pytest.mark.parametrize("radio", ["sim:", "zmq:"])
def test_all_at_once_and_still_the_exchange_is_done_and_repeats(tmp_path: Path, radio: str) -> None:
    """Everything mild: authenticated and answered; over GNU Radio two runs record the same octets."""
    digests = []
    for run in ("first", "second"):
        folder = tmp_path / run
        sets = [word for each in ROUGH for word in ("--set", f"channel.{each}")]
        result = amp("run", "examples/minimal.toml", "--radio", radio, "--out", str(folder), *sets)
        assert result.returncode == 0 and "Exchange done" in result.stdout, result.stdout + result.stderr
        recordings = sorted(folder.glob("*.sigmf-data"))
        assert len(recordings) == (0 if radio == "sim:" else 2)
        digests.append([hashlib.sha256(each.read_bytes()).hexdigest() for each in recordings])
    assert digests[0] == digests[1]
