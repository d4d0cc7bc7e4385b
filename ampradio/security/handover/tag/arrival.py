"""Showing a delivered key to the TPoS: the confirmation both ways, and the SA that comes of it (page 6.4, rule 24)."""

from __future__ import annotations

from ampradio.security.handover.profiles import HandoverParameters, Msg, Tlv
from ampradio.security.handover.refusal import Reason
from ampradio.security.handover.tag import schedule
from ampradio.security.handover.tag.link import Link
from ampradio.security.handover.tag.memory import StoredPending
from ampradio.security.handover.tag.wire import Downlink, Wire
from ampradio.security.journal import RefusedError
from ampradio.security.primitives import aes_cmac, equal
from ampradio.security.secret import Secret
from ampradio.security.session import Message

_MIC = (Tlv.VERIFY_CODE, 8)
_NONCE = (Tlv.NONCE, 16)


def confirm(wire: Wire, parameters: HandoverParameters, own_id: bytes, pending: StoredPending) -> Message:
    """Return message 5: the same octets however often it is sent."""
    if parameters.hardened:
        key = schedule.confirmation(parameters, pending.key, pending.nonce_t)
        nonce = wire.field(Tlv.NONCE, pending.nonce_t)
    else:
        key, _ = schedule.derive(parameters, pending.key, pending.nonce_t, pending.nonce_n, own_id, pending.tpos)
        nonce = b""
    octets = len(nonce) + len(wire.field(Tlv.VERIFY_CODE, bytes(8)))
    head, aad = wire.head(Msg.CONFIRM_MN, pending.tid, 0, pending.tpos, octets)
    mic = aes_cmac(key.expose(), aad + nonce, 8)
    return wire.message(Msg.CONFIRM_MN, head + nonce + wire.field(Tlv.VERIFY_CODE, mic))


def confirmed(
    wire: Wire, parameters: HandoverParameters, own_id: bytes, pending: StoredPending, down: Downlink, now_ns: int
) -> Link:
    """Return the SA that message 6 completes; raises ``RefusedError`` unless its MIC is right."""
    fields = wire.cut(down.rest, [_NONCE, _MIC] if parameters.hardened else [_MIC])
    mic, nonce_n = fields[-1], fields[0] if parameters.hardened else pending.nonce_n
    miak, miek = schedule.derive(parameters, pending.key, pending.nonce_t, nonce_n, own_id, pending.tpos)
    covered = down.aad + (wire.field(Tlv.NONCE, nonce_n) if parameters.hardened else b"")
    if not equal(aes_cmac(miak.expose(), covered, 8), mic):
        raise RefusedError(Reason.BAD_MIC.value)
    key: Secret = miek if parameters.hardened else miak
    expires_ns = now_ns + pending.life_s * 1_000_000_000
    return Link(pending.tpos, nonce_n[:2], key, pending.id_type, pending.life_s, expires_ns)
