"""MIS_Prereg_Xfer from the MN's side: what is asked for, and what an answer delivers (5.13.3, 5.14.2)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.handover.profiles import (
    CANDIDATES_MAX,
    Candidate,
    Delivery,
    Encoding,
    Flag,
    HandoverParameters,
    IdType,
    Msg,
    Status,
    Tlv,
)
from ampradio.security.handover.refusal import Reason
from ampradio.security.handover.tag import group_key
from ampradio.security.handover.tag.link import Link
from ampradio.security.handover.tag.memory import Home
from ampradio.security.handover.tag.schedule import unmask
from ampradio.security.handover.tag.wire import Downlink, Wire
from ampradio.security.journal import RefusedError
from ampradio.security.secret import Secret
from ampradio.security.session import Message

_REFERRAL = [(Tlv.TPOS, 2), (Tlv.STATUS, 1)]
_SEALED = [(Tlv.TPOS, 2), (Tlv.KEY, 16), (Tlv.KEY_LIFETIME, 4), (Tlv.STATUS, 1)]
_MASKED = [(Tlv.TPOS, 2), (Tlv.NONCE, 16), (Tlv.KEY, 16), (Tlv.KEY_LIFETIME, 4), (Tlv.STATUS, 1)]


@dataclass(frozen=True)
class Question:
    """A request under way."""

    tid: int
    link: Link | None  # under which it was asked; None when no key was
    pos: bytes
    tpos: bytes | None
    nonce_t: bytes
    message: Message


@dataclass(frozen=True)
class Answer:
    """What came of it: a key for a TPoS, or a status without one."""

    tpos: bytes
    status: int
    key: Secret | None = None
    life_s: int = 0
    id_type: IdType = IdType.PREREG
    nonce_n: bytes = b""
    number: int | None = None  # of the Security TLV
    seq: int | None = None  # of the group key block


def check(candidates: tuple[Candidate, ...], tpos: bytes | None) -> None:
    """Raise ``ValueError`` for candidates or a TPoS that no request can name."""
    if len(candidates) > CANDIDATES_MAX:
        raise ValueError(f"a request names at most {CANDIDATES_MAX} candidates, not {len(candidates)}")
    if tpos is not None and len(tpos) != 2:
        raise ValueError(f"a TPoS's lite ID has 2 octets, not {len(tpos)}")


def ask(
    wire: Wire,
    parameters: HandoverParameters,
    tid: int,
    pos: bytes,
    link: Link | None,
    nonce_t: bytes,
    tpos: bytes | None,
    candidates: tuple[Candidate, ...],
) -> Question:
    """Write MIS_Prereg_Xfer request (R5.13 to R5.17); without a ``link`` it asks for no key (R5.14)."""
    fields = b"" if tpos is None else wire.field(Tlv.TPOS, tpos)
    flags = 0 if tpos is None else int(Flag.TPOS)
    if candidates:
        flags |= Flag.CANDIDATES
        pieces = b"".join(bytes((one.channel,)) + one.gateway_id.to_bytes(2, "big") for one in candidates)
        fields += wire.field(Tlv.LINK_LIST, pieces)
    if link is None:
        head, _ = wire.head(Msg.PREREG_REQUEST, tid, flags | Flag.NO_KEY, pos, len(fields))
        payload = head + fields
    elif parameters.hardened:
        plain = wire.field(Tlv.CIPHERSUITE, bytes((parameters.suite,))) + fields
        head, aad = wire.head(Msg.PREREG_REQUEST, tid, flags, pos, wire.security_octets(len(plain)))
        payload = head + wire.field(Tlv.SECURITY, link.seal(plain, aad))
    else:
        service = wire.field(Tlv.NONCE, nonce_t) + fields
        payload = wire.head(Msg.PREREG_REQUEST, tid, flags, pos, len(service))[0] + service
    return Question(tid, link, pos, tpos, nonce_t, wire.message(Msg.PREREG_REQUEST, payload))


def read(
    wire: Wire, parameters: HandoverParameters, question: Question, down: Downlink, home: Home | None, last_seq: int
) -> Answer:
    """Read the answer to a question (R5.18 to R5.21, R5.44, R5.58); raises ``RefusedError`` for what is not one."""
    if down.tid != question.tid or down.source not in (None, question.pos):
        raise RefusedError(Reason.UNEXPECTED.value)
    if question.link is None:
        return _referral(wire, down.rest)
    if not parameters.hardened:
        return _masked(wire, parameters, question, question.link, down)
    if parameters.delivery is Delivery.REMEDY_2 and _is_block(parameters, down):
        if home is None:
            raise RefusedError(Reason.NO_ASSOCIATION.value)
        found = group_key.open_block(home, last_seq, wire.cut(down.rest, group_key.LAYOUT))
        return _bound(question, Answer(found.tpos, 0, found.key, found.life_s, IdType.GKB, seq=found.seq))
    plain, number = question.link.open(wire.security_of(down.rest), down.aad)
    return _bound(question, _sealed(wire, parameters, plain, number))


def _is_block(parameters: HandoverParameters, down: Downlink) -> bool:
    if parameters.encoding is Encoding.LITE:
        return not down.flags & Flag.NO_KEY
    return down.rest[:1] != bytes((Tlv.SECURITY,))


def _referral(wire: Wire, rest: bytes) -> Answer:
    tpos, status = wire.cut(rest, _REFERRAL)
    return Answer(tpos, status[0])


def _masked(wire: Wire, parameters: HandoverParameters, question: Question, link: Link, down: Downlink) -> Answer:
    if len(down.rest) == len(b"".join(wire.field(tlv, bytes(size)) for tlv, size in _REFERRAL)):
        refused = _referral(wire, down.rest)
        return Answer(refused.tpos, refused.status or Status.UNSPECIFIED_FAILURE)
    tpos, nonce_n, masked, life, status = wire.cut(down.rest, _MASKED)
    key = unmask(parameters, link.key, tpos, question.nonce_t, nonce_n, masked)
    return Answer(tpos, status[0], key, int.from_bytes(life, "big"), nonce_n=nonce_n)


def _sealed(wire: Wire, parameters: HandoverParameters, plain: bytes, number: int) -> Answer:
    short = len(plain) == len(b"".join(wire.field(tlv, bytes(size)) for tlv, size in _REFERRAL))
    if short or parameters.delivery is Delivery.REMEDY_2:
        refused = _referral(wire, plain)
        return Answer(refused.tpos, refused.status or Status.UNSPECIFIED_FAILURE, number=number)
    tpos, key, life, status = wire.cut(plain, _SEALED)
    return Answer(tpos, status[0], Secret(key), int.from_bytes(life, "big"), number=number)


def _bound(question: Question, answer: Answer) -> Answer:
    """Refuse a TPoS that is not the one that was named (W5.6)."""
    if answer.key is not None and question.tpos is not None and answer.tpos != question.tpos:
        raise RefusedError(Reason.OTHER_POS.value)
    return answer
