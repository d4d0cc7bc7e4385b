"""S2: from a serial number, or a gateway's TKs, to requests and readings, past re-provisionings too (W2.3, W2.6)."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ampradio.security import aead
from ampradio.security.hkdf import hkdf_expand, hkdf_extract
from ampradio.security.primitives import aes_cmac
from ampradio.security.provisioning.gateway.additional_data import frame_nonce, header_data
from ampradio.security.provisioning.profiles import (
    ADDRESS_OCTETS,
    GWID_OCTETS,
    KEY_OCTETS,
    PROOF_OCTETS,
    SEEDED,
    TK_NONCE_OCTETS,
    ProvisioningParameters,
)
from ampradio.security.session import Message
from testbed.experiment import Experiment
from testbed.systems.provisioning import parameters_of

_HEAD_OCTETS = 4
_COUNTER_OCTETS = 4


def is_secret(experiment: Experiment, message: Message) -> bool:
    """Return whether this is a request or a reading."""
    numbers = parameters_of(experiment).messages
    return message.msg in (numbers.req, numbers.res)


def read(experiment: Experiment, memory: Mapping[str, bytes], messages: Sequence[Message]) -> dict[int, bytes]:
    """Return the data, each proved right by its CCM tag.

    ``memory`` has ``serial``, ``server_public`` and, in the hardened variants, ``z``; or ``tk1``, ``tk2`` of the
    binding in force.
    """
    return _Reader(experiment, memory).read(messages)


def proved_by(experiment: Experiment, serial: bytes, server_public: bytes, prov: Message) -> bool:
    """Return whether a PROV's PROOF was made with this serial number and public things alone (X13, W2.1)."""
    parameters = parameters_of(experiment)
    prk = hkdf_extract(b"", serial + server_public)
    key = hkdf_expand(prk, b"PRV", KEY_OCTETS)
    aad = header_data(experiment.profile.mac, parameters.prof, prov.station_id, prov.msg)
    return aes_cmac(key, aad + prov.payload[:-PROOF_OCTETS], PROOF_OCTETS) == prov.payload[-PROOF_OCTETS:]


@dataclass
class _Keys:
    """What one provisioning gave."""

    tks: tuple[bytes, bytes]
    end_to_end: bytes | None = None


@dataclass
class _Binding:
    gwid: bytes = b""
    nonce: bytes = b""
    address: bytes = b""
    device_nonce: bytes = b""
    keys: list[_Keys] = field(default_factory=list)


class _Reader:
    def __init__(self, experiment: Experiment, memory: Mapping[str, bytes]) -> None:
        self._mac = experiment.profile.mac
        self._parameters: ProvisioningParameters = parameters_of(experiment)
        self._memory = memory
        self._binding = _Binding()
        if "tk1" in memory:
            self._binding.keys.append(_Keys((memory["tk1"], memory["tk2"])))
        self._last_ek: list[bytes] = []
        self._inner = b""

    def read(self, messages: Sequence[Message]) -> dict[int, bytes]:
        numbers, found = self._parameters.messages, {}
        for index, message in enumerate(messages):
            if message.msg == numbers.hello:
                at = self._parameters.hash_octets
                self._binding.gwid = message.payload[at : at + GWID_OCTETS]
            elif message.msg == numbers.identity:
                self._binding.device_nonce = message.payload[: self._parameters.device_nonce_octets]
            elif message.msg == numbers.prov:
                self._take_prov(message.payload)
            elif message.msg == numbers.confirm:
                self._take_confirm(message.payload)
            elif message.msg in (numbers.req, numbers.res):
                data = self._open(message, up=message.msg == numbers.res)
                if data is not None:
                    found[index] = data
        return found

    def _take_prov(self, payload: bytes) -> None:
        binding = self._binding
        if self._parameters.hides_identity:
            binding.address = payload[:ADDRESS_OCTETS]
            binding.nonce = payload[ADDRESS_OCTETS : ADDRESS_OCTETS + TK_NONCE_OCTETS]
            return
        at = self._parameters.hash_octets
        binding.gwid, at = payload[at : at + GWID_OCTETS], at + GWID_OCTETS
        binding.nonce, at = payload[at : at + TK_NONCE_OCTETS], at + TK_NONCE_OCTETS
        binding.address = payload[at : at + ADDRESS_OCTETS]

    def _take_confirm(self, payload: bytes) -> None:
        if not self._parameters.hides_identity:
            end = ADDRESS_OCTETS + self._parameters.device_nonce_octets
            self._binding.device_nonce = payload[ADDRESS_OCTETS:end]
        derived = [self._derived(prk) for prk in self._roots()]
        self._binding.keys = [*derived, *self._binding.keys]

    def _roots(self) -> list[bytes]:
        """Return every PRK that the memory allows for this binding."""
        material = b"".join(self._memory.get(name, b"") for name in ("serial", "server_public", "z"))
        whole = "serial" in self._memory and ("z" in self._memory or not self._parameters.hardened)
        if not self._number() & SEEDED:
            return [hkdf_extract(b"", material)] if whole else []
        if self._parameters.hardened:
            return [hkdf_extract(ek, material) for ek in self._last_ek]  # without serial and Z: a guess that fails
        return [hkdf_extract(b"", ek) for ek in self._last_ek]

    def _derived(self, prk: bytes) -> _Keys:
        binding = self._binding
        context = binding.gwid + binding.nonce + binding.address + binding.device_nonce
        one, two = (hkdf_expand(prk, context + label, KEY_OCTETS) for label in (b"TK1", b"TK2"))
        inner = hkdf_expand(prk, b"E2E" + context, KEY_OCTETS) if self._parameters.end_to_end else None
        return _Keys((one, two), inner)

    def _number(self) -> int:
        return int.from_bytes(self._binding.address, "big")

    def _open(self, message: Message, up: bool) -> bytes | None:
        (head,) = struct.unpack(">I", message.payload[:_HEAD_OCTETS])
        x, cntr, seq = (head >> 31) + 1, head >> 8 & 0x7FFFFF, head & 0xFF
        aad = header_data(self._mac, self._parameters.prof, message.station_id, message.msg)
        for address in (self._number(), message.station_id, message.station_id | SEEDED):
            nonce = frame_nonce(int(up), address, x, cntr, seq)
            for keys in self._binding.keys:
                ek = hkdf_expand(keys.tks[x - 1], cntr.to_bytes(4, "big"), KEY_OCTETS)
                tag_octets = self._parameters.data_tag_octets
                data = aead.ccm_open(ek, nonce, message.payload[_HEAD_OCTETS:], aad, tag_octets)
                if data is not None:
                    self._last_ek = [ek]
                    return self._open_inner(keys, data, address, aad, up)
        return None

    def _open_inner(self, keys: _Keys, data: bytes, address: int, aad: bytes, up: bool) -> bytes | None:
        """Return what end-to-end protection hides, None to whoever has no K_e2e."""
        if not self._parameters.end_to_end:
            return data
        if not up:
            self._inner, data = data[:_COUNTER_OCTETS], data[_COUNTER_OCTETS:]
        if keys.end_to_end is None:
            return None
        nonce = frame_nonce(int(up), address, 0, int.from_bytes(self._inner, "big"), 0)
        return aead.ccm_open(keys.end_to_end, nonce, data, aad, self._parameters.data_tag_octets)
