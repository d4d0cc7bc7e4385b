"""``--set key=value``: one value of an experiment file replaced from the command line."""

from __future__ import annotations

import re

from testbed.experiment.toml import parse_value

_STEP = re.compile(r"[^.\[\]]+")


class OverrideError(ValueError):
    """The override names nothing that could be set; ``fix`` says how to write it."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.fix = fix


def apply_override(table: dict[str, object], text: str) -> str:
    """Set the dotted key of ``text`` in ``table`` and return it, as ``tags[0].chip_clock_ppm``; raises OverrideError.

    The value is read as TOML, and as plain text when it is not.
    """
    key, equals, value = text.partition("=")
    steps = [int(step) if step.isdigit() else step for step in _STEP.findall(key.strip())]
    if not equals or not steps or isinstance(steps[0], int):
        raise OverrideError("it is not key=value", "write --set channel.uplink_snr_db=12")
    place: object = table
    walked = ""
    for position, step in enumerate(steps):
        last = position == len(steps) - 1
        if isinstance(place, list) and isinstance(step, str):
            raise OverrideError(f"{walked} is a list of {len(place)}", f"write --set {walked}[0].{step}=…")
        walked += f"[{step}]" if isinstance(step, int) else f".{step}" if walked else str(step)
        if isinstance(place, list) and isinstance(step, int):
            if step >= len(place):
                raise OverrideError(f"there is no {walked}", f"the last one is {len(place) - 1}")
            if last:
                place[step] = parse_value(value)
            place = place[step]
        elif isinstance(place, dict) and isinstance(step, str):
            if last:
                place[step] = parse_value(value)
            else:
                place = place.setdefault(step, [{}] if isinstance(steps[position + 1], int) else {})
        else:
            raise OverrideError(f"{walked} is not inside a table", "write --set table.key=value")
    return walked
