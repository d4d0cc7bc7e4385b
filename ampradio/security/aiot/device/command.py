"""COMMAND as a device takes it apart, CMD-RSP as it puts one together (step 6; rules 16 to 18)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ampradio.security import primitives
from ampradio.security.aiot.device.schedule import expand, split
from ampradio.security.aiot.profiles import NONCE_OCTETS, AiotParameters, ResponsePolicy
from ampradio.security.aiot.refusal import Reason
from ampradio.security.journal import RefusedError
from ampradio.security.secret import Secret

_MIC_SIZE = {0x00: 0, 0x10: 4, 0x20: 8, 0x30: 16}
_STORED_BIT = 0x40


@dataclass(frozen=True)
class Guard:
    """How a message is guarded: what a policy octet comes down to."""

    encrypts: bool
    covers_message: bool
    mic_octets: int

    @classmethod
    def of(cls, octet: int) -> Guard:
        """Read b0 to b5 of an octet; raises ``RefusedError`` for integrity without a MAC."""
        wants_mic = bool(octet & 0x06)
        size = _MIC_SIZE[octet & 0x30]
        if wants_mic and not size:
            raise RefusedError(Reason.MALFORMED.value)
        return cls(bool(octet & 0x09), bool(octet & 0x04), size if wants_mic else 0)

    def below(self, floor: Guard) -> bool:
        """Return whether anything that ``floor`` asks for is missing."""
        return (
            (floor.encrypts and not self.encrypts)
            or (floor.covers_message and not self.covers_message)
            or self.mic_octets < floor.mic_octets
        )


@dataclass(frozen=True)
class Command:
    """The fields of a COMMAND, ``rest`` being secured payload and MAC."""

    policy: int
    counter: bytes
    nonce: bytes
    protected_id: bytes
    rest: bytes
    head: bytes

    @classmethod
    def parse(cls, parameters: AiotParameters, payload: bytes) -> Command:
        """Cut a payload; raises ``RefusedError`` when it is too short or sets the reserved bit."""
        if len(payload) < parameters.command_head_octets or payload[0] & 0x80:
            raise RefusedError(Reason.MALFORMED.value)
        nonce_at = 1 + parameters.counter_octets
        id_at = nonce_at + NONCE_OCTETS
        end = id_at + parameters.protected_id_octets
        return cls(
            payload[0], payload[1:nonce_at], payload[nonce_at:id_at], payload[id_at:end], payload[end:], payload[:end]
        )

    def guard(self, parameters: AiotParameters, stored: int) -> Guard:
        """Return the protection in force: the message's own word for it, or with b6 the stored policy (R3.32).

        Raises ``RefusedError`` for a malformed policy or, in S3-F and S3-H, one below the floor.
        """
        guard = Guard.of(stored if self.policy & _STORED_BIT else self.policy)
        if parameters.has_floor and guard.below(Guard.of(parameters.policy_floor)):
            raise RefusedError(Reason.POLICY.value)
        return guard

    def open(self, guard: Guard, base: Secret, aad: bytes) -> bytes:
        """Return the plain payload; raises ``RefusedError`` unless the MAC is right (R3.33)."""
        cut = len(self.rest) - guard.mic_octets
        if cut < 0:
            raise RefusedError(Reason.MALFORMED.value)
        encryption, integrity = split(expand(base, b"CM", [self.nonce, *self.counters]))
        secured, mic = self.rest[:cut], self.rest[cut:]
        if guard.mic_octets:
            text = aad + self.head + secured if guard.covers_message else secured
            if not primitives.equal(primitives.aes_cmac(integrity, text, guard.mic_octets), mic):
                raise RefusedError(Reason.BAD_MIC.value)
        return primitives.aes_ctr(encryption, self.nonce[:13], secured) if guard.encrypts else secured

    def answer_policy(self, parameters: AiotParameters, stored: int) -> tuple[int, Guard]:
        """Return the octet and the protection of the response (R3.36)."""
        if parameters.response_policy is ResponsePolicy.STORED or self.policy & _STORED_BIT:
            return stored | _STORED_BIT, Guard.of(stored)
        return self.policy, Guard.of(self.policy)

    @property
    def counters(self) -> list[bytes]:
        """The counter as a KDF parameter, if there is one."""
        return [self.counter] if self.counter else []


def build_response(
    command: Command, octet: int, guard: Guard, base: Secret, own_nonce: bytes, plain: bytes, aad: bytes
) -> bytes:
    """Return a CMD-RSP's payload: policy, counter, device nonce, secured payload, MAC (R3.35 to R3.37)."""
    encryption, integrity = split(expand(base, b"CR", [command.nonce, own_nonce, *command.counters]))
    secured = primitives.aes_ctr(encryption, own_nonce[:13], plain) if guard.encrypts else plain
    head = bytes([octet]) + command.counter + own_nonce
    if not guard.mic_octets:
        return head + secured
    text = aad + head + secured if guard.covers_message else secured
    return head + secured + primitives.aes_cmac(integrity, text, guard.mic_octets)


Execute = Callable[[bytes], bytes]
