"""One exchange of an AP with one tag, from SEC-TRIGGER to the end of the TXOP (protocols page 2.4, rules 5 to 9)."""

from __future__ import annotations

from ampradio.security.amp.infrastructure.enrolled_tags import EnrolledTag
from ampradio.security.amp.infrastructure.messages import Flags, PmkUpdate, PmkUpdated, SecAck, SecConfirm, SecTrigger
from ampradio.security.amp.infrastructure.pmk_server import PmkUpdateOrder
from ampradio.security.amp.infrastructure.response import Authenticated, authenticate
from ampradio.security.amp.infrastructure.setting import ApSetting
from ampradio.security.amp.infrastructure.stages import Mutual, Request, Stage
from ampradio.security.amp.profiles import PN_MAX, Msg, UpdateStatus
from ampradio.security.amp.refusal import Reason
from ampradio.security.journal import RefusedError
from ampradio.security.session import Message


class Exchange:
    """The volatile state of one exchange; ``stage`` says what it waits for."""

    def __init__(self, setting: ApSetting, station_id: int, request: Request) -> None:
        """Start with a SEC-TRIGGER due."""
        self.station_id = station_id
        self.request = request
        self.stage = Stage.TRIGGER_DUE
        self.outstanding: Message | None = None  # handed to the MAC, reply not yet seen
        self.deadline_ns: int | None = None
        self._setting = setting
        self._journal = setting.journal
        self._challenge: SecTrigger | None = None
        self._peer: Authenticated | None = None
        self._next_pn = 0
        self._last_pn = 0  # SEC-RESPONSE uses 0 implicitly
        self._tag_has_more = False
        self._command_sent = b""
        self._mutual = Mutual.NO

    @property
    def has_keys(self) -> bool:
        """True while a PTK is installed, which is only after a right MIC."""
        return self._peer is not None

    def challenge(self, trigger: bytes, anonce: bytes) -> Message:
        """Return a SEC-TRIGGER with this fresh ANonce."""
        self._mutual = Mutual.NO
        self._challenge = SecTrigger(trigger, anonce, self._setting.modifier, self.request.data)
        self.stage = Stage.RESPONSE
        reply = self._setting.response_octets(self.request.uplink_octets)
        return self._setting.message(Msg.SEC_TRIGGER, self.station_id, self._challenge.encode(), reply)

    def take_response(self, message: Message, candidates: list[EnrolledTag]) -> list[Message]:
        """Check a SEC-RESPONSE against the one ANonce and return what follows it; raises ``RefusedError``.

        The ANonce is used up by the first response, good or bad.
        """
        challenge, self._challenge = self._challenge, None
        if challenge is None or self.outstanding is None:
            raise RefusedError(Reason.UNEXPECTED.value)
        found = authenticate(self._setting, challenge, message, candidates)
        return self.install(found, message)

    def install(self, peer: Authenticated, message: Message) -> list[Message]:
        """Take the keys of an authenticated tag into use and return what follows its SEC-RESPONSE."""
        self._answered(message)
        self._peer = peer
        self._next_pn = self._last_pn = 0
        self._note("authenticated", peer="tag", spa=peer.tag.spa.hex(":"), mutual=False)
        self._note("keys_installed")
        if peer.with_pending is not None:
            self._adopt(peer.tag, peer.with_pending, recovered=True)
        self._hear(peer.data, peer.more)
        if self._setting.parameters.flow == 2:
            self.stage = Stage.LAST_SENT
            return []
        return self._confirm(peer)

    def take_ack(self, message: Message) -> list[Message]:
        """Check a SEC-ACK and return what follows it; raises ``RefusedError``."""
        peer = self._awaiting(Stage.ACK)
        try:
            ack = SecAck.parse(message.payload, self._setting.parameters)
            self._check(peer, Msg.SEC_ACK, ack.flags, ack.pn, ack.unsigned, ack.mic)
        except RefusedError as refused:
            raise self._distrust(refused) from None
        self._answered(message)
        self._last_pn = ack.pn
        self._command_sent = b""
        self._confirm_mutual()
        self._hear(peer.protection.crypt(Msg.SEC_ACK, ack.pn, ack.data), ack.flags.more)
        if self._tag_has_more or self.request.commands:
            return self._confirm(peer)
        return self._update_or_end(peer)

    def take_updated(self, message: Message) -> list[Message]:
        """Check a PMK-UPDATED, after which the PTK dies (rule 8); raises ``RefusedError``."""
        peer = self._awaiting(Stage.UPDATED)
        order = peer.tag.pending
        try:
            updated = PmkUpdated.parse(message.payload, self._setting.parameters)
            self._check(peer, Msg.PMK_UPDATED, updated.flags, updated.pn, updated.unsigned, updated.mic)
            if order is None or updated.version != order.version:
                raise RefusedError(Reason.WRONG_VERSION.value)
        except RefusedError as refused:
            raise self._distrust(refused) from None
        self._answered(message)
        self._confirm_mutual()
        if updated.status == UpdateStatus.COMMITTED:
            self._adopt(peer.tag, order, recovered=False)
        else:
            peer.tag.pending = None
            self._note("pmk_update_refused", version=updated.version, status=updated.status)
        self.stage = Stage.LAST_SENT
        return []

    def lose_reply(self) -> bool:
        """Give up the reply that did not come; returns whether another SEC-TRIGGER is to be tried."""
        if self._command_sent and self._setting.repeat_commands:
            self.request.commands.appendleft(self._command_sent)
        elif self._command_sent:
            self._note("command_unconfirmed", data_hex=self._command_sent.hex())
        self._command_sent = b""
        self.drop_keys("no_reply")
        if not self.request.retries_left:
            self._note("failed", reason=f"no {self.stage.value}", commands_unsent=len(self.request.commands))
            self.stage = Stage.OVER
            return False
        self.request.retries_left -= 1
        self._note("retry", reason=f"no {self.stage.value}", retries_left=self.request.retries_left)
        self.stage = Stage.TRIGGER_DUE
        return True

    def fail(self, reason: str) -> None:
        """End without a word: nothing more is sent."""
        self.drop_keys("failed")
        self._note("failed", reason=reason, commands_unsent=len(self.request.commands))
        self.stage = Stage.OVER

    def complete(self) -> None:
        """End well: the last message is out."""
        if self._mutual is Mutual.NO and self._setting.parameters.flow > 2:
            self._mutual = Mutual.UNCONFIRMED
        self.drop_keys("completed")
        self._note("completed", flow=self._setting.parameters.flow, mutual=self._mutual.value)
        self.stage = Stage.OVER

    def drop_keys(self, reason: str) -> None:
        """Wipe the PTK and forget the ANonce."""
        self.outstanding = self.deadline_ns = self._challenge = None
        self._wipe(reason)

    def _confirm(self, peer: Authenticated) -> list[Message]:
        """Return a SEC-CONFIRM, with the next command if there is one, and what needs no answer to it."""
        parameters = self._setting.parameters
        commands = self.request.commands
        more = len(commands) > 1
        reply = parameters.flow == 4 or more or self._tag_has_more
        if reply and self._last_pn >= PN_MAX:  # the tag's PN is never behind ours, so its end is reached first
            self.drop_keys("pn_exhausted")
            self.stage = Stage.TRIGGER_DUE
            return []
        command = commands.popleft() if commands else b""
        if not self._setting.repeat_commands:
            self.request.data = b""  # frame 1's data counts as acted on once the AP has proved itself
        data = peer.protection.crypt(Msg.SEC_CONFIRM, self._next_pn, command)
        confirm = SecConfirm(Flags(parameters.encrypt, more), self._next_pn, data)
        expected = self._setting.ack_octets(self.request.uplink_octets) if reply else None
        message = self._secured(peer, Msg.SEC_CONFIRM, confirm.unsigned, expected)
        if not reply:
            return [message, *self._update_or_end(peer)]
        self._command_sent = command
        self.stage = Stage.ACK
        return [message]

    def _update_or_end(self, peer: Authenticated) -> list[Message]:
        """Return a PMK-UPDATE if one is pending, else nothing: the exchange is over once all is sent."""
        order = peer.tag.pending
        if order is None:
            self.stage = Stage.LAST_SENT
            return []
        if self._last_pn >= PN_MAX:
            self.drop_keys("pn_exhausted")
            self.stage = Stage.TRIGGER_DUE
            return []
        flags = Flags(self._setting.parameters.encrypt, wrap=order.wrap)
        update = PmkUpdate(flags, self._next_pn, order.version, order.content)
        self.stage = Stage.UPDATED
        return [self._secured(peer, Msg.PMK_UPDATE, update.unsigned, self._setting.parameters.updated_octets)]

    def _adopt(self, tag: EnrolledTag, order: PmkUpdateOrder, recovered: bool) -> None:
        tag.adopt(order)
        self._note("pmk_updated", version=order.version, recovered=recovered)

    def _secured(self, peer: Authenticated, msg: Msg, unsigned: bytes, reply_octets: int | None) -> Message:
        self._next_pn += 1
        payload = unsigned + peer.protection.mic(msg, unsigned)
        return self._setting.message(msg, self.station_id, payload, reply_octets)

    def _awaiting(self, stage: Stage) -> Authenticated:
        if self.stage is not stage or self.outstanding is None or self._peer is None:
            raise RefusedError(Reason.UNEXPECTED.value)
        return self._peer

    def _check(self, peer: Authenticated, msg: Msg, flags: Flags, pn: int, unsigned: bytes, mic: bytes) -> None:
        if pn <= self._last_pn:
            raise RefusedError(Reason.REPLAY.value)
        if flags.encrypted != self._setting.parameters.encrypt:
            raise RefusedError(Reason.ENCRYPTION.value)
        peer.protection.verify(msg, unsigned, mic)

    def _distrust(self, refused: RefusedError) -> RefusedError:
        """Drop the PTK for anything but a stale PN; the slot's end brings the retry."""
        if refused.reason != Reason.REPLAY:
            self._wipe(refused.reason)
        return refused

    def _wipe(self, reason: str) -> None:
        if self._peer is not None:
            self._peer.protection.wipe()
            self._peer = None
            self._note("keys_wiped", reason=reason)

    def _answered(self, message: Message) -> None:
        self.outstanding = self.deadline_ns = None
        self._journal.message("received", Msg(message.msg).name, message)

    def _hear(self, data: bytes, more: bool) -> None:
        self._tag_has_more = more
        if data:
            self._note("uplink_data", data_hex=data.hex(), octets=len(data))

    def _confirm_mutual(self) -> None:
        if self._mutual is not Mutual.CONFIRMED:
            self._mutual = Mutual.CONFIRMED
            self._note("mutually_authenticated")

    def _note(self, kind: str, **detail: str | int | bool | float) -> None:
        self._journal.note(kind, station_id=self.station_id, **detail)
