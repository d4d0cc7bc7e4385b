"""Recordings: valid SigMF from the first moment, everything a replay needs, clear words for a bad file."""

from __future__ import annotations

import contextlib
import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sigmf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ampradio.phy.fields import Field
from ampradio.phy.reception import Reception
from ampradio.profile import load_profile
from ampradio.psdu import crc8
from ampradio.vectors import Listen, PpduKind, RxVector
from testbed.capture import CaptureError, CaptureMeta, open_capture, open_captures
from tests.testbed.killed import kill_once_written

RATE = 20_000_000
PROFILE = load_profile()
ACK = bytes.fromhex("063412") + bytes([crc8(bytes.fromhex("063412"))])
WINDOW = Listen(PpduKind.UL_ACTIVE, 1_000_000, 2, 1_234_567, 2_345_678)


def reception(start: int = 1000, psdu: bytes = ACK, snr_db: float = 21.5) -> Reception:
    """Return a PPDU of 3000 samples from ``start`` with three fields."""
    rx = RxVector(
        kind=PpduKind.DL_TYPE1,
        rate_bps=250_000,
        start_ns=start * 50,
        end_ns=(start + 3000) * 50,
        start_sample=start,
        snr_db=snr_db,
        rssi_dbfs=-0.25,
        clock_ppm=-412.5,
        partial_id=0x34,
    )
    fields = (
        Field("AMP-Sync", start, start + 1600),
        Field("AMP-Data", start + 1600, start + 2880),
        Field("Signal extension", start + 2880, start + 3000),
    )
    return Reception(psdu, rx, fields)


def written(base: Path, samples: int = 5000, datatype: str = "cf32_le", role: str = "tag") -> CaptureMeta:
    """Return the closed metadata of a recording of zeros with one PPDU, one window and one own transmission."""
    meta = CaptureMeta(
        base, RATE, datatype, PROFILE, description="bench", node=role, role=role, center_hz=2.437e9,
        unit=2048.0 if datatype == "ci16_le" else None,
    )  # fmt: skip
    np.zeros(2 * samples, "<f4" if datatype == "cf32_le" else "<i2").tofile(meta.data_path)
    meta.add_listen(WINDOW)
    meta.add(reception())
    meta.add_blank(10, 900)
    meta.finalise(samples)
    return meta


def validated(meta_path: Path) -> sigmf.SigMFFile:
    """Read a recording with sigmf's own reader and validator; a warning is a failure."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        handle = sigmf.fromfile(str(meta_path))
        handle.validate()
    return handle


@pytest.mark.parametrize("datatype", ["cf32_le", "ci16_le"])
def test_metadata_is_valid_sigmf(tmp_path: Path, datatype: str) -> None:
    """Issue item 8: SigMF with an annotation per PPDU and per field; by sigmf's validator, in both formats."""
    handle = validated(written(tmp_path / "tag.1", datatype=datatype).meta_path)
    assert handle.get_global_field("core:datatype") == datatype
    assert handle.get_global_field("core:sample_rate") == RATE
    assert handle.get_capture_info(0)["core:frequency"] == 2.437e9
    assert handle.sample_count == 5000
    labels = [each["core:label"] for each in handle.get_annotations()]
    assert labels == ["own transmission", "Ack", "AMP-Sync", "AMP-Data", "Signal extension", "listen"]
    ppdu = handle.get_annotations()[1]
    assert (ppdu["core:sample_start"], ppdu["core:sample_count"]) == (1000, 3000)
    told = {key: ppdu[f"amp:{key}"] for key in ("rate_bps", "snr_db", "frame_type", "clock_ppm", "psdu_hex", "kind")}
    assert told == {
        "rate_bps": 250_000,
        "snr_db": 21.5,
        "frame_type": "Ack",
        "clock_ppm": -412.5,
        "psdu_hex": ACK.hex(),
        "kind": "DL_TYPE1",
    }
    assert "amp:cfo_hz" not in ppdu


