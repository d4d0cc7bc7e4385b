"""An AP, an EAP server and tags joined in memory, with everything that went over the air kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ampradio.mac.shim import fragments
from ampradio.profile import load_profile
from ampradio.security import meter
from ampradio.security.entropy import SeededEntropy
from ampradio.security.nvm import MemoryRows
from ampradio.security.rsna import Authenticator, Credential, PmkMemory, Port, Prof, RsnaParameters, Supplicant
from ampradio.security.rsna.backhaul import EapFromServer, EapToServer
from ampradio.security.secret import Secret
from ampradio.security.session import EntropySource, Message, SecurityEvent
from tests.conftest import SHARED
from tests.security.interference import Interference, untouched
from tests.security.rsna.eap_psk_server import EapPskServer

MAC = load_profile().mac
OVERHEAD = MAC.header_octets + MAC.shim_octets + MAC.fcs_octets
ID = 0x1234
AA = bytes.fromhex("020000000010")
SPA = bytes.fromhex("aa4500000abc")
PMK = bytes.fromhex("50f897749441fbde3f14cdb2680ae2dab8da7d152ce8a87fec0c8c85ed05abba")
EAP_PSK = bytes.fromhex("0123456789abcdef0123456789abcdef")
IDENTITY = b"tag-001"
SLOT_NS = 3_000_000
EAP = (5,)
ENCODINGS = [Prof.LITE, Prof.FULL]
ALL = json.loads((SHARED / "vectors/amp_security.json").read_text())["vectors"]
VECTORS = {vector["name"]: vector for vector in ALL if vector["name"].startswith("S4")}
LIVE = {vector["name"]: vector for vector in json.loads((SHARED / "vectors/vectors.json").read_text())}

Server = Callable[[EapToServer], EapFromServer | None]


def bodies(message: Message) -> list[str]:
    """Return the frame bodies of a message, in hex."""
    return [(shim.encode() + piece).hex() for shim, piece in fragments(MAC, message)]


def no_server(asked: EapToServer) -> EapFromServer | None:
    return None


@dataclass
class Link:
    """One AP, its EAP server, and tags; the first tag is there from the start."""

    parameters: RsnaParameters = field(default_factory=RsnaParameters)
    ap_entropy: EntropySource = field(default_factory=lambda: SeededEntropy(1))
    tag_entropy: EntropySource = field(default_factory=lambda: SeededEntropy(2))
    ap_options: dict[str, Any] = field(default_factory=dict)
    tag_options: dict[str, Any] = field(default_factory=dict)
    tag_parameters: RsnaParameters | None = None
    psk: bytes = PMK
    tag_psk: bytes | None = None
    eap_psk: bytes = EAP_PSK
    identity: bytes = IDENTITY
    server: Server = no_server
    meter: meter.Meter = field(default_factory=meter.Tally)

    def __post_init__(self) -> None:
        self.ap = Authenticator(MAC, self.parameters, AA, self.ap_entropy, **self.ap_options)
        self.rows = MemoryRows(PmkMemory.rows_needed())
        self.tags: dict[int, Supplicant] = {}
        self.now_ns = 0
        self.air: list[Message] = []
        self.ap_events: list[SecurityEvent] = []
        self.tag_events: list[SecurityEvent] = []
        self.outages = 0
        self.tag = self.add(ID, SPA, self.tag_entropy)

    def add(self, station_id: int, spa: bytes, entropy: EntropySource) -> Supplicant:
        """Enrol one more tag."""
        self.ap.enroll(station_id, spa, Secret(self.psk))
        credential = Credential(
            station_id, spa, AA, Secret(self.tag_psk or self.psk), Secret(self.eap_psk), self.identity
        )
        parameters = self.tag_parameters or self.parameters
        memory = PmkMemory(self.rows)
        tag = Supplicant(MAC, parameters, credential, entropy, memory=memory, **self.tag_options)
        self.tags[station_id] = tag
        return tag

    def to_tags(self, message: Message) -> list[Message]:
        answers = []
        for tag in self.tags.values():
            try:
                with meter.metered(self.meter):
                    tag.receive(message, self.now_ns)
                    answers += tag.messages_to_send(self.now_ns)
            except meter.PowerLost:
                tag.power_off()
                self.outages += 1
        return answers

    def round(self, downlink: Interference = untouched, uplink: Interference = untouched) -> bool:
        """Pass what is due, waiting for the AP's deadlines; False when there is nothing more to wait for."""
        for asked in self.ap.backhaul_to_send(self.now_ns):
            answer = self.server(asked)
            if answer is not None:
                self.ap.backhaul_received(answer, self.now_ns)
        sent = self.ap.messages_to_send(self.now_ns)
        for message in sent:
            self.air.append(message)
            answers = [answer for heard in downlink(message) for answer in self.to_tags(heard)]
            self.now_ns += SLOT_NS
            for answer in answers:
                self.air.append(answer)
                for heard in uplink(answer):
                    self.ap.receive(heard, self.now_ns)
            if message.reply_octets is not None:
                self.ap.end_of_slot(message.station_id, self.now_ns, message)
        self.collect()
        if sent:
            return True
        deadline = self.ap.next_deadline_ns()
        if deadline is None:
            return False
        self.now_ns = max(self.now_ns, deadline)
        self.ap.handle_deadline(self.now_ns)
        return True

    def run(self, downlink: Interference = untouched, uplink: Interference = untouched, rounds: int = 300) -> None:
        for _ in range(rounds):
            if not self.round(downlink, uplink):
                return
        raise AssertionError(f"still talking after {rounds} rounds")

    def connect(
        self, downlink: Interference = untouched, uplink: Interference = untouched, station_id: int = ID
    ) -> bool:
        """Establish the link; return whether both ports are open."""
        self.ap.begin(station_id)
        self.run(downlink, uplink)
        return self.is_open(station_id)

    def is_open(self, station_id: int = ID) -> bool:
        return (self.ap.port(station_id), self.tags[station_id].port) == (Port.OPEN, Port.OPEN)

    def collect(self) -> None:
        self.ap_events += self.ap.events()
        for tag in self.tags.values():
            self.tag_events += tag.events()

    def heard(self, side: str, kind: str, key: str | None = None) -> list[Any]:
        """Return the details (or one value of them) of the events of one kind at one end."""
        self.collect()
        events = self.ap_events if side == "ap" else self.tag_events
        found = [event.detail for event in events if event.kind == kind]
        return found if key is None else [detail[key] for detail in found]

    def refusals(self, side: str) -> list[str]:
        return self.heard(side, "refused", "reason")

    def said(self, msg: int) -> list[Message]:
        return [message for message in self.air if message.msg == msg]


def eap_link(parameters: RsnaParameters, **options: Any) -> Link:
    """Return a link beside an EAP-PSK server that knows the tag."""
    return Link(parameters, **{"server": EapPskServer({IDENTITY: EAP_PSK}), **options})


def name_of(parameters: RsnaParameters) -> str:
    """Return what a test of these parameters is called."""
    return f"{parameters.prof.name.lower()}-{parameters.order.value}-akm{parameters.akms[0]}"
