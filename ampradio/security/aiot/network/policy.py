"""The Security Policy octet as the AIoTF writes and reads it (rule 16)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.aiot import profiles
from ampradio.security.aiot.refusal import Reason
from ampradio.security.journal import RefusedError


@dataclass(frozen=True)
class Policy:
    """What one octet asks for."""

    octet: int

    @classmethod
    def read(cls, octet: int) -> Policy:
        """Read a received octet; raises ``RefusedError`` for a reserved bit or integrity without a MAC."""
        try:
            return cls(profiles.require_policy("policy", octet))
        except ValueError:
            raise RefusedError(Reason.MALFORMED.value) from None

    @property
    def confidential(self) -> bool:
        """True when the payload is encrypted: b3 is b0, all else has to be readable."""
        return bool(self.octet & (profiles.PAYLOAD_CONFIDENTIALITY | profiles.MESSAGE_CONFIDENTIALITY))

    @property
    def whole_message(self) -> bool:
        """True when the MAC covers every field before it."""
        return bool(self.octet & profiles.MESSAGE_INTEGRITY)

    @property
    def mic_octets(self) -> int:
        """Octets of the MAC; none without integrity, whatever the length code says."""
        if not self.octet & (profiles.PAYLOAD_INTEGRITY | profiles.MESSAGE_INTEGRITY):
            return 0
        return profiles.MIC_LENGTHS[(self.octet & profiles.MIC_CODE_MASK) >> profiles.MIC_CODE_SHIFT]

    def effective(self, stored: int) -> Policy:
        """Return the policy in force: the stored one where b6 says so."""
        return Policy(stored) if self.octet & profiles.USE_STORED else self

    def reaches(self, floor: Policy) -> bool:
        """Return whether this protects at least as much as ``floor`` does."""
        if floor.confidential and not self.confidential:
            return False
        return self.whole_message >= floor.whole_message and self.mic_octets >= floor.mic_octets
