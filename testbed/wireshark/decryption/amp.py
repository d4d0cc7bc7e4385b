"""S1: UL and DL data under a PTK of the log."""

from __future__ import annotations

from ampradio.security import key_log
from ampradio.security.amp.infrastructure.keys import TransientKey
from ampradio.security.amp.infrastructure.messages import SecResponse, SecTrigger
from ampradio.security.amp.infrastructure.protection import Protection, transcript
from ampradio.security.amp.profiles import ADDRESS_OCTETS, TRIGGER_OCTETS, AmpParameters, Msg, Prof
from ampradio.security.journal import RefusedError
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from testbed.wireshark.decryption.opened import Around, Opened

_FLAGS_AND_PN, _KEY_OCTETS, _ENCRYPTED = 2, 16, 1


class AmpOpener:
    """Follows SEC-TRIGGER and SEC-RESPONSE to the PTK that both used."""

    def __init__(self) -> None:
        self._trigger: bytes | None = None
        self._at_work: Protection | None = None
        self._parameters: AmpParameters | None = None

    def open(self, message: Message, around: Around) -> Opened | None:
        """Return the data of SEC-RESPONSE, SEC-CONFIRM and SEC-ACK."""
        if message.msg == Msg.SEC_TRIGGER:
            self._trigger, self._at_work = message.payload, None
            return None
        if message.msg == Msg.SEC_RESPONSE and self._trigger is not None:
            return self._begin(self._trigger, message, around)
        if message.msg not in (Msg.SEC_CONFIRM, Msg.SEC_ACK) or self._at_work is None or self._parameters is None:
            return None
        end = len(message.payload) - self._parameters.mic_octets
        if end < _FLAGS_AND_PN:
            return None
        msg, unsigned = Msg(message.msg), message.payload[:end]
        genuine = self._at_work.mic(msg, unsigned) == message.payload[end:]
        data = self._at_work.crypt(msg, unsigned[1], unsigned[_FLAGS_AND_PN:])
        return Opened("S1 PTK", data, genuine) if data else None

    def _begin(self, trigger: bytes, message: Message, around: Around) -> Opened | None:
        lengths = around.lengths
        encrypt = bool(message.payload and message.payload[0] & _ENCRYPTED)
        try:
            parameters = AmpParameters(
                prof=Prof(message.prof),
                nonce_octets=lengths["s1_nonce"],
                modifier_octets=lengths["s1_modifier"],
                mic_octets=lengths["s1_mic"],
                encrypt=encrypt,
            )
            response = SecResponse.parse(message.payload, parameters)
        except (RefusedError, ValueError):
            return None
        nonce_end = TRIGGER_OCTETS + parameters.nonce_octets
        modifier_end = nonce_end + parameters.modifier_octets
        first = SecTrigger(
            trigger[:TRIGGER_OCTETS],
            trigger[TRIGGER_OCTETS:nonce_end],
            trigger[nonce_end:modifier_end],
            trigger[modifier_end:],
        )
        for name, key in around.keys.get(key_log.S1_PTK, []):
            if name[ADDRESS_OCTETS:] != first.anonce + response.snonce:
                continue
            ptk = TransientKey(Secret(key[:_KEY_OCTETS]), Secret(key[_KEY_OCTETS:]))
            covered = transcript(parameters, first, response.snonce)
            spa = name[:ADDRESS_OCTETS]
            protection = Protection(around.mac, parameters, message.station_id, spa, ptk, covered)
            try:
                protection.verify(Msg.SEC_RESPONSE, response.unsigned, response.mic)
            except RefusedError:
                continue
            self._at_work, self._parameters = protection, parameters
            data = protection.crypt(Msg.SEC_RESPONSE, 0, response.data)
            return Opened("S1 PTK", data) if data else None
        return None
