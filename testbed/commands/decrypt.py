"""`amp decrypt`: a run's frames once more, with the clear text of what the keys of a log open."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from testbed.commands.verb import add_verb
from testbed.exits import DID_NOT_HOLD, DONE, CallerMistake


def register(subparsers: Any) -> None:
    """Add the verb."""
    example = "amp decrypt runs/20261120T120000Z-demo --keys demo.keys --out plain.pcapng"
    parser = add_verb(subparsers, "decrypt", "show what a run's frames protect, given the keys of its key log", example)
    parser.add_argument("path", type=Path, metavar="PATH", help="run folder, or its frames.pcapng")
    parser.add_argument("--keys", type=Path, required=True, metavar="FILE", help="of `amp run --key-log FILE`")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE", help="pcapng with the clear text")


def run(args: argparse.Namespace) -> int:
    """Decrypt; 1 when no message was opened. Raises CaptureError."""
    from ampradio.profile import DEFAULT, load_profile
    from testbed.run_record import PROFILE
    from testbed.runner.names import FRAMES
    from testbed.wireshark.decryption.capture import decrypt_capture
    from testbed.wireshark.key_file import read_keys

    source = args.path / FRAMES if args.path.is_dir() else args.path
    if not source.is_file():
        raise CallerMistake(f"there is no {source}", f"name a run folder or a {FRAMES}")
    if args.out.resolve() == source.resolve():
        raise CallerMistake("--out is the capture itself", "name another file")
    own = source.parent / PROFILE
    profile = load_profile(str(own) if own.is_file() else DEFAULT)
    counts = decrypt_capture(source, read_keys(args.keys), profile.mac, args.out)
    if args.json:
        print(json.dumps({"path": str(args.out), **vars(counts)}))
    elif not args.quiet:
        print(f"{args.out}: {counts.opened} of {counts.messages} messages in {counts.packets} packets opened;"
              " it holds clear text, and only you may read it")  # fmt: skip
    return DONE if counts.opened else DID_NOT_HOLD
