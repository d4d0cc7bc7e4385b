"""Reading TOML with a line in every complaint."""

from __future__ import annotations

import re
import sys

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_AT = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


class TomlError(ValueError):
    """The text is not TOML; ``line`` counts from 1, None when it is the end of the text."""

    def __init__(self, reason: str, line: int | None) -> None:
        super().__init__(reason)
        self.line = line


def parse_toml(text: str) -> dict[str, object]:
    """Return the table of a TOML ``text``; raises TomlError."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        at = _AT.search(message)
        line = int(at.group(1)) if at and at.group(1) else None
        raise TomlError(_AT.sub("", message), line) from None
    except RecursionError:
        raise TomlError("it is nested too deeply", None) from None


def parse_value(text: str) -> object:
    """Return what ``text`` is as a TOML value, and the text itself when it is none (``key=zmq:``)."""
    try:
        return parse_toml(f"value = {text}")["value"]
    except TomlError:
        return text
