"""Everything that a tag holds in volatile memory about its AP: one PTK, and what came and went under it."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.profile.model import Mac
from ampradio.security.amp.enrolment import TagIdentity
from ampradio.security.amp.keys import pmk1_of, transient_key
from ampradio.security.amp.messages import PN_MAX, Msg, PmkUpdate, SecTrigger, SecuredData
from ampradio.security.amp.profiles import AmpParameters
from ampradio.security.amp.protection import Protection, transcript
from ampradio.security.amp.readings import UplinkSource
from ampradio.security.amp.refusal import Reason, RefusedError
from ampradio.security.secret import Secret


@dataclass
class Contact:
    """The tag's side of one PTK; ``withheld`` is frame 1's data until the AP has proved its key."""

    protection: Protection
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

    def require_genuine(self, msg: Msg, received: SecuredData | PmkUpdate, encrypt: bool) -> None:
        """Raise ``RefusedError`` unless PN, agreed encryption and MIC are right; remembers the PN if they are."""
        if received.pn <= self.last_pn:
            raise RefusedError(Reason.REPLAY)
        if received.flags.encrypted != encrypt:
            raise RefusedError(Reason.ENCRYPTION)
        self.protection.verify(msg, received.unsigned, received.mic)
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


def make_contact(
    mac: Mac,
    parameters: AmpParameters,
    identity: TagIdentity,
    root: Secret,
    trigger: SecTrigger,
    snonce: bytes,
    now_ns: int,
) -> Contact:
    """Derive PMK1 and PTK for a SEC-TRIGGER and a fresh SNonce (R1.6, R1.9)."""
    pmk1 = pmk1_of(root, trigger.modifier, identity.aa)
    key = transient_key(pmk1, identity.aa, identity.spa, trigger.anonce, snonce)
    pmk1.wipe()
    covered = transcript(parameters, trigger, snonce)
    protection = Protection(mac, parameters, identity.station_id, identity.spa, key, covered)
    return Contact(protection, now_ns + parameters.ptk_lifetime_ns, trigger.data)
