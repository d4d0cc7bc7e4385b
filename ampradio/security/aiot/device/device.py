"""The device's end of S3: it answers a paging that means it, and executes a command that verifies (steps 3 and 6)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ampradio.profile.model import Profile
from ampradio.security import meter
from ampradio.security.aiot.device.command import Command, Execute, build_response
from ampradio.security.aiot.device.memory import DeviceMemory, Identity
from ampradio.security.aiot.device.schedule import Schedule
from ampradio.security.aiot.profiles import NONCE_OCTETS, PROTO, AiotParameters, IdMode, Msg
from ampradio.security.aiot.refusal import Reason
from ampradio.security.entropy import EntropyError, NonceSource
from ampradio.security.journal import Journal, RefusedError
from ampradio.security.secret import Secret
from ampradio.security.session import EntropySource, Message, SecurityEvent

_ID_DRAWS_MAX = 8


@dataclass
class Run:
    """Volatile: what commands to the ID drawn for this run are keyed with, and in S3-H the next counter."""

    key: Secret
    next_counter: int = 0
    renaming: tuple[bytes, bytes, bytes] | None = None  # T-ID that was used, and both nonces


class AiotDevice:
    """One device. ``execute`` is its application: it takes a command's payload and gives the response's."""

    def __init__(
        self,
        profile: Profile,
        parameters: AiotParameters,
        memory: DeviceMemory,
        entropy: EntropySource,
        *,
        capability: int = 0,
        execute: Execute | None = None,
    ) -> None:
        """Take the agreed parameters, the device's NVM record and its entropy source.

        Raises ``ValueError`` for a capability that is no octet.
        """
        if not 0 <= capability <= 0xFF:
            raise ValueError(f"a capability is one octet, not {capability}")
        self._mac = profile.mac
        self._reserved_low_bits = profile.downlink.broadcast_partial_id
        self._parameters = parameters
        self._memory = memory
        self._entropy = entropy
        self._nonces = NonceSource(entropy)
        self._capability = bytes([capability])
        self._execute: Execute = execute or (lambda command: b"")
        self._journal = Journal("device")
        self._outbox: list[Message] = []
        self._runs: dict[int, Run] = {}  # one at the most, by the header ID drawn for it
        self._journal.note("parameters", **parameters.report(), capability=capability)

    @property
    def counters(self) -> Counter[str]:
        """Counts of events by kind and of refusals by reason."""
        return self._journal.counters

    @property
    def answers_to(self) -> frozenset[int]:
        """The header ID drawn for the run under way, if any; everyone's ID reaches every device."""
        return frozenset(self._runs)

    def power_off(self) -> None:
        """Lose everything volatile: nonces, derived keys, the ID of the run; there is nothing to recover."""
        self._outbox.clear()
        self._end_run()
        self._nonces.forget()
        self._journal.note("power_off")

    def receive(self, message: Message, now_ns: int) -> None:
        """Take one message from the air; a bad one is counted and dropped, in silence."""
        try:
            self._accept(message)
        except RefusedError as refused:
            self._journal.refuse(refused.reason, message)
        except EntropyError as dead:
            self._journal.note("entropy_refused", reason=str(dead))

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the answers that are due."""
        due, self._outbox = self._outbox, []
        for message in due:
            self._journal.message("sent", Msg(message.msg).name, message)
        return due

    def next_deadline_ns(self) -> int | None:
        """Return None: a device measures no time."""
        return None

    def handle_deadline(self, now_ns: int) -> None:
        """Do nothing: a device measures no time."""

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call."""
        return self._journal.take()

    def _accept(self, message: Message) -> None:
        if message.proto != PROTO:
            raise RefusedError(Reason.OTHER_SYSTEM.value)
        if message.station_id != self._mac.broadcast_id and message.station_id not in self.answers_to:
            raise RefusedError(Reason.OTHER_STATION.value)
        if message.prof != self._parameters.prof:
            raise RefusedError(Reason.OTHER_PROFILE.value)
        identity = self._memory.read()
        if identity is None:
            raise RefusedError(Reason.NOT_PROVISIONED.value)
        if message.msg == Msg.PAGING and message.station_id == self._mac.broadcast_id:
            self._answer_paging(message, identity)
        elif message.msg == Msg.COMMAND:
            self._obey(message, identity)
        else:
            raise RefusedError(Reason.UNEXPECTED.value)

    def _answer_paging(self, message: Message, identity: Identity) -> None:
        parameters, payload = self._parameters, message.payload
        if len(payload) != NONCE_OCTETS + parameters.paging_id_octets:
            raise RefusedError(Reason.MALFORMED.value)
        nonce, protected = payload[:NONCE_OCTETS], payload[NONCE_OCTETS:]
        schedule = Schedule(parameters, identity.key)
        stored = parameters.id_mode is IdMode.STORED
        if stored:
            meant = protected in self._memory.t_ids()  # neither secret nor computed: that is what it is for
        else:
            meant = schedule.is_meant(identity.device_id, nonce, self._aad(message), protected, in_command=False)
        if not meant:
            raise RefusedError(Reason.OTHER_DEVICE.value)
        self._journal.message("received", Msg.PAGING.name, message)
        own = self._nonces.draw(NONCE_OCTETS)
        station_id = self._draw_id()
        aad = self._aad_of(station_id, Msg.AUTH_RSP)
        answer = own + schedule.answer_id(identity.device_id, nonce, own, aad, self._capability) + self._capability
        run = self._begin_run(station_id, schedule.session(nonce, own) if parameters.hardened else identity.key)
        run.renaming = (protected, nonce, own) if stored else None
        self._answer(Msg.AUTH_RSP, station_id, answer)

    def _obey(self, message: Message, identity: Identity) -> None:
        parameters = self._parameters
        command = Command.parse(parameters, message.payload)
        run = self._runs.get(message.station_id)  # none: to everyone, the command process alone
        if run is None and parameters.hardened:
            raise RefusedError(Reason.UNEXPECTED.value)
        meant = Schedule(parameters, identity.key).is_meant(
            identity.device_id, command.nonce, self._aad(message), command.protected_id, in_command=True
        )
        if not meant:
            raise RefusedError(Reason.OTHER_DEVICE.value)
        guard = command.guard(parameters, identity.policy)
        if run is not None and command.counter and command.counter[0] < run.next_counter:
            raise RefusedError(Reason.REPLAY.value)
        base = identity.key if run is None else run.key
        plain = command.open(guard, base, self._aad(message))
        self._journal.message("received", Msg.COMMAND.name, message)
        own = self._nonces.draw(NONCE_OCTETS)
        station_id = message.station_id
        if run is None:
            station_id = self._draw_id()
            self._begin_run(station_id, identity.key)
        elif command.counter:
            run.next_counter = command.counter[0] + 1
            self._rename(run, identity)
        result = self._do(plain, guard.mic_octets > 0)
        octet, answer_guard = command.answer_policy(parameters, identity.policy)
        aad = self._aad_of(station_id, Msg.CMD_RSP)
        self._answer(Msg.CMD_RSP, station_id, build_response(command, octet, answer_guard, base, own, result, aad))

    def _rename(self, run: Run, identity: Identity) -> None:
        """Take the next T-ID: the network has shown that it holds the session key, so no replay brings this about."""
        if run.renaming is None:
            return
        used, nonce, own = run.renaming
        run.renaming = None
        self._memory.call_by(Schedule(self._parameters, identity.key).renamed(nonce, own), used)
        self._journal.note("t_id_adopted")

    def _do(self, plain: bytes, authenticated: bool) -> bytes:
        self._journal.note("command", data_hex=plain.hex(), authenticated=authenticated)
        result = self._execute(plain)
        if len(result) > self._parameters.response_data_max:
            self._journal.note("response_too_long", octets=len(result))
        return result[: self._parameters.response_data_max]

    def _answer(self, msg: Msg, station_id: int, payload: bytes) -> None:
        self._outbox = [Message(PROTO, int(msg), int(self._parameters.prof), station_id, payload)]

    def _begin_run(self, station_id: int, key: Secret) -> Run:
        self._end_run()
        self._runs[station_id] = run = Run(key)
        return run

    def _end_run(self) -> None:
        while self._runs:
            self._runs.popitem()[1].key.wipe()

    def _draw_id(self) -> int:
        """Return a random header ID that no broadcast can be taken for (rules 3 and 19)."""
        for _ in range(_ID_DRAWS_MAX):
            meter.spend(meter.Primitive.RNG, self._mac.id_octets)
            drawn = int.from_bytes(self._entropy.octets(self._mac.id_octets), "little")
            if drawn & self._reserved_low_bits != self._reserved_low_bits:
                return drawn
        raise EntropyError("the source gave no usable station ID")

    def _aad(self, message: Message) -> bytes:
        return self._aad_of(message.station_id, Msg(message.msg))

    def _aad_of(self, station_id: int, msg: Msg) -> bytes:
        frame_control = 1 << self._mac.protected_bit | self._mac.type_authentication
        shim = PROTO << 5 | msg
        return bytes((frame_control, station_id & 0xFF, station_id >> 8, shim, self._parameters.prof))
