"""COMMAND as the AIoTF protects it, CMD-RSP as it checks it (steps 5 and 7; rules 16 to 18)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.profile.model import Mac
from ampradio.security import primitives
from ampradio.security.aiot.network.keys import KeySet, key_set
from ampradio.security.aiot.network.policy import Policy
from ampradio.security.aiot.profiles import NONCE_OCTETS, PROTO, AiotParameters, Msg
from ampradio.security.aiot.refusal import Reason
from ampradio.security.journal import RefusedError
from ampradio.security.secret import Secret


def additional_data(mac: Mac, prof: int, station_id: int, msg: Msg) -> bytes:
    """Return AAD = FC ‖ ID (as sent, little-endian) ‖ shim octet 0 ‖ PROF (rule 2)."""
    frame_control = mac.type_authentication | 1 << mac.protected_bit
    return bytes([frame_control, *station_id.to_bytes(2, "little"), PROTO << 5 | msg, prof])


@dataclass(frozen=True)
class CommandKeys:
    """What one COMMAND and its response are keyed with: K_D, or K_AIOTF and the counter."""

    base: Secret
    network_nonce: bytes
    counter: bytes

    def command(self) -> KeySet:
        """Return the keys of COMMAND (R3.26): the network nonce alone, and in S3-H what K_AIOTF brings."""
        return key_set(self.base, b"CM", self.network_nonce, *self._counter())

    def response(self, device_nonce: bytes) -> KeySet:
        """Return the keys of CMD-RSP (R3.35, R3.38)."""
        return key_set(self.base, b"CR", self.network_nonce, device_nonce, *self._counter())

    def _counter(self) -> tuple[bytes, ...]:
        return (self.counter,) if self.counter else ()


def seal_command(
    policy: Policy, stored: int, keys: CommandKeys, protected_id: bytes, payload: bytes, aad: bytes
) -> bytes:
    """Return a COMMAND's payload: policy, counter, network nonce, Protected Device ID, secured payload, MAC (R3.29)."""
    head = bytes([policy.octet]) + keys.counter + keys.network_nonce + protected_id
    in_force = policy.effective(stored)
    key = keys.command()
    secured = payload
    if in_force.confidential:
        ccm_nonce = keys.network_nonce[: primitives.CCM_NONCE_OCTETS]
        secured = primitives.aes_ctr(key.confidentiality.expose(), ccm_nonce, payload)
    covered = aad + head + secured if in_force.whole_message else secured
    return head + secured + _mic(in_force, key, covered)


def open_response(
    parameters: AiotParameters, stored: int, keys: CommandKeys, payload: bytes, aad: bytes
) -> tuple[Policy, bytes]:
    """Return the policy in force and the plain payload of a CMD-RSP; raises ``RefusedError`` unless it is right."""
    head_octets = 1 + len(keys.counter) + NONCE_OCTETS
    if len(payload) < head_octets:
        raise RefusedError(Reason.MALFORMED.value)
    in_force = Policy.read(payload[0]).effective(stored)
    if parameters.has_floor and not in_force.reaches(Policy(parameters.policy_floor)):
        raise RefusedError(Reason.POLICY.value)
    if payload[1 : 1 + len(keys.counter)] != keys.counter:
        raise RefusedError(Reason.REPLAY.value)
    end = len(payload) - in_force.mic_octets
    if end < head_octets:
        raise RefusedError(Reason.MALFORMED.value)
    device_nonce = payload[head_octets - NONCE_OCTETS : head_octets]
    key = keys.response(device_nonce)
    secured = payload[head_octets:end]
    covered = aad + payload[:end] if in_force.whole_message else secured
    if not primitives.equal(_mic(in_force, key, covered), payload[end:]):
        raise RefusedError(Reason.BAD_MIC.value)
    if not in_force.confidential:
        return in_force, secured
    ccm_nonce = device_nonce[: primitives.CCM_NONCE_OCTETS]
    return in_force, primitives.aes_ctr(key.confidentiality.expose(), ccm_nonce, secured)


def _mic(policy: Policy, key: KeySet, covered: bytes) -> bytes:
    if not policy.mic_octets:
        return b""
    return primitives.aes_cmac(key.integrity.expose(), covered, policy.mic_octets)
