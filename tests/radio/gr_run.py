"""A flowgraph in its own process: `python gr_run.py FOLDER FILE OCTETS` runs rehearsal.py till FILE is that long.

It leaves without destroying the flowgraph: gr-iio 3.10.5 may hang there for ever (GNU Radio's pull request 6776).
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from pathlib import Path

PATIENCE_S = 40


def main() -> None:
    folder, file, octets = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    sys.path.insert(0, folder)
    top = importlib.import_module("rehearsal").rehearsal()
    top.start()
    until = time.monotonic() + PATIENCE_S
    while (not file.exists() or file.stat().st_size < octets) and time.monotonic() < until:
        time.sleep(0.05)
    os._exit(0 if file.exists() and file.stat().st_size >= octets else 1)


main()
