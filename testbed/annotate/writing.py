"""The annotated recording: new metadata beside the source, an archive, or the source's own metadata if asked for."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from sigmf import SigMFFile
from sigmf.error import SigMFValidationError

from ampradio.profile import Profile
from testbed.annotate.decode import Decoded
from testbed.annotate.words import frame_words
from testbed.atomic_file import write_atomically
from testbed.capture import CaptureError, Recording
from testbed.capture.annotations import COMMENT, COUNT, START, Annotation, band, field_annotations, ppdu_annotation
from testbed.capture.archive import ARCHIVE, DATA, META, write_archive
from testbed.capture.meta import EXTENSION
from testbed.frame_name import frame_name

_GENERATOR = "core:generator"
WHO = "amp annotate"


def annotations_of(recording: Recording, profile: Profile, decoded: Decoded) -> list[Annotation]:
    """Return the annotations of what was decoded: one for each PPDU, one for each of its fields."""
    found: list[Annotation] = []
    for each in decoded.receptions:
        name = frame_name(profile.mac, each.psdu)
        down = each.rxvector.kind.is_downlink
        whole = ppdu_annotation(each, recording.sample_rate_sps, name)
        whole[COMMENT] = f"{name}: {whole[COMMENT]}; {frame_words(profile.mac, each.psdu, downlink=down)}"
        edges = band(profile, each.rxvector, (recording.center_hz or 0.0) + decoded.offset_hz)
        whole["amp:channel_centre_hz"] = round(decoded.offset_hz, 1)
        found += [{**part, **edges, _GENERATOR: WHO} for part in (whole, *field_annotations(each, name))]
    for part in found:
        start = min(max(int(str(part[START])), 0), recording.samples)
        part[START], part[COUNT] = start, min(int(str(part[COUNT])), recording.samples - start)
    return found


def annotated_document(recording: Recording, annotations: list[Annotation]) -> dict[str, Any]:
    """Return the recording's metadata with the annotations instead of those of an earlier `amp annotate`."""
    document: dict[str, Any] = json.loads(json.dumps(recording.document))
    others = [each for each in document.get("annotations") or [] if each.get(_GENERATOR) != WHO]
    document["annotations"] = sorted([*others, *annotations], key=lambda each: (each[START], -each.get(COUNT, 0)))
    facts = document["global"]
    extensions = [each for each in facts.get("core:extensions", []) if each.get("name") != EXTENSION["name"]]
    facts["core:extensions"] = [*extensions, EXTENSION]
    return document


def write_annotated(recording: Recording, document: dict[str, Any], out: Path | None) -> Path:
    """Write the document and return its path.

    ``out`` None replaces the source's own metadata; a name in ``.sigmf`` becomes an archive; else it is the base of a
    new recording whose data file is the source's, linked. Raises CaptureError, also when the official validator refuses
    what would be written.
    """
    try:
        SigMFFile(metadata=document).validate()
    except (SigMFValidationError, ValueError) as error:
        reason = f"would not be valid SigMF: {str(error).splitlines()[0]}"
        raise CaptureError(recording.meta_path, reason, "correct the source's metadata") from None
    text = json.dumps(document, indent=1) + "\n"
    if out is None:
        if recording.data_offset:
            raise CaptureError(recording.meta_path, "is an archive, which is not changed in place", "give --out")
        write_atomically(recording.meta_path, text)
        return recording.meta_path
    archive = out.suffix == ARCHIVE
    base = out.with_suffix("") if archive else out
    meta_path, data_path = base.with_name(base.name + META), base.with_name(base.name + DATA)
    for each in (out,) if archive else (meta_path, data_path):
        if each.exists():
            raise CaptureError(each, "is there already", "give another --out")
    document["global"].pop("core:dataset", None)
    write_atomically(meta_path, json.dumps(document, indent=1) + "\n")
    _same_data(recording, data_path, linked=not archive)
    if not archive:
        return meta_path
    write_archive(out, meta_path, data_path)
    meta_path.unlink()
    data_path.unlink()
    return out


def _same_data(recording: Recording, target: Path, *, linked: bool) -> None:
    """Put the source's samples under another name: by a link, which takes no room, where the file system has them."""
    if linked and not recording.data_offset:
        try:
            os.link(recording.data_path, target)
        except OSError:
            shutil.copyfile(recording.data_path, target)
        return
    with recording.data_path.open("rb") as source, target.open("wb") as copy:
        source.seek(recording.data_offset)
        left = recording.samples * recording.format.octets_per_sample
        while left and (piece := source.read(min(left, 1 << 20))):
            copy.write(piece)
            left -= len(piece)
