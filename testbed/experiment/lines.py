"""Which line of a TOML text says a key: the TOML readers do not tell."""

from __future__ import annotations

import re

from testbed.experiment.error import KeyPath

_HEADER = re.compile(r"^\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(#.*)?$")
_KEY_PART = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)\s*""")
_INLINE_KEY = re.compile(r"""(?:^|[{,])\s*("[^"]*"|'[^']*'|[A-Za-z0-9_-]+)\s*=""")


def _key_parts(text: str) -> tuple[list[str], str]:
    """Return the parts of the dotted key at the start of ``text`` and what follows it."""
    parts: list[str] = []
    while match := _KEY_PART.match(text):
        parts.append(match.group(1).strip("\"'"))
        text = text[match.end() :]
        if not text.startswith("."):
            break
        text = text[1:]
    return parts, text


class _ValueEnd:
    """Follows strings and brackets, so that a value over several lines is not read as keys."""

    def __init__(self) -> None:
        self.quote = ""
        self.depth = 0

    def feed(self, text: str) -> bool:
        """Take the rest of a line; True while the value goes on in the next one."""
        position = 0
        while position < len(text):
            if self.quote:
                position = self._in_string(text, position)
                continue
            letter = text[position]
            if letter == "#":
                break
            if letter in "\"'":
                self.quote = letter * 3 if text.startswith(letter * 3, position) else letter
                position += len(self.quote)
                continue
            self.depth += (letter in "[{") - (letter in "]}")
            position += 1
        if len(self.quote) == 1:
            self.quote = ""
        return bool(self.quote) or self.depth > 0

    def _in_string(self, text: str, position: int) -> int:
        if text[position] == "\\" and self.quote[0] == '"':
            return position + 2
        if text.startswith(self.quote, position):
            position += len(self.quote)
            self.quote = ""
            return position
        return position + 1


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line (from 1) on which each table and key of a valid TOML ``text`` first stands."""
    lines: dict[KeyPath, int] = {}
    counts: dict[KeyPath, int] = {}
    table: KeyPath = ()
    value: _ValueEnd | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if value is not None:
            value = value if value.feed(line) else None
            continue
        header = _HEADER.match(line)
        if header:
            table = _opened(counts, _key_parts(header.group(2))[0], array=header.group(1) == "[[")
            lines.setdefault(table, number)
            continue
        parts, rest = _key_parts(line)
        if not parts or not rest.startswith("="):
            continue
        path = (*table, *parts)
        for length in range(len(table) + 1, len(path) + 1):
            lines.setdefault(path[:length], number)
        for inline in _INLINE_KEY.finditer(rest[1:].lstrip()) if "{" in rest else ():
            lines.setdefault((*path, inline.group(1).strip("\"'")), number)
        value = _ValueEnd()
        value = value if value.feed(rest[1:]) else None
    return lines


def _opened(counts: dict[KeyPath, int], parts: list[str], *, array: bool) -> KeyPath:
    """Return the path of a table header, with the index of the array tables on its way."""
    path: KeyPath = ()
    for position, part in enumerate(parts):
        path = (*path, part)
        if position == len(parts) - 1 and array:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def line_of(lines: dict[KeyPath, int], path: KeyPath) -> int | None:
    """Return the line of ``path``, or of the nearest table or key above it that the text names."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None
