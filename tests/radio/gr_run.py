"""A flowgraph in its own process: `gr_run.py FOLDER OCTETS FILE…` runs rehearsal.py till the files are that long.

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
    folder, octets, files = sys.argv[1], int(sys.argv[2]), [Path(name) for name in sys.argv[3:]]

    def are_long_enough() -> bool:
        return all(file.exists() and file.stat().st_size >= octets for file in files)

    sys.path.insert(0, folder)
    top = importlib.import_module("rehearsal").rehearsal()
    top.start()
    until = time.monotonic() + PATIENCE_S
    while not are_long_enough() and time.monotonic() < until:
        time.sleep(0.05)
    os._exit(0 if are_long_enough() else 1)


main()
