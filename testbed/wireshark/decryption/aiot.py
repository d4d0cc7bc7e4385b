"""S3: payloads of COMMAND and CMD-RSP, and in ID mode 0 the device ID, under key sets of the log."""

from __future__ import annotations

from ampradio.security import aead, key_log, primitives
from ampradio.security.aiot.network.policy import Policy
from ampradio.security.aiot.network.protection import additional_data
from ampradio.security.aiot.profiles import KEY_OCTETS, NONCE_OCTETS, IdMode, Msg, Prof
from ampradio.security.journal import RefusedError
from ampradio.security.primitives import CCM_NONCE_OCTETS
from ampradio.security.session import Message
from testbed.wireshark.decryption.opened import Around, Opened

_ID_OCTETS = {0: 20, 1: 8, 2: 12, 3: 8}


class AiotOpener:
    """Finds key sets by the nonces that stand in the messages."""

    def __init__(self) -> None:
        self._command_nonce = b""

    def open(self, message: Message, around: Around) -> Opened | None:
        """Return the payload of COMMAND or CMD-RSP, or the encrypted device ID of PAGING."""
        if message.msg == Msg.PAGING:
            return self._paging(message, around)
        if message.msg not in (Msg.COMMAND, Msg.CMD_RSP):
            return None
        payload = message.payload
        counter_octets = int(message.prof == Prof.HARDENED)
        nonce_end = 1 + counter_octets + NONCE_OCTETS
        head = nonce_end + (_ID_OCTETS[around.lengths["s3_id_mode"]] if message.msg == Msg.COMMAND else 0)
        counter, nonce = payload[1 : 1 + counter_octets], payload[1 + counter_octets : nonce_end]
        if message.msg == Msg.COMMAND:
            self._command_nonce = nonce
            name = b"CM" + nonce + counter
        else:
            name = b"CR" + self._command_nonce + nonce + counter
        try:
            policy = Policy.read(payload[0]).effective(around.lengths["s3_policy"])
        except (RefusedError, IndexError):
            return None
        end = len(payload) - policy.mic_octets
        if end <= head:
            return None
        covered = payload[head:end]
        if policy.whole_message:
            aad = additional_data(around.mac, message.prof, message.station_id, Msg(message.msg))
            covered = aad + payload[:end]
        for each, key in around.keys.get(key_log.S3_KEYS, []):
            if each != name:
                continue
            mac = primitives.aes_cmac(key[KEY_OCTETS:], covered, policy.mic_octets) if policy.mic_octets else b""
            if mac != payload[end:]:
                continue
            clear = payload[head:end]
            if policy.confidential:
                clear = primitives.aes_ctr(key[:KEY_OCTETS], nonce[:CCM_NONCE_OCTETS], clear)
            return Opened("S3 key set", clear, genuine=bool(mac))
        return None

    def _paging(self, message: Message, around: Around) -> Opened | None:
        if around.lengths["s3_id_mode"] != IdMode.ENCRYPTED:
            return None
        nonce, sealed = message.payload[:NONCE_OCTETS], message.payload[NONCE_OCTETS:]
        aad = additional_data(around.mac, message.prof, message.station_id, Msg.PAGING)
        for name, key in around.keys.get(key_log.S3_KEYS, []):
            if name == b"PG" + nonce:
                clear = aead.ccm_open(key[:KEY_OCTETS], nonce[:CCM_NONCE_OCTETS], sealed, aad + nonce)
                if clear is not None:
                    return Opened("S3 key set PG", clear)
        return None