def test_metadata_is_valid_before_the_first_sample(tmp_path: Path) -> None:
    """A run killed at once leaves valid metadata, which says that it is not complete."""
    meta = CaptureMeta(tmp_path / "ap", RATE, "cf32_le", PROFILE)
    document = json.loads(meta.meta_path.read_text())
    sigmf.validate.validate(document)
    assert document["global"]["amp:complete"] is False


def test_two_recordings_of_the_same_are_the_same_octets(tmp_path: Path) -> None:
    """No wall clock in the metadata: a seeded run writes the same octets again."""
    metas = [written(tmp_path / name) for name in ("a", "b")]
    assert metas[0].meta_path.read_bytes() == metas[1].meta_path.read_bytes()


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    """A replay is told the same windows to the nanosecond and the same ignored samples, and has the frames to check."""
    written(tmp_path / "tag")
    for path in (tmp_path / "tag", tmp_path / "tag.sigmf-meta", tmp_path / "tag.sigmf-data", tmp_path):
        recording = open_capture(path)
        assert recording.windows == (WINDOW,) and recording.blanks == ((10, 900),)
        (frame,) = recording.frames
        assert (frame.psdu, frame.start_sample, frame.rate_bps) == (ACK, 1000, 250_000)
        assert (frame.label, frame.kind, frame.snr_db) == ("Ack", "DL_TYPE1", 21.5)
        assert (recording.samples, recording.sample_rate_sps, recording.complete) == (5000, RATE, True)
        assert (recording.role, recording.profile, recording.center_hz) == ("tag", PROFILE.name, 2.437e9)


def test_a_run_folder_has_one_recording_per_node(tmp_path: Path) -> None:
    """open_captures gives all, open_capture wants to know which."""
    written(tmp_path / "ap", role="ap")
    written(tmp_path / "tag")
    assert [each.node for each in open_captures(tmp_path)] == ["ap", "tag"]
    assert open_capture(tmp_path, "ap").role == "ap"
    with pytest.raises(CaptureError, match=r"holds 2 recordings\. Fix: name one: ap, tag"):
        open_capture(tmp_path)
    with pytest.raises(CaptureError, match="no recording of tag2"):
        open_capture(tmp_path, "tag2")


def test_finalise_cuts_to_the_sample_and_the_annotations_with_it(tmp_path: Path) -> None:
    """The data file ends at the sample where the run ended; a window beyond it keeps its exact nanoseconds."""
    meta = CaptureMeta(tmp_path / "ap", RATE, "cf32_le", PROFILE)
    np.arange(2 * 5000, dtype="<f4").tofile(meta.data_path)
    meta.add_listen(WINDOW)
    meta.add(reception(start=1500))
    meta.finalise(2000)
    assert meta.data_path.stat().st_size == 2000 * 8
    for each in validated(meta.meta_path).get_annotations():
        assert each["core:sample_start"] + each["core:sample_count"] <= 2000
    recording = open_capture(tmp_path / "ap")
    assert recording.windows == (WINDOW,) and recording.frames[0].start_sample == 1500
    assert recording.read(1999).tolist() == [3998 + 3999j]
    with pytest.raises(CaptureError, match="holds 2000 of 2001 samples"):
        meta.finalise(2001)


def test_a_ppdu_that_began_before_the_recording(tmp_path: Path) -> None:
    """SigMF has no negative sample: the annotation is cut, the frame's start is kept."""
    meta = CaptureMeta(tmp_path / "tag", RATE, "cf32_le", PROFILE)
    np.zeros(2 * 9000, "<f4").tofile(meta.data_path)
    meta.add(reception(start=-700))
    meta.finalise(9000)
    first, *fields = validated(meta.meta_path).get_annotations()
    assert (first["core:sample_start"], first["core:sample_count"]) == (0, 2300)
    assert [each["core:sample_start"] for each in fields] == [0, 900, 2180]
    assert open_capture(tmp_path / "tag").frames[0].start_sample == -700


