"""`amp record` and `amp transmit`: losses marked where they are, what is sent is decoded, nothing radiates unasked."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sigmf import sigmffile

from ampradio.phy.narrow import modulated
from ampradio.profile import load_profile
from ampradio.radio.errors import RadioGoneError
from ampradio.radio.interface import Loopback, SampleBlock
from ampradio.vectors import PpduKind, TxVector
from testbed.capture import CaptureError, CaptureMeta, open_capture
from testbed.cli import main
from testbed.radios.record import highest_rate, record
from testbed.radios.transmit import Way, samples_of, transmit, way_for
from testbed.replay_report import replayed_report
from tests.conftest import ROOT
from tests.radio.conftest import OpenRadio, settings
from tests.radio.counted import SMALL, counting, places
from tests.radio.plutos import network
from tests.radio.test_driver import noise

LENGTH = 64 * 127
PROFILE = load_profile()
ACK = bytes.fromhex("06efbeb1")


def document(meta_path: Path) -> dict[str, object]:
    """The metadata, which SigMF's own library has found valid."""
    sigmffile.fromfile(str(meta_path)).validate()
    return json.loads(meta_path.read_text())  # type: ignore[no-any-return]


def recorded_places(meta_path: Path) -> np.ndarray:
    return places(np.fromfile(meta_path.with_suffix(".sigmf-data"), "<i2").reshape(-1, 2))


def test_losses_are_capture_segments_at_exactly_their_place(opened: OpenRadio, tmp_path: Path) -> None:
    """What the radio repeats numbers every sample, so the data tells where some are missing."""
    with network(1) as one:
        radio = opened(one.uris[0], paced_by_reader=True, block=SMALL)
        radio.cyclic(counting(LENGTH))

        def disturb(done: int, total: int) -> None:
            if done in (4 * SMALL, 12 * SMALL):
                one.plutos[0].faults.overflow(5000)

        made = record(radio, tmp_path / "lossy", 20.5 * SMALL / 2e6, PROFILE, progress=disturb)
        radio.close()
    assert (made.samples, made.segments, made.losses.overflows) == (20.5 * SMALL, 3, 2)
    facts = document(made.meta_path)
    starts = [segment["core:sample_start"] for segment in facts["captures"]]  # type: ignore[attr-defined]
    whole = recorded_places(made.meta_path)
    assert whole.size == made.samples
    jumps = np.flatnonzero(np.diff(whole) % LENGTH != 1) + 1
    # the repeated buffer reached the receiver after it began to record
    assert starts == [0, *jumps[jumps > SMALL].tolist()]
    assert all(segment["amp:lost_before"] for segment in facts["captures"][1:])  # type: ignore[index]
    assert facts["global"]["amp:radio"]["losses"]["overflows"] == 2  # type: ignore[index]


