"""Reading a SigMF recording: ours with its windows and frames, or anybody's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ampradio.vectors import Listen
from testbed.capture.annotations import (
    Annotation,
    RecordedFrame,
    blanked_ranges,
    listen_windows,
    recorded_frames,
)
from testbed.capture.archive import ARCHIVE, DATA, META, Archived, read_archive
from testbed.capture.error import CaptureError
from testbed.capture.iq_format import FORMATS, IqFormat
from testbed.capture.meta import beside
from testbed.capture.own_ppdu import OwnPpdu, own_ppdus

MAX_META_OCTETS = 256 * 1024 * 1024


@dataclass(frozen=True)
class Recording:
    """A recording that can be replayed.

    ``samples`` counts whole samples; ``complete`` is False when the run that made it was killed, and then
    ``trailing_octets`` of a half-written sample may follow. ``unit`` is the sample value that stands for an
    amplitude of 1. ``role`` is ``ap``, ``tag`` or empty (a foreign recording). ``windows``, ``blanks`` and
    ``frames`` are what the receiver was told, and gave, while the recording was made; ``own`` what the station itself
    sent under a mono-static reply. ``data_offset`` is where the samples begin in ``data_path`` (an archive).
    ``device`` is the kind of tag (``active``, ``mono-static``, ``bistatic``,
    ``sub-1 GHz``), empty for an active one. ``expected`` are the PSDUs that must come out, None where nobody says so.
    """

    meta_path: Path
    data_path: Path
    format: IqFormat
    sample_rate_sps: int
    samples: int
    unit: float
    node: str = ""
    role: str = ""
    profile: str = ""
    center_hz: float | None = None
    complete: bool = True
    trailing_octets: int = 0
    windows: tuple[Listen, ...] = ()
    blanks: tuple[tuple[int, int], ...] = ()
    frames: tuple[RecordedFrame, ...] = ()
    own: tuple[OwnPpdu, ...] = ()
    device: str = ""
    time_scale: int = 1
    expected: tuple[bytes, ...] | None = None
    annotations: tuple[Annotation, ...] = field(default=(), repr=False)
    data_offset: int = 0
    document: Mapping[str, object] = field(default_factory=dict, repr=False)

    @property
    def datatype(self) -> str:
        """SigMF's name of the sample format."""
        return self.format.datatype

    @property
    def duration_s(self) -> float:
        """Air time of the recording."""
        return self.samples / self.sample_rate_sps

    def read(self, start: int = 0, count: int | None = None) -> npt.NDArray[np.complex64]:
        """Return ``count`` samples (all of them by default) from ``start`` as complex64 of shape (n,)."""
        start = min(max(start, 0), self.samples)
        count = self.samples - start if count is None else min(max(count, 0), self.samples - start)
        with self.data_path.open("rb") as file:
            file.seek(self.data_offset + start * self.format.octets_per_sample)
            octets = file.read(count * self.format.octets_per_sample)
        return self.format.to_complex(octets, self.unit)


def open_captures(path: str | Path) -> list[Recording]:
    """Return every recording of a run folder, or the one that ``path`` names; raises CaptureError.

    ``path`` may be a run folder, a ``.sigmf-meta``, a ``.sigmf-data``, their common base, or an archive (``.sigmf``).
    """
    path = Path(path)
    if path.suffix == ARCHIVE and path.is_file():
        return [_recording(path, read_archive(path, MAX_META_OCTETS))]
    if not path.is_dir():
        return [_recording(_meta_path(path))]
    metas = sorted(path.glob(f"*{META}"))
    if not metas:
        raise CaptureError(path, "holds no recording", "record the run ([record] iq = true), or name a SigMF file")
    return [_recording(meta) for meta in metas]


def open_capture(path: str | Path, node: str | None = None) -> Recording:
    """Return the one recording of ``path``, of ``node`` when a run folder holds several; raises CaptureError."""
    found = [each for each in open_captures(path) if node is None or each.node == node]
    if len(found) == 1:
        return found[0]
    if not found:
        raise CaptureError(path, f"holds no recording of {node}", "name another node")
    names = ", ".join(each.node or each.meta_path.name for each in found)
    raise CaptureError(path, f"holds {len(found)} recordings", f"name one: {names}")


def _meta_path(path: Path) -> Path:
    if path.suffix in (META, DATA):
        path = path.with_suffix("")
    meta = beside(path, META)
    if not meta.is_file():
        reason = "is no recording" if path.exists() else f"there is no {meta.name}"
        raise CaptureError(path, reason, f"name a run folder or a {META} file")
    return meta


