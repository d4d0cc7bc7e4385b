"""What the messages of the five systems are called: PROTO and MSG are the rows of the protocols page's tables."""

from __future__ import annotations

_S2_IDENTITY_HIDING_PROF = 3  # S2-B has four messages before normal mode, where S2-L and S2-A have two (rule 15)
_NORMAL_MODE = ("REQ-SENSOR-DATA", "RES-SENSOR-DATA", "REKEY", "REPROVISION")
_NAMES: dict[int, tuple[str, ...]] = {
    1: ("SEC-TRIGGER", "SEC-RESPONSE", "SEC-CONFIRM", "SEC-ACK", "PMK-UPDATE", "PMK-UPDATED"),
    2: ("PROV", "PROV-CONFIRM", *_NORMAL_MODE),
    3: ("", "PAGING", "AUTH-RSP", "", "COMMAND", "CMD-RSP"),
    4: (
        "ADVERT", "AUTH-REQ", "AUTH-RSP", "ASSOC-REQ", "ASSOC-RSP", "EAP-REQ/ID", "EAP-RSP/ID",
        "EAP-REQ-1", "EAP-RSP-2", "EAP-REQ-3", "EAP-RSP-4", "EAP-SUCCESS",
        "4WAY-1", "4WAY-2", "4WAY-3", "4WAY-4", "GROUP-1", "GROUP-2", "DATA-DL", "DATA-UL", "DATA-GROUP", "DEAUTH",
    ),
    5: ("PREREG-REQ", "N2N-REQ", "N2N-RSP", "PREREG-RSP", "CONFIRM-MN", "CONFIRM-TPOS", "SIGNAL-UL", "SIGNAL-DL"),
}  # fmt: skip
_S2_B = ("PROV", "PROV-ID", "PROV-ADDRESS", "PROV-CONFIRM", *_NORMAL_MODE)


def message_name(proto: int, msg: int, prof: int = 0) -> str:
    """Return the name of message ``msg`` of system ``proto`` in profile ``prof``."""
    names = _S2_B if (proto, prof) == (2, _S2_IDENTITY_HIDING_PROF) else _NAMES.get(proto, ())
    name = names[msg - 1] if 1 <= msg <= len(names) else ""
    return name or f"S{proto} message {msg}"
