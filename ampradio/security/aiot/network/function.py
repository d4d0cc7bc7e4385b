"""The AIoTF's end of S3: takes an AF's requests one after the other and speaks through the reader."""

from __future__ import annotations

from collections import Counter, deque

from ampradio.profile.model import Mac
from ampradio.security.aiot.network.af import (
    CommandOperationRequest,
    CommandOperationResponse,
    FailureCause,
    Process,
)
from ampradio.security.aiot.network.operation import Operation, Setting
from ampradio.security.aiot.network.policy import Policy
from ampradio.security.aiot.network.records import DeviceRecord, DeviceRecords
from ampradio.security.aiot.profiles import (
    DEFAULT_POLICY,
    PAYLOAD_OCTETS_MAX,
    PROTO,
    AiotParameters,
    IdMode,
    Msg,
    require_policy,
)
from ampradio.security.aiot.refusal import Reason
from ampradio.security.entropy import EntropyError, NonceSource
from ampradio.security.journal import Journal, RefusedError
from ampradio.security.session import EntropySource, Message, SecurityEvent

REQUESTS_MAX = 1024
ANSWERS_MAX = 4 * REQUESTS_MAX  # that nobody fetches


class AiotFunction:
    """One AIoTF with its devices; requests come in by ``backhaul_received``, answers go out by ``backhaul_to_send``."""

    def __init__(
        self,
        mac: Mac,
        parameters: AiotParameters,
        entropy: EntropySource,
        *,
        policy: int = DEFAULT_POLICY,
        retries: int = 2,
        reply_timeout_ns: int = 1_000_000_000,
    ) -> None:
        """Take the agreed parameters, an entropy source and the policy of requests that name none.

        ``reply_timeout_ns`` only matters to a MAC that never calls ``end_of_slot``. Raises ``ValueError`` for a
        malformed policy.
        """
        self._journal = Journal("aiotf")
        self._records = DeviceRecords()
        self._setting = Setting(mac, parameters, NonceSource(entropy), self._journal, retries, self._t_id_of)
        self._policy = require_policy("policy", policy)
        self._reply_timeout_ns = reply_timeout_ns
        self._waiting: deque[Operation] = deque()
        self._current: Operation | None = None
        self._answers: deque[CommandOperationResponse] = deque()
        self._journal.note("parameters", **parameters.report(), policy=f"0x{policy:02x}", retries=retries)

    @property
    def counters(self) -> Counter[str]:
        """Counts of events by kind and of refusals by reason."""
        return self._journal.counters

    @property
    def busy(self) -> bool:
        """True while a request is not answered."""
        return self._current is not None or bool(self._waiting)

    def enroll(self, record: DeviceRecord) -> None:
        """Add a device.

        Raises ``ValueError`` as ``DeviceRecords.add`` does, for a stored policy below the floor, or without the T-ID
        that ID mode 3 needs.
        """
        if record.t_id is None and self._setting.parameters.id_mode is IdMode.STORED:
            raise ValueError("ID mode 3 needs a device's first T-ID")
        if not self._permitted(Policy(record.stored_policy), record):
            raise ValueError(f"stored policy 0x{record.stored_policy:02x} is below the floor")
        self._records.add(record)

    def backhaul_received(self, request: CommandOperationRequest, now_ns: int) -> None:
        """Take a Command Operation Request; one that cannot be served is answered with its cause at once."""
        self._journal.note("requested", operation=request.operation_id, process=request.process.value)
        record = self._records.get(request.device_id)
        policy = self._policy if request.policy is None else request.policy
        if record is None or not self._acceptable(request, policy, record):
            self._turn_down(request, FailureCause.INVALID_MANDATORY_INFORMATION)
        elif len(self._waiting) >= REQUESTS_MAX:
            self._turn_down(request, FailureCause.ERROR_UNSPECIFIED)
        else:
            self._waiting.append(Operation(self._setting, request, record, policy))

    def backhaul_to_send(self) -> list[CommandOperationResponse]:
        """Return and clear the answers for the AF."""
        answers = list(self._answers)
        self._answers.clear()
        return answers

    def receive(self, message: Message, now_ns: int) -> None:
        """Take one message from the air; a bad one is counted and dropped."""
        try:
            self._accept(message)
        except RefusedError as refused:
            self._journal.refuse(refused.reason, message)
        self._end_finished()

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the message that is due: one at a time, its answer is what moves an operation on."""
        while self._current is not None or self._waiting:
            if self._current is None:
                self._current = self._waiting.popleft()
            try:
                message = self._current.next_message()
            except EntropyError as dead:
                self._journal.note("entropy_refused", reason=str(dead))
                self._current.fail(FailureCause.ERROR_UNSPECIFIED)
                self._end_finished()
                continue
            if message is None:
                return []
            self._journal.message("sent", Msg(message.msg).name, message)
            self._current.outstanding, self._current.deadline_ns = message, now_ns + self._reply_timeout_ns
            return [message]
        return []

    def end_of_slot(self, station_id: int, now_ns: int, message: Message | None = None) -> None:
        """Take note that the slot for the reply to the last message is over; harmless when the reply did come."""
        current = self._current
        if current is None or current.outstanding is None or station_id != current.outstanding.station_id:
            return
        if message is None or message is current.outstanding:
            current.lose_reply()
            self._end_finished()

    def next_deadline_ns(self) -> int | None:
        """Return when the outstanding reply is given up."""
        return None if self._current is None else self._current.deadline_ns

    def handle_deadline(self, now_ns: int) -> None:
        """Give up a reply that is overdue."""
        current = self._current
        if current is not None and current.deadline_ns is not None and now_ns >= current.deadline_ns:
            current.lose_reply()
            self._end_finished()

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call."""
        return self._journal.take()

    def _accept(self, message: Message) -> None:
        if message.proto != PROTO:
            raise RefusedError(Reason.OTHER_SYSTEM.value)
        if message.prof != self._setting.parameters.prof:
            raise RefusedError(Reason.OTHER_PROFILE.value)
        if self._current is None:
            raise RefusedError(Reason.UNEXPECTED.value)
        self._current.take(message)
        self._journal.message("received", Msg(message.msg).name, message)

    def _end_finished(self) -> None:
        if self._current is not None and self._current.response is not None:
            if self._current.adopted_t_id is not None:
                self._records.rename(self._current.request.device_id, self._current.adopted_t_id)
                self._journal.note("t_id_adopted", operation=self._current.request.operation_id)
            self._answer(self._current.response)
            self._current = None

    def _t_id_of(self, device_id: bytes) -> bytes | None:
        record = self._records.get(device_id)
        return None if record is None else record.t_id

    def _acceptable(self, request: CommandOperationRequest, policy: int, record: DeviceRecord) -> bool:
        parameters = self._setting.parameters
        if parameters.hardened and request.process is Process.COMMAND:
            return False  # K_AIOTF exists only after AUTH-RSP
        if len(request.payload) > PAYLOAD_OCTETS_MAX:
            return False
        try:
            require_policy("policy", policy)
        except ValueError:
            return False
        return self._permitted(Policy(policy), record)

    def _permitted(self, policy: Policy, record: DeviceRecord) -> bool:
        parameters = self._setting.parameters
        in_force = policy.effective(record.stored_policy)
        return not parameters.has_floor or in_force.reaches(Policy(parameters.policy_floor))

    def _turn_down(self, request: CommandOperationRequest, cause: FailureCause) -> None:
        self._answer(CommandOperationResponse(request.operation_id, request.device_id, cause=cause))
        self._journal.note("failed", operation=request.operation_id, cause=cause.value)

    def _answer(self, response: CommandOperationResponse) -> None:
        if len(self._answers) >= ANSWERS_MAX:
            self._journal.note("answer_dropped", operation=self._answers.popleft().operation_id)
        self._answers.append(response)
