"""What decryption gives: clear text, the key that opened it, and whether its integrity was checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from ampradio.profile.model import Mac
from ampradio.security.session import Message
from testbed.wireshark.key_file import Keys


@dataclass(frozen=True)
class Opened:
    """The clear text of one message; ``genuine`` when a MIC or tag under the same key was right."""

    key: str
    clear: bytes = field(repr=False)
    genuine: bool = True

    def encode(self) -> bytes:
        """Return the value of TLV 3: genuine 1, length of the key's name 1, that name, the clear text."""
        name = self.key.encode()
        return bytes([self.genuine, len(name)]) + name + self.clear


@dataclass(frozen=True)
class Around:
    """What an opener may need beside the message: the MAC's numbers, the keys, lengths, the direction."""

    mac: Mac
    keys: Keys
    lengths: dict[str, int]
    downlink: bool


class Opener(Protocol):
    """One system as one station sees it go by; messages come in order, both directions."""

    def open(self, message: Message, around: Around) -> Opened | None:
        """Return the clear text of a message, None where there is none or no key for it."""