def test_blocks_that_nobody_wrote_in_time_are_missing_by_number(
    opened: OpenRadio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ampradio.radio.free_running._MOST_BYTES", 6 * 4 * SMALL)
    with network(1, elastic=False) as one:
        radio = opened(one.uris[0], block=SMALL, receive_buffers=16)
        radio.cyclic(counting(LENGTH))

        def dawdle(done: int, total: int) -> None:
            if done == 4 * SMALL:
                while radio.losses().dropped_blocks < 2:
                    time.sleep(0.01)

        made = record(radio, tmp_path / "slow", 16 * SMALL / 2e6, PROFILE, progress=dawdle)
        radio.close()
    segments = [each for each in document(made.meta_path)["captures"] if "amp:lost_samples" in each]  # type: ignore[attr-defined]
    assert sum(each["amp:lost_samples"] for each in segments) == SMALL * made.losses.dropped_blocks > 0
    whole = recorded_places(made.meta_path)
    for each in segments:
        at = each["core:sample_start"]
        assert (whole[at] - whole[at - 1]) % LENGTH == (each["amp:lost_samples"] + 1) % LENGTH


def test_a_radio_that_vanishes_leaves_a_recording(opened: OpenRadio, tmp_path: Path) -> None:
    with network(1) as one:
        radio = opened(one.uris[0], paced_by_reader=True, block=SMALL)

        def unplug(done: int, total: int) -> None:
            if done == 6 * SMALL:
                one.servers[0].close()

        with pytest.raises(RadioGoneError):
            record(radio, tmp_path / "cut", 1.0, PROFILE, progress=unplug)
        radio.close()
    kept = open_capture(tmp_path / "cut")
    assert kept.complete and kept.samples == 6 * SMALL
    assert document(kept.meta_path)["global"]["amp:radio"]["interrupted"] is True  # type: ignore[index]


def test_the_highest_rate_without_loss_is_found(
    opened: OpenRadio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("testbed.radios.record.RATES_SPS", (8_000_000, 4_000_000, 2_000_000))
    told: list[str] = []
    with network(1) as one:
        radio = opened(one.uris[0], paced_by_reader=True)
        one.plutos[0].faults.overflow(100)  # at the first rate
        assert highest_rate(radio, settings(), tmp_path, told.append) == 4_000_000
        radio.close()
    assert told == ["8 MS/s: samples are lost"] and not list(tmp_path.iterdir())


def test_ctrl_c_leaves_a_whole_recording_with_the_hardwares_settings(tmp_path: Path) -> None:
    with network(1, elastic=False) as one:
        words = ["record", f"emu:{one.uris[0]}", "--seconds", "60", "--rate-sps", "1000000", "--gain-db", "33"]
        command = [sys.executable, "-m", "testbed.cli", *words, "--centre-hz", "2.45e9", "--out", str(tmp_path / "a")]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        data = tmp_path / "a" / "radio.sigmf-data"
        while not (data.exists() and data.stat().st_size > 400_000):
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and err.endswith("amp: interrupted\n")
    kept = open_capture(tmp_path / "a" / "radio")
    assert kept.complete and kept.samples * 4 == data.stat().st_size and kept.center_hz == 2.45e9
    facts = document(kept.meta_path)["global"]
    told = {key: facts["amp:radio"][key] for key in ("serial", "rx_gain_db", "rate_sps", "firmware", "emulated")}  # type: ignore[index]
    assert told == {
        "serial": "emulated0000", "rx_gain_db": 33.0, "rate_sps": 1_000_000, "firmware": "v0.38", "emulated": True,
    }  # fmt: skip
    assert "serial emulated0000" in facts["core:hw"]  # type: ignore[index]


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of an Ack at 4 MS/s, silence around it."""
    samples = modulated(PROFILE, ACK, TxVector(PpduKind.DL_TYPE1, 250_000), 4_000_000)
    silence = np.zeros(20_000, np.complex64)
    samples = np.concatenate((silence, 3 * samples.astype(np.complex64), silence))
    meta = CaptureMeta(
        tmp_path_factory.mktemp("sent") / "ack", 4_000_000, "cf32_le", PROFILE, role="tag", center_hz=2.437e9
    )
    meta.data_path.write_bytes(samples.tobytes())
    meta.finalise(samples.size)
    return meta.meta_path


def decoded(blocks: list[SampleBlock], base: Path) -> list[dict[str, object]]:
    """The frames in gapless ``blocks`` at 4 MS/s, by a tag's receiver."""
    meta = CaptureMeta(base, 4_000_000, "ci16_le", PROFILE, role="tag", unit=2048.0)
    codes = np.concatenate([block.codes for block in blocks])
    meta.data_path.write_bytes(codes.tobytes())
    meta.finalise(len(codes))
    return replayed_report(open_capture(base), "", quiet=True, check=False, probe=None).frames


@pytest.mark.parametrize("way", [Way.STREAM, Way.CYCLIC])
def test_what_is_transmitted_is_decoded_at_another_radio(
    way: Way, frame: Path, opened: OpenRadio, tmp_path: Path
) -> None:
    """Once through the stream, or again and again by the radio itself."""
    samples = samples_of(open_capture(frame), 4_000_000, 0.9)
    also = {"rate_sps": 4_000_000, "bandwidth_hz": 4_000_000, "loopback": Loopback.OFF, "tx_attenuation_db": 0.0}
    with network(2) as two:
        sender = opened(two.uris[0], block=1 << 15, paced_by_reader=True, also=also)
        receiver = opened(two.uris[1], block=1 << 15, also={**also, "rx_gain_db": 40.0})
        listening: list[int] = []

        def listen(done: int, total: int) -> None:
            if not listening:  # from when the sender's clock runs
                receiver.start(transmit=False)
            listening.append(done)

        if way is Way.STREAM:
            made = transmit(sender, samples, way, None, listen)
            assert made.samples == samples.size and not made.losses.any
        else:
            sender.cyclic(samples)
            listen(0, 0)
        blocks = [receiver.receive() for _ in range(12)]
        sender.close()
        receiver.close()
    frames = decoded(blocks, tmp_path / "heard")
    assert {each["psdu"] for each in frames} == {ACK.hex()}
    starts = np.diff([each["start_sample"] for each in frames])
    if way is Way.STREAM:
        assert len(frames) == 1
    else:
        assert len(frames) >= 12 * (1 << 15) // samples.size - 2 and set(starts) == {samples.size}


def test_the_verb_says_how_it_was_sent(frame: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with network(1) as one:
        words = ["transmit", str(frame), "--radio", f"emu:{one.uris[0]}", "--attenuation-db", "0", "--json"]
        assert main(words) == 0
        assert main([*words, "--cyclic", "--seconds", "0.05"]) == 0
    once, repeated = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (once["sent"], once["guard"]["radiates"], once["losses"]["underflows"]) == (True, False, 0)
    assert "on air: refused" in once["guard"]["statement"] and "streamed" in once["way"]
    assert "repeats by itself" in repeated["way"] and repeated["radio"]["tx_attenuation_db"] == 0.0


def test_a_burst_at_20_megasamples_is_kept_with_what_is_heard_meanwhile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A PPDU whole, non-AMP portion and all, by the own leakage: decoded from the capture, and the mode stated."""
    sent = ROOT / "tests/golden/recordings/dl-type1-1m-clean.sigmf-meta"
    with network(1) as one:
        words = ["transmit", str(sent), "--radio", f"emu:{one.uris[0]}", "--role", "tag", "--gain-db", "30", "--json"]
        assert main([*words, "--out", str(tmp_path / "burst"), "--after-s", "0.001"]) == 0
    assert json.loads(capsys.readouterr().out)["recording"] == str(tmp_path / "burst" / "radio.sigmf-meta")
    kept, source = open_capture(tmp_path / "burst"), open_capture(sent)
    assert (kept.sample_rate_sps, kept.samples) == (20_000_000, source.samples + 20_000)
    [frame] = replayed_report(kept, "", quiet=True, check=False, probe=None).frames
    assert source.expected is not None and [bytes.fromhex(frame["psdu"])] == list(source.expected)
    facts = document(kept.meta_path)["global"]["amp:radio"]  # type: ignore[index]
    assert facts["mode"].startswith("burst: a whole exchange") and facts["sent_samples"] == source.samples


def test_what_no_cable_streams_goes_out_of_one_buffer_whole(opened: OpenRadio) -> None:
    """Longer than a block: another radio hears it once, without a seam."""
    rate = 8_000_000
    also = {"rate_sps": rate, "bandwidth_hz": rate, "loopback": Loopback.OFF, "tx_attenuation_db": 0.0}
    sent = noise(300_000, 8)
    assert way_for(sent.size, rate, cyclic=False) is Way.AT_ONCE
    with network(2, elastic=False) as two:
        sender = opened(two.uris[0], also=also)
        receiver = opened(two.uris[1], block=1 << 17, receive_buffers=32, also={**also, "rx_gain_db": 40.0})
        receiver.start(transmit=False)
        receiver.receive()
        sender.send_once(sent)
        blocks = [receiver.receive()]
        while len(blocks) < 200 and abs(blocks[-1].samples).max() < 0.01:
            blocks = [blocks[-1], receiver.receive()]
        blocks += [receiver.receive() for _ in range(3)]
        sender.close()
        receiver.close()
    heard = np.concatenate([block.samples for block in blocks])
    size = 1 << 20
    peaks = abs(np.fft.ifft(np.fft.fft(heard, size) * np.conj(np.fft.fft(sent, size))))[: heard.size - sent.size]
    at = int(peaks.argmax())
    there = heard[at : at + sent.size]
    alike = abs(np.vdot(sent, there)) ** 2 / (np.vdot(sent, sent).real * np.vdot(there, there).real)
    assert alike > 0.999
    assert abs(heard[:at]).max() < 0.01 and abs(heard[at + sent.size :]).max() < 0.01


def test_a_recording_is_brought_to_the_radios_rate_and_scale(frame: Path, tmp_path: Path) -> None:
    meta = CaptureMeta(tmp_path / "tone", 1_000_000, "cf32_le", PROFILE)
    meta.data_path.write_bytes(np.exp(2j * np.pi * 0.1 * np.arange(50_000)).astype(np.complex64).tobytes())
    meta.finalise(50_000)
    samples = samples_of(open_capture(tmp_path / "tone"), 2_500_000, 0.5)
    assert samples.size == 125_000 and abs(samples).max() == pytest.approx(0.5)
    assert int(np.argmax(abs(np.fft.fft(samples)))) * 2.5e6 / 125_000 == 100_000
    assert abs(samples_of(open_capture(frame), 4_000_000, 0.9)).max() == pytest.approx(0.9)
    with pytest.raises(CaptureError, match="simple ratio"):
        samples_of(open_capture(tmp_path / "tone"), 2_500_001, 0.5)
    with pytest.raises(ValueError, match="memory"):
        way_for(1 << 24, 20_000_000, cyclic=False)


def test_a_real_radio_sends_nothing_that_the_region_forbids(
    frame: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with network(1, elastic=False) as one:
        about = one.plutos[0].context_attributes()
        monkeypatch.setattr(one.plutos[0], "context_attributes", lambda: {**about, "hw_serial": "1044"})
        sent: list[object] = []
        monkeypatch.setattr(one.plutos[0], "open_playback", lambda *how: sent.append(how))
        words = ["transmit", str(frame), "--radio", f"pluto:{one.uris[0]}", "--region", "EU"]
        assert main([*words, "--attenuation-db", "0", "--antenna-gain-dbi", "14", "--cyclic"]) == 2
        assert "dB too much" in capsys.readouterr().err
        assert main([*words, "--centre-hz", "2.3e9"]) == 2
        assert "may not be sent on" in capsys.readouterr().err
        assert main([*words, "--dry-run", "--json"]) == 0
        plan = json.loads(capsys.readouterr().out)
        assert plan["guard"]["radiates"] is True and plan["guard"]["region"] == "EU" and plan["sent"] is False
        assert main([*words, "--loopback", "--dry-run", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["guard"]["radiates"] is False
        assert not sent


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["record", "emu:", "--seconds", "0"], 2, "86400"),
        (["record", "zmq:", "--seconds", "1"], 2, "names no radio"),
        (["record", "emu:ip:127.0.0.1:1", "--seconds", "1"], 3, "amp emulate"),
        (["transmit", "nowhere", "--radio", "emu:"], 2, "nowhere"),
        (["transmit", "FRAME", "--radio", "emu:", "--peak-dbfs", "2"], 2, "full scale"),
        (["transmit", "FRAME", "--radio", "emu:", "--seconds", "2"], 2, "--cyclic"),
        (["transmit", "FRAME", "--radio", "emu:", "--cyclic", "--out", "x"], 2, "--after-s"),
        (["transmit", "FRAME", "--radio", "emu:", "--region", "atlantis"], 2, "no region"),
        (["transmit", "FRAME", "--radio", "emu:ip:127.0.0.1:1"], 3, "amp emulate"),
    ],
)
def test_mistakes_are_named(
    words: list[str], code: int, said: str, frame: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--out", str(tmp_path / "out")] if words[0] == "record" else []
    assert main([str(frame) if word == "FRAME" else word for word in words] + out) == code
    assert said in capsys.readouterr().err


def test_a_folder_with_something_in_it_is_not_written_into(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").write_text("kept")
    assert main(["record", "emu:", "--seconds", "1", "--out", str(tmp_path)]) == 2
    assert "new one" in capsys.readouterr().err
