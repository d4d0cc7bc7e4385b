"""The listening side: one port of the loopback interface per emulated radio, one thread per client."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from io import BufferedRWPair
from typing import cast

from ampradio.radio.emulator.iiod import Conversation
from ampradio.radio.emulator.pluto import EmulatedPluto

_LOG = logging.getLogger(__name__)
_MOST_CLIENTS = 32
_MOST_WAITING = 1024  # to be turned away, at once and not after a second
_BUFFER_BYTES = 1 << 16


class Server:
    """Serves ``pluto`` at ``host``:``port`` until ``close``; port 0 takes a free one; raises OSError."""

    def __init__(self, pluto: EmulatedPluto, host: str, port: int) -> None:
        self._pluto = pluto
        self._listening = socket.create_server((host, port), backlog=_MOST_WAITING)
        self.address: tuple[str, int] = self._listening.getsockname()[:2]
        self._clients: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._closing = False
        self._thread = threading.Thread(target=self._listen, name=f"iiod {self.address[1]}", daemon=True)
        self._thread.start()

    @property
    def is_open(self) -> bool:
        """Whether it listens."""
        return not self._closing

    def close(self) -> None:
        """Hang up on every client and stop listening."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(5)
        self.hang_up()

    def hang_up(self) -> None:
        """Break every connection, as a cable that is pulled does; new ones are welcome."""
        with self._lock:
            clients = dict(self._clients)
        for client, thread in clients.items():
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            thread.join(5)

    def _listen(self) -> None:
        while not self._closing:
            try:
                client, _ = self._listening.accept()
            except OSError:
                if self._closing:
                    return
                continue
            with self._lock:
                if len(self._clients) >= _MOST_CLIENTS:
                    _LOG.warning("more than %d clients at port %d: one turned away", _MOST_CLIENTS, self.address[1])
                    client.close()
                    continue
                thread = threading.Thread(target=self._serve, args=(client,), name="iiod client", daemon=True)
                self._clients[client] = thread
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with client.makefile("rwb", _BUFFER_BYTES) as stream:
                Conversation(self._pluto, cast(BufferedRWPair, stream), lambda: _is_gone(client)).run()
        except OSError as error:  # the client broke the connection
            _LOG.debug("a client at port %d left: %s", self.address[1], error)
        except Exception:  # ours: the client is hung up on, and somebody has to hear why
            _LOG.exception("the conversation with a client at port %d failed", self.address[1])
        finally:
            with self._lock:
                self._clients.pop(client, None)
            client.close()


def _is_gone(client: socket.socket) -> bool:
    try:
        return client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
