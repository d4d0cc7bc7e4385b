"""Making a device: what goes into the tag, what goes to the server, and what the QR code says (R2.25, R2.31, R2.34)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security import primitives
from ampradio.security.agreement import KEY_OCTETS, x25519, x25519_public
from ampradio.security.provisioning.profiles import ProvisioningParameters
from ampradio.security.provisioning.server.records import DeviceRecord
from ampradio.security.provisioning.tag.identity import DeviceIdentity
from ampradio.security.secret import Secret
from ampradio.security.session import EntropySource


@dataclass(frozen=True)
class Manufactured:
    """One device: the tag's factory memory, the server's record, and the 32 octets of the QR code."""

    identity: DeviceIdentity
    record: DeviceRecord
    qr: bytes


def manufacture(
    parameters: ProvisioningParameters,
    server_public: bytes,
    entropy: EntropySource,
    *,
    serial: bytes | None = None,
    private: bytes | None = None,
) -> Manufactured:
    """Make a device with fresh keys, or with those given.

    A guessable ``serial`` is what makes W2.1 run. Raises ``ValueError`` for a serial number or key of a bad size.
    """
    private = entropy.octets(KEY_OCTETS) if private is None else private
    serial = entropy.octets(parameters.serial_octets) if serial is None else serial
    public = x25519_public(private)
    z = Secret(x25519(private, server_public)) if parameters.hardened else None
    identity = DeviceIdentity(public, Secret(private), Secret(serial), server_public, z)
    identity.require_fit(parameters)
    return Manufactured(identity, DeviceRecord(public, Secret(serial)), primitives.sha256(public))
