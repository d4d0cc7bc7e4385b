"""`amp replay`: a recording through the receiver that made it, and whether the same frames come out."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from testbed.commands.newest import newest_run
from testbed.commands.verb import add_verb
from testbed.exits import DID_NOT_HOLD, DONE


def register(subparsers: Any) -> None:
    """Add the verb."""
    example = "amp replay --check runs/20261120T120000Z-demo"
    parser = add_verb(subparsers, "replay", "decode a recording again, and compare it with the live run", example)
    parser.add_argument(
        "path", nargs="?", type=Path, metavar="PATH", help="run folder, or any SigMF recording (the newest run)"
    )
    check = "compare with what was received live, or must come out; exit code 1 if it differs"
    parser.add_argument("--check", action="store_true", help=check)
    probe = "write the receiver's inside (envelope, correlation, timing, soft chips) as SigMF into DIR"
    parser.add_argument("--probe", type=Path, metavar="DIR", help=probe)
    parser.add_argument("--role", choices=("ap", "tag"), default="", help="whose receiver, if not recorded")


def run(args: argparse.Namespace) -> int:
    """Replay every recording that ``path`` names."""
    from testbed.capture import open_captures
    from testbed.replay_report import ReplayReport, replayed_report

    reports: list[ReplayReport] = [
        replayed_report(recording, args.role, quiet=args.quiet or args.json, check=args.check, probe=args.probe)
        for recording in open_captures(args.path or newest_run())
    ]
    differ = [difference for report in reports for difference in report.differences]
    if args.json:
        document = {
            "frames": [frame for report in reports for frame in report.frames],
            "differences": [difference.as_dict() for difference in differ],
            "counters": {report.node: report.counters for report in reports},
        }
        print(json.dumps(document, ensure_ascii=False))
    else:
        for difference in differ:
            print(f"amp: {difference}", file=sys.stderr)
        if args.check and not args.quiet:
            frames = sum(len(report.frames) for report in reports)
            print(f"{frames} frames replayed, {len(differ)} differences")
    return DID_NOT_HOLD if args.check and differ else DONE
