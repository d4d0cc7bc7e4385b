"""JSON from a file of anybody's, less what no page can hold: control characters, half surrogates, endless numbers."""

from __future__ import annotations

import math
import re
from typing import Any

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
DEPTH_MAX = 32
NUMBER_MAX = 1 << 64


def is_sound(value: object) -> bool:
    """Tell whether a value is no number, or one that can be reckoned with."""
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or abs(value) <= NUMBER_MAX


def cleaned(value: Any, depth: int = DEPTH_MAX) -> Any:
    """Return a value of JSON with a replacement character or None instead of them; nothing below ``depth`` levels."""
    if isinstance(value, str):
        return _FORBIDDEN.sub("\ufffd", value)
    if depth == 0 or (isinstance(value, (int, float)) and not is_sound(value)):
        return None
    if isinstance(value, dict):
        return {cleaned(key): cleaned(each, depth - 1) for key, each in value.items()}
    if isinstance(value, list):
        return [cleaned(each, depth - 1) for each in value]
    return value
