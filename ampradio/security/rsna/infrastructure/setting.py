"""What is the same for every station of one AP."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.profile.model import Mac
from ampradio.security.entropy import NonceSource
from ampradio.security.journal import Journal
from ampradio.security.rsna.infrastructure.handshake import GroupKey
from ampradio.security.rsna.infrastructure.management import Management
from ampradio.security.rsna.infrastructure.pmk_cache import PmkCache
from ampradio.security.rsna.profiles import KEY_OCTETS, RsnaParameters
from ampradio.security.secret import Secret


@dataclass
class ApSetting:
    """The AP's names, its journal, and the group key; ``next_group`` is one that is being handed out."""

    mac: Mac
    parameters: RsnaParameters
    aa: bytes
    nonces: NonceSource
    journal: Journal
    management: Management
    cache: PmkCache
    eap_reply_octets: int
    first_replay: int
    first_identifier: int
    igtk: bool
    group: GroupKey
    next_group: GroupKey | None = None
    conversations: int = 0

    @property
    def newest_group(self) -> GroupKey:
        """The group key that a station is to be given now."""
        return self.group if self.next_group is None else self.next_group

    def same_group(self, given: GroupKey) -> GroupKey:
        """Return a group key as it stands now, its packet number further on."""
        return next((known for known in (self.group, self.next_group) if known and known.key == given.key), given)


def new_group_key(nonces: NonceSource, key_id: int, igtk: bool) -> GroupKey:
    """Return a fresh group key; raises ``EntropyError`` when the source is dead."""
    key = Secret(nonces.draw(KEY_OCTETS))
    return GroupKey(key_id, key, igtk=Secret(nonces.draw(KEY_OCTETS)) if igtk else None)
