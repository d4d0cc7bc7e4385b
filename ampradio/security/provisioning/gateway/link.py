"""One provisioned tag as the gateway sees it: session keys, requests and re-keying (R2.42 to R2.49, rules 11, 12)."""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass, field

from ampradio.profile.model import Mac
from ampradio.security import aead, key_log
from ampradio.security.hkdf import hkdf_expand
from ampradio.security.journal import RefusedError
from ampradio.security.provisioning.gateway.additional_data import frame_nonce, header_data, header_id
from ampradio.security.provisioning.profiles import (
    CNTR_MAX,
    KEY_OCTETS,
    PROTO,
    SEQ_MAX,
    Life,
    ProvisioningParameters,
)
from ampradio.security.provisioning.refusal import Reason
from ampradio.security.secret import Secret
from ampradio.security.session import Message

_SECOND_NS = 1_000_000_000
_REKEY_TAG_OCTETS = 8
_HEAD_OCTETS = 4


@dataclass
class Command:
    """One REQ that waits for its RES."""

    data: bytes
    reply_octets: int
    attempts: int = 0
    sent: Message | None = None


@dataclass(frozen=True)
class Rekey:
    """An order to change keys: TKx, CNTR (None for the next one) and the new key's life."""

    x: int
    cntr: int | None
    life: Life


@dataclass
class Link:
    """A binding: its temporal keys, and the session key in force at this end."""

    mac: Mac
    parameters: ProvisioningParameters
    device_hash: bytes
    address: int
    tk1: Secret
    tk2: Secret
    life: Life
    confirmed: bool = True
    x: int = 1
    cntr: int = 0
    seq: int = 0
    commands: deque[Command] = field(default_factory=deque)
    order: Rekey | None = None
    outstanding: Message | None = None
    deadline_ns: int | None = None

    def __post_init__(self) -> None:
        self._ek = self._session_key(1, 0)
        self._left: int | None = None
        self._expires_ns: int | None = None
        self._live(self.parameters.first_life, 0)

    @property
    def station_id(self) -> int:
        """The ID of the tag's frame headers."""
        return header_id(self.address)

    @property
    def exhausted(self) -> bool:
        """True when no counter is left to re-key with: the tag has to be provisioned anew."""
        return self.cntr >= CNTR_MAX

    def stuck(self, now_ns: int) -> bool:
        """Return whether a request waits for a new key that cannot be had any more."""
        return bool(self.commands) and self.order is None and self.exhausted and self._used_up(now_ns)

    def due(self, now_ns: int) -> list[Message]:
        """Return REKEY, if one is ordered or needed, and the request that is next; nothing while one is on the air."""
        if self.outstanding is not None:
            return []
        messages = []
        if self.order is not None or (self.commands and self._used_up(now_ns)):
            messages.append(self._rekey(now_ns))
        if self.commands:
            messages.append(self._request(self.commands[0]))
        return messages

    def take_response(self, payload: bytes) -> bytes:
        """Return what a genuine RES to the request on the air says, and be done with that request.

        Raises ``RefusedError`` for any other.
        """
        command = self.commands[0] if self.commands else None
        if command is None or command.sent is None or self.outstanding is None:
            raise RefusedError(Reason.UNEXPECTED)
        if len(payload) < _HEAD_OCTETS + self.parameters.data_tag_octets:
            raise RefusedError(Reason.MALFORMED)
        if payload[:_HEAD_OCTETS] != command.sent.payload[:_HEAD_OCTETS]:
            raise RefusedError(Reason.OTHER_KEY)
        aad = header_data(self.mac, self.parameters.prof, self.station_id, self.parameters.messages.res)
        nonce = frame_nonce(1, self.address, self.x, self.cntr, self.seq)
        sealed, tag_octets = payload[_HEAD_OCTETS:], self.parameters.data_tag_octets
        data = aead.ccm_open(self._ek.expose(), nonce, sealed, aad, tag_octets)
        if data is None:
            raise RefusedError(Reason.BAD_MIC)
        self.commands.popleft()
        self.outstanding, self.deadline_ns = None, None
        return data

    def lose_response(self, retries: int) -> bool:
        """Take note that no RES came; return False when the request is given up.

        The first time the identical frame goes out again; after that under a new key, as the tag may have lost its own.
        """
        self.outstanding, self.deadline_ns = None, None
        command = self.commands[0]
        command.attempts += 1
        if command.attempts > retries or (command.attempts > 1 and self.exhausted):
            self.commands.popleft()
            return False
        if command.attempts > 1:
            command.sent = None
            self.order = self.order or Rekey(self.x, None, self.life)
        return True

    def wipe(self) -> None:
        """Overwrite the keys."""
        for key in (self._ek, self.tk1, self.tk2):
            key.wipe()

    def _used_up(self, now_ns: int) -> bool:
        if self.commands[0].sent is not None:
            return False  # a repetition spends nothing
        if self._expires_ns is not None and now_ns >= self._expires_ns:
            return True
        return self.seq >= SEQ_MAX or self._left == 0

    def _rekey(self, now_ns: int) -> Message:
        order = self.order or Rekey(self.x, None, self.life)
        self.order = None
        self.x, self.cntr, self.seq = order.x, self.cntr + 1 if order.cntr is None else order.cntr, 0
        self._ek.wipe()
        self._ek = self._session_key(self.x, self.cntr)
        self._live(order.life, now_ns)
        if self.commands:
            self.commands[0].sent = None
        msg = self.parameters.messages.rekey
        plain = struct.pack(">H", order.life.amount | order.life.in_seconds << 15)
        nonce = frame_nonce(0, self.address, self.x, self.cntr, 0)
        aad = header_data(self.mac, self.parameters.prof, self.station_id, msg)
        return self._message(msg, aead.ccm_seal(self._ek.expose(), nonce, plain, aad, _REKEY_TAG_OCTETS), None)

    def _request(self, command: Command) -> Message:
        if command.sent is None:
            self.seq += 1
            if self._left is not None:
                self._left -= 1
            msg = self.parameters.messages.req
            nonce = frame_nonce(0, self.address, self.x, self.cntr, self.seq)
            aad = header_data(self.mac, self.parameters.prof, self.station_id, msg)
            tag_octets = self.parameters.data_tag_octets
            sealed = aead.ccm_seal(self._ek.expose(), nonce, command.data, aad, tag_octets)
            reply = _HEAD_OCTETS + command.reply_octets + tag_octets
            command.sent = self._message(msg, sealed, reply)
        self.outstanding = command.sent
        return command.sent

    def _message(self, msg: int, sealed: bytes, reply_octets: int | None) -> Message:
        head = struct.pack(">I", (self.x - 1) << 31 | self.cntr << 8 | self.seq)
        return Message(PROTO, msg, int(self.parameters.prof), self.station_id, head + sealed, reply_octets)

    def _session_key(self, x: int, cntr: int) -> Secret:
        temporal = (self.tk1, self.tk2)[x - 1]
        key = Secret(hkdf_expand(temporal.expose(), struct.pack(">I", cntr), KEY_OCTETS))
        key_log.keep(key_log.S2_EK, struct.pack(">HBI", self.address, x, cntr), key)
        return key

    def _live(self, life: Life, now_ns: int) -> None:
        self._left = None if life.in_seconds else life.amount
        self._expires_ns = now_ns + life.amount * _SECOND_NS if life.in_seconds else None
