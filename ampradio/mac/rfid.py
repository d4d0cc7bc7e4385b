"""The RFID frame: an EPC Gen2 command or reply as a counted string of bits (rule 10)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.mac.header import Header, seal
from ampradio.mac.refusal import Reason, Refusal
from ampradio.mac.subfields import Subfield, pack
from ampradio.profile.model import Mac
from ampradio.psdu import bits_of


@dataclass(frozen=True)
class Rfid:
    """An RFID frame; ``gen2`` is text of ``0`` and ``1``, the bit sent first on the left."""

    station_id: int
    gen2: str
    ul_rate_code: int = 0
    protected: bool = False

    def encode(self, mac: Mac) -> bytes:
        """Return the PSDU; raises ``ValueError`` for other characters than 0 and 1 or more bits than fit."""
        if set(self.gen2) - {"0", "1"}:
            raise ValueError("Gen2 bits are text of 0 and 1")
        if len(self.gen2) > mac.rfid_bits_max:
            raise ValueError(f"{len(self.gen2)} Gen2 bits, at most {mac.rfid_bits_max} fit")
        body = bytes([len(self.gen2)]) + pack(*(Subfield("bit", int(bit), 1) for bit in self.gen2))
        return seal(mac, Header(mac.type_rfid, self.station_id, self.protected, self.ul_rate_code), body)


def parse_rfid(header: Header, body: bytes) -> Rfid | Refusal:
    """Return the RFID frame of a header and body that passed the FCS, or why it is refused."""
    count = body[0]
    if len(body) != 1 + -(-count // 8):
        return Refusal(Reason.BAD_BODY, f"{len(body)} octets for {count} bits")
    gen2 = "".join(str(bit) for bit in bits_of(body[1:])[:count])
    return Rfid(header.station_id, gen2, header.ul_rate_code, header.protected)
