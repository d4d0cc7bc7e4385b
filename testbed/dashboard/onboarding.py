"""Provisioning from the page: a picture of a label comes in, `amp provision` goes out.

What a label says stays here: it is in no answer, no log and no name of a file, and the picture is deleted when the run
is over.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from testbed.authority.label import HASH_OCTETS, LabelError, read_label
from testbed.authority.tag_file import read_tag_file
from testbed.authority.vault import VaultError
from testbed.exits import CallerMistake

PICTURE_OCTETS_MAX = 12 * 1024 * 1024
PICTURE_KINDS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}
TAGS_MAX = 2000
READING_MAX = 32
THE_PICTURE = "the picture"


class NoLabel(CallerMistake):
    """A picture does not show one tag's label."""


@dataclass(frozen=True)
class Desk:
    """Where devices are provisioned: the gateway, its server, and the simulated tags that may be scanned."""

    tags: Path | None = None
    gateway: str = ""
    server: str = ""
    secret_file: Path | None = None
    db: Path | None = None
    key_file: Path | None = None

    @property
    def lacks(self) -> str:
        """What has to be said on the command line before the page can provision; empty when nothing."""
        missing = []
        if self.tags is None:
            missing.append("--tags DIR")
        if not self.gateway:
            missing.append("--gateway GWID")
        if self.db is None and not self.server:
            missing.append("--db FILE --key-file FILE (or --server URI --secret-file FILE)")
        return " ".join(missing)

    def arguments(self, picture: Path, tag: Path, radio: str, reading: str) -> list[str]:
        """Return the words of `amp provision`."""
        words = ["provision", "--qr", str(picture), "--tag", str(tag), "--gateway", self.gateway, "--radio", radio]
        for option, value in (
            ("--db", self.db),
            ("--key-file", self.key_file),
            ("--server", self.server),
            ("--secret-file", self.secret_file),
        ):
            words += [option, str(value)] if value else []
        return [*words, *(["--reading", reading] if reading else [])]


@dataclass(frozen=True)
class Scanned:
    """A picture whose label is that of a tag that is known here."""

    picture: Path
    tag: Path
    name: str


def scanned(octets: bytes, kind: str, desk: Desk, folder: Path) -> Scanned:
    """Read the label in a picture and find its tag; the picture stays in ``folder`` until ``forget``.

    Raises:
        NoLabel: it is no picture of one tag's label.
        CallerMistake: it is of another kind or too large, or nobody here knows the tag.
    """
    suffix = PICTURE_KINDS.get(kind)
    if suffix is None:
        raise CallerMistake("this is no picture that can be read", "give a PNG, JPEG or WebP of the label")
    if len(octets) > PICTURE_OCTETS_MAX:
        raise CallerMistake("the picture is larger than 12 MiB", "take it with fewer pixels")
    picture = folder / f"label{suffix}"
    picture.unlink(missing_ok=True)
    with os.fdopen(os.open(picture, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(octets)
    try:
        tag, name = _tag_of(read_label(picture), desk.tags or Path())
    except LabelError as error:
        forget(picture)
        raise NoLabel(error.reason.replace(str(picture), THE_PICTURE), error.fix) from None
    except CallerMistake:
        forget(picture)
        raise
    return Scanned(picture, tag, name)


def forget(picture: Path) -> None:
    """Delete a picture."""
    with contextlib.suppress(OSError):
        picture.unlink(missing_ok=True)


def _tag_of(device_hash: bytes, folder: Path) -> tuple[Path, str]:
    for path in sorted(folder.glob("*.tag.json"))[:TAGS_MAX]:
        try:
            tag = read_tag_file(path)
        except VaultError:
            continue
        if tag.identity.short_hash(HASH_OCTETS) == device_hash:
            return path.absolute(), tag.name
    raise CallerMistake(
        "the label is a tag's, but no tag here is the one", "make it with `amp tag make`, its file in the folder --tags"
    )
