"""A tag of S1 broken on purpose: it saves the PTK and takes it back after a power loss, against R1.40 (W1.7)."""

from __future__ import annotations

from dataclasses import replace

from ampradio.security.amp import AmpSupplicant
from ampradio.security.amp.tag.contact import Contact
from ampradio.security.secret import Secret
from ampradio.security.session import Message


class CachingSupplicant(AmpSupplicant):
    """Saves its PTK when it is made, and never the packet number: a row written for each would wear the NVM out."""

    saved: Contact | None = None

    def receive(self, message: Message, now_ns: int) -> None:
        """Take one message, and save a new PTK."""
        before = self._contact
        super().receive(message, now_ns)
        if self._contact is not None and self._contact is not before:
            self.saved = _copy(self._contact)

    def power_off(self) -> None:
        """Lose everything volatile, and come back with what was saved."""
        super().power_off()
        self._contact = None if self.saved is None else _copy(self.saved)


def _copy(contact: Contact) -> Contact:
    keys = contact.guard.keys
    again = replace(keys, kck=Secret(keys.kck.expose()), tk=Secret(keys.tk.expose()))
    return Contact(replace(contact.guard, keys=again), contact.expires_ns, contact.withheld)