def _recording(meta_path: Path, archived: Archived | None = None) -> Recording:
    if archived is None:
        document = _document(meta_path)
    else:
        document = _parsed(meta_path, archived.meta.decode("utf-8", "replace"))
    facts = _mapping(meta_path, document.get("global"), "global")
    captures = document.get("captures") or [{}]
    captured = _mapping(meta_path, captures[0] if isinstance(captures, list) else captures, "captures[0]")
    annotations = document.get("annotations") or []
    if not isinstance(annotations, list) or not all(isinstance(each, dict) for each in annotations):
        raise CaptureError(meta_path, "annotations is no list of objects", "repair the metadata")
    form = _format(meta_path, facts, captured)
    data_path = _data_path(meta_path, facts) if archived is None else meta_path
    octets = data_path.stat().st_size if archived is None else archived.octets
    complete = bool(facts.get("amp:complete", True))
    over = octets % form.octets_per_sample
    if over and complete:
        reason = f"ends {over} octets into a sample of {form.octets_per_sample}"
        raise CaptureError(data_path, reason, "copy it whole, or correct core:datatype")
    if octets < form.octets_per_sample:
        raise CaptureError(data_path, "holds no sample", "record again")
    try:
        windows, blanks, frames = listen_windows(annotations), blanked_ranges(annotations), recorded_frames(annotations)
        own, expected = own_ppdus(annotations), _expected(facts)
    except (KeyError, TypeError, ValueError) as error:
        raise CaptureError(meta_path, f"an amp: annotation is incomplete ({error})", "repair the metadata") from None
    frequency = captured.get("core:frequency")
    return Recording(
        meta_path=meta_path,
        data_path=data_path,
        format=form,
        sample_rate_sps=_rate(meta_path, facts),
        samples=octets // form.octets_per_sample,
        unit=_positive(meta_path, facts.get("amp:unit", form.unit), "amp:unit"),
        node=str(facts.get("amp:node", "")),
        role=str(facts.get("amp:role", "")),
        profile=str(facts.get("amp:profile", "")),
        center_hz=float(frequency) if isinstance(frequency, (int, float)) else None,
        complete=complete,
        trailing_octets=over,
        windows=windows,
        blanks=blanks,
        frames=frames,
        own=own,
        device=str(facts.get("amp:device", "")),
        time_scale=int(_positive(meta_path, facts.get("amp:time_scale", 1), "amp:time_scale")),
        expected=expected,
        annotations=tuple(annotations),
        data_offset=0 if archived is None else archived.offset,
        document=document,
    )


def _expected(facts: Mapping[str, object]) -> tuple[bytes, ...] | None:
    psdus = facts.get("amp:expected_psdus")
    if psdus is None:
        return None
    if not isinstance(psdus, list):
        raise TypeError("amp:expected_psdus")
    return tuple(bytes.fromhex(str(psdu)) for psdu in psdus)


def _document(meta_path: Path) -> Mapping[str, object]:
    try:
        if meta_path.stat().st_size > MAX_META_OCTETS:
            raise CaptureError(meta_path, f"is larger than {MAX_META_OCTETS >> 20} MiB", "cut the recording")
        text = meta_path.read_text(encoding="utf-8")
    except OSError as error:
        raise CaptureError(meta_path, f"cannot be read: {error.strerror}", "name a readable file") from None
    except ValueError as error:
        raise CaptureError(meta_path, f"is not JSON: {error}", "repair the metadata") from None
    return _parsed(meta_path, text)


def _parsed(meta_path: Path, text: str) -> Mapping[str, object]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CaptureError(meta_path, f"is not JSON: {error}", "repair the metadata") from None
    return _mapping(meta_path, document, "the document")


def _mapping(meta_path: Path, value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise CaptureError(meta_path, f"{what} is no object", "repair it; `sigmf_validate` tells what is wrong")
    return value


def _positive(meta_path: Path, value: object, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise CaptureError(meta_path, f"{key} is {value!r}, not a positive number", "correct it")
    return float(value)


def _rate(meta_path: Path, facts: Mapping[str, object]) -> int:
    rate = _positive(meta_path, facts.get("core:sample_rate"), "core:sample_rate")
    if rate != int(rate):
        raise CaptureError(meta_path, f"core:sample_rate {rate} is no whole number", "resample the recording")
    return int(rate)


def _format(meta_path: Path, facts: Mapping[str, object], captured: Mapping[str, object]) -> IqFormat:
    datatype = str(facts.get("core:datatype", ""))
    if datatype not in FORMATS:
        reason = f"core:datatype {datatype} is not read here" if datatype else "core:datatype is missing"
        raise CaptureError(meta_path, reason, "convert it to one of " + ", ".join(FORMATS))
    if facts.get("core:num_channels", 1) != 1:
        raise CaptureError(meta_path, "holds several channels", "split it into recordings of one channel")
    if captured.get("core:header_bytes") or facts.get("core:trailing_bytes"):
        raise CaptureError(meta_path, "its data file has headers between the samples", "convert it to plain SigMF")
    return FORMATS[datatype]


def _data_path(meta_path: Path, facts: Mapping[str, object]) -> Path:
    named = facts.get("core:dataset")
    if isinstance(named, str) and named:
        path = meta_path.with_name(Path(named).name)
    else:
        path = beside(meta_path.with_suffix(""), DATA)
    if not path.is_file():
        raise CaptureError(meta_path, f"its data file {path.name} is missing", "put it beside the metadata")
    return path
