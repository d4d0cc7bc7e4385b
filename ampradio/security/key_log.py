"""Session keys for whoever asked to decrypt a capture, after the manner of TLS's key log; off unless put in force.

The log in force is a context variable, as the meter is, so a system never knows whether somebody keeps its keys, and no
file is touched here. Only keys of one session are told, by the infrastructure's ends; what they come from is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from ampradio.security.secret import Secret

S1_PTK = "AMP_S1_PTK"  # SPA ‖ ANonce ‖ SNonce: KCK ‖ TK
S2_EK = "AMP_S2_EK"  # LOCAL_ADDR 2 ‖ x 1 ‖ CNTR 4: EK
S3_KEYS = "AMP_S3_KEYS"  # label 2 ‖ nonces and counter: ENC ‖ INT
S4_PTK = "AMP_S4_PTK"  # AA ‖ SPA ‖ ANonce ‖ SNonce: KCK ‖ KEK ‖ TK
S5_SA = "AMP_S5_SA"  # SAID 2 ‖ lite ID of the peer 2: the key of the SA
S5_K = "AMP_S5_K"  # Nonce-T ‖ Nonce-N, or the wrapped key: the key derivation key that was delivered


class KeyLog(Protocol):
    """Whoever keeps session keys."""

    def keep(self, label: str, name: bytes, key: bytes) -> None:
        """Take a key: what kind it is, what tells it from others of its kind, and its octets."""


_in_force: ContextVar[KeyLog | None] = ContextVar("key_log", default=None)


@contextmanager
def logged_to(log: KeyLog) -> Iterator[None]:
    """Put ``log`` in force for everything that runs inside."""
    token = _in_force.set(log)
    try:
        yield
    finally:
        _in_force.reset(token)


def keep(label: str, name: bytes, *keys: Secret) -> None:
    """Tell the log in force, if any, of a key in one or more parts."""
    log = _in_force.get()
    if log is not None:
        log.keep(label, name, b"".join(key.expose() for key in keys))
