"""Everything that a tag holds in volatile memory about its AP: one PTK, and what came and went under it."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.amp.profiles import PN_MAX, Msg
from ampradio.security.amp.refusal import Reason
from ampradio.security.amp.tag.keys import Guard
from ampradio.security.amp.tag.messages import Secured
from ampradio.security.amp.tag.readings import UplinkSource
from ampradio.security.journal import RefusedError


@dataclass
class Contact:
    """The tag's side of one PTK; ``withheld`` is frame 1's data until the AP has proved its key."""

    guard: Guard
    expires_ns: int
    withheld: bytes
    ap_authenticated: bool = False
    next_pn: int = 1  # SEC-RESPONSE uses 0 implicitly
    last_pn: int = -1
    more_sent: bool = False
    reading_sent: bool = False

    @property
    def exhausted(self) -> bool:
        """True when no packet number is left for an answer (rule 6)."""
        return self.next_pn > PN_MAX

    def require_genuine(self, msg: Msg, received: Secured) -> None:
        """Raise ``RefusedError`` unless PN, agreed encryption and MIC are right; remembers the PN if they are."""
        if received.pn <= self.last_pn:
            raise RefusedError(Reason.REPLAY.value)
        if received.encrypted != self.guard.parameters.encrypt:
            raise RefusedError(Reason.ENCRYPTION.value)
        self.guard.require(msg, received.covered, received.mic)
        self.last_pn = received.pn

    def choose_reading(self, source: UplinkSource, ap_has_more: bool) -> bytes:
        """Return the reading that goes with the next message, empty for none, and note whether more are to come.

        What goes out with the last PN of a PTK is answered by a SEC-TRIGGER, which confirms nothing: if the exchange
        goes on, the reading stays for the next PTK.
        """
        head = source.head()
        hold = self.next_pn == PN_MAX and (ap_has_more or source.more())
        self.reading_sent = head is not None and not hold
        self.more_sent = source.more() or (hold and head is not None)
        return b"" if head is None or hold else head

    def confirm_reading(self, source: UplinkSource) -> None:
        """Take a reading that was sent off the source's hands."""
        if self.reading_sent:
            source.delivered()
            self.reading_sent = False
