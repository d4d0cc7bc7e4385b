"""Where Wireshark looks for what is ours: the Lua dissector and the extcap program."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from testbed.wireshark.tables import DISSECTOR

PERSONAL_LUA = Path(".local/lib/wireshark/plugins")
PERSONAL_EXTCAP = Path(".local/lib/wireshark/extcap")
_PATIENCE_S = 60


@dataclass(frozen=True)
class Placed:
    """What was put where; ``extcap_seen`` says whether this Wireshark looks there without being told."""

    dissector: Path
    extcap: Path
    extcap_seen: bool


def install(home: Path, runs: Path) -> Placed:
    """Copy the dissector and write the extcap program for this interpreter; ``runs`` is where runs are looked for."""
    folders = _folders()
    lua = Path(folders.get("Personal Lua Plugins", home / PERSONAL_LUA))
    told = os.environ.get("WIRESHARK_EXTCAP_DIR") or folders.get("Personal Extcap path")
    extcap = Path(told) if told else home / PERSONAL_EXTCAP
    lua.mkdir(parents=True, exist_ok=True)
    extcap.mkdir(parents=True, exist_ok=True)
    dissector = lua / DISSECTOR.name
    shutil.copyfile(DISSECTOR, dissector)
    program = extcap / "amp"
    command = f"{shlex.quote(sys.executable)} -m testbed.wireshark.extcap --default-runs {shlex.quote(str(runs))}"
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return Placed(dissector, program, bool(told))


def _folders() -> dict[str, str]:
    """Return what tshark says of its folders; nothing without tshark."""
    try:
        told = subprocess.run(["tshark", "-G", "folders"], capture_output=True, text=True, timeout=_PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    pairs = (line.split(":", 1) for line in told.stdout.splitlines() if ":" in line)
    return {name.strip(): path.strip() for name, path in pairs}