def test_figures_that_are_not_finite_are_left_out(tmp_path: Path) -> None:
    """SigMF is JSON, which has no infinity: an SNR without noise is not told."""
    meta = CaptureMeta(tmp_path / "ap", RATE, "cf32_le", PROFILE)
    np.zeros(2 * 9000, "<f4").tofile(meta.data_path)
    meta.add(reception(snr_db=float("inf")))
    meta.add(reception(start=4500, snr_db=float("nan")))
    meta.finalise(9000)
    validated(meta.meta_path)
    assert [frame.snr_db for frame in open_capture(tmp_path / "ap").frames] == [None, None]


def test_ci16_reads_as_amplitudes(tmp_path: Path) -> None:
    """amp:unit is the value of amplitude 1; a foreign ci16 file has full scale as 1."""
    meta = written(tmp_path / "ap", samples=2, datatype="ci16_le")
    np.array([2048, -1024, 0, 32767], "<i2").tofile(meta.data_path)
    assert open_capture(tmp_path / "ap").read().tolist() == [1 - 0.5j, pytest.approx(32767j / 2048)]
    document = json.loads(meta.meta_path.read_text())
    del document["global"]["amp:unit"]
    meta.meta_path.write_text(json.dumps(document))
    assert open_capture(tmp_path / "ap").read()[0] == pytest.approx(0.0625 - 0.03125j)


def test_a_foreign_recording_is_read(tmp_path: Path) -> None:
    """Any SigMF file: no amp: keys, a data file by another name, written by sigmf itself."""
    data = tmp_path / "iq.bin"
    np.array([1, 2, 3, 4], "<f4").tofile(data)
    foreign = sigmf.SigMFFile(global_info={"core:datatype": "cf32_le", "core:sample_rate": 20e6})
    foreign.add_capture(0)
    (tmp_path / "f.sigmf-meta").write_text(json.dumps(dict(foreign.ordered_metadata()) | {}))
    document = json.loads((tmp_path / "f.sigmf-meta").read_text())
    document["global"]["core:dataset"] = "iq.bin"
    (tmp_path / "f.sigmf-meta").write_text(json.dumps(document))
    recording = open_capture(tmp_path / "f.sigmf-meta")
    assert recording.read().tolist() == [1 + 2j, 3 + 4j]
    assert (recording.role, recording.frames, recording.windows, recording.complete) == ("", (), (), True)


Damage = Callable[[Path, dict], None]


def _set(key: str, value: object) -> Damage:
    return lambda folder, document: document["global"].update({key: value})


def _data(octets: bytes) -> Damage:
    return lambda folder, document: (folder / "x.sigmf-data").write_bytes(octets) and None


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda folder, document: (folder / "x.sigmf-data").unlink(), "data file x.sigmf-data is missing"),
        (_set("core:datatype", "rf32_le"), "rf32_le is not read here"),
        (_set("core:datatype", None), "None is not read here"),
        (_set("core:sample_rate", "fast"), "not a positive number"),
        (_set("core:sample_rate", 0), "not a positive number"),
        (_set("core:sample_rate", 1.5), "no whole number"),
        (_set("core:num_channels", 2), "several channels"),
        (_set("core:trailing_bytes", 8), "headers"),
        (_set("amp:unit", -1), "amp:unit"),
        (_data(b""), "holds no sample"),
        (_data(b"12345"), "ends 5 octets into a sample of 8"),
        (lambda folder, document: document.clear(), "global is no object"),
        (lambda folder, document: document.update(captures=[3]), r"captures\[0\] is no object"),
        (lambda folder, document: document.update(annotations=[3]), "list of objects"),
        (lambda folder, document: document["annotations"][1].pop("amp:rate_bps"), "amp:rate_bps"),
        (lambda folder, document: document["annotations"][1].update({"amp:psdu_hex": "0g"}), "incomplete"),
        (lambda folder, document: document["annotations"][-1].update({"amp:kind": "WARP"}), "WARP"),
        (lambda folder, document: document["annotations"][-1].update({"amp:listen_stop_ns": "x"}), "listen_stop_ns"),
    ],
)
def test_bad_recordings_are_told(tmp_path: Path, damage: Damage, reason: str) -> None:
    """Missing data, wrong datatype, empty, truncated sample, damaged metadata: said with the fix."""
    meta = written(tmp_path / "x")
    document = json.loads(meta.meta_path.read_text())
    damage(tmp_path, document)
    meta.meta_path.write_text(json.dumps(document))
    with pytest.raises(CaptureError, match=reason) as caught:
        open_capture(tmp_path / "x")
    assert caught.value.fix


