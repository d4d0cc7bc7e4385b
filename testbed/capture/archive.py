"""SigMF archives (``.sigmf``): a tar of metadata and data. The samples are read where they lie; nothing is unpacked."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from pathlib import Path

from testbed.capture.error import CaptureError

META, DATA, ARCHIVE = ".sigmf-meta", ".sigmf-data", ".sigmf"


@dataclass(frozen=True)
class Archived:
    """One recording of an archive: its metadata, and where its samples begin and how many octets they are."""

    meta: bytes
    offset: int
    octets: int


def read_archive(path: Path, meta_octets_max: int) -> Archived:
    """Return the one recording of an archive; raises CaptureError."""
    try:
        with tarfile.open(path, "r:") as tar:
            members = {member.name: member for member in tar if member.isreg()}
            metas = [name for name in members if name.endswith(META)]
            if len(metas) != 1:
                raise CaptureError(path, f"holds {len(metas)} recordings", "unpack it and name one of them")
            meta, data = members[metas[0]], members.get(metas[0].removesuffix(META) + DATA)
            if data is None or data.issparse():
                raise CaptureError(path, "its data file is missing", "archive the recording again")
            if meta.size > meta_octets_max:
                raise CaptureError(path, f"its metadata is larger than {meta_octets_max >> 20} MiB", "cut it")
            held = tar.extractfile(meta)
            return Archived(held.read() if held else b"", data.offset_data, data.size)
    except (tarfile.TarError, OSError) as error:
        fix = "unpack it, if it is compressed; else archive the recording again"
        raise CaptureError(path, f"is no SigMF archive ({error})", fix) from None


def write_archive(path: Path, meta_path: Path, data_path: Path) -> None:
    """Write an archive of one recording, as the SigMF specification lays it out; raises ``OSError``."""
    name = path.name.removesuffix(ARCHIVE)
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for source, ending in ((meta_path, META), (data_path, DATA)):
            tar.add(source, f"{name}/{name}{ending}", recursive=False, filter=_anonymous)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out who made it and when: the same recording gives the same archive."""
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode, member.type = 0o644, tarfile.REGTYPE
    return member
