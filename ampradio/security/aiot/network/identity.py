"""How the AIoTF protects a device ID and recognises a protected one (steps 2, 4 and 5; rule 17)."""

from __future__ import annotations

from ampradio.security import aead, primitives
from ampradio.security.aiot.network.keys import key_set
from ampradio.security.aiot.profiles import AiotParameters, IdMode
from ampradio.security.secret import Secret

_TEMPORARY_OCTETS = 8


def protect(
    parameters: AiotParameters, key: Secret, device_id: bytes, network_nonce: bytes, aad: bytes, *, command: bool
) -> bytes:
    """Return the Protected Device ID of PAGING, or of COMMAND, under this network nonce (R3.12, R3.13, R3.27)."""
    if parameters.id_mode in (IdMode.TEMPORARY, IdMode.STORED):
        label = b"TC" if command and parameters.hardened else b"TD"
        return primitives.hmac_sha256(key.expose(), label + network_nonce)[:_TEMPORARY_OCTETS]
    paging_key = key_set(key, b"PG", network_nonce).confidentiality.expose()
    ccm_nonce = network_nonce[: primitives.CCM_NONCE_OCTETS]
    if parameters.id_mode is IdMode.ENCRYPTED:
        return aead.ccm_seal(paging_key, ccm_nonce, device_id, aad + network_nonce)
    return primitives.aes_ctr(paging_key, ccm_nonce, device_id)


def recognise(
    parameters: AiotParameters,
    key: Secret,
    device_id: bytes,
    nonces: tuple[bytes, bytes],
    aad: bytes,
    protected_id: bytes,
    capability: int,
) -> bool:
    """Return whether AUTH-RSP's Protected Device ID* is this device's under network and device nonce (R3.23, R3.24)."""
    network_nonce, device_nonce = nonces
    if parameters.id_mode in (IdMode.TEMPORARY, IdMode.STORED):
        covered = b"TU" + network_nonce + device_nonce + (bytes([capability]) if parameters.hardened else b"")
        expected = primitives.hmac_sha256(key.expose(), covered)[:_TEMPORARY_OCTETS]
        return primitives.equal(expected, protected_id)
    answer_key = key_set(key, b"AR", network_nonce, device_nonce).confidentiality.expose()
    ccm_nonce = device_nonce[: primitives.CCM_NONCE_OCTETS]
    if parameters.id_mode is IdMode.ENCRYPTED:
        found = aead.ccm_open(answer_key, ccm_nonce, protected_id, aad + network_nonce + device_nonce)
    else:
        found = primitives.aes_ctr(answer_key, ccm_nonce, protected_id)
    return found is not None and primitives.equal(found, device_id)
