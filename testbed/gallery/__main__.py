"""``python -m testbed.gallery [NAME …]``: make the documentation's pictures anew, all of them or those named."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from testbed.atomic_file import write_atomically
from testbed.gallery.pictures import FOLDER, PICTURES


def main(argv: Sequence[str] | None = None) -> int:
    """Write the pictures; 2 for a name that is none."""
    parser = argparse.ArgumentParser(prog="python -m testbed.gallery", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(PICTURES)}")
    parser.add_argument("--out", type=Path, default=FOLDER, metavar="DIR", help="where to (default docs/img/gallery)")
    args = parser.parse_args(argv)
    unknown = [name for name in args.names if name not in PICTURES]
    if unknown:
        print(f"there is no picture {unknown[0]!r}; there are {', '.join(PICTURES)}", file=sys.stderr)
        return 2
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.names or PICTURES:
        began_s = time.monotonic()
        path = args.out / f"{name}.svg"
        write_atomically(path, PICTURES[name]())
        print(f"{path}, {time.monotonic() - began_s:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
