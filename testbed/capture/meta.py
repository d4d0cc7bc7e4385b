"""Writing the SigMF metadata of a recording while GNU Radio's file sink writes its samples."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from sigmf import SigMFFile

from ampradio.phy.mono_static_window import OwnPpdu
from ampradio.phy.reception import Reception
from ampradio.profile.model import Profile
from ampradio.vectors import Listen
from testbed.atomic_file import write_atomically
from testbed.capture.annotations import (
    COUNT,
    START,
    Annotation,
    band,
    blank_annotation,
    field_annotations,
    listen_annotation,
    ppdu_annotation,
)
from testbed.capture.error import CaptureError
from testbed.capture.iq_format import FORMATS
from testbed.capture.own_ppdu import own_annotation
from testbed.frame_name import frame_name

EXTENSION = {"name": "amp", "version": "1.0.0", "optional": True}
MIN_PERIOD_S = 0.5
MAX_SHARE = 0.05


def beside(path_base: str | Path, extension: str) -> Path:
    """Return the path of ``path_base`` with a SigMF extension, dots in its name kept."""
    path = Path(path_base)
    return path.with_name(path.name + extension)


class CaptureMeta:
    """The ``.sigmf-meta`` of one node's recording: valid from the first moment, rewritten as a whole.

    Calls may come from any thread. ``unit`` is the sample value that stands for an amplitude of 1 (ci16_le).
    No wall-clock time goes into it: two runs of one seed write the same file.

    Args:
        path_base: the recording's path without extension.
        sample_rate_sps: samples per second.
        datatype: ``cf32_le`` or ``ci16_le``.
        profile: the numbers in force.
        description: one line for a person.
        node: the station's name (``ap``, ``tag1``).
        role: ``ap`` or ``tag``: which receiver replays it.
        center_hz: the carrier, of which the samples are the complex baseband.
        hardware: what received, and how it was set.
        device: the kind of tag whose receiver it was, where that is not the active one.
        time_scale: how much longer than the profile's the spaces were, where the receiver has to know that.
    """

    def __init__(
        self,
        path_base: str | Path,
        sample_rate_sps: int,
        datatype: str,
        profile: Profile,
        *,
        description: str = "",
        node: str = "",
        role: str = "",
        center_hz: float | None = None,
        unit: float | None = None,
        hardware: str = "",
        device: str = "",
        time_scale: int = 1,
    ) -> None:
        if datatype not in FORMATS:
            raise ValueError(f"datatype {datatype!r}: use one of {', '.join(FORMATS)}")
        self.meta_path, self.data_path = beside(path_base, ".sigmf-meta"), beside(path_base, ".sigmf-data")
        self._format, self._rate = FORMATS[datatype], sample_rate_sps
        self._profile = profile
        self._center_hz = center_hz
        facts = {
            "core:datatype": datatype,
            "core:sample_rate": sample_rate_sps,
            "core:num_channels": 1,
            "core:description": description,
            "core:recorder": "ampradio",
            "core:extensions": [EXTENSION],
            "amp:node": node,
            "amp:role": role,
            "amp:profile": profile.name,
            "amp:unit": self._format.unit if unit is None else unit,
            "amp:complete": False,
        }
        if hardware:
            facts["core:hw"] = hardware
        if device:
            facts["amp:device"] = device
        if time_scale != 1:
            facts["amp:time_scale"] = time_scale
        self._sigmf = SigMFFile(global_info=facts)
        self._tuned = {} if center_hz is None else {"core:frequency": float(center_hz)}
        self._sigmf.add_capture(0, self._tuned)
        self._annotations: list[Annotation] = []
        self._lock = threading.Lock()
        self._next_write_s = 0.0
        self._sigmf.validate()
        with self._lock:
            self._write()

    @property
    def octets_per_sample(self) -> int:
        """Octets of one complex sample of the data file."""
        return self._format.octets_per_sample

    def add(self, reception: Reception, label: str = "") -> None:
        """Annotate a received PPDU and its fields; ``label`` is the frame's name unless given."""
        name = label or frame_name(self._profile.mac, reception.psdu)
        parts = [ppdu_annotation(reception, self._rate, name), *field_annotations(reception, name)]
        if self._center_hz is not None:
            edges = band(self._profile, reception.rxvector, self._center_hz)
            parts = [part | edges for part in parts]
        self._append(parts)

    def add_listen(self, window: Listen) -> None:
        """Annotate a window in which the receiver was told to look for an uplink PPDU."""
        self._append([listen_annotation(window, self._rate)])

    def add_blank(self, start_sample: int, stop_sample: int) -> None:
        """Annotate samples that the receiver was told to ignore (its own transmission)."""
        self._append([blank_annotation(start_sample, stop_sample)])

    def add_own(self, own: OwnPpdu, samples: int) -> None:
        """Annotate a PPDU of ``samples`` that this station sends and tags reflect."""
        self._append([own_annotation(own, samples)])

    def add_gap(self, sample: int, missing: int | None = None) -> None:
        """Begin a capture segment at ``sample``: before it ``missing`` samples were lost, None where nobody knows."""
        known = {} if missing is None else {"amp:lost_samples": missing}
        with self._lock:
            self._sigmf.add_capture(sample, self._tuned | {"amp:lost_before": True} | known)
            self._write()

    def set_radio(self, facts: Mapping[str, object]) -> None:
        """Write down under ``amp:radio`` which radio received, how it was set, and what it lost; in JSON's types."""
        with self._lock:
            self._sigmf.set_global_field("amp:radio", dict(facts))
            self._write()

    def finalise(self, n_samples: int) -> None:
        """Cut the data file to exactly ``n_samples`` and write the final metadata.

        Raises CaptureError when the file is missing or shorter than that.
        """
        octets = n_samples * self._format.octets_per_sample
        try:
            held = self.data_path.stat().st_size
            if held < octets:
                have = held // self._format.octets_per_sample
                raise CaptureError(self.data_path, f"holds {have} of {n_samples} samples", "is the disk full?")
            if held > octets:
                with self.data_path.open("r+b") as file:
                    file.truncate(octets)
        except OSError as error:
            raise CaptureError(self.data_path, f"cannot be cut: {error.strerror}", "is the disk full?") from None
        with self._lock:
            self._sigmf.set_global_field("amp:complete", True)
            self._annotations = [_clipped(each, n_samples) for each in self._annotations]
            self._write()

    def close(self) -> None:
        """Write what was annotated so far; more may follow."""
        with self._lock:
            self._write()

    def __enter__(self) -> CaptureMeta:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _append(self, annotations: list[Annotation]) -> None:
        with self._lock:
            self._annotations += annotations
            if time.monotonic() >= self._next_write_s:
                self._write()

    def _write(self) -> None:
        began_s = time.monotonic()
        ordered = sorted(self._annotations, key=lambda each: (each[START], -int(str(each[COUNT]))))
        document = dict(self._sigmf.ordered_metadata()) | {"annotations": ordered}
        try:
            write_atomically(self.meta_path, json.dumps(document, indent=1) + "\n")
        except OSError as error:
            raise CaptureError(self.meta_path, f"cannot be written: {error.strerror}", "is the disk full?") from None
        now_s = time.monotonic()
        self._next_write_s = now_s + max(MIN_PERIOD_S, (now_s - began_s) / MAX_SHARE)


def _clipped(annotation: Annotation, n_samples: int) -> Annotation:
    """Return the annotation within the recording; a window's exact nanoseconds stay as they were given."""
    start = min(int(str(annotation[START])), n_samples)
    return annotation | {START: start, COUNT: min(int(str(annotation[COUNT])), n_samples - start)}
