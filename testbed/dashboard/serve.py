"""Serving the live view until it is interrupted."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from testbed.dashboard.application import application
from testbed.dashboard.control import Control
from testbed.dashboard.guard import LOOPBACK_NAMES, Guard, is_loopback
from testbed.exits import EnvironmentFault

GOODBYE_S = 2
CONNECTIONS_MAX = 64


class _Server(uvicorn.Server):
    """Lets the streams end as soon as it is told to."""

    def __init__(self, config: uvicorn.Config, control: Control) -> None:
        super().__init__(config)
        self._control = control

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._control.watchers.closing = True
        super().handle_exit(sig, frame)


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raises EnvironmentFault."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, proto)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except OSError as error:
        reason = f"{host}:{port} cannot be listened at: {error.strerror or error}"
        raise EnvironmentFault(reason, "choose another with --port, or --port 0 for a free one") from None
    return listening


def url_of(host: str, port: int, token: str | None) -> str:
    """Return the address to open."""
    shown = socket.gethostname() if host in ("0.0.0.0", "::") else host
    shown = f"[{shown}]" if ":" in shown else shown
    return f"http://{shown}:{port}/" + (f"?token={token}" if token else "")


def new_token(host: str) -> str | None:
    """Return a token for an address that others reach, None for this machine's own."""
    return None if is_loopback(host) else secrets.token_urlsafe(24)


def serve(control: Control, listening: socket.socket, host: str, token: str | None, ready: Callable[[], None]) -> None:
    """Answer until interrupted; ``ready`` is called before the first answer."""
    port = listening.getsockname()[1]
    own = host in ("0.0.0.0", "::")
    names = LOOPBACK_NAMES | ({socket.gethostname().lower()} if own else {host.lower()})
    app = Guard(application(control), names=frozenset(names), addresses=token is not None, token=token, port=port)
    config = uvicorn.Config(
        app,
        log_level="error",
        access_log=False,
        lifespan="on",
        ws="none",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_graceful_shutdown=GOODBYE_S,
        h11_max_incomplete_event_size=65_536,
        http="h11",
        loop="asyncio",
    )
    ready()
    try:
        _Server(config, control).run(sockets=[listening])
    finally:
        control.process.abandon()
