"""`amp dash`: the live view in a browser, until it is interrupted."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed import interruption
from testbed.commands.authority_options import hex_octets
from testbed.commands.verb import add_verb
from testbed.exits import DONE, CallerMistake

if TYPE_CHECKING:
    from testbed.dashboard.onboarding import Desk

HOST, PORT = "127.0.0.1", 8720


def register(subparsers: Any) -> None:
    """Add the verb."""
    parser = add_verb(subparsers, "dash", "live view of a run in a browser, until interrupted", "amp dash --open")
    parser.add_argument("run", nargs="?", type=Path, metavar="RUN", help="run folder to show first")
    parser.add_argument("--host", default=HOST, metavar="ADDRESS", help=f"listen there ({HOST}); others need a token")
    parser.add_argument("--port", type=int, default=PORT, metavar="N", help=f"0 for a free one ({PORT})")
    parser.add_argument("--open", action="store_true", help="open the browser")
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="where run folders are (runs)")
    parser.add_argument("--tags", type=Path, metavar="DIR", help="provisioning: where `amp tag make` left its tags")
    parser.add_argument("--gateway", default="", metavar="GWID", help="provisioning: the gateway, 8 hex digits")
    parser.add_argument("--server", default="", metavar="URI", help="provisioning: radius://HOST:PORT")
    parser.add_argument("--secret-file", type=Path, metavar="FILE", help="shared with it (default: $AMP_RADIUS_SECRET)")
    parser.add_argument("--db", type=Path, metavar="FILE", help="instead of --server: a server beside the gateway")
    parser.add_argument("--key-file", type=Path, metavar="FILE", help="of the database (default: $AMP_AS_KEY)")


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted; the first line says where. A run that was started from the page is stopped then."""
    from testbed.dashboard.control import Control, Places
    from testbed.dashboard.serve import listening_socket, new_token, serve, url_of
    from testbed.run_record import read_run

    if not 0 <= args.port <= 65535:
        raise CallerMistake(f"{args.port} is no port", "write --port 8720, or --port 0 for a free one")
    if args.run is not None:
        read_run(args.run)
    desk = _desk(args)
    token = new_token(args.host)
    listening = listening_socket(args.host, args.port)
    url = url_of(args.host, listening.getsockname()[1], token)
    interruption.listen(signal.SIGINT, signal.SIGTERM)
    private = Path(tempfile.mkdtemp(prefix="amp-dash-"))
    try:
        shown = None if args.run is None else args.run.absolute()
        control = Control(Places(args.runs.absolute(), private, Path.cwd(), shown), desk)
        serve(control, listening, args.host, token, lambda: _say(args, url, control.source.address))
    finally:
        listening.close()
        shutil.rmtree(private, ignore_errors=True)
    return DONE


def _say(args: argparse.Namespace, url: str, live: str) -> None:
    if args.json:
        print(json.dumps({"url": url, "live": live}), flush=True)
    elif not args.quiet:
        print(f"{url}\nCtrl-C ends it. A run of another terminal shows here with AMP_LIVE={live}", flush=True)
    if "?token=" in url and not args.quiet:
        print("amp: others can open this address: it is not encrypted, and holds the token", file=sys.stderr)
    if args.open:
        import webbrowser

        webbrowser.open(url)


def _desk(args: argparse.Namespace) -> Desk:
    from ampradio.security.provisioning.profiles import GWID_OCTETS
    from testbed.dashboard.onboarding import Desk

    if args.db is not None and args.server:
        raise CallerMistake("--db stands beside --server", "keep one")
    if args.gateway:
        hex_octets(args.gateway, GWID_OCTETS, "identifier of a gateway")
    for path in (args.tags, args.db, args.key_file, args.secret_file):
        if path is not None and not path.exists():
            raise CallerMistake(f"there is no {path}", "name what `amp keys create` and `amp tag make` made")
    paths = {name: None if path is None else path.absolute() for name, path in (
        ("tags", args.tags), ("secret_file", args.secret_file), ("db", args.db), ("key_file", args.key_file)
    )}  # fmt: skip
    return Desk(gateway=args.gateway, server=args.server, **paths)
