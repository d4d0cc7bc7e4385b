"""What a person calls a PSDU, readable or not."""

from __future__ import annotations

from ampradio.mac import ladder
from ampradio.mac.frame import parse_frame, type_name
from ampradio.mac.header import frame_control_of
from ampradio.mac.refusal import Refusal
from ampradio.profile.model import Mac


def frame_name(mac: Mac, psdu: bytes) -> str:
    """Return the name of the frame in a PSDU (``SEC-TRIGGER``, ``Ack``), else of its type; never raises."""
    if not psdu:
        return "empty"
    frame = parse_frame(mac, psdu)
    if isinstance(frame, Refusal):
        return f"{type_name(mac, frame_control_of(mac, psdu)[0])} (bad)"
    return ladder.frame_name(mac, frame, psdu)
