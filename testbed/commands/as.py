# ruff: noqa: N999 - the module is named like its verb
"""`amp as`: the authentication server, until it is interrupted."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed import interruption
from testbed.commands.authority_options import database_options, opened
from testbed.commands.verb import add_verb
from testbed.exits import DONE, CallerMistake, EnvironmentFault

if TYPE_CHECKING:
    from testbed.authority.eap_proxy import EapProxy

LISTEN = "127.0.0.1:1812"
PATIENCE_S = 0.5


def register(subparsers: Any) -> None:
    """Add the verb."""
    example = "amp as --db as.sqlite --key-file as.key"
    parser = add_verb(subparsers, "as", "authentication server for gateways, over RADIUS", example)
    database_options(parser)
    parser.add_argument("--listen", default=LISTEN, metavar="HOST:PORT", help=f"UDP port, 0 for a free one ({LISTEN})")
    parser.add_argument("--eap-server", metavar="URI", help="where EAP of S4 goes on to, as radius://127.0.0.1:18120")
    parser.add_argument("--eap-secret-file", type=Path, metavar="FILE", help="the secret shared with that server")


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted; the first line says where, what was counted is said at the end."""
    from ampradio.profile import load_profile
    from testbed.authority.server import AuthorityServer
    from testbed.authority.service import Service

    host, port = _listen(args.listen)
    proxy = _proxy(args)
    database = opened(args)
    try:
        server = AuthorityServer(database, load_profile().mac, proxy)
        interruption.listen(signal.SIGINT, signal.SIGTERM)
        try:
            service = Service(server, host, port)
        except OSError as error:
            reason = f"{args.listen} cannot be listened on: {error.strerror or error}"
            raise EnvironmentFault(reason, "choose another with --listen") from None
        with service:
            endpoint = f"radius://{service.host}:{service.port}"
            _say(args, endpoint, database.public, len(database.gateways()))
            try:
                while True:
                    service.serve_once(PATIENCE_S)
            finally:
                counts = ", ".join(f"{name} {count}" for name, count in sorted(server.counters.items()))
                if not args.quiet:
                    print(f"answered and dropped: {counts or 'nothing'}", file=sys.stderr)
    finally:
        database.close()
    return DONE


def _say(args: argparse.Namespace, endpoint: str, public: bytes, gateways: int) -> None:
    if args.json:
        print(json.dumps({"endpoint": endpoint, "server_public": public.hex(), "gateways": gateways}), flush=True)
    elif not args.quiet:
        print(f"{endpoint} answers {gateways} gateways; Ctrl-C ends it", flush=True)


def _listen(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise CallerMistake(f"{text!r} is no HOST:PORT", f"write --listen {LISTEN}")
    return host.strip("[]"), int(port)


def _proxy(args: argparse.Namespace) -> EapProxy | None:
    if args.eap_server is None:
        return None
    from ampradio.security.secret import Secret
    from testbed.authority.eap_proxy import EapProxy
    from testbed.authority.vault import read_secret
    from testbed.radius.client import RadiusClient, endpoint_of

    if args.eap_secret_file is None:
        raise CallerMistake("there is no secret for the EAP server", "name it with --eap-secret-file")
    try:
        endpoint = endpoint_of(args.eap_server)
    except ValueError as error:
        raise CallerMistake(str(error), "write --eap-server radius://127.0.0.1:18120") from None
    # shorter than a gateway's own patience, so that a dead EAP server does not look like a dead authority twice
    return EapProxy(RadiusClient(endpoint, Secret(read_secret(args.eap_secret_file).strip()), timeout_s=0.4, tries=2))
