"""A SEC-TRIGGER to everyone: one ANonce for all its slots, one answer per ID (rule 4: same Modifier, ID 0xFFFF)."""

from __future__ import annotations

from ampradio.security.amp.infrastructure.enrolled_tags import EnrolledTag
from ampradio.security.amp.infrastructure.messages import SecTrigger
from ampradio.security.amp.infrastructure.response import Authenticated, authenticate
from ampradio.security.amp.infrastructure.setting import ApSetting
from ampradio.security.amp.infrastructure.stages import Request
from ampradio.security.amp.profiles import Msg
from ampradio.security.amp.refusal import Reason
from ampradio.security.journal import RefusedError
from ampradio.security.session import Message


class OpenRound:
    """The outstanding ANonce of one broadcast SEC-TRIGGER; whoever answers it gets an exchange of its own."""

    def __init__(self, setting: ApSetting, request: Request) -> None:
        """Start with the SEC-TRIGGER due."""
        self.request = request
        self.outstanding: Message | None = None
        self.deadline_ns: int | None = None
        self._setting = setting
        self._challenge: SecTrigger | None = None
        self._answered: set[int] = set()

    @property
    def trigger_due(self) -> bool:
        """True until ``challenge`` was called."""
        return self._challenge is None

    def challenge(self, trigger: bytes, anonce: bytes) -> Message:
        """Return the SEC-TRIGGER with this fresh ANonce."""
        setting = self._setting
        self._challenge = SecTrigger(trigger, anonce, setting.modifier, self.request.data)
        reply = setting.response_octets(self.request.uplink_octets)
        return setting.message(Msg.SEC_TRIGGER, setting.mac.broadcast_id, self._challenge.encode(), reply)

    def take_response(self, message: Message, candidates: list[EnrolledTag]) -> Authenticated:
        """Return who answered; raises ``RefusedError``, also for a second response, good or bad, of the same ID."""
        if self._challenge is None or self.outstanding is None or message.station_id in self._answered:
            raise RefusedError(Reason.UNEXPECTED.value)
        self._answered.add(message.station_id)
        return authenticate(self._setting, self._challenge, message, candidates)

    def end(self) -> None:
        """Let the ANonce die with the last slot."""
        self._setting.journal.note("round_ended", answered=len(self._answered))
