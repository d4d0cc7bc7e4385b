"""A bistatic tag end to end, lit by an energizer of its own clock and carrier; its budget, and what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from ampradio.phy.excitation_reference import heard_directly, symbol_spectrum
from ampradio.phy.uplink_channel import UplinkChannel
from ampradio.phy.wide import wide_ppdu
from ampradio.profile import load_profile
from ampradio.vectors import PpduKind, TxVector
from flowgraphs.burst_schedule import PENDING_MAX, Burst
from flowgraphs.energizer import Energizer
from flowgraphs.wide_phy import EnergizerStream
from testbed.cli import main
from testbed.experiment.link import lit_snrs_db
from testbed.experiment.shape import Channel
from testbed.experiment.shape import Energizer as EnergizerTable
from testbed.tally import DIRECTIONS, Tally
from tests.conftest import ROOT

EXAMPLE = str(ROOT / "examples" / "bistatic.toml")
ONE_ROUND = ["--set", 'ap.commands=["led on"]', "--set", 'tags[0].readings=["t=21.5C"]']
PROFILE = load_profile()
WIDE_SPS = 40_000_000
EXCITATION_NS = 3_200_000
EXCITATION = TxVector(PpduKind.DL_TYPE4, 250_000, excitation_ns=EXCITATION_NS)
FRAME = bytes.fromhex("0b0000") + b"\x00"


def _run(folder: Path, radio: str, *more: str) -> list[dict[str, object]]:
    assert main(["run", EXAMPLE, "--radio", radio, "--out", str(folder), "--quiet", *ONE_ROUND, *more]) == 0
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def in_process(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bistatic") / "run"
    _run(folder, "sim:")
    return folder


FRAGMENTS = ("--set", 'security.system="provisioning"', "--set", f'tags[0].readings=["{120 * "r"}"]')


@pytest.fixture(scope="module")
def over_gnu_radio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bistatic") / "run"
    _run(folder, "zmq:")
    return folder


def _events(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


def test_a_secure_exchange_on_an_energizer_s_carrier(in_process: Path) -> None:
    """Both ends authenticate, data go both ways; each reply lies in the energizer's excitation, a Group Ack after."""
    events = _events(in_process)
    kinds = [event["kind"] for event in events]
    assert kinds.count("security.authenticated") == 2 and [e["ok"] for e in events if e["kind"] == "finished"] == [True]
    sent = [event for event in events if event["kind"] == "tx"]
    once = ["Excitation", None, "Group Ack"]
    names = [[*once], [*once]]
    names[0][1], names[1][1] = "SEC-RESPONSE", "SEC-ACK"
    assert [event["name"] for event in sent] == ["SEC-TRIGGER", *names[0], "SEC-CONFIRM", *names[1]]
    for _, excitation, reply, ack in (sent[:4], sent[4:]):
        assert excitation["src"] == "Energizer"
        assert excitation["start_ns"] < reply["start_ns"] < reply["end_ns"] < excitation["end_ns"] < ack["start_ns"]


def test_excitations_are_counted_apart(in_process: Path) -> None:
    """Two commands, two replies, two Group Acks and two excitations; the SNR downwards is that of the AP alone."""
    tally, events = Tally(), _events(in_process)
    for event in events:
        tally.take(event)
    assert [tally.traffic[each].messages for each in DIRECTIONS] == [2, 2]
    sent = [event for event in events if event["kind"] == "tx" and event["src"] == "Energizer"]
    assert (tally.acks.messages, tally.excitations.messages) == (2, len(sent)) == (2, 2)
    assert tally.excitations.air_time_ns == sum(event["end_ns"] - event["start_ns"] for event in sent)
    heard = [event for event in events if event["kind"] == "rx" and event["node"] == "tag" and event["src"] == "AP"]
    assert sorted(tally.snr_db["downlink"]) == sorted(event["snr_db"] for event in heard)


def test_what_the_ap_measures_is_what_the_file_says(in_process: Path) -> None:
    """The chip clock, and a carrier off by the energizer's offset and by what the shift clock makes of 20 MHz."""
    clock_ppm, offset_hz = 8000.0, 35_000.0
    shift_hz = 20e6 * (1 / (1 + clock_ppm * 1e-6) - 1)
    heard = [event for event in _events(in_process) if event["kind"] == "rx" and event["node"] == "ap"]
    assert [event["clock_ppm"] for event in heard] == [pytest.approx(clock_ppm, abs=150)] * 2
    assert [event["cfo_hz"] for event in heard] == [pytest.approx(offset_hz + shift_hz, abs=2000)] * 2


def test_over_gnu_radio_it_is_the_same_exchange(in_process: Path, over_gnu_radio: Path) -> None:
    """The same frames at the same times, and at the AP the same clock and carrier."""

    def told(folder: Path) -> list[tuple[object, ...]]:
        kept = [each for each in _events(folder) if each["kind"] in ("tx", "rx", "ack")]
        return sorted((round(each["t_ns"] / 1000), each["kind"], each.get("name", "")) for each in kept)  # type: ignore

    assert told(over_gnu_radio) == told(in_process)
    carriers = [
        [event["cfo_hz"] for event in _events(folder) if event["kind"] == "rx" and event["node"] == "ap"]
        for folder in (in_process, over_gnu_radio)
    ]
    assert carriers[0] == pytest.approx(carriers[1], abs=2000)


