"""A run folder that was zipped, opened again wherever it is: its files alone, in a folder that is gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from testbed.run_record import RunFolderError
from testbed.runner.names import MANIFEST

ZIP = ".zip"
OCTETS_MAX = 64 << 30
_PIECE = 1 << 20
_ENCRYPTED = 0x1


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """Lend the folder of the run that ``path`` names: a folder itself, or a .zip with one run in it.

    Of an archive only the files beside its manifest are taken, by their last names: nothing is written elsewhere,
    whatever the names in it. Raises RunFolderError.
    """
    if path.is_dir() or not path.is_file():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="amp-run-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                _unpack(archive, path, Path(folder))
        except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
            fix = "name a run folder, or a .zip of one"
            raise RunFolderError(f"{path} is neither a run folder nor a zip archive of one ({error})", fix) from None
        except OSError as error:
            fix = "make room, or unpack it yourself"
            raise RunFolderError(f"{path} cannot be unpacked: {error.strerror or error}", fix) from None
        yield Path(folder)


def _unpack(archive: zipfile.ZipFile, path: Path, folder: Path) -> None:
    files = [each for each in archive.infolist() if not each.is_dir()]
    manifests = [PurePosixPath(each.filename) for each in files if PurePosixPath(each.filename).name == MANIFEST]
    if len(manifests) != 1:
        raise RunFolderError(f"{path} holds {len(manifests)} runs, not one", "zip one run folder")
    wanted = [each for each in files if PurePosixPath(each.filename).parent == manifests[0].parent]
    total = sum(each.file_size for each in wanted)
    if total > min(OCTETS_MAX, shutil.disk_usage(folder).free):
        raise RunFolderError(f"{path} unpacks to {total >> 20} MiB", "unpack it where there is room")
    for each in wanted:
        if each.flag_bits & _ENCRYPTED:
            raise RunFolderError(f"{path} is encrypted", "unpack it yourself, and name the folder")
        left = each.file_size
        with archive.open(each) as packed, (folder / PurePosixPath(each.filename).name).open("wb") as file:
            while left > 0 and (piece := packed.read(min(left, _PIECE))):  # no more than its size says
                file.write(piece)
                left -= len(piece)
