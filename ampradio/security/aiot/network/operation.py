"""One command operation of the AIoTF, from its first message to what the AF is told (steps 2, 4, 5 and 7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ampradio.profile.model import Mac
from ampradio.security.aiot.network import identity
from ampradio.security.aiot.network.af import (
    CommandOperationRequest,
    CommandOperationResponse,
    FailureCause,
    Process,
)
from ampradio.security.aiot.network.keys import next_t_id, session_key
from ampradio.security.aiot.network.policy import Policy
from ampradio.security.aiot.network.protection import CommandKeys, additional_data, open_response, seal_command
from ampradio.security.aiot.network.records import DeviceRecord
from ampradio.security.aiot.profiles import NONCE_OCTETS, PROTO, AiotParameters, IdMode, Msg
from ampradio.security.aiot.refusal import Reason
from ampradio.security.entropy import NonceSource
from ampradio.security.journal import Journal, RefusedError
from ampradio.security.secret import Secret
from ampradio.security.session import Message


@dataclass(frozen=True)
class Setting:
    """What every operation of one AIoTF works with."""

    mac: Mac
    parameters: AiotParameters
    nonces: NonceSource
    journal: Journal
    retries: int
    t_id_of: Callable[[bytes], bytes | None]


class Stage(Enum):
    """What an operation waits for."""

    PAGING_DUE = "paging_due"
    AUTH_RESPONSE = "auth_response"
    COMMAND_DUE = "command_due"
    COMMAND_RESPONSE = "command_response"
    DONE = "done"


class Operation:
    """The volatile state of one request; ``response`` is what the AF gets once ``stage`` is DONE."""

    def __init__(self, setting: Setting, request: CommandOperationRequest, record: DeviceRecord, policy: int) -> None:
        self.request = request
        self.response: CommandOperationResponse | None = None
        self.outstanding: Message | None = None  # handed to the MAC, reply not yet seen
        self.deadline_ns: int | None = None
        self._setting = setting
        self._record = record
        self._policy = Policy(policy)
        self._retries_left = setting.retries
        self._first = Stage.COMMAND_DUE if request.process is Process.COMMAND else Stage.PAGING_DUE
        self.stage = self._first
        self._network_nonce = b""
        self._keys = CommandKeys(record.key, b"", b"")
        self._station_id = setting.mac.broadcast_id
        self._session_key: Secret | None = None
        self._next_t_id = b""
        self.adopted_t_id: bytes | None = None  # what the device is to be called from now on
        self._capability: int | None = None
        self._answered_wrongly = False

    def next_message(self) -> Message | None:
        """Return the message that is due, each under a network nonce of its own (R3.10, R3.25).

        Raises ``EntropyError`` when there is no nonce to be had.
        """
        if self.stage is Stage.PAGING_DUE:
            return self._paging()
        return self._command() if self.stage is Stage.COMMAND_DUE else None

    def take(self, message: Message) -> None:
        """Take what may be the answer; raises ``RefusedError`` when it is not."""
        # a device that heard PAGING twice answers twice, and knows its last run only: so the last answer counts
        if (
            message.msg == Msg.AUTH_RSP
            and self.stage in (Stage.AUTH_RESPONSE, Stage.COMMAND_DUE)
            and self._network_nonce
        ):
            self._take_auth_response(message)
        elif self.stage is Stage.COMMAND_RESPONSE and message.msg == Msg.CMD_RSP:
            self._take_command_response(message)
        else:
            raise RefusedError(Reason.UNEXPECTED.value)
        self.outstanding = self.deadline_ns = None

    def lose_reply(self) -> None:
        """Begin again, or give up: the slot is over and nothing right came in it."""
        self.outstanding = self.deadline_ns = None
        if self._retries_left:
            self._retries_left -= 1
            self.stage = self._first
            return
        self.fail(self._cause())

    def fail(self, cause: FailureCause) -> None:
        """End without success."""
        request = self.request
        self._finish(CommandOperationResponse(request.operation_id, request.device_id, cause=cause))
        self._setting.journal.note("failed", operation=request.operation_id, cause=cause.value)

    def _paging(self) -> Message:
        mac, parameters = self._setting.mac, self._setting.parameters
        self._network_nonce = self._setting.nonces.draw(NONCE_OCTETS)
        self._station_id = mac.broadcast_id
        aad = additional_data(mac, parameters.prof, self._station_id, Msg.PAGING)
        record = self._record
        nonce = self._network_nonce
        # the T-ID of the moment: another operation may have changed it since this one was asked for
        named = self._setting.t_id_of(record.device_id) if parameters.id_mode is IdMode.STORED else None
        protected = named or identity.protect(parameters, record.key, record.device_id, nonce, aad, command=False)
        self.stage = Stage.AUTH_RESPONSE
        return self._message(Msg.PAGING, self._network_nonce + protected, parameters.auth_response_octets)

    def _take_auth_response(self, message: Message) -> None:
        mac, parameters, payload = self._setting.mac, self._setting.parameters, message.payload
        if len(payload) != parameters.auth_response_octets:
            raise RefusedError(Reason.MALFORMED.value)
        device_nonce, protected, capability = payload[:NONCE_OCTETS], payload[NONCE_OCTETS:-1], payload[-1]
        aad = additional_data(mac, parameters.prof, message.station_id, Msg.AUTH_RSP)
        nonces = (self._network_nonce, device_nonce)
        record = self._record
        if not identity.recognise(parameters, record.key, record.device_id, nonces, aad, protected, capability):
            self._answered_wrongly = True
            raise RefusedError(Reason.BAD_ID.value)
        self._station_id = message.station_id
        self._capability = capability
        if parameters.hardened:
            self._session_key = session_key(record.key, *nonces)
            if parameters.id_mode is IdMode.STORED:
                self._next_t_id = next_t_id(record.key, *nonces)
        self._setting.journal.note("authenticated", peer="device", station_id=message.station_id, capability=capability)
        if self.request.process is Process.BOTH:
            self.stage = Stage.COMMAND_DUE
        else:
            self._succeed(None, authenticated=True)

    def _command(self) -> Message:
        mac, parameters, record = self._setting.mac, self._setting.parameters, self._record
        network_nonce = self._setting.nonces.draw(NONCE_OCTETS)
        aad = additional_data(mac, parameters.prof, self._station_id, Msg.COMMAND)
        protected = identity.protect(parameters, record.key, record.device_id, network_nonce, aad, command=True)
        base = self._session_key or record.key
        # one COMMAND per AUTH-RSP here: a repetition begins at PAGING, so the counter stays at its first value
        self._keys = CommandKeys(base, network_nonce, bytes(parameters.counter_octets))
        stored = record.stored_policy
        payload = seal_command(self._policy, stored, self._keys, protected, self.request.payload, aad)
        self.stage = Stage.COMMAND_RESPONSE
        expected = parameters.response_head_octets + parameters.response_data_max + self._response_mic_octets()
        return self._message(Msg.COMMAND, payload, expected)

    def _response_mic_octets(self) -> int:
        stored = self._record.stored_policy
        return max(self._policy.effective(stored).mic_octets, Policy(stored).mic_octets)

    def _take_command_response(self, message: Message) -> None:
        mac, parameters = self._setting.mac, self._setting.parameters
        if self._station_id not in (mac.broadcast_id, message.station_id):
            raise RefusedError(Reason.OTHER_STATION.value)
        aad = additional_data(mac, parameters.prof, message.station_id, Msg.CMD_RSP)
        try:
            policy, plain = open_response(parameters, self._record.stored_policy, self._keys, message.payload, aad)
        except RefusedError:
            self._answered_wrongly = True
            raise
        self.adopted_t_id = self._next_t_id or None
        self._succeed(plain, authenticated=policy.mic_octets > 0)

    def _succeed(self, payload: bytes | None, authenticated: bool) -> None:
        request = self.request
        self._finish(
            CommandOperationResponse(
                request.operation_id, request.device_id, payload, None, authenticated, self._capability
            )
        )
        self._setting.journal.note(
            "completed", operation=request.operation_id, process=request.process.value, authenticated=authenticated
        )

    def _finish(self, response: CommandOperationResponse) -> None:
        self.response = response
        self.stage = Stage.DONE
        if self._session_key is not None:
            self._session_key.wipe()

    def _cause(self) -> FailureCause:
        """Somebody answered wrongly; or a device that was there fell silent; or nobody was there."""
        if self._answered_wrongly:
            return FailureCause.AUTH_FAILURE
        return FailureCause.NO_SUCC_INV_RESP if self._capability is None else FailureCause.LOW_ENERGY

    def _message(self, msg: Msg, payload: bytes, reply_octets: int) -> Message:
        prof = int(self._setting.parameters.prof)
        return Message(PROTO, int(msg), prof, self._station_id, payload, reply_octets)
