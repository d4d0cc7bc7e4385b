"""S5's messages on the air as a PoS reads and writes them, lite or as full MIS frames (page 6.4, rules 2 and 25)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.profile.model import Mac
from ampradio.security.handover.pos import mis
from ampradio.security.handover.pos.fields import Fields, Slot, pack, unpack
from ampradio.security.handover.profiles import (
    CANDIDATE_OCTETS,
    CANDIDATES_MAX,
    LITE_ID_OCTETS,
    MIC_OCTETS,
    NONCE_OCTETS,
    PROTO,
    SECURITY_OVERHEAD_OCTETS,
    Candidate,
    Encoding,
    Flag,
    HandoverParameters,
    Msg,
    Tlv,
)
from ampradio.security.handover.refusal import Reason
from ampradio.security.journal import RefusedError
from ampradio.security.session import Message

_LITE_HEAD = 3
_KINDS = {
    Msg.PREREG_REQUEST: mis.PREREG_REQUEST,
    Msg.PREREG_RESPONSE: mis.PREREG_RESPONSE,
    Msg.CONFIRM_MN: mis.AUTH_REQUEST,
    Msg.CONFIRM_POS: mis.AUTH_RESPONSE,
    Msg.SIGNAL_UL: mis.N2N_REQUEST,
    Msg.SIGNAL_DL: mis.N2N_RESPONSE,
}


@dataclass(frozen=True)
class AirFrame:
    """A message of an MN, cut as far as its clear parts go; ``aad`` covers frame header, message header and IDs."""

    msg: Msg
    station_id: int
    tid: int
    flags: int
    source: bytes
    destination: bytes
    aad: bytes
    service: bytes


@dataclass(frozen=True)
class Asked:
    """What message 1 asks for: ``key_input`` is Nonce-T (legacy) or the suite, None when no key is wanted (R5.14)."""

    key_input: bytes | None
    tpos: bytes | None
    candidates: tuple[Candidate, ...]


class Air:
    """Both encodings for one set of parameters."""

    def __init__(self, mac: Mac, parameters: HandoverParameters) -> None:
        self._mac = mac
        self._parameters = parameters
        self._encoding = parameters.encoding
        self._lite = parameters.encoding is Encoding.LITE

    def parse(self, message: Message) -> AirFrame:
        """Read the header and the IDs of an uplink message; raises ``RefusedError`` if they are not there."""
        msg = Msg(message.msg)
        if not self._lite:
            frame = mis.parse(message.payload)
            if frame.kind != _KINDS[msg]:
                raise RefusedError(Reason.MALFORMED.value)
            aad = self._amp_aad(message.station_id, msg) + frame.bound
            parts = (frame.transaction, 0, frame.source, frame.destination, aad, frame.service)
            return AirFrame(msg, message.station_id, *parts)
        end = _LITE_HEAD + 2 * LITE_ID_OCTETS
        payload = message.payload
        if len(payload) < end or payload[0] != msg or payload[2] & ~(Flag.TPOS | Flag.CANDIDATES | Flag.NO_KEY):
            raise RefusedError(Reason.MALFORMED.value)
        source, destination = payload[_LITE_HEAD : end - LITE_ID_OCTETS], payload[end - LITE_ID_OCTETS : end]
        aad = self._amp_aad(message.station_id, msg) + payload[:end]
        return AirFrame(msg, message.station_id, payload[1], payload[2], source, destination, aad, payload[end:])

    def security(self, frame: AirFrame) -> bytes | None:
        """Return the Security TLV's value, None in a frame that carries none."""
        if self._lite:
            return None if frame.flags & Flag.NO_KEY and frame.msg is Msg.PREREG_REQUEST else frame.service
        tlvs = mis.decode_tlvs(frame.service)
        return tlvs[0][1] if [kind for kind, _ in tlvs] == [Tlv.SECURITY] else None

    def read_request(self, frame: AirFrame, service: bytes, keyed: bool) -> Asked:
        """Read the fields of message 1, from the clear or from a Security TLV; raises ``RefusedError``."""
        first = Slot(Tlv.CIPHERSUITE, 1) if self._parameters.hardened else Slot(Tlv.NONCE, NONCE_OCTETS, True)
        optional = [Slot(Tlv.TPOS, LITE_ID_OCTETS, True), Slot(Tlv.LINK_LIST, None, True)]
        if not self._lite:
            layout = [first, *optional] if keyed else optional
            values = unpack(self._encoding, service, layout)
            key_input = values.pop(0) if keyed else None
            return Asked(key_input, values[0], _candidates(values[1]))
        wanted = [bool(frame.flags & Flag.TPOS), bool(frame.flags & Flag.CANDIDATES)]
        slots = [slot for slot, there in zip(optional, wanted, strict=True) if there]
        keyed = keyed and not frame.flags & Flag.NO_KEY
        found = unpack(self._encoding, service, [first, *slots] if keyed else slots)
        key_input = found.pop(0) if keyed else None
        tpos = found.pop(0) if wanted[0] else None
        return Asked(key_input, tpos, _candidates(found.pop(0) if wanted[1] else None))

    def read_confirm(self, frame: AirFrame) -> tuple[bytes, bytes, bytes]:
        """Return Nonce-T (empty in legacy), what the MIC covers after the AAD, and the MIC; raises ``RefusedError``."""
        nonce = [Slot(Tlv.NONCE, NONCE_OCTETS)] if self._parameters.hardened else []
        values = [v or b"" for v in unpack(self._encoding, frame.service, [*nonce, Slot(Tlv.VERIFY_CODE, MIC_OCTETS)])]
        mic = values.pop()
        covered = pack(self._encoding, [(Tlv.NONCE, value) for value in values])
        return values[0] if values else b"", covered, mic

    def head(
        self, frame: AirFrame, msg: Msg, flags: int, service_octets: int, kind: mis.Kind | None = None
    ) -> tuple[bytes, bytes]:
        """Return what stands before the service part of an answer to ``frame``, and its AAD; ``kind`` if not usual."""
        source, destination = frame.destination, frame.source
        amp = self._amp_aad(frame.station_id, msg)
        if not self._lite:
            head = mis.head(kind or _KINDS[msg], frame.tid, source, destination, service_octets)
            return head, amp + head
        head = bytes([msg, frame.tid, flags])
        without_ids = msg is Msg.PREREG_RESPONSE and self._parameters.hardened
        return head if without_ids else head + source + destination, amp + head + source + destination

    def uplink_octets_max(self) -> int:
        """Return the payload octets of the longer of messages 1 and 5, without optional fields."""
        nonce, mic = (Tlv.NONCE, bytes(NONCE_OCTETS)), (Tlv.VERIFY_CODE, bytes(MIC_OCTETS))
        nobody = AirFrame(Msg.CONFIRM_MN, 0, 0, 0, bytes(LITE_ID_OCTETS), bytes(LITE_ID_OCTETS), b"", b"")
        head = len(self.head(nobody, Msg.CONFIRM_MN, 0, 0)[0])
        confirm = self.pack([nonce, mic] if self._parameters.hardened else [mic])
        suite = self.pack([(Tlv.CIPHERSUITE, b"\0")])
        request = self.sealed_octets(suite) if self._parameters.hardened else len(self.pack([nonce]))
        return head + max(request, len(confirm))

    def pack(self, fields: Fields) -> bytes:
        """Return fields in the encoding of the air."""
        return pack(self._encoding, fields)

    def sealed_octets(self, plain: bytes) -> int:
        """Return the octets of a Security TLV that holds ``plain``."""
        return len(self.wrap_security(bytes(SECURITY_OVERHEAD_OCTETS + len(plain))))

    def wrap_security(self, security: bytes) -> bytes:
        """Return a Security TLV's value as the air carries it."""
        return self.pack([(Tlv.SECURITY, security)])

    def message(self, frame: AirFrame, msg: Msg, payload: bytes) -> Message:
        """Return a downlink message to the station that ``frame`` came from."""
        return Message(PROTO, int(msg), int(self._parameters.prof), frame.station_id, payload)

    def _amp_aad(self, station_id: int, msg: Msg) -> bytes:
        frame_control = self._mac.type_authentication | 1 << self._mac.protected_bit
        prof = self._parameters.prof
        return bytes([frame_control, *station_id.to_bytes(2, "little"), PROTO << 5 | msg, prof])


def _candidates(octets: bytes | None) -> tuple[Candidate, ...]:
    if octets is None:
        return ()
    if len(octets) % CANDIDATE_OCTETS or len(octets) > CANDIDATE_OCTETS * CANDIDATES_MAX:
        raise RefusedError(Reason.MALFORMED.value)
    pieces = [octets[at : at + CANDIDATE_OCTETS] for at in range(0, len(octets), CANDIDATE_OCTETS)]
    return tuple(Candidate(piece[0], int.from_bytes(piece[1:], "big")) for piece in pieces)
