"""The picture of a run: power over time with the fields marked, from a recording (issue item 10)."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ampradio.phy.fields import ppdu_fields
from ampradio.phy.modulate import ppdu
from ampradio.phy.reception import Reception
from ampradio.profile import load_profile
from ampradio.psdu import crc8
from ampradio.vectors import PpduKind, RxVector, TxVector
from testbed.capture import CaptureMeta, open_capture
from testbed.picture import FIELD_COLOURS, envelope, main, marks

PROFILE = load_profile()
RATE = PROFILE.preamble.sample_rate_sps
START = 400


@pytest.fixture()
def run(tmp_path: Path) -> Path:
    """Return a folder with the tag's recording of one Ack from sample 400 on."""
    psdu = bytes.fromhex("063412")
    psdu += bytes([crc8(psdu)])
    vector = TxVector(PpduKind.DL_TYPE1, 250_000)
    wave = ppdu(PROFILE, psdu, vector)
    fields = tuple(
        replace(each, start_sample=each.start_sample + START, stop_sample=each.stop_sample + START)
        for each in ppdu_fields(PROFILE, len(psdu), vector)
    )
    end_ns = (START + wave.size) * 50
    meta = CaptureMeta(tmp_path / "tag", RATE, "cf32_le", PROFILE, node="tag", role="tag")
    meta.add(Reception(psdu, RxVector(vector.kind, vector.rate_bps, START * 50, end_ns, START, 30.0, 0.0, 0.0), fields))
    np.concatenate([np.zeros(START), wave, np.zeros(600)]).astype("<c8").tofile(meta.data_path)
    meta.finalise(START + wave.size + 600)
    return tmp_path


@pytest.mark.parametrize("columns", [100, 1000, 100_000])
def test_envelope_is_the_mean_power(run: Path, columns: int) -> None:
    """Each point is the mean of |x|² over its piece, which together cover the recording."""
    recording = open_capture(run)
    times, power = envelope(recording, 0, recording.samples, columns)
    samples = np.fromfile(run / "tag.sigmf-data", "<c8").astype(complex)
    piece = -(-samples.size // columns)
    assert power.size == samples.size // piece <= columns
    expected = [np.mean(np.abs(samples[at * piece : (at + 1) * piece]) ** 2) for at in range(power.size)]
    np.testing.assert_allclose(power, expected, atol=1e-12)
    np.testing.assert_allclose(times[0], piece / 2 / RATE)


def test_marks_are_the_fields_of_a_type_1_ppdu(run: Path) -> None:
    """Air-interface page, section 2: the fields in order, back to back, 330 µs in all (check figure)."""
    found = marks(open_capture(run))
    names = ["L-STF", "L-LTF", "L-SIG", "RL-SIG", "U-SIG", "AMP-Sync", "AMP-SIG", "AMP-Data", "Padding"]
    assert [each.name for each in found] == [*names, "Signal extension"]
    assert all(one.stop_sample == next_.start_sample for one, next_ in itertools.pairwise(found))
    assert found[0].start_sample == START and found[-1].stop_sample - START == 330 * 20
    assert set(FIELD_COLOURS) >= {each.name for each in found}


@pytest.mark.parametrize("name", ["x.svg", "x.png", "deep/x.pdf"])
def test_picture_is_written(run: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """python -m testbed.picture RUN --out … in the formats of documents."""
    assert main([str(run), "--out", str(run / name)]) == 0
    assert capsys.readouterr().out.strip() == str(run / name)
    head = (run / name).read_bytes()[:1000]
    assert {"x.svg": b"<svg" in head, "x.png": head[1:4] == b"PNG", "deep/x.pdf": head[:4] == b"%PDF"}[name]


def test_picture_names_frame_and_fields_and_repeats(run: Path) -> None:
    """The same recording gives the same octets; frame, SNR and fields are named; a range can be chosen."""
    for name in ("a.svg", "b.svg"):
        assert main([str(run), "--out", str(run / name)]) == 0
    text = (run / "a.svg").read_text()
    assert text == (run / "b.svg").read_text()
    assert all(name in text for name in ("Ack", "30 dB", "AMP-Sync", "U-SIG", "received by the tag"))
    assert main([str(run), "--out", str(run / "c.svg"), "--start-ms", "0.1", "--stop-ms", "0.2"]) == 0
    assert (run / "c.svg").read_text() != text


@pytest.mark.parametrize("more", [["--start-ms", "9"], ["--start-ms", "0.2", "--stop-ms", "0.1"]])
def test_what_cannot_be_drawn_is_told(run: Path, more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A range without samples, a folder without recordings, a format nobody has: exit code 2 and the reason."""
    assert main([str(run), "--out", str(run / "x.svg"), *more]) == 2
    assert "Fix:" in capsys.readouterr().err
    (run / "empty").mkdir()
    assert main([str(run / "empty"), "--out", str(run / "x.svg")]) == 2
    assert main([str(run), "--out", str(run / "x.bmp3")]) == 2
