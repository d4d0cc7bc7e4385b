"""The Response frame of a tag: response type, optional operation status and mode factor, content (rule 10)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.mac.header import Header, seal
from ampradio.mac.refusal import Reason, Refusal
from ampradio.mac.subfields import Subfield, pack, unpack
from ampradio.mac.trigger import ResponseType
from ampradio.profile.model import Mac


@dataclass(frozen=True)
class Response:
    """A Response; ``station_id`` is the sender.

    ``status_units`` is the sustainable transmission time in 64 µs units, ``mode_factor`` the idle multiple;
    None leaves the part out. ``content`` is data, or the permanent ID, or shim and payload.
    """

    station_id: int
    response_type: ResponseType = ResponseType.DATA
    content: bytes = b""
    status_units: int | None = None
    mode_factor: int | None = None
    ul_rate_code: int = 0
    protected: bool = False

    def encode(self, mac: Mac) -> bytes:
        """Return the PSDU; raises ``ValueError`` for a value that does not fit or a permanent ID of another size."""
        if self.response_type is ResponseType.PERMANENT_ID and len(self.content) != mac.permanent_id_octets:
            raise ValueError(f"a permanent ID has {mac.permanent_id_octets} octets, not {len(self.content)}")
        body = pack(
            Subfield("response_type", self.response_type, 3),
            Subfield("operation status flag", int(self.status_units is not None), 1),
            Subfield("mode factor flag", int(self.mode_factor is not None), 1),
        )
        if self.status_units is not None:
            body += pack(Subfield("status_units", self.status_units, 16))
        if self.mode_factor is not None:
            body += pack(Subfield("mode_factor", self.mode_factor, 8))
        header = Header(mac.type_response, self.station_id, self.protected, self.ul_rate_code)
        return seal(mac, header, body + self.content)


def parse_response(mac: Mac, header: Header, body: bytes) -> Response | Refusal:
    """Return the Response of a header and body that passed the FCS, or why it is refused."""
    response_type, has_status, has_factor = unpack(body[:1], 3, 1, 1)
    if response_type > max(ResponseType):
        return Refusal(Reason.RESERVED_VALUE, f"response type {response_type}")
    start_of_content = 1 + 2 * has_status + has_factor
    if len(body) < start_of_content:
        return Refusal(Reason.BAD_BODY, f"{len(body)} octets")
    content = body[start_of_content:]
    if response_type == ResponseType.PERMANENT_ID and len(content) != mac.permanent_id_octets:
        return Refusal(Reason.BAD_BODY, f"permanent ID of {len(content)} octets")
    status = int.from_bytes(body[1:3], "little") if has_status else None
    factor = body[start_of_content - 1] if has_factor else None
    return Response(
        header.station_id, ResponseType(response_type), content, status, factor, header.ul_rate_code, header.protected
    )
