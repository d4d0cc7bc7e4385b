"""`amp doctor`: what this machine lacks, and the command that fixes it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from typing import Any

from testbed.commands.verb import add_verb
from testbed.doctor import FAIL, OK, Check, run_checks
from testbed.exits import DID_NOT_HOLD, DONE

_COLOUR = {"ok": "32", "warn": "33", "fail": "31"}


def register(subparsers: Any) -> None:
    """Add the verb."""
    add_verb(subparsers, "doctor", "what this machine lacks, and the command that fixes it", "amp doctor")


def run(args: argparse.Namespace) -> int:
    """Print every check; 1 when one failed."""
    checks = run_checks()
    failed = [check for check in checks if check.status == FAIL]
    if args.json:
        document = {"ok": not failed, "checks": [dataclasses.asdict(check) for check in checks]}
        print(json.dumps(document, indent=1))
    elif not args.quiet:
        for check in checks:
            _print(check, verbose=args.verbose)
        print(_verdict(checks))
    return DID_NOT_HOLD if failed else DONE


def _print(check: Check, *, verbose: bool) -> None:
    status = f"{check.status:4}"
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        status = f"\033[{_COLOUR[check.status]}m{status}\033[0m"
    print(f"{status}  {check.name:16} {check.found}")
    if check.status != OK or verbose:
        print(f"      why: {check.why}")
    if check.status != OK:
        print(f"      fix: {check.fix}")


def _verdict(checks: list[Check]) -> str:
    failed = sum(check.status == FAIL for check in checks)
    if failed:
        return f"{failed} of {len(checks)} checks failed: mend them from the top, then ask again"
    return "everything the simulated air and the flowgraphs need is here"
