"""An EAP-PSK server (RFC 4764) written for the tests alone, with a User-Name to key table: who plays RADIUS here."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from ampradio.security.rsna.backhaul import EapFromServer, EapToServer
from ampradio.security.secret import Secret


def block(key: bytes, octets: bytes) -> bytes:
    one = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return one.update(octets)


def cmac(key: bytes, octets: bytes) -> bytes:
    mac = CMAC(algorithms.AES(key))
    mac.update(octets)
    return mac.finalize()


def xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def number(value: int) -> bytes:
    return value.to_bytes(16, "big")


def eax(key: bytes, nonce: bytes, header: bytes, text: bytes, *, seal: bool) -> tuple[bytes, bytes]:
    """Return the other text and the tag over the ciphertext."""
    start = cmac(key, number(0) + nonce)
    stream = Cipher(algorithms.AES(key), modes.CTR(start)).encryptor()
    other = stream.update(text)
    ciphertext = other if seal else text
    return other, xor(xor(start, cmac(key, number(1) + header)), cmac(key, number(2) + ciphertext))


def derive(psk: bytes, rand_p: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """Return AK, TEK, MSK, EMSK."""
    first = block(psk, bytes(16))
    ak, kdk = block(psk, xor(first, number(1))), block(psk, xor(first, number(2)))
    first = block(kdk, rand_p)
    out = [block(kdk, xor(first, number(i))) for i in range(1, 10)]
    return ak, out[0], b"".join(out[1:5]), b"".join(out[5:])


@dataclass
class EapPskServer:
    """Answers one conversation at a time; ``result`` is what its protected channel says (2 is success)."""

    keys: dict[bytes, bytes]
    name: bytes = b"as.amp.test"
    rand_s: bytes = bytes(range(0x40, 0x50))
    result: int = 2
    identifier: int = 0x71
    asked: list[EapToServer] = field(default_factory=list)
    msks: list[bytes] = field(default_factory=list)

    def __call__(self, request: EapToServer) -> EapFromServer:
        self.asked.append(request)
        kind, packet = request.eap[4], request.eap
        self.identifier = (self.identifier + 1) % 256
        psk = self.keys.get(request.identity)
        if kind == 1 and psk is not None:
            return self.say(request, b"\x00" + self.rand_s + self.name)
        if kind == 47 and psk is not None and packet[5] == 0x40:
            rand_p, mac, identity = packet[22:38], packet[38:54], packet[54:]
            ak, self.tek, self.msk, _ = derive(psk, rand_p)
            if mac == cmac(ak, identity + self.name + self.rand_s + rand_p) and packet[6:22] == self.rand_s:
                header = bytes([1, self.identifier, 0, 59, 47, 0x80]) + self.rand_s
                sealed, tag = eax(self.tek, number(0), header, bytes([self.result << 6]), seal=True)
                return self.say(request, b"\x80" + self.rand_s + cmac(ak, self.name + rand_p) + bytes(4) + tag + sealed)
        if kind == 47 and packet[5] == 0xC0 and packet[22:26] == bytes([0, 0, 0, 1]):
            clear, tag = eax(self.tek, number(1), packet[:22], packet[42:], seal=False)
            if tag == packet[26:42] and clear == b"\x80":
                self.msks.append(self.msk)
                success = bytes([3, packet[1], 0, 4])
                return self.reply(request, success, accepted=True, msk=Secret(self.msk))
        return self.reply(request, bytes([4, packet[1], 0, 4]), rejected=True)

    def say(self, request: EapToServer, data: bytes) -> EapFromServer:
        packet = bytes([1, self.identifier]) + (5 + len(data)).to_bytes(2, "big") + b"\x2f" + data
        return self.reply(request, packet)

    @staticmethod
    def reply(request: EapToServer, packet: bytes, **outcome: object) -> EapFromServer:
        return EapFromServer(request.conversation, request.request_id, packet, **outcome)  # type: ignore[arg-type]
