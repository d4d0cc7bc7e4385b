"""The tag's key schedule: serial number → PRK → TK1, TK2 → EK (R2.36, R2.37, R2.38, R2.42; rules 10 to 15)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.hkdf import hkdf_expand, hkdf_extract
from ampradio.security.provisioning.profiles import KEY_OCTETS
from ampradio.security.provisioning.tag.identity import DeviceIdentity
from ampradio.security.secret import Secret


@dataclass(frozen=True)
class ProvisionedKeys:
    """What one provisioning gives: the two temporal keys, the confirm key, and the one that skips the gateway."""

    tk1: Secret
    tk2: Secret
    confirm: Secret
    end_to_end: Secret | None

    def temporal(self, x: int) -> Secret:
        """Return TK1 or TK2, as the gateway says (R2.43)."""
        return self.tk1 if x == 1 else self.tk2

    def wipe(self) -> None:
        """Overwrite all of them."""
        for key in (self.tk1, self.tk2, self.confirm, self.end_to_end):
            if key is not None:
                key.wipe()


def root_key(identity: DeviceIdentity, seed: Secret | None) -> Secret:
    """Return PRK, from the factory's secrets, or from a session key of the last provisioning (R2.47, rule 14).

    The literal variant knows no Z, and with a seed it forgets the serial number too (W2.6).
    """
    if identity.z is None:
        material = identity.serial.expose() + identity.server_public
        return Secret(hkdf_extract(b"", material if seed is None else seed.expose()))
    material = identity.serial.expose() + identity.server_public + identity.z.expose()
    return Secret(hkdf_extract(b"" if seed is None else seed.expose(), material))


def proof_key(prk: Secret) -> Secret:
    """Return K_prv, under which the infrastructure proves that it knows the secret identity (R2.14)."""
    return _expand(prk, b"PRV")


def admin_key(prk: Secret) -> Secret:
    """Return K_adm, under which the server tells the tag to be provisioned anew."""
    return _expand(prk, b"ADM")


def provisioned_keys(
    prk: Secret, gwid: bytes, nonce: bytes, address: bytes, device_nonce: bytes, *, literal: bool, end_to_end: bool
) -> ProvisionedKeys:
    """Return the keys of one provisioning; literal confirms under TK1 itself (rule 15)."""
    context = gwid + nonce + address + device_nonce
    tk1, tk2 = _expand(prk, context + b"TK1"), _expand(prk, context + b"TK2")
    confirm = Secret(tk1.expose()) if literal else _expand(prk, context + b"CNF")
    return ProvisionedKeys(tk1, tk2, confirm, _expand(prk, b"E2E" + context) if end_to_end else None)


def session_key(temporal: Secret, cntr: int) -> Secret:
    """Return EKx_i for CNTR = i (R2.42), four octets big-endian (rule 11)."""
    return _expand(temporal, cntr.to_bytes(4, "big"))


def _expand(key: Secret, info: bytes) -> Secret:
    return Secret(hkdf_expand(key.expose(), info, KEY_OCTETS))
