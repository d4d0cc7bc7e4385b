"""SigMF archives: the specification's layout, the same octets for the same recording, whoever makes it and when."""

from __future__ import annotations

import json
import os
import tarfile
from pathlib import Path

import pytest

from testbed.capture import open_capture
from testbed.capture.archive import DATA, META, read_archive, write_archive
from testbed.capture.error import CaptureError


def recording(folder: Path, meta: bytes = b"{}") -> tuple[Path, Path]:
    folder.mkdir()
    pair = folder / f"x{META}", folder / f"x{DATA}"
    for path, octets in zip(pair, (meta, bytes(range(64))), strict=True):
        path.write_bytes(octets)
    return pair


def test_an_archive_tells_nothing_of_its_maker(tmp_path: Path) -> None:
    """A tar of a folder by the archive's name with both files, readable for everyone, of nobody, of no time."""
    made = []
    for name, since_s, mode in (("one", 1e9, 0o600), ("two", 1.7e9, 0o664)):
        pair = recording(tmp_path / name)
        for path in pair:
            path.chmod(mode)
            os.utime(path, (since_s, since_s))
        archive = tmp_path / name / "radio.sigmf"
        write_archive(archive, *pair)
        made.append(archive.read_bytes())
    assert made[0] == made[1]
    with tarfile.open(tmp_path / "one" / "radio.sigmf") as tar:
        members = tar.getmembers()
    assert [each.name for each in members] == [f"radio/radio{META}", f"radio/radio{DATA}"]
    for each in members:
        assert (each.uid, each.gid, each.uname, each.gname, each.mtime, each.mode) == (0, 0, "", "", 0, 0o644)


def test_a_stretch_of_an_archive_is_that_of_its_recording(tmp_path: Path) -> None:
    """From the samples' place in the tar on, not the tar's own octets."""
    facts = {"core:datatype": "ci8", "core:sample_rate": 1_000_000, "core:version": "1.2.0"}
    meta = {"global": facts, "captures": [{"core:sample_start": 0}], "annotations": []}
    archive = tmp_path / "radio.sigmf"
    pair = recording(tmp_path / "x", json.dumps(meta).encode())
    write_archive(archive, *pair)
    for path in (archive, pair[0]):
        found = open_capture(path)
        assert found.samples == 32
        assert (128 * found.read(3, 2)).tolist() == [6 + 7j, 8 + 9j]


def test_samples_are_read_where_they_lie(tmp_path: Path) -> None:
    archive = tmp_path / "radio.sigmf"
    write_archive(archive, *recording(tmp_path / "x", b'{"global": {}}'))
    found = read_archive(archive, 1000)
    assert found.meta == b'{"global": {}}'
    assert archive.read_bytes()[found.offset : found.offset + found.octets] == bytes(range(64))
    with pytest.raises(CaptureError, match="metadata is larger"):
        read_archive(archive, 10)
