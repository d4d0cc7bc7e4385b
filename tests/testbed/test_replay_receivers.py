"""Recordings that ask for what no receiver can do: a clear error, before a sample is read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ampradio.profile import load_profile
from testbed.capture import CaptureError, open_capture
from testbed.compare_frames import Frame, unexpected
from testbed.replay_receivers import replay_receiver
from tests.conftest import ROOT

GOLDEN = ROOT / "tests/golden/recordings"
PROFILE = load_profile()


def changed(tmp_path: Path, name: str, change: Callable[[dict[str, Any]], None]) -> Path:
    """Return a copy of a golden recording whose metadata was changed."""
    for part in ("meta", "data"):
        shutil.copy(GOLDEN / f"{name}.sigmf-{part}", tmp_path)
    path = tmp_path / f"{name}.sigmf-meta"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    return path


def with_global(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["global"].update({key: value})


def with_annotations(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Change ``key`` in every annotation that has it."""

    def change(document: dict[str, Any]) -> None:
        for each in document["annotations"]:
            if key in each:
                each[key] = value

    return change


REFUSED = {
    "device": ("dl-type2-clean", with_global("amp:device", "teapot"), "teapot"),
    "tag's rate": ("dl-type1-1m-clean", with_global("core:sample_rate", 1_000_000), "1000000 sample/s"),
    "AP's rate": ("ul-active-1m-clean", with_global("core:sample_rate", 3_000_000), "3000000 sample/s"),
    "mono-static at 40 MS/s": ("ul-mono-250k-fast", with_global("core:sample_rate", 40_000_000), "20000000"),
    "a window of hours": (
        "ul-active-4m-clean", with_annotations("amp:listen_stop_ns", 10**13), "too long"
    ),
    "no excitation": ("ul-mono-250k-fast", with_annotations("amp:own_start_sample", 10**9), "excitation"),
    "an endless excitation": (
        "ul-mono-250k-fast", with_annotations("amp:own_excitation_ns", 10**9), "longer than"
    ),
    "a rate that no reply has": ("ul-active-4m-clean", with_annotations("amp:listen_rate_bps", 77), "77"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "change", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_replayed_is_refused(
    tmp_path: Path, name: str, change: Callable[[dict[str, Any]], None], reason: str
) -> None:
    recording = open_capture(changed(tmp_path, name, change))
    with pytest.raises(CaptureError, match=reason):
        replay_receiver(recording, PROFILE, recording.role)


MALFORMED = {
    "kind": ("amp:own_kind", "DL_TYPE9"),
    "excitation": ("amp:own_excitation_ns", -5),
    "start": ("amp:own_start_sample", "0"),
    "start before the recording": ("amp:own_start_sample", -1),
    "no number": ("amp:own_rate_bps", True),
    "octets": ("amp:own_psdu_hex", "zz"),
    "offset": ("amp:listen_channel_offset_hz", "5 MHz"),
}


@pytest.mark.parametrize(("key", "value"), MALFORMED.values(), ids=MALFORMED)
def test_an_incomplete_annotation_is_told(tmp_path: Path, key: str, value: object) -> None:
    name = "ul-active-250k-below" if "offset" in key else "ul-mono-250k-fast"
    with pytest.raises(CaptureError, match="annotation"):
        open_capture(changed(tmp_path, name, with_annotations(key, value)))


def test_expected_octets_that_are_none(tmp_path: Path) -> None:
    for value in ("06", ["0x06"], [7]):
        with pytest.raises(CaptureError):
            open_capture(changed(tmp_path, "dl-type1-1m-clean", with_global("amp:expected_psdus", value)))


def test_what_differs_from_the_expected() -> None:
    """In order, each missing and each extra PSDU once."""
    frames = [Frame(psdu, 10 * index, 250_000, "DL_TYPE1") for index, psdu in enumerate(("aa", "cc", "dd"))]
    assert unexpected([b"\xaa", b"\xcc", b"\xdd"], frames) == []
    found = unexpected([b"\xaa", b"\xbb", b"\xdd"], frames)
    told = [(each.what, (each.live or each.replayed).psdu_hex) for each in found]
    assert told == [("missing", "bb"), ("extra", "cc")]
    assert [each.what for each in unexpected([], frames[:1])] == ["extra"]
