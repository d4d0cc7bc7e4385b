"""Who may talk to the live view: this machine's own browser, or whoever has the token; and what a page may do.

A page of another site can make a browser send requests here, and can let its own name point here (DNS rebinding). So
the name that is asked for has to be ours, and a request that changes something has to come from our own page.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "cache-control": "no-store",
}
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE = ("GET", "HEAD")


def is_loopback(host: str) -> bool:
    """Tell whether an address to listen at is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """Stands before the application.

    Args:
        app: what answers those who may.
        names: names that a Host header may have; ``addresses`` allows any IP address besides, which no foreign page
            can make its own name point to.
        token: None on the loopback; else what a visitor must have, in the address once and in a cookie from then on.
        port: tells the cookies of two live views on one machine apart.
    """

    def __init__(self, app: App, *, names: frozenset[str], addresses: bool, token: str | None, port: int) -> None:
        self._app, self._names, self._addresses, self._token = app, names, addresses, token
        self._cookie = f"amp_dash_{port}"
        self.refused: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = _headers(scope)
        refusal = self._refusal(scope, headers)
        if refusal:
            self.refused[refusal[1]] += 1
            await _answer(send, refusal[0], refusal[2])
        elif self._token is not None and not self._has_cookie(headers):
            await self._let_in(scope, send)
        else:
            await self._app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: Mapping[str, list[str]]) -> tuple[int, str, str] | None:
        hosts = headers.get("host", [])
        if len(hosts) != 1 or not self._is_ours(hosts[0]):
            return 421, "host", "This live view has another name; open the address that `amp dash` printed."
        origins = headers.get("origin", [])
        own = {f"{scope.get('scheme', 'http')}://{hosts[0]}".lower()}
        if len(origins) > 1 or (origins and origins[0].lower() not in own):
            return 403, "origin", "A page of another site may not do this."
        if headers.get("sec-fetch-site", ["none"])[0] not in ("none", "same-origin"):
            return 403, "origin", "A page of another site may not do this."
        if scope["method"] not in SAFE and not origins:
            return 403, "origin", "What changes something needs the Origin header of this page."
        return None

    def _is_ours(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        if name in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return self._addresses

    def _has_cookie(self, headers: Mapping[str, list[str]]) -> bool:
        assert self._token is not None
        for text in headers.get("cookie", []):
            try:
                kept = SimpleCookie(text).get(self._cookie)
            except CookieError:
                continue
            if kept is not None and hmac.compare_digest(kept.value.encode(), self._token.encode()):
                return True
        return False

    async def _let_in(self, scope: Scope, send: Send) -> None:
        """Take the token out of the address and put it into a cookie, or refuse."""
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        given = query.get("token", [""])[0]
        assert self._token is not None
        if scope["method"] == "GET" and hmac.compare_digest(given.encode(), self._token.encode()):
            cookie = f"{self._cookie}={self._token}; Path=/; HttpOnly; SameSite=Strict"
            await _answer(send, 303, "", {"location": "/", "set-cookie": cookie})
            return
        self.refused["token"] += 1
        await _answer(send, 401, "Open the address that `amp dash` printed: it holds the token.")


def _headers(scope: Scope) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def _with_headers(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [(name, value) for name, value in message["headers"] if name.decode("latin-1") not in HEADERS]
            message["headers"] = kept + _encoded(HEADERS)
        await send(message)

    return guarded


async def _answer(send: Send, status: int, text: str, more: Mapping[str, str] | None = None) -> None:
    body = (text + "\n").encode()
    headers = {**HEADERS, "content-type": "text/plain; charset=utf-8", "content-length": str(len(body)), **(more or {})}
    await send({"type": "http.response.start", "status": status, "headers": _encoded(headers)})
    await send({"type": "http.response.body", "body": body})


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
