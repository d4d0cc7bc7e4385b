"""What a person calls a PSDU: ``SEC-TRIGGER``, ``Ack`` (air-interface page 5, protocols page 2.4)."""

from __future__ import annotations

from ampradio.mac.frame import type_name
from ampradio.profile.model import Mac

# Protocols page, 2.4 and rule 3 of section 11: PROTO 1 is S1, MSG is the row of its table.
_MESSAGES = {
    1: {1: "SEC-TRIGGER", 2: "SEC-RESPONSE", 3: "SEC-CONFIRM", 4: "SEC-ACK", 5: "PMK-UPDATE", 6: "PMK-UPDATED"},
}


def frame_name(mac: Mac, psdu: bytes) -> str:
    """Return the name of the frame in a PSDU, of the security message when it carries one; never raises."""
    if not psdu:
        return "empty"
    frame_type = psdu[0] & ((1 << mac.frame_type_bits) - 1)
    if frame_type == mac.type_authentication and len(psdu) > mac.header_octets:
        shim = psdu[mac.header_octets]
        name = _MESSAGES.get(shim >> 5, {}).get(shim & 0x1F)
        if name:
            return name
    return type_name(mac, frame_type)
