"""A server, a gateway and tags joined in memory, with everything that went over the air and the backhaul kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ampradio.mac.shim import fragments
from ampradio.profile import load_profile
from ampradio.security import meter
from ampradio.security.agreement import x25519_public
from ampradio.security.entropy import SeededEntropy
from ampradio.security.nvm import MemoryRows
from ampradio.security.provisioning import (
    Gateway,
    Manufactured,
    MemoryDeviceStore,
    Prof,
    ProvisionedTag,
    ProvisioningParameters,
    ProvisioningServer,
    TagMemory,
    manufacture,
)
from ampradio.security.provisioning.backhaul import Request, Response
from ampradio.security.secret import Secret
from ampradio.security.session import EntropySource, Message, SecurityEvent
from tests.conftest import SHARED
from tests.security.interference import Interference, untouched

MAC = load_profile().mac
OVERHEAD = MAC.header_octets + MAC.shim_octets + MAC.fcs_octets
GWID = bytes.fromhex("0a0b0c0d")
SERVER_PRIVATE = bytes.fromhex("a3b96f00245d4681e10fdc0fe460e077c001aba363afdff29ebba784dfce9bdc")
SERVER_PUBLIC = x25519_public(SERVER_PRIVATE)
SLOT_NS = 3_000_000
PROFS = list(Prof)
HARDENED = [Prof.HARDENED, Prof.IDENTITY_HIDING]
ALL = json.loads((SHARED / "vectors/amp_security.json").read_text())["vectors"]
VECTORS = {vector["name"]: vector for vector in ALL if vector["name"].startswith("S2")}


@dataclass
class Device:
    """A tag with its memory; ``crash`` builds the session anew from what survives."""

    parameters: ProvisioningParameters
    made: Manufactured
    rows: MemoryRows
    tag: ProvisionedTag


@dataclass
class World:
    """One server, one gateway, and as many tags as are made."""

    parameters: ProvisioningParameters = field(default_factory=ProvisioningParameters)
    gateway_entropy: EntropySource = field(default_factory=lambda: SeededEntropy(1))
    server_entropy: EntropySource = field(default_factory=lambda: SeededEntropy(2))
    gateway_options: dict[str, Any] = field(default_factory=dict)
    server_options: dict[str, Any] = field(default_factory=dict)
    meter: meter.Meter = field(default_factory=meter.Tally)

    def __post_init__(self) -> None:
        self.store = MemoryDeviceStore()
        self.server = self.new_server(self.server_entropy)
        self.gateway = self.new_gateway()
        self.devices: list[Device] = []
        self.now_ns = 0
        self.air: list[Message] = []
        self.backhaul: list[Request | Response] = []
        self.notes: dict[str, list[SecurityEvent]] = {"gateway": [], "server": [], "tag": []}
        self.outages = 0
        self.server_up = True

    def new_server(self, entropy: EntropySource) -> ProvisioningServer:
        keys = {GWID: Secret(b"radius secret"), bytes(4): Secret(b"another secret")}
        options: dict[str, Any] = {"first_address": 0x234, **self.server_options}
        return ProvisioningServer(MAC, self.parameters, Secret(SERVER_PRIVATE), self.store, keys, entropy, **options)

    def new_gateway(self, gwid: bytes = GWID) -> Gateway:
        return Gateway(MAC, self.parameters, gwid, self.gateway_entropy, **self.gateway_options)

    def make(
        self,
        entropy: EntropySource | None = None,
        known: bool = True,
        sensor: Callable[[bytes], bytes] = lambda command: command[::-1] + b"!",
        **wanted: Any,
    ) -> Device:
        """Manufacture a tag, and let the server know it."""
        number = len(self.devices)
        made = manufacture(self.parameters, SERVER_PUBLIC, SeededEntropy(100 + number), **wanted)
        if known:
            self.store.add(made.record)
        rows = MemoryRows(TagMemory.rows_needed())
        memory, source = TagMemory(rows), entropy or SeededEntropy(200 + number)
        tag = ProvisionedTag(MAC, self.parameters, made.identity, memory, source, sensor)
        self.devices.append(Device(self.parameters, made, rows, tag))
        return self.devices[-1]

    def to_tags(self, message: Message) -> list[Message]:
        """Let every tag hear a message; a tag whose meter says so loses power."""
        answers = []
        for device in self.devices:
            try:
                with meter.metered(self.meter):
                    device.tag.receive(message, self.now_ns)
                    answers += device.tag.messages_to_send(self.now_ns)
            except meter.PowerLost:
                device.tag.power_off()
                self.outages += 1
        return answers

    def round(self, downlink: Interference = untouched, uplink: Interference = untouched) -> bool:
        """Pass what is due on backhaul and air; False when all is silent."""
        said = False
        while self.server_up and (requests := self.gateway.backhaul_to_send(self.now_ns)):
            for request in requests:
                response = self.server.answer(GWID, request)
                self.backhaul += [request, response]
                self.gateway.backhaul_received(response, self.now_ns)
                said = True
        for message in self.gateway.messages_to_send(self.now_ns):
            said = True
            self.air.append(message)
            answers = [answer for heard in downlink(message) for answer in self.to_tags(heard)]
            self.now_ns += SLOT_NS
            for answer in answers:
                self.air.append(answer)
                for heard in uplink(answer):
                    self.gateway.receive(heard, self.now_ns)
            if message.reply_octets is not None:
                self.gateway.end_of_slot(message.station_id, self.now_ns, message)
        self.collect()
        return said

    def run(self, downlink: Interference = untouched, uplink: Interference = untouched, rounds: int = 200) -> None:
        for _ in range(rounds):
            if not self.round(downlink, uplink):
                return
        raise AssertionError(f"still talking after {rounds} rounds")

    def onboard(
        self, device: Device, downlink: Interference = untouched, uplink: Interference = untouched, seed: bool = False
    ) -> int:
        """Scan a tag's QR code and let things run; return its local address, 0 when there is none."""
        self.gateway.scan(device.made.qr, seed=seed)
        self.run(downlink, uplink)
        where = [note for note in self.heard("gateway", "provisioned") if note["device"] == device.made.qr.hex()]
        return where[-1]["station_id"] if where else 0

    def ask(
        self,
        address: int,
        command: bytes = b"ABCD",
        downlink: Interference = untouched,
        uplink: Interference = untouched,
    ) -> None:
        self.gateway.request(address, command, len(command) + 1)
        self.run(downlink, uplink)

    def collect(self) -> None:
        self.notes["gateway"] += self.gateway.events()
        self.notes["server"] += self.server.events()
        for device in self.devices:
            self.notes["tag"] += device.tag.events()

    def heard(self, side: str, kind: str, key: str | None = None) -> list[Any]:
        """Return the details (or one value of them) of the events of one kind at one end."""
        self.collect()
        found = [event.detail for event in self.notes[side] if event.kind == kind]
        return found if key is None else [detail[key] for detail in found]

    def readings(self) -> list[bytes]:
        return [bytes.fromhex(data) for data in self.heard("gateway", "reading", "data_hex")]

    def refusals(self, side: str) -> list[str]:
        return self.heard(side, "refused", "reason")

    def sent(self, msg: int) -> list[Message]:
        return [message for message in self.air if message.msg == msg]


def bodies(message: Message) -> list[str]:
    """Return the frame bodies of a message, in hex."""
    return [(shim.encode() + piece).hex() for shim, piece in fragments(MAC, message)]


def world_of(prof: Prof, **options: Any) -> World:
    """Return a world of one variant."""
    return World(ProvisioningParameters(prof, **options))
