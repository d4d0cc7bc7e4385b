"""The key log of a run as a file, like TLS's: one key a line, ``LABEL name key`` in hex; for its owner alone."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ampradio.security import key_log
from testbed.exits import CallerMistake

HEAD = "# Session keys of an AMP run: whoever has this file reads what the run protected. `amp decrypt` takes it.\n"
LABELS = (key_log.S1_PTK, key_log.S2_EK, key_log.S3_KEYS, key_log.S4_PTK, key_log.S5_SA, key_log.S5_K)
_OCTETS_MAX = 64 << 20


class KeyFile:
    """Appends every key at once, each only once."""

    def __init__(self, path: Path) -> None:
        """Open or make the file with mode 0600; raises ``OSError``."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        os.fchmod(descriptor, 0o600)
        self._file = os.fdopen(descriptor, "a", encoding="ascii")
        self._kept: set[str] = set()
        if self._file.tell() == 0:
            self._file.write(HEAD)

    def keep(self, label: str, name: bytes, key: bytes) -> None:
        """Write one key."""
        line = f"{label} {name.hex()} {key.hex()}\n"
        if line not in self._kept:
            self._kept.add(line)
            self._file.write(line)
            self._file.flush()

    def close(self) -> None:
        """End the file."""
        self._file.close()


@contextmanager
def keys_kept(path: Path | None, folder: Path | None = None) -> Iterator[None]:
    """Keep the session keys of all that runs inside in ``path``; None keeps none.

    Raises:
        CallerMistake: the file would lie in the run folder, which people pass on.
    """
    if path is None:
        yield
        return
    if folder is not None and folder.resolve() in (path.resolve(), *path.resolve().parents):
        raise CallerMistake(f"{path} lies in the run folder, which is there to be passed on", "name a file elsewhere")
    file = KeyFile(path)
    try:
        with key_log.logged_to(file):
            yield
    finally:
        file.close()


Keys = dict[str, list[tuple[bytes, bytes]]]


def read_keys(path: Path) -> Keys:
    """Return names and keys by label; raises CallerMistake for a file that is no key log, without showing a key."""
    if path.stat().st_size > _OCTETS_MAX:
        raise CallerMistake(f"{path} is larger than {_OCTETS_MAX >> 20} MiB", "name the file of `amp run --key-log`")
    found: Keys = defaultdict(list)
    for number, line in enumerate(path.read_text(encoding="ascii", errors="replace").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(" ")
        try:
            label, name, key = words[0], bytes.fromhex(words[1]), bytes.fromhex(words[2])
        except (IndexError, ValueError):
            label, name, key = "", b"", b""
        if len(words) != 3 or label not in LABELS or not key:
            raise CallerMistake(f"{path}: line {number} is no key", "name the file of `amp run --key-log`") from None
        found[label].append((name, key))
    return found
