"""A figure that could not be taken: the bench says so in a sentence and ends with 1, as where a bar is missed."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec

Given = ParamSpec("Given")


class Unmeasured(RuntimeError):  # noqa: N818 – reads as what it is
    """What was to be measured did not come to its end; the message says what, and why."""


def says_why(main: Callable[Given, int]) -> Callable[Given, int]:
    """Let a bench's ``main`` end with 1 where it raises Unmeasured."""

    @functools.wraps(main)
    def told(*given: Given.args, **named: Given.kwargs) -> int:
        try:
            return main(*given, **named)
        except Unmeasured as error:
            print(f"not measured: {error}\non a busy machine, try again on a quieter one", file=sys.stderr)
            return 1

    return told
