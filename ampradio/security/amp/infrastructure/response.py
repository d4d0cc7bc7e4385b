"""The AP's check of a SEC-RESPONSE: derive, verify, decrypt, in that order (ambiguity (a); R1.16 to R1.18)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.amp.infrastructure.enrolled_tags import EnrolledTag
from ampradio.security.amp.infrastructure.keys import transient_key
from ampradio.security.amp.infrastructure.messages import SecResponse, SecTrigger
from ampradio.security.amp.infrastructure.pmk_server import PmkUpdateOrder
from ampradio.security.amp.infrastructure.protection import Protection, transcript
from ampradio.security.amp.infrastructure.setting import ApSetting
from ampradio.security.amp.profiles import Msg
from ampradio.security.amp.refusal import Reason
from ampradio.security.journal import RefusedError
from ampradio.security.secret import Secret
from ampradio.security.session import Message


@dataclass(frozen=True)
class Authenticated:
    """A tag whose MIC is right, the PTK it is right under, and the data that came with it."""

    tag: EnrolledTag
    protection: Protection
    data: bytes
    more: bool
    with_pending: PmkUpdateOrder | None  # the update whose PMK1 the tag turned out to use already


def authenticate(
    setting: ApSetting, challenge: SecTrigger, message: Message, candidates: list[EnrolledTag]
) -> Authenticated:
    """Return whose response this is, trying every SPA of the ID and every PMK1 of each (rule 4).

    Raises ``RefusedError`` when it is malformed or no MIC is right; the keys tried are wiped.
    """
    response = SecResponse.parse(message.payload, setting.parameters)
    if not any(response.snonce):
        raise RefusedError(Reason.ZERO_NONCE.value)
    if response.flags.encrypted != setting.parameters.encrypt:
        raise RefusedError(Reason.ENCRYPTION.value)
    for tag in candidates:
        for pmk1, order in tag.candidate_keys():
            protection = _protection(setting, challenge, response, tag, pmk1)
            try:
                protection.verify(Msg.SEC_RESPONSE, response.unsigned, response.mic)
            except RefusedError:
                protection.wipe()
                continue
            data = protection.crypt(Msg.SEC_RESPONSE, 0, response.data)
            return Authenticated(tag, protection, data, response.flags.more, order)
    raise RefusedError(Reason.BAD_MIC.value)


def _protection(
    setting: ApSetting, challenge: SecTrigger, response: SecResponse, tag: EnrolledTag, pmk1: Secret
) -> Protection:
    key = transient_key(pmk1, setting.aa, tag.spa, challenge.anonce, response.snonce)
    covered = transcript(setting.parameters, challenge, response.snonce)
    return Protection(setting.mac, setting.parameters, tag.station_id, tag.spa, key, covered)
