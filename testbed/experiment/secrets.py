"""Keeping PSKs out of everything that is written down: the copy of an experiment file and of its overrides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from testbed.experiment.toml import TomlError, parse_toml

REDACTED = "redacted"
_SECRET_KEYS = ("psk_hex",)
_ASSIGNMENT = re.compile(
    r"""(["']?psk_hex["']?\s*[=:]\s*)(\"{3}.*?\"{3}|'{3}.*?'{3}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s,}\]#]+)""",
    re.DOTALL | re.IGNORECASE,
)
_LONG_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}[ :_-]?){16,}")


def _secret_values(table: object) -> Iterator[object]:
    if isinstance(table, Mapping):
        for key, value in table.items():
            if key in _SECRET_KEYS:
                yield value
            yield from _secret_values(value)
    elif isinstance(table, list):
        for row in table:
            yield from _secret_values(row)


def redacted(text: str) -> str:
    """Return the TOML ``text`` with the value of every ``psk_hex`` replaced, comments included.

    Runs of 16 octets or more in hex are replaced wherever they stand (a key in a comment). When a secret
    would still be readable from the result, nothing of the text is kept.
    """
    clean = _ASSIGNMENT.sub(lambda match: f'{match.group(1)}"{REDACTED}"', text)
    clean = _LONG_HEX.sub(REDACTED, clean)
    try:
        left = [value for value in _secret_values(parse_toml(clean)) if value != REDACTED]
    except TomlError:
        left = [None]
    if left:
        return "# The experiment file is not kept here: its secrets could not be told from the rest.\n"
    return clean


def redacted_override(text: str) -> str:
    """Return a ``--set`` text without the value of a secret key."""
    key, _, _ = text.partition("=")
    return f"{key}={REDACTED}" if key.strip().rpartition(".")[2] in _SECRET_KEYS else text

