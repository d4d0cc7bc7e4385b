"""The HPoS: an MN's home, which has an SA with it from the start and vouches for it where it visits (R5.31, R5.32).

It has no radio. A visited PoS relays the MN's request; the home plays the SPoS and has a key delivered to that PoS.
"""

from __future__ import annotations

from ampradio.security.handover.pos.association import Association
from ampradio.security.handover.pos.point_of_service import PointOfService
from ampradio.security.handover.profiles import IdType
from ampradio.security.secret import Secret
from ampradio.security.session import Message


class HomePoint(PointOfService):
    """A PoS whose MNs are its own; their SAs have no lifetime."""

    def enroll(self, mn: bytes, said: bytes, key: Secret) -> None:
        """Share an SA with an MN at home; raises ``ValueError`` for a SAID of another size, or one MN too many."""
        self.install(Association(mn, said, key, IdType.EAP))

    def receive(self, message: Message, now_ns: int) -> None:
        """Refuse what is said on the air: there is none here."""
        raise ValueError("an HPoS has no radio")
