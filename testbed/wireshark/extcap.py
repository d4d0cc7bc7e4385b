"""A live source after Wireshark's extcap contract: the growing ``frames.pcapng`` of a run, block by whole block.

Wireshark asks for interfaces, link types and options with ``--extcap-…`` and then captures into ``--fifo``. Run alone,
``python -m testbed.wireshark.extcap`` is what `amp extcap` is, without the other verbs.
"""

from __future__ import annotations

import argparse
import json
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from testbed.runner.names import FRAMES, MANIFEST

INTERFACE = "amp"
VERSION = "1.0"
POLL_S = 0.05
LINGER_S = 2.0
_BLOCK_OCTETS_MAX = 1 << 24


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the contract, and ours."""
    parser.add_argument("--extcap-interfaces", action="store_true", help="which interfaces there are")
    parser.add_argument("--extcap-dlts", action="store_true", help="their link types")
    parser.add_argument("--extcap-config", action="store_true", help="their options")
    parser.add_argument("--extcap-interface", metavar="NAME", default=INTERFACE, help="the one that is meant")
    parser.add_argument("--extcap-version", metavar="V", default="", help="of Wireshark")
    parser.add_argument("--extcap-capture-filter", metavar="TEXT", default="", help="taken, not used: filter the view")
    parser.add_argument("--extcap-reload-option", metavar="NAME", default="", help="taken, not used")
    parser.add_argument("--capture", action="store_true", help="capture into --fifo")
    parser.add_argument("--fifo", type=Path, metavar="FILE", help="where the capture goes")
    parser.add_argument("--run", type=str, default="", metavar="DIR", help="the run to follow; else the newest or next")
    parser.add_argument("--runs", type=str, default="", metavar="DIR", help="where runs are (default runs)")
    parser.add_argument("--default-runs", type=Path, default=Path("runs"), metavar="DIR", help=argparse.SUPPRESS)


def serve(args: argparse.Namespace) -> int:
    """Do what the options ask for; 0 when done, 2 for a capture without --fifo."""
    if args.extcap_interfaces:
        print(f"extcap {{version={VERSION}}}{{help=docs/wireshark.md}}")
        print(f"interface {{value={INTERFACE}}}{{display=AMP run}}")
    elif args.extcap_dlts:
        from testbed.capture.pcapng import LINKTYPE_AMP  # takes a second to load, which a capture need not wait for

        print(f"dlt {{number={LINKTYPE_AMP}}}{{name=USER0}}{{display=AMP with radio header}}")
    elif args.extcap_config:
        _options(args)
    elif args.capture:
        if args.fifo is None:
            print("amp: error: --capture needs --fifo", file=sys.stderr)
            return 2
        _capture(args)
    return 0


def _options(args: argparse.Namespace) -> None:
    runs = args.runs or str(args.default_runs)
    print("arg {number=0}{call=--run}{display=Run folder}{type=fileselect}{mustexist=false}{required=false}"
          "{tooltip=A run to follow; empty for the newest that is running, or the next one}")  # fmt: skip
    print(f"arg {{number=1}}{{call=--runs}}{{display=Folder of runs}}{{type=string}}{{default={runs}}}"
          "{required=false}{tooltip=Where runs are looked for}")  # fmt: skip


def _capture(args: argparse.Namespace) -> None:
    """Write the run's blocks into the fifo until the run is over, the reader is gone, or we are told to stop."""
    stopped = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        with args.fifo.open("wb", buffering=0) as fifo:
            run = Path(args.run) if args.run else _awaited(Path(args.runs or args.default_runs), lambda: stopped)
            if run is not None:
                for block in growing_blocks(run, lambda: stopped):
                    fifo.write(block)
                ended_s = time.monotonic()  # a reader that has only begun is not left with an ended program
                while not stopped and time.monotonic() - ended_s < LINGER_S:
                    time.sleep(POLL_S)
    except BrokenPipeError:
        pass  # Wireshark has stopped the capture


def _awaited(runs: Path, stopped: Callable[[], bool]) -> Path | None:
    """Return the newest run that is under way, or the next that begins; None when told to stop."""
    while not stopped():
        running = [each for each in runs.glob(f"*/{MANIFEST}") if _state(each.parent) == "running"]
        if running:
            return max(running, key=lambda each: each.stat().st_mtime).parent
        time.sleep(POLL_S)
    return None


def growing_blocks(run: Path, stopped: Callable[[], bool]) -> Iterator[bytes]:
    """Yield whole pcapng blocks of a run's frames as they are written, until the run is over."""
    path = run / FRAMES
    while not path.exists():
        if stopped() or _state(run) not in ("running", ""):
            return
        time.sleep(POLL_S)
    held = b""
    with path.open("rb") as file:
        while True:
            over = stopped() or _state(run) != "running"  # asked before reading: what came until then is read
            piece = file.read(1 << 16)
            held += piece
            while len(held) >= 12:
                (length,) = struct.unpack_from("<I", held, 4)
                if not 12 <= length <= _BLOCK_OCTETS_MAX:
                    return
                if len(held) < length:
                    break
                yield held[:length]
                held = held[length:]
            if not piece:
                if over:
                    return
                time.sleep(POLL_S)


def _state(run: Path) -> str:
    """Return a run's state; empty while it has no manifest that can be read."""
    try:
        return str(json.loads((run / MANIFEST).read_text(encoding="utf-8")).get("state", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def main() -> int:
    """Run as Wireshark runs it."""
    parser = argparse.ArgumentParser(prog="amp extcap", allow_abbrev=False)
    add_options(parser)
    return serve(parser.parse_known_args()[0])


if __name__ == "__main__":
    sys.exit(main())
