"""Recordings in other files than SigMF: raw samples, ``.cfile``, ``.wav`` with I and Q, ``.npy``; made SigMF."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.io import wavfile

from testbed.atomic_file import write_atomically
from testbed.capture.archive import ARCHIVE, DATA, META, write_archive
from testbed.capture.error import CaptureError
from testbed.capture.iq_format import FORMATS

_BLOCK = 1 << 20
RAW_ENDINGS = {
    ".cfile": "cf32_le", ".fc32": "cf32_le", ".cf32": "cf32_le", ".cf64": "cf64_le", ".cs8": "ci8", ".cu8": "cu8",
    ".cs16": "ci16_le", ".sc16": "ci16_le", ".cs32": "ci32_le",
}  # fmt: skip
"""What such a file holds, unless somebody says otherwise."""
_NAMES = {"f4": "cf32", "f8": "cf64", "i1": "ci8", "u1": "cu8", "i2": "ci16", "u2": "cu16", "i4": "ci32", "u4": "cu32"}


@dataclass(frozen=True)
class Foreign:
    """A file's samples: rows of I and Q in a SigMF format, and its rate where the file says it."""

    path: Path
    datatype: str
    pairs: npt.NDArray[np.generic]
    rate_sps: float | None

    def blocks(self) -> Iterator[bytes]:
        """Yield the samples as a SigMF data file has them."""
        component = np.dtype(FORMATS[self.datatype].component)
        for start in range(0, len(self.pairs), _BLOCK):
            yield np.ascontiguousarray(self.pairs[start : start + _BLOCK], component).tobytes()


def open_foreign(path: Path, datatype: str = "") -> Foreign:
    """Return the samples of a file; ``datatype`` for raw ones whose ending does not tell it. Raises CaptureError."""
    if datatype and datatype not in FORMATS:
        raise CaptureError(path, f"cannot be {datatype}", "use one of " + ", ".join(FORMATS))
    if not path.is_file():
        raise CaptureError(path, "is no file", "is the name right?")
    try:
        if path.suffix == ".npy":
            return _array(path)
        if path.suffix == ".wav":
            return _wave(path)
        return _raw(path, datatype or RAW_ENDINGS.get(path.suffix, ""))
    except OSError as error:
        raise CaptureError(path, f"cannot be read: {error.strerror or error}", "name a readable file") from None


def _raw(path: Path, datatype: str) -> Foreign:
    if not datatype:
        raise CaptureError(path, "does not say what its samples are", "give --datatype, e.g. ci16_le")
    form = FORMATS[datatype]
    size = path.stat().st_size // form.octets_per_sample
    if not size:
        raise CaptureError(path, "holds no sample", "record again")
    pairs = np.memmap(path, form.component, "r", shape=(size, 2))
    return Foreign(path, datatype, pairs, None)


def _array(path: Path) -> Foreign:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        raise CaptureError(path, f"is no array of numbers ({error})", "save it with numpy.save") from None
    if array.ndim == 1 and array.dtype.kind == "c":
        array = array.view(array.real.dtype).reshape(-1, 2)
    datatype = _datatype(array.dtype)
    if array.ndim != 2 or array.shape[1] != 2 or not len(array) or not datatype:
        reason = f"has shape {array.shape} of {array.dtype}, not complex samples or rows of I and Q"
        raise CaptureError(path, reason, "save one complex array")
    return Foreign(path, datatype, array, None)


def _wave(path: Path) -> Foreign:
    try:
        rate, array = wavfile.read(path, mmap=False)
    except (ValueError, EOFError) as error:
        raise CaptureError(path, f"is no WAV file ({error})", "convert it") from None
    datatype = _datatype(array.dtype)
    if array.ndim != 2 or array.shape[1] != 2 or not len(array) or not datatype:
        raise CaptureError(path, "has not two channels, I and Q", "record both")
    return Foreign(path, datatype, array, float(rate))


def _datatype(dtype: np.dtype[np.generic]) -> str:
    name = _NAMES.get(f"{dtype.kind}{dtype.itemsize}", "")
    return name if not name or dtype.itemsize == 1 else f"{name}_le"


def import_recording(foreign: Foreign, base: Path, rate_sps: float, center_hz: float | None) -> Path:
    """Write ``foreign`` as a SigMF recording ``base`` (an archive where it ends in ``.sigmf``) and return its path.

    Raises CaptureError for a rate that is none, or files that are there already.
    """
    if not (rate_sps > 0 and float(rate_sps).is_integer()):
        raise CaptureError(foreign.path, f"cannot have {rate_sps} samples a second", "give --rate-sps in whole numbers")
    archive = base.suffix == ARCHIVE
    stem = base.with_suffix("") if archive else base
    meta_path, data_path = (stem.with_name(stem.name + ending) for ending in (META, DATA))
    for each in (meta_path, data_path, *([base] if archive else [])):
        if each.exists():
            raise CaptureError(each, "is there already", "give another --out")
    with data_path.open("wb") as file:
        for block in foreign.blocks():
            file.write(block)
    capture: dict[str, object] = {"core:sample_start": 0}
    if center_hz is not None:
        capture["core:frequency"] = center_hz
    document = {
        "global": {
            "core:version": "1.2.0",
            "core:datatype": foreign.datatype,
            "core:sample_rate": rate_sps,
            "core:num_channels": 1,
            "core:description": f"imported from {foreign.path.name}",
            "core:recorder": "ampradio",
        },
        "captures": [capture],
        "annotations": [],
    }
    write_atomically(meta_path, json.dumps(document, indent=1) + "\n")
    if not archive:
        return meta_path
    write_archive(base, meta_path, data_path)
    meta_path.unlink()
    data_path.unlink()
    return base