def test_the_recordings_replay_without_a_difference(over_gnu_radio: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two replies at the AP; commands, excitations and Group Acks at the tag; at 40 MS/s, and which kind of tag."""
    assert main(["replay", str(over_gnu_radio), "--check", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["frames"]) == 8 and told["differences"] == []
    for role, device in (("ap", "UL_BISTATIC"), ("tag", "bistatic")):
        text = (over_gnu_radio / f"{role}.sigmf-meta").read_text()
        assert json.loads(text)["global"]["core:sample_rate"] == WIDE_SPS and f'"{device}"' in text


def test_a_reply_in_fragments_over_gnu_radio(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another system, its reading in three PPDUs of one slot, each of which is learnt from the excitation anew."""
    folder = tmp_path / "run"
    upper = ("--set", 'energizer.half="upper"', "--set", "tags[0].chip_clock_ppm=10000")
    events = _run(folder, "zmq:", *FRAGMENTS, *upper)
    names = [event["name"] for event in events if event["kind"] == "rx" and event["node"] == "ap"]
    assert names == ["PROV-CONFIRM", *(f"RES-SENSOR-DATA [{each}]" for each in range(3))]
    assert main(["replay", str(folder), "--check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["differences"] == []


def test_the_manifest_says_what_is_not_on_the_air(in_process: Path) -> None:
    """The energizer's settings, and that nobody sends the Wi-Fi frames by which it got its TXOP."""
    told = json.loads((in_process / "manifest.json").read_text())["experiment"]["energizer"]
    assert told["half"] == "lower" and any("MU-RTS" in each for each in told["placeholders"])


def test_the_other_half_and_a_rough_channel(tmp_path: Path) -> None:
    """The excitation above and the reply below, at 250 kb/s; multipath on all ways, phase noise, 60 dB direct."""
    upper = ["--set", 'energizer.half="upper"', "--set", "energizer.delay_ns=50"]
    rough = ["--set", 'channel.multipath="B"', "--set", "channel.phase_noise_hz=20", "--set", "channel.gain_db=-10"]
    near = ["--set", "channel.distance_m=5.0", "--set", "energizer.tag_distance_m=1.0"]
    slow = ["--set", "ap.uplink_rate_kbps=250", "--set", "tags[0].chip_clock_ppm=-10000"]
    events = _run(tmp_path / "upper", "sim:", *upper, *rough, *near, *slow)
    assert [each["ok"] for each in events if each["kind"] == "finished"] == [True]


def test_the_budget_of_an_energizer() -> None:
    """Friis from energizer to tag, to the AP, and by way of the tag with the reflection loss; noise of 20 MHz."""
    channel = Channel(distance_m=3.0, noise_figure_db=6.0)
    energizer = EnergizerTable(power_dbm=15.0, tag_distance_m=0.7, ap_distance_m=4.0)

    def loss_db(metres: float) -> float:
        return 20 * math.log10(4 * math.pi * metres * PROFILE.uplink.carrier_hz / 299_792_458)

    noise_dbm = 10 * math.log10(1.380649e-23 * 290 * 20e6 * 1000) + 6.0
    at_tag_db, reply_db, direct_db = lit_snrs_db(channel, energizer, PROFILE, 1)
    assert at_tag_db == pytest.approx(15.0 - loss_db(0.7) - noise_dbm, abs=0.01)
    assert reply_db == pytest.approx(15.0 - loss_db(0.7) - 6.0 - loss_db(3.0) - noise_dbm, abs=0.01)
    assert direct_db == pytest.approx(15.0 - loss_db(4.0) - noise_dbm, abs=0.01)
    given = lit_snrs_db(Channel(uplink_snr_db=12.0), EnergizerTable(snr_db=25.0, direct_db=50.0), PROFILE, 1)
    assert given == (25.0, 12.0, 62.0)
    with pytest.raises(ValueError, match="three distances"):
        lit_snrs_db(channel, EnergizerTable(), PROFILE, 1)


@pytest.mark.parametrize(("carrier_hz", "clock_ppm"), [(0.0, 0.0), (60e3, 30.0), (-97e3, -40.0)])
def test_the_energizer_s_radio_has_its_own_clock_and_carrier(carrier_hz: float, clock_ppm: float) -> None:
    """What the AP's own estimator finds at both ends of an excitation: the carrier, and symbols that drift."""
    radio = Energizer(PROFILE, carrier_hz, clock_ppm)
    samples = radio.samples(FRAME, EXCITATION, 12_345)
    assert samples.size * 25e-9 * (1 + clock_ppm * 1e-6) == pytest.approx(310e-6 + EXCITATION_NS * 1e-9, abs=50e-9)
    half = UplinkChannel(-10e6, WIDE_SPS, 8e6, 12e6)
    spectrum = symbol_spectrum(PROFILE, WIDE_SPS // 2, upper=False)
    first, last = 7040, 65280
    found = [
        heard_directly(spectrum, half.samples(samples[np.newaxis], 0, at, at + 16 * 64)) for at in (first, last)
    ]
    for each in found:  # its converter's clock moves the −10 MHz too
        seen_hz = carrier_hz - 10e6 * clock_ppm * 1e-6
        assert each.heard.all() and each.turn[0] * WIDE_SPS / 2 == pytest.approx(seen_hz, abs=100)
    drift = (found[1].delay[0] - found[0].delay[0] + 32) % 64 - 32
    assert drift == pytest.approx(-clock_ppm * 1e-6 * (last - first), abs=0.1)


def test_the_energizer_s_stream_goes_as_far_as_it_may_and_sends_nothing_late() -> None:
    """Silence up to the horizon, the PPDU at its sample, and one whose start has passed is refused, not shifted."""
    stream = EnergizerStream(Energizer(PROFILE))
    burst = stream.add(FRAME, EXCITATION, 500)
    assert burst is not None and burst.start == 500
    stream.bursts.raise_horizon(2000)
    sent = stream.transmit(4000)
    assert sent is not None and sent.size == 2000 and not sent[:500].any() and sent[500:].any()
    assert stream.add(FRAME, EXCITATION, 1999) is None
    for later in range(PENDING_MAX - 1):
        assert stream.bursts.add(Burst(burst.stop + later, burst.samples[:1]))
    with pytest.raises(ValueError, match="still to be sent"):  # or what a MAC asks for fills the memory
        stream.add(FRAME, EXCITATION, 10 * burst.stop)
    stream.close()
    assert stream.transmit(1) is None


def test_a_type_1_lies_in_one_half() -> None:
    """Its power is about −10 or +10 MHz and stays what it was; a PPDU of another Type has no place there."""
    for upper in (False, True):
        wide = wide_ppdu(PROFILE, bytes(12), TxVector(PpduKind.DL_TYPE1, 250_000, upper_half=upper))
        power = np.abs(np.fft.fft(wide)) ** 2
        mhz = np.fft.fftfreq(wide.size, 25e-9) / 1e6
        assert power[(mhz > 0) == upper].sum() > 0.999 * power.sum()
        assert np.mean(np.abs(wide[: 32 * 40]) ** 2) == pytest.approx(1.0, abs=0.01)
    with pytest.raises(ValueError, match="half a channel"):
        wide_ppdu(PROFILE, bytes(12), TxVector(PpduKind.DL_TYPE3, 250_000, excitation_ns=16_000))


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ('security.system="rsna" ap.uplink_rate_kbps=250', "ap.uplink_rate_kbps"),
        ("ap.downlink_rate_kbps=1000", "ap.downlink_rate_kbps"),
        ("tags[0].carrier_offset_hz=1000", "tags[0].carrier_offset_hz"),
        ("tags[0].chip_clock_ppm=10001", "tags[0].chip_clock_ppm"),
        ("power.incident_dbm=-10", "power.incident_dbm"),
        ("channel.carrier_offset_hz=1000", "channel.carrier_offset_hz"),
        ("channel.clock_ppm=10", "channel.clock_ppm"),
        ("channel.leak_db=20", "channel.leak_db"),
        ("channel.delay_ns=120", "energizer.delay_ns"),
        ("energizer.delay_ns=101", "energizer.delay_ns"),
        ("energizer.carrier_offset_hz=98000", "energizer.carrier_offset_hz"),
        ("energizer.clock_ppm=41", "energizer.clock_ppm"),
        ("energizer.snr_db=20", "energizer.snr_db"),
        ("energizer.tag_distance_m=90000", "channel.distance_m"),
        ("channel.adc_bits=8", "channel.adc_full_scale_db"),
        ('radio="emu:"', "radio"),
    ],
)
def test_what_does_not_go_with_an_energizer(change: str, key: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is refused before anything starts, with its key and the fix."""
    assert main(["run", EXAMPLE, *(word for each in change.split() for word in ("--set", each))]) == 2
    error = capsys.readouterr().err
    assert key in error and "fix:" in error


def test_distances_come_all_or_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One of the three is no budget."""
    file = tmp_path / "some.toml"
    file.write_text('[ap]\nuplink = "bistatic"\n[energizer]\nap_distance_m = 2.0\n')
    assert main(["run", str(file), "--radio", "sim:"]) == 2
    assert "energizer.ap_distance_m" in capsys.readouterr().err


def test_the_largest_that_fits_is_sent(tmp_path: Path) -> None:
    """The longest nonce, Modifier, reading and command fit an excitation and a command at 250 kb/s (rule 14)."""
    more = ["--set", "security.amp.nonce_octets=32", "--set", "security.amp.modifier_octets=8"]
    reading = ["--set", f'tags[0].readings=["{21 * "r"}"]', "--set", f'ap.commands=["{52 * "c"}"]']
    events = _run(tmp_path / "large", "sim:", *more, *reading, "--set", "ap.uplink_rate_kbps=250")
    assert [each["ok"] for each in events if each["kind"] == "finished"] == [True]
