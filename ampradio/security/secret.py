"""Key material that does not show itself: not in a repr, a log, an event or a pickle."""

from __future__ import annotations

from typing import NoReturn

from ampradio.security import primitives


class Secret:
    """A key. Only ``expose`` gives its octets; printing it gives its length."""

    __slots__ = ("_octets",)

    def __init__(self, octets: bytes) -> None:
        """Copy the key; raises ``ValueError`` for an empty one."""
        if not octets:
            raise ValueError("a key has at least one octet")
        self._octets = bytearray(octets)

    def expose(self) -> bytes:
        """Return the octets, for a primitive; raises ``ValueError`` after ``wipe``."""
        if not self._octets:
            raise ValueError("this key was wiped")
        return bytes(self._octets)

    def wipe(self) -> None:
        """Overwrite the octets held here (copies made by the interpreter are out of reach)."""
        self._octets[:] = bytes(len(self._octets))
        self._octets.clear()

    def __len__(self) -> int:
        return len(self._octets)

    def __repr__(self) -> str:
        return f"Secret({len(self._octets)} octets)"

    # with this and no __hash__ beside it, Python keeps secrets out of sets and keys of dictionaries
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return primitives.equal(bytes(self._octets), bytes(other._octets))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not serialised")
