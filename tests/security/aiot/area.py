"""A paging area: one AIoTF, its reader, and any number of devices that all hear it, with somebody in between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from ampradio.profile import load_profile
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
)
from ampradio.security.entropy import SeededEntropy
from ampradio.security.meter import PowerLost
from ampradio.security.nvm import MemoryRows
from ampradio.security.secret import Secret
from ampradio.security.session import EntropySource, Message, SecurityEvent
from tests.security.interference import Interference

PROFILE = load_profile()
KD = bytes.fromhex("a03fa2eaec0ef92b15372c724d454e0c")
DEVICE_ID = b"AIOT00000042"
COMMAND = bytes.fromhex("5752495445000102")
SLOT_NS = 3_000_000


class Scripted:
    """Gives the nonces it was told to, and station IDs from a list of their own."""

    seeded = True

    def __init__(self, nonces: Iterable[bytes], station_ids: Iterable[int] = ()) -> None:
        self.nonces = list(nonces)
        self.station_ids = list(station_ids)

    def octets(self, count: int) -> bytes:
        return self.station_ids.pop(0).to_bytes(2, "little") if count == 2 else self.nonces.pop(0)


class Application:
    """A device's application that counts what it does: a command is not idempotent here."""

    def __init__(self) -> None:
        self.done: list[bytes] = []

    def __call__(self, command: bytes) -> bytes:
        self.done.append(command)
        return b"DONE" + len(self.done).to_bytes(4, "big")


@dataclass
class Tag:
    """One device with its NVM and its application."""

    device: AiotDevice
    memory: DeviceMemory
    application: Application


def make_tag(parameters: AiotParameters, number: int = 0, entropy: EntropySource | None = None, **wanted: Any) -> Tag:
    key, device_id = identity(number)
    memory = DeviceMemory(MemoryRows(DeviceMemory.rows_needed))
    t_id = first_t_id(number) if parameters.id_mode is IdMode.STORED else None
    memory.provision(wanted.get("key", key), device_id, wanted.get("policy", 0x25), t_id)
    application = Application()
    device = AiotDevice(
        PROFILE, parameters, memory, entropy or SeededEntropy(100 + number), capability=3, execute=application
    )
    return Tag(device, memory, application)


def identity(number: int) -> tuple[bytes, bytes]:
    """Number 0 is the device that is looked for."""
    if number == 0:
        return KD, DEVICE_ID
    return bytes([number]) * 15 + b"\x01", b"AIOT" + f"{number + 50:08d}".encode()


def first_t_id(number: int) -> bytes:
    return bytes([0xC0 + number]) * 16


@dataclass
class Area:
    """The infrastructure, ``devices`` devices, and what went over the air."""

    parameters: AiotParameters = field(default_factory=AiotParameters)
    devices: int = 1
    network_entropy: EntropySource = field(default_factory=lambda: SeededEntropy(1))
    device_entropy: EntropySource | None = None
    options: dict[str, Any] = field(default_factory=dict)
    device_options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.function = AiotFunction(PROFILE.mac, self.parameters, self.network_entropy, **self.options)
        self.tags = []
        for number in range(self.devices):
            key, device_id = identity(number)
            policy = self.device_options.get("policy", 0x25)
            self.function.enroll(DeviceRecord(device_id, Secret(key), policy, first_t_id(number)))
            entropy = self.device_entropy if number == 0 else None
            self.tags.append(make_tag(self.parameters, number, entropy, **self.device_options))
        self.now_ns = 0
        self.air: list[Message] = []
        self.network_events: list[SecurityEvent] = []
        self.answers: list[CommandOperationResponse] = []

    @property
    def tag(self) -> AiotDevice:
        return self.tags[0].device

    @property
    def done(self) -> list[bytes]:
        return self.tags[0].application.done

    def request(self, process: Process = Process.BOTH, payload: bytes = COMMAND, **wanted: Any) -> None:
        device_id = wanted.pop("device_id", DEVICE_ID)
        request = CommandOperationRequest(wanted.pop("operation_id", 1), device_id, payload, process, **wanted)
        self.function.backhaul_received(request, self.now_ns)

    def tell(self, message: Message) -> list[Message]:
        """Let every device that the header ID means hear a message; return what they say, a dead one nothing."""
        said = []
        for tag in self.tags:
            if message.station_id != PROFILE.mac.broadcast_id and message.station_id not in tag.device.answers_to:
                continue
            try:
                tag.device.receive(message, self.now_ns)
                said += tag.device.messages_to_send(self.now_ns)
            except PowerLost:
                tag.device.power_off()
        return said

    def round(self, downlink: Interference | None = None, uplink: Interference | None = None) -> bool:
        sent = self.function.messages_to_send(self.now_ns)
        for message in sent:
            self.air.append(message)
            for arriving in [message] if downlink is None else downlink(message):
                self.now_ns += SLOT_NS
                for answer in self.tell(arriving):
                    self.air.append(answer)
                    for heard in [answer] if uplink is None else uplink(answer):
                        self.function.receive(heard, self.now_ns)
            self.function.end_of_slot(message.station_id, self.now_ns, message)
        self.network_events += self.function.events()
        self.answers += self.function.backhaul_to_send()
        return bool(sent)

    def run(self, downlink: Interference | None = None, uplink: Interference | None = None) -> CommandOperationResponse:
        """Go on until the AIoTF is silent; return its last answer to the AF."""
        for _ in range(100):
            if not self.round(downlink, uplink):
                return self.answers[-1]
        raise AssertionError("still talking after 100 rounds")

    def operate(
        self,
        process: Process = Process.BOTH,
        downlink: Interference | None = None,
        uplink: Interference | None = None,
        **wanted: Any,
    ) -> CommandOperationResponse:
        self.request(process, **wanted)
        return self.run(downlink, uplink)

    def sent(self, msg: int) -> list[Message]:
        return [message for message in self.air if message.msg == msg]


def nothing(message: Message) -> list[Message]:
    """Everything is lost."""
    return []


def losing_all(msg: int) -> Interference:
    """Lose the messages of one number."""
    return lambda message: [] if message.msg == msg else [message]


def flip(message: Message, bit: int) -> Message:
    """Flip one bit of a payload, first octet's most significant bit first."""
    octets = bytearray(message.payload)
    octets[bit // 8] ^= 0x80 >> bit % 8
    return replace(message, payload=bytes(octets))
