"""Recordings of other programs: what a file has to be to be one, and what is written when it is imported."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from testbed.capture import open_capture
from testbed.capture.error import CaptureError
from testbed.capture.foreign import import_recording, open_foreign

PAIRS = np.arange(-10, 10, dtype=np.int16).reshape(-1, 2)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i1", "u1", "<i2", ">i2", "u2", "i4"])
@pytest.mark.parametrize("rows", [True, False])
def test_arrays_of_pairs_or_of_complex_numbers(dtype: str, rows: bool, tmp_path: Path) -> None:
    """Whatever the order of octets in the file: SigMF data are little-endian."""
    pairs = PAIRS.astype(dtype)
    if not rows and pairs.dtype.kind == "f":
        np.save(tmp_path / "x.npy", pairs.view(f"c{2 * pairs.itemsize}")[:, 0])
    else:
        np.save(tmp_path / "x.npy", pairs)
    foreign = open_foreign(tmp_path / "x.npy")
    little = pairs.astype(pairs.dtype.newbyteorder("<"))
    assert b"".join(foreign.blocks()) == little.tobytes() and foreign.rate_sps is None


def test_a_wav_file_tells_its_rate(tmp_path: Path) -> None:
    wavfile.write(tmp_path / "x.wav", 48_000, PAIRS)
    foreign = open_foreign(tmp_path / "x.wav")
    assert (foreign.rate_sps, foreign.datatype) == (48_000.0, "ci16_le")
    assert b"".join(foreign.blocks()) == PAIRS.astype("<i2").tobytes()


@pytest.mark.parametrize("shape", [(20,), (20, 1), (20, 3), (0, 2)])
def test_what_has_not_two_columns_is_refused(shape: tuple[int, ...], tmp_path: Path) -> None:
    """As an array and as sound: one channel, three, or nothing at all."""
    np.save(tmp_path / "x.npy", np.zeros(shape, np.int16))
    with pytest.raises(CaptureError, match="not complex samples or rows of I and Q"):
        open_foreign(tmp_path / "x.npy")
    if 0 not in shape:
        wavfile.write(tmp_path / "x.wav", 48_000, np.zeros(shape, np.int16))
        with pytest.raises(CaptureError, match="two channels"):
            open_foreign(tmp_path / "x.wav")


@pytest.mark.parametrize(
    ("name", "octets", "datatype", "reason"),
    [
        ("x.bin", b"1234", "", "does not say"),
        ("x.bin", b"123", "ci16_le", "no sample"),
        ("x.cfile", b"", "", "no sample"),
        ("x.npy", b"nothing", "", "no array"),
        ("x.wav", b"nothing", "", "no WAV"),
        ("x.bin", b"1234", "ci12", "cannot be ci12"),
    ],
)
def test_what_is_no_recording_is_told(name: str, octets: bytes, datatype: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(octets)
    with pytest.raises(CaptureError, match=reason) as told:
        open_foreign(tmp_path / name, datatype)
    assert told.value.fix


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    for name in ("none.npy", "none.wav", "none.cs16"):
        with pytest.raises(CaptureError, match=name):
            open_foreign(tmp_path / name)


@pytest.mark.parametrize("ending", ["", ".sigmf"])
def test_an_import_is_a_recording_with_the_same_samples(ending: str, tmp_path: Path) -> None:
    """As two files or as an archive that leaves no others behind; nothing that is there is overwritten."""
    (tmp_path / "x.cs16").write_bytes(PAIRS.astype("<i2").tobytes())
    foreign = open_foreign(tmp_path / "x.cs16")
    out = tmp_path / f"made{ending}"
    made = import_recording(foreign, out, 2e6, 2.437e9)
    found = open_capture(made)
    assert (found.sample_rate_sps, found.center_hz, found.datatype) == (2_000_000, 2.437e9, "ci16_le")
    assert (found.read() * 32768).tolist() == [complex(i, q) for i, q in PAIRS.tolist()]
    assert len([path for path in tmp_path.iterdir() if path.name.startswith("made")]) == (1 if ending else 2)
    with pytest.raises(CaptureError, match="there already"):
        import_recording(foreign, out, 2e6, None)
    for rate_sps in (0.0, -1.0, 1.5, float("nan")):
        with pytest.raises(CaptureError, match="samples a second"):
            import_recording(foreign, tmp_path / "other", rate_sps, None)


def test_a_centre_that_nobody_knows_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "x.cs16").write_bytes(PAIRS.astype("<i2").tobytes())
    meta = import_recording(open_foreign(tmp_path / "x.cs16"), tmp_path / "made", 2e6, None)
    assert json.loads(meta.read_text())["captures"] == [{"core:sample_start": 0}]
