"""S3 in an experiment: an AF asks for one operation a round; what the device answers to a command is its reading."""

from __future__ import annotations

from ampradio.mac.work import SecureExchange
from ampradio.security.aiot import (
    AiotDevice,
    AiotFunction,
    AiotParameters,
    CommandOperationRequest,
    CommandOperationResponse,
    DeviceMemory,
    DeviceRecord,
    IdMode,
    Process,
    Prof,
    ResponsePolicy,
)
from ampradio.security.aiot.profiles import DEVICE_ID_OCTETS, KEY_OCTETS
from ampradio.security.nvm import MemoryRows
from ampradio.security.secret import Secret
from ampradio.security.session import SecurityEvent
from testbed.experiment.plan import Experiment
from testbed.experiment.systems import variant_of
from testbed.systems.ends import Ends, RoundReadings, enrolled_secret, entropy_for

PROF = {"hardened": Prof.HARDENED, "floor": Prof.FLOOR, "literal": Prof.LITERAL}
ID_MODES = {
    "encrypted": IdMode.ENCRYPTED,
    "temporary": IdMode.TEMPORARY,
    "encrypted-unprotected": IdMode.ENCRYPTED_UNPROTECTED,
}
OPERATIONS_PER_ROUND = 1000


def ends(experiment: Experiment) -> Ends:
    """Return an AIoTF behind the AP and a device that share K_D; the reader itself knows no key."""
    tag = experiment.tags[0]
    parameters = parameters_of(experiment)
    key = enrolled_secret(tag, "K_D", KEY_OCTETS)
    device_id = enrolled_secret(tag, "AIoT device ID", DEVICE_ID_OCTETS)
    sensor = RoundReadings(tag.readings)
    memory = DeviceMemory(MemoryRows(DeviceMemory.rows_needed))
    memory.provision(key, device_id)
    device = AiotDevice(
        experiment.profile,
        parameters,
        memory,
        entropy_for(experiment, "tag"),
        execute=sensor.current,
    )
    reader = _Reader(experiment, parameters)
    reader.enroll(DeviceRecord(device_id, Secret(key)))
    work = [_Round(reader, experiment, device_id, sensor, number).work for number in range(experiment.rounds)]
    return Ends(work, device, parameters.report(), frozenset({"PAGING"}), "device")


def parameters_of(experiment: Experiment) -> AiotParameters:
    """Return the parameters that an experiment gives both ends of S3."""
    tag, settings = experiment.tags[0], experiment.security.aiot
    return AiotParameters(
        prof=PROF[variant_of(experiment.security)],
        id_mode=ID_MODES[settings.id_mode],
        response_policy=ResponsePolicy(settings.response_policy),
        response_data_max=max((len(reading) for reading in tag.readings), default=0),
    )


class _Reader(AiotFunction):
    """An AIoTF that keeps the AF's answers, and tells of every response payload as uplink data."""

    def __init__(self, experiment: Experiment, parameters: AiotParameters) -> None:
        super().__init__(
            experiment.profile.mac,
            parameters,
            entropy_for(experiment, "aiotf"),
            policy=experiment.security.aiot.policy,
            retries=0,
        )
        self.answered: dict[int, CommandOperationResponse] = {}

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call."""
        told = super().events()
        for answer in self.backhaul_to_send():
            self.answered[answer.operation_id] = answer
            if answer.payload:
                detail = {"side": "af", "data_hex": answer.payload.hex(), "octets": len(answer.payload)}
                told.append(SecurityEvent("uplink_data", {**detail, "authenticated": answer.authenticated}))
        return told


class _Round:
    """One operation, asked for again (under new nonces) while it fails and an attempt is left."""

    def __init__(
        self, reader: _Reader, experiment: Experiment, device_id: bytes, sensor: RoundReadings, number: int
    ) -> None:
        commands = experiment.ap.commands
        self._reader = reader
        self._sensor, self._number = sensor, number
        self._device_id = device_id
        self._command = commands[number] if number < len(commands) else b""
        self._process = Process(experiment.security.aiot.process)
        self._operations = range(number * OPERATIONS_PER_ROUND, (number + 1) * OPERATIONS_PER_ROUND)
        self._asked = 0
        self.work = SecureExchange(
            reader,
            experiment.profile.mac.broadcast_id,
            self._begin,
            self._answered,
            0,
            attempts=experiment.ap.retries + 1,
            pause_ns=experiment.ap.retry_pause_ns,
        )

    def _begin(self, trigger: bytes, now_ns: int) -> None:
        self._sensor.round = self._number
        operation = self._operations[self._asked]
        self._asked += 1
        request = CommandOperationRequest(operation, self._device_id, self._command, self._process)
        self._reader.backhaul_received(request, now_ns)

    def _answered(self) -> bool:
        answers = (self._reader.answered.get(operation) for operation in self._operations[: self._asked])
        return any(answer is not None and answer.cause is None for answer in answers)
