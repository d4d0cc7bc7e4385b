"""S2: requests, readings and the life in REKEY under a session key of the log."""

from __future__ import annotations

import struct

from ampradio.security import aead, key_log
from ampradio.security.provisioning.gateway.additional_data import frame_nonce, header_data
from ampradio.security.provisioning.profiles import ONE_DOWNLINK, TWO_DOWNLINK, Prof
from ampradio.security.session import Message
from testbed.wireshark.decryption.opened import Around, Opened

_HEAD_OCTETS, _REKEY_TAG_OCTETS = 4, 8


class ProvisioningOpener:
    """Tries the keys with the CNTR that a message names: its tag tells which device's it is."""

    def open(self, message: Message, around: Around) -> Opened | None:
        """Return what REQ, RES and REKEY seal."""
        numbers = TWO_DOWNLINK if message.prof == Prof.IDENTITY_HIDING else ONE_DOWNLINK
        if message.msg not in (numbers.req, numbers.res, numbers.rekey) or len(message.payload) <= _HEAD_OCTETS:
            return None
        (head,) = struct.unpack_from(">I", message.payload)
        x, cntr, seq = (head >> 31) + 1, head >> 8 & 0x7FFFFF, head & 0xFF
        tag_octets = _REKEY_TAG_OCTETS if message.msg == numbers.rekey else around.lengths["s2_tag"]
        aad = header_data(around.mac, message.prof, message.station_id, message.msg)
        for name, key in around.keys.get(key_log.S2_EK, []):
            address, of_x, of_cntr = struct.unpack(">HBI", name)
            if (of_x, of_cntr) != (x, cntr):
                continue
            nonce = frame_nonce(int(message.msg == numbers.res), address, x, cntr, seq)
            clear = aead.ccm_open(key, nonce, message.payload[_HEAD_OCTETS:], aad, tag_octets)
            if clear is not None:
                return Opened(f"S2 EK{x}, CNTR {cntr}", clear)
        return None
