"""What lies in the authority's database: tables, and the settings of S2 that its devices were made for."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from ampradio.security.provisioning import Prof, ProvisioningParameters

APPLICATION_ID = 0x414D5041  # "AMPA"
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE devices (
    hash BLOB NOT NULL UNIQUE, serial_mark BLOB NOT NULL UNIQUE, sealed BLOB NOT NULL, name TEXT NOT NULL,
    epoch INTEGER NOT NULL, key_version INTEGER NOT NULL, admitted INTEGER NOT NULL, bound INTEGER NOT NULL,
    version INTEGER NOT NULL
);
CREATE TABLE gateways (gwid BLOB PRIMARY KEY, secret_mark BLOB NOT NULL UNIQUE, sealed BLOB NOT NULL) WITHOUT ROWID;
"""
PROFS = {"hardened": Prof.HARDENED, "literal": Prof.LITERAL, "identity-hiding": Prof.IDENTITY_HIDING}


class SettingsError(ValueError):
    """The settings of a database cannot be read."""


@dataclass(frozen=True)
class StoreSettings:
    """The variant of S2 that the devices of a database are made for, and how many octets of H(A_pubk) the air has."""

    variant: str = "hardened"
    hash_octets: int = 8

    def parameters(self) -> ProvisioningParameters:
        """Return them as the server needs them; raises ``ValueError`` for values that cannot be."""
        return ProvisioningParameters(prof=PROFS[self.variant], hash_octets=self.hash_octets)

    def text(self) -> str:
        """Return them for the database."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> StoreSettings:
        """Return the settings of a database; raises ``SettingsError``."""
        try:
            settings = cls(**json.loads(text))
            settings.parameters()
        except (ValueError, TypeError, KeyError):
            raise SettingsError("settings") from None
        return settings
