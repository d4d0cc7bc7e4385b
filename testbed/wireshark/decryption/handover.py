"""S5: Security TLVs under an SA of the log, and the key that a masked or wrapped one delivered."""

from __future__ import annotations

from ampradio.security import aead, key_log
from ampradio.security.handover.pos import mis
from ampradio.security.handover.profiles import NONCE_OCTETS, PROTO, WRAPPED_OCTETS, Flag, Msg, Prof, Tlv
from ampradio.security.journal import RefusedError
from ampradio.security.primitives import CCM_NONCE_OCTETS
from ampradio.security.session import Message
from testbed.wireshark.decryption.opened import Around, Opened

_LITE_HEAD, _IDS = 3, 4
_SECURITY_HEAD = 4


class HandoverOpener:
    """Follows message 1 for the IDs that a lite answer leaves out."""

    def __init__(self) -> None:
        self._asked = b""

    def open(self, message: Message, around: Around) -> Opened | None:
        """Return the clear TLVs of a Security TLV; of message 4 the key that it masks or wraps."""
        try:
            found = self._security_full(message) if around.lengths["s5_full"] else self._security_lite(message)
        except RefusedError:
            return None
        if found is None:
            return self._delivered(message, around)
        aad, security = found
        frame_control = around.mac.type_authentication | 1 << around.mac.protected_bit
        shim = bytes([PROTO << 5 | message.msg, message.prof])
        covered = bytes([frame_control]) + message.station_id.to_bytes(2, "little") + shim + aad
        for name, key in around.keys.get(key_log.S5_SA, []):
            if name[:2] != security[:2]:
                continue
            nonce = (bytes([not around.downlink]) + security[:_SECURITY_HEAD]).ljust(CCM_NONCE_OCTETS, b"\0")
            clear = aead.ccm_open(key, nonce, security[_SECURITY_HEAD:], covered)
            if clear is not None:
                return Opened(f"S5 SA {security[:2].hex()}", clear)
        return None

    def _security_lite(self, message: Message) -> tuple[bytes, bytes] | None:
        payload = message.payload
        if len(payload) < _LITE_HEAD or message.msg in (Msg.CONFIRM_MN, Msg.CONFIRM_POS):
            return None
        no_key = bool(payload[2] & Flag.NO_KEY)
        if message.msg == Msg.PREREG_REQUEST:
            self._asked = payload[_LITE_HEAD : _LITE_HEAD + _IDS]
        if message.msg in (Msg.PREREG_REQUEST, Msg.SIGNAL_UL, Msg.SIGNAL_DL):
            end = _LITE_HEAD + _IDS
            wanted = message.msg != Msg.PREREG_REQUEST or (message.prof != Prof.LEGACY and not no_key)
            return (payload[:end], payload[end:]) if wanted else None
        if message.prof == Prof.REMEDY_1 or (message.prof == Prof.REMEDY_2 and no_key):
            swapped = self._asked[2:] + self._asked[:2]
            return payload[:_LITE_HEAD] + swapped, payload[_LITE_HEAD:]
        return None

    @staticmethod
    def _security_full(message: Message) -> tuple[bytes, bytes] | None:
        frame = mis.parse(message.payload)
        values = [value for kind, value in mis.decode_tlvs(frame.service) if kind == Tlv.SECURITY]
        return (frame.bound, values[0]) if values else None

    @staticmethod
    def _delivered(message: Message, around: Around) -> Opened | None:
        """Return the K of Remedy 2's wrapped key, or of legacy's Nonce-N: what masks it has no integrity."""
        if message.msg != Msg.PREREG_RESPONSE:
            return None
        for name, key in around.keys.get(key_log.S5_K, []):
            if len(name) == WRAPPED_OCTETS and name in message.payload:
                return Opened("S5 K, wrapped", key)
            if message.prof == Prof.LEGACY and len(name) == 2 * NONCE_OCTETS and name[NONCE_OCTETS:] in message.payload:
                return Opened("S5 K, masked", key, genuine=False)
        return None