@pytest.mark.parametrize("text", ["", "{", "[1]", "\x00", "[" * 100_000])
def test_metadata_that_is_no_json_is_told(tmp_path: Path, text: str) -> None:
    """Anything may stand in a foreign file."""
    (tmp_path / "x.sigmf-meta").write_text(text)
    with pytest.raises(CaptureError):
        open_capture(tmp_path / "x")


@pytest.mark.parametrize("name", ["nothing", "plain.txt", "archive.sigmf", "."])
def test_what_is_no_recording_is_told(tmp_path: Path, name: str) -> None:
    """A path that is no recording says what to name instead."""
    (tmp_path / "plain.txt").write_text("x")
    with pytest.raises(CaptureError) as caught:
        open_capture(tmp_path / name)
    assert caught.value.fix


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**6) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)

@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_metadata_may_hold_anything(tmp_path: Path, data: st.DataObject) -> None:
    """Any value in any place of a foreign file is read or told as a CaptureError, never anything else."""
    meta = written(tmp_path / "x")
    document = json.loads(meta.meta_path.read_text())
    place, deeper = document, True
    while isinstance(place, (dict, list)) and place and deeper:
        deeper = data.draw(st.booleans())
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else list(range(len(place)))))
        parent, place = place, place[key]
    parent[key] = data.draw(JSON)
    meta.meta_path.write_text(json.dumps(document))
    with contextlib.suppress(CaptureError):
        assert open_capture(tmp_path / "x").read(0, 4).size == 4


def test_dataset_cannot_leave_the_folder(tmp_path: Path) -> None:
    """core:dataset of a foreign file is a name, not a path."""
    (tmp_path / "secret").write_bytes(b"\0" * 80)
    (tmp_path / "in").mkdir()
    meta = written(tmp_path / "in" / "x")
    document = json.loads(meta.meta_path.read_text())
    document["global"]["core:dataset"] = "../secret"
    meta.meta_path.write_text(json.dumps(document))
    with pytest.raises(CaptureError, match="secret is missing"):
        open_capture(tmp_path / "in" / "x")


def test_a_killed_recording_is_valid(tmp_path: Path) -> None:
    """Issue item 8: recording survives a kill -9, metadata valid and samples up to the last chunk."""
    script = f"""
import numpy as np
from tests.testbed.test_capture import CaptureMeta, PROFILE, RATE, reception
meta = CaptureMeta({str(tmp_path / "tag")!r}, RATE, "cf32_le", PROFILE, role="tag")
with meta.data_path.open("wb", buffering=0) as data:
    for number in range(1_000_000):
        data.write(b"\\0" * 4093)
        meta.add(reception(start=number * 4000))
        if number == 200:
            meta.close()
            print("written", flush=True)
        if number % 7 == 0:
            meta.close()
"""
    kill_once_written(script)
    sigmf.validate.validate(json.loads((tmp_path / "tag.sigmf-meta").read_text()))
    recording = open_capture(tmp_path / "tag")
    assert not recording.complete and len(recording.frames) >= 200
    assert recording.samples == (tmp_path / "tag.sigmf-data").stat().st_size // 8
    assert recording.read(recording.samples - 1).size == 1


def test_metadata_is_not_rewritten_at_every_annotation(tmp_path: Path) -> None:
    """A burst of receptions costs one rewrite, not one each."""
    meta = CaptureMeta(tmp_path / "tag", RATE, "cf32_le", PROFILE)
    before = meta.meta_path.stat().st_ino
    for number in range(2000):
        meta.add(reception(start=number * 4000))
    assert len(json.loads(meta.meta_path.read_text())["annotations"]) < 8000
    meta.close()
    assert meta.meta_path.stat().st_ino != before
    assert len(json.loads(meta.meta_path.read_text())["annotations"]) == 8000
