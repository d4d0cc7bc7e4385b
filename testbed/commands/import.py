# ruff: noqa: N999 - the module is named like its verb
"""`amp import`: samples in another file than SigMF, made a SigMF recording."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from testbed.commands.annotate import import_options
from testbed.commands.verb import add_verb
from testbed.exits import DONE, CallerMistake


def register(subparsers: Any) -> None:
    """Add the verb."""
    example = "amp import capture.cfile --rate-sps 20e6 --centre-hz 2437e6 --out capture.sigmf"
    parser = add_verb(subparsers, "import", "make a SigMF recording of a .cfile, .wav, .npy or raw file", example)
    parser.add_argument("file", type=Path, metavar="FILE", help="the samples")
    import_options(parser)
    parser.add_argument("--centre-hz", type=float, metavar="HZ", help="centre frequency")
    parser.add_argument("--out", type=Path, metavar="FILE", help="its name; an archive where it ends in .sigmf")


def run(args: argparse.Namespace) -> int:
    """Import; raises CaptureError."""
    from testbed.capture.foreign import import_recording, open_foreign

    foreign = open_foreign(args.file, args.datatype)
    rate_sps = args.rate_sps or foreign.rate_sps
    if not rate_sps:
        raise CallerMistake(f"{args.file} does not say its sample rate", "give --rate-sps")
    path = import_recording(foreign, args.out or args.file.with_name(args.file.stem), rate_sps, args.centre_hz)
    if args.json:
        print(json.dumps({"recording": str(path), "samples": len(foreign.pairs), "datatype": foreign.datatype}))
    elif not args.quiet:
        print(f"{path}: {len(foreign.pairs)} samples, {foreign.datatype}")
    return DONE
