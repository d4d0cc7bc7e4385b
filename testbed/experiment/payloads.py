"""What the tag reports and the AP commands: lists, a column of a CSV file, or the lines of standard input."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

MAX_ROWS = 10_000
MAX_LINE = 4096
MAX_FILE_OCTETS = 16 * 1024 * 1024


class PayloadError(ValueError):
    """A reading or command cannot be used; ``fix`` says what to do."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.fix = fix


@dataclass(frozen=True)
class Row:
    """One reading or command and where it stands, in words (``row 3 of readings.csv``)."""

    text: str
    where: str


def rows_of_list(texts: tuple[str, ...], what: str) -> Iterator[Row]:
    """Yield the rows of a list in the experiment file."""
    for number, text in enumerate(texts, start=1):
        yield Row(text, f"item {number} of {what}")


def rows_of_csv(path: Path, column: str | None) -> Iterator[Row]:
    """Yield one column of a CSV file with a header line; raises PayloadError.

    ``column`` may be left out when the file has one column. The row number counts lines of data from 1.
    """
    reader = csv.DictReader(io.StringIO(_text_of(path), newline=""), strict=True)
    try:
        names = list(reader.fieldnames or ())
        if not names:
            raise PayloadError(f"{path} is empty", "give it a header line and a line per reading")
        column = _column(path, names, column)
        for number, row in enumerate(reader, start=1):
            value = row[column]
            if value is None:
                raise PayloadError(f"row {number} of {path} has no column {column}", "complete the row or remove it")
            yield Row(value, f"row {number} of {path}")
    except csv.Error as error:
        raise PayloadError(f"{path}: {error}", "save it as comma-separated text") from None


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_OCTETS:
            raise PayloadError(f"{path} is larger than {MAX_FILE_OCTETS >> 20} MiB", "give fewer rows")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise PayloadError(f"there is no file {path}", "correct the path, relative to the experiment file") from None
    except OSError as error:
        raise PayloadError(f"{path} cannot be read: {error.strerror}", "name a readable CSV file") from None
    except UnicodeDecodeError as error:
        raise PayloadError(f"{path} is not UTF-8 (octet {error.start})", "save it as UTF-8") from None


def _column(path: Path, names: list[str], column: str | None) -> str:
    if column is None and len(names) == 1:
        return names[0]
    if column is None:
        raise PayloadError(f"{path} has {len(names)} columns", "name one of them: " + ", ".join(names))
    if column not in names:
        raise PayloadError(f"{path} has no column {column}", "its columns are: " + ", ".join(names))
    return column


def rows_of_lines(stream: TextIO) -> Iterator[Row]:
    """Yield the lines of standard input that are not empty; raises PayloadError."""
    number = 0
    try:
        while line := stream.readline(MAX_LINE):
            number += 1
            if line.strip():
                yield Row(line.rstrip("\r\n"), f"line {number} of standard input")
    except UnicodeDecodeError:
        raise PayloadError(f"line {number + 1} of standard input is not UTF-8", "give text in UTF-8") from None


def payloads(rows: Iterator[Row], limit_octets: int, carrier: str) -> tuple[bytes, ...]:
    """Return the UTF-8 octets of each row; raises PayloadError naming the first that does not fit ``carrier``."""
    taken: list[bytes] = []
    for row in rows:
        octets = row.text.encode("utf-8", errors="surrogateescape")
        if len(octets) > limit_octets:
            raise PayloadError(
                f"{row.where} has {len(octets)} octets; a {carrier} carries at most {limit_octets}",
                "shorten it, or choose a shorter nonce or MIC in [security]",
            )
        if len(taken) == MAX_ROWS:
            raise PayloadError(f"more than {MAX_ROWS} rows ({row.where})", "give fewer rows")
        taken.append(octets)
    return tuple(taken)
