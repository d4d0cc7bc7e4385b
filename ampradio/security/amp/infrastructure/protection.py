"""How one PTK protects S1's messages: AAD, MIC input and CTR nonce (protocols page, rules 2, 5 and 6)."""

from __future__ import annotations

from ampradio.profile.model import Mac
from ampradio.security import primitives
from ampradio.security.amp.infrastructure.keys import TransientKey
from ampradio.security.amp.infrastructure.messages import SecTrigger
from ampradio.security.amp.profiles import PROTO, AmpParameters, Msg
from ampradio.security.amp.refusal import Reason
from ampradio.security.journal import RefusedError

_PN_OCTETS = 6


def frame_control(mac: Mac) -> int:
    """Return the Frame Control octet of every secured frame: Type 13, Protected (rule 1)."""
    return mac.type_authentication | 1 << mac.protected_bit


def additional_data(mac: Mac, prof: int, station_id: int, msg: int) -> bytes:
    """Return AAD = FC ‖ ID (as sent, little-endian) ‖ shim octet 0 ‖ PROF (rule 2)."""
    return bytes([frame_control(mac)]) + station_id.to_bytes(2, "little") + bytes([PROTO << 5 | msg, prof])


def ccm_nonce(msg: int, spa: bytes, pn: int) -> bytes:
    """Return dir ‖ MSG, SPA, PN (48 bits, big-endian); the direction bit is 1 on the uplink (rules 1 and 6)."""
    uplink = msg % 2 == 0
    return bytes([uplink << 7 | msg]) + spa + pn.to_bytes(_PN_OCTETS, "big")


def transcript(parameters: AmpParameters, trigger: SecTrigger, snonce: bytes) -> bytes:
    """Return what a MIC covers of frames 1 and 2: literal ANonce ‖ SNonce, hardened the whole of frame 1 (rule 5)."""
    return (trigger.encode() if parameters.hardened else trigger.anonce) + snonce


class Protection:
    """One PTK at work between one AP and one tag."""

    def __init__(
        self, mac: Mac, parameters: AmpParameters, station_id: int, spa: bytes, key: TransientKey, covered: bytes
    ) -> None:
        """Take the PTK and what ``transcript`` gave for its two nonces."""
        self._mac = mac
        self._parameters = parameters
        self._station_id = station_id
        self._spa = spa
        self._key = key
        self._transcript = covered

    def mic(self, msg: Msg, unsigned: bytes) -> bytes:
        """Return Trunc(AES-CMAC(KCK, AAD ‖ transcript ‖ payload without MIC))."""
        aad = additional_data(self._mac, self._parameters.prof, self._station_id, msg)
        length = self._parameters.mic_octets
        return primitives.aes_cmac(self._key.kck.expose(), aad + self._transcript + unsigned, length)

    def verify(self, msg: Msg, unsigned: bytes, mic: bytes) -> None:
        """Raise ``RefusedError`` unless the MIC is the one of these octets."""
        if not primitives.equal(self.mic(msg, unsigned), mic):
            raise RefusedError(Reason.BAD_MIC.value)

    def crypt(self, msg: Msg, pn: int, data: bytes) -> bytes:
        """Return data en- or decrypted with TK, or as it is when encryption is off."""
        if not self._parameters.encrypt:
            return data
        return primitives.aes_ctr(self._key.tk.expose(), ccm_nonce(msg, self._spa, pn), data)

    def wipe(self) -> None:
        """Overwrite the keys and forget the nonces."""
        self._key.wipe()
        self._transcript = b""
