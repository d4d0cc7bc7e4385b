"""tshark with our dissector: what it shows of a capture, packet by packet, and what it complains of."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

from testbed.wireshark.tables import DISSECTOR, FILTER


@dataclass(frozen=True)
class Shown:
    """One packet: the values of every field by name without the filter's prefix; in words; and where each is."""

    values: dict[str, list[str]] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)
    spans: list[tuple[str, int, int]] = field(default_factory=list)

    def one(self, name: str) -> str:
        """Return the one value of a field."""
        (value,) = self.values[name]
        return value

    @property
    def experts(self) -> set[str]:
        """The kinds of complaint."""
        return {name.partition("expert.")[2] for name in self.values if name.startswith("expert.")}


def tshark(path: Path, *options: str) -> str:
    """Return what tshark prints; it has to end well and without a word of Lua."""
    command = ["tshark", "-X", f"lua_script:{DISSECTOR}", "-r", str(path), *options]
    told = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert told.returncode == 0, told.stderr
    assert "Lua" not in told.stderr and "Lua Error" not in told.stdout, told.stderr + told.stdout[:2000]
    return told.stdout


def dissected(path: Path, *options: str) -> list[Shown]:
    """Return every packet as tshark dissects it."""
    root = ElementTree.fromstring(tshark(path, "-T", "pdml", *options))
    return [_shown(packet) for packet in root.iter("packet")]


def _shown(packet: ElementTree.Element) -> Shown:
    shown = Shown()
    for each in packet.iter("field"):
        name = each.get("name", "")
        if name.startswith(FILTER + "."):
            name = name.removeprefix(FILTER + ".")
            shown.values.setdefault(name, []).append(each.get("show", ""))
            shown.words.setdefault(name, []).append(each.get("showname", ""))
            if each.get("hide") != "yes" and each.get("size") not in (None, "0"):
                shown.spans.append((name, int(each.get("pos", "0")), int(each.get("size", "0"))))
        else:
            shown.values.setdefault(name, []).append(each.get("show", ""))
    return shown

