"""Sealing what a database keeps of secrets: AES-256-GCM under one key, from a file or the environment."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_OCTETS = 32
NONCE_OCTETS = 12
KEY_VARIABLE = "AMP_AS_KEY"
_FILE_OCTETS_MAX = 256


class VaultError(Exception):
    """A key or what was sealed with it cannot be used; ``fix`` says what to do. Holds no secret."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.reason, self.fix = reason, fix


class Vault:
    """Seals octets for one purpose each: what was sealed for one row does not open in another."""

    def __init__(self, key: bytes) -> None:
        """Take the key; raises ``VaultError`` for one of another size."""
        if len(key) != KEY_OCTETS:
            raise VaultError(f"the database's key has {len(key)} octets, not {KEY_OCTETS}", "give the right key file")
        self._aead = AESGCM(key)
        self._marks = hmac.new(key, b"AMP marks", hashlib.sha256).digest()

    def __repr__(self) -> str:
        return "Vault()"

    def seal(self, octets: bytes, purpose: bytes) -> bytes:
        """Return ``octets`` sealed for a purpose."""
        nonce = os.urandom(NONCE_OCTETS)
        return nonce + self._aead.encrypt(nonce, octets, purpose)

    def open(self, sealed: bytes, purpose: bytes) -> bytes:
        """Return what was sealed for that purpose; raises ``VaultError`` for anything else."""
        try:
            return self._aead.decrypt(sealed[:NONCE_OCTETS], sealed[NONCE_OCTETS:], purpose)
        except (InvalidTag, ValueError):
            raise VaultError("a sealed value does not open", "give the key it was sealed with") from None

    def mark(self, secret: bytes) -> bytes:
        """Return what tells equal secrets from different ones without telling them."""
        return hmac.new(self._marks, secret, hashlib.sha256).digest()


def key_from(path: Path | None) -> bytes:
    """Return the key of a file (32 octets, or 64 hex digits), else of the environment; raises ``VaultError``."""
    fix = f"name a key file, or set {KEY_VARIABLE} to 64 hex digits; `amp keys create` makes both"
    if path is None:
        text = os.environ.get(KEY_VARIABLE, "")
        if not text:
            raise VaultError("there is no key for the database", fix)
        return _from_hex(text, KEY_VARIABLE)
    octets = read_secret(path)
    return octets if len(octets) == KEY_OCTETS else _from_hex(octets.decode("ascii", "replace"), str(path))


def read_secret(path: Path) -> bytes:
    """Return a small file's octets; raises ``VaultError`` for one that is empty, long or not to be read."""
    try:
        with path.open("rb") as stream:
            octets = stream.read(_FILE_OCTETS_MAX + 1)
    except OSError as error:
        raise VaultError(f"{path} cannot be read: {error.strerror}", "name the file of the secret") from None
    if not 0 < len(octets) <= _FILE_OCTETS_MAX:
        reason = f"{path} has {'no' if not octets else 'too many'} octets for a secret"
        raise VaultError(reason, f"give 1 to {_FILE_OCTETS_MAX} octets")
    return octets


def write_secret(path: Path, octets: bytes) -> None:
    """Make a new file that only its owner reads, or none; raises ``VaultError`` when it cannot be, or is there."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            try:
                stream.write(octets)
                stream.flush()
            except OSError:
                path.unlink(missing_ok=True)
                raise
    except OSError as error:
        fix = "choose another name, where there is room"
        raise VaultError(f"{path} cannot be made: {error.strerror}", fix) from None


def _from_hex(text: str, where: str) -> bytes:
    try:
        return bytes.fromhex(text.strip())
    except ValueError:
        raise VaultError(f"{where} is no key of {KEY_OCTETS} octets", "give 64 hex digits") from None
