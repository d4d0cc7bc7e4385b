"""What the factory leaves in a tag, as a file that a simulated tag is made of; it holds the tag's secrets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ampradio.security.provisioning import DeviceIdentity
from ampradio.security.secret import Secret
from testbed.authority.schema import PROFS, StoreSettings
from testbed.authority.vault import VaultError, write_secret

FORMAT = "amp-tag/1"
_OCTETS_MAX = 4096


@dataclass(frozen=True)
class TagFile:
    """A tag's name, the variant of S2 and the octets of H(A_pubk) that it was made for, and its identity."""

    name: str
    variant: str
    identity: DeviceIdentity
    psk: Secret
    hash_octets: int = 8

    def write(self, path: Path) -> None:
        """Write a new file that only its owner reads; raises ``VaultError``."""
        identity = self.identity
        kept = {
            "format": FORMAT,
            "name": self.name,
            "variant": self.variant,
            "hash_octets": self.hash_octets,
            "public": identity.public.hex(),
            "private": identity.private.expose().hex(),
            "serial": identity.serial.expose().hex(),
            "server_public": identity.server_public.hex(),
            "psk": self.psk.expose().hex(),
            "z": None if identity.z is None else identity.z.expose().hex(),
        }
        write_secret(path, (json.dumps(kept, indent=1) + "\n").encode())


def read_tag_file(path: Path) -> TagFile:
    """Return a tag of ``amp tag make``; raises ``VaultError``."""
    fix = "give the file that `amp tag make` wrote"
    try:
        with path.open("rb") as stream:
            kept = json.loads(stream.read(_OCTETS_MAX))
        if kept["format"] != FORMAT or kept["variant"] not in PROFS:
            raise ValueError
        z = None if kept["z"] is None else Secret(bytes.fromhex(kept["z"]))
        public, server_public = (bytes.fromhex(kept[name]) for name in ("public", "server_public"))
        private, serial, psk = (Secret(bytes.fromhex(kept[name])) for name in ("private", "serial", "psk"))
        identity = DeviceIdentity(public, private, serial, server_public, z)
        settings = StoreSettings(kept["variant"], kept["hash_octets"])
        identity.require_fit(settings.parameters())
        return TagFile(str(kept["name"]), settings.variant, identity, psk, settings.hash_octets)
    except OSError as error:
        raise VaultError(f"{path} cannot be read: {error.strerror}", fix) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise VaultError(f"{path} is no tag's file", fix) from None
