"""What the factory leaves in a tag (R2.34): A_pubk, A_privk, A_SN and AS_pubk; hardened variants also Z."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security import primitives
from ampradio.security.agreement import KEY_OCTETS
from ampradio.security.provisioning.profiles import ProvisioningParameters
from ampradio.security.secret import Secret


@dataclass(frozen=True)
class DeviceIdentity:
    """A tag's factory memory, never written again.

    ``z`` is X25519(A_privk, AS_pubk), worked out in the factory so that the tag needs no elliptic curve at run time;
    the literal variant has none, and never uses A_privk (W2.1).
    """

    public: bytes
    private: Secret
    serial: Secret
    server_public: bytes
    z: Secret | None = None

    def __post_init__(self) -> None:
        if (len(self.public), len(self.private), len(self.server_public)) != (KEY_OCTETS,) * 3:
            raise ValueError(f"public, private and server key have {KEY_OCTETS} octets each")
        if self.z is not None and len(self.z) != KEY_OCTETS:
            raise ValueError(f"Z has {len(self.z)} octets, must have {KEY_OCTETS}")

    def short_hash(self, octets: int) -> bytes:
        """Return the leading octets of H(A_pubk), by which the air names this tag."""
        return primitives.sha256(self.public)[:octets]

    def require_fit(self, parameters: ProvisioningParameters) -> None:
        """Raise ``ValueError`` unless this identity is one of that variant."""
        if parameters.hardened and self.z is None:
            raise ValueError("a hardened variant needs the Z of its factory")
        if parameters.hides_identity and len(self.serial) != parameters.serial_octets:
            raise ValueError(f"S2-B needs a serial number of {parameters.serial_octets} octets")
