"""An AP and a tag joined by an in-memory link that a test can look into and interfere with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from ampradio.profile import load_profile
from ampradio.security.amp import (
    AmpAuthenticator,
    AmpParameters,
    AmpSupplicant,
    PmkRecord,
    PmkServer,
    Readings,
    TagCredential,
    TagIdentity,
    TagMemory,
)
from ampradio.security.entropy import SeededEntropy
from ampradio.security.secret import Secret
from ampradio.security.session import EntropySource, Message, SecurityEvent
from tests.security import reference_s1
from tests.security.interference import Interference

MAC = load_profile().mac
ID = 0x1234
AA = bytes.fromhex("020000000010")
SPA = bytes.fromhex("aa4500000abc")
PSK = bytes.fromhex("e0cf4fd56f979bc2641927f00d4329c6bfab8721dcfd8e71ab77f1e6554752b7")
TRIGGER = bytes.fromhex("00090a046201")
SLOT_NS = 3_000_000


def modifier_of(parameters: AmpParameters) -> bytes:
    return bytes(range(0x30, 0x30 + parameters.modifier_octets))


@dataclass
class TwoEnds:
    """Both ends, what went over the air between them, and everything they reported."""

    parameters: AmpParameters = field(default_factory=AmpParameters)
    psk: bytes = PSK
    tag_psk: bytes | None = None
    pmkv: bytes | None = None
    version: int = 0
    aa: bytes = AA
    spa: bytes = SPA
    tag_aa: bytes | None = None
    tag_spa: bytes | None = None
    ap_entropy: EntropySource = field(default_factory=lambda: SeededEntropy(1))
    tag_entropy: EntropySource = field(default_factory=lambda: SeededEntropy(2))
    server_entropy: EntropySource = field(default_factory=lambda: SeededEntropy(3))
    readings: Iterable[bytes] = ()
    ap_options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.modifier = modifier_of(self.parameters)
        self.server = PmkServer(self.record(self.psk), self.parameters, self.server_entropy)
        options: dict[str, Any] = {"trigger_for": lambda station, octets: TRIGGER, **self.ap_options}
        self.ap = AmpAuthenticator(MAC, self.parameters, self.aa, self.modifier, self.ap_entropy, **options)
        self.ap.enroll(TagCredential(ID, self.spa, self.server.pmk1(self.modifier, self.aa)))
        self.nvm = TagMemory.enrolled(self.record(self.tag_psk or self.psk))
        identity = TagIdentity(ID, self.tag_spa or self.spa, self.tag_aa or self.aa)
        self.tag = AmpSupplicant(MAC, self.parameters, identity, self.nvm, self.tag_entropy)
        self.queue = Readings(self.readings)
        self.tag.set_uplink_data(self.queue)
        self.now_ns = 0
        self.air: list[Message] = []
        self.ap_events: list[SecurityEvent] = []
        self.tag_events: list[SecurityEvent] = []

    def record(self, psk: bytes) -> PmkRecord:
        return PmkRecord(Secret(psk), None if self.pmkv is None else Secret(self.pmkv), self.version)

    def begin(self, **wanted: Any) -> None:
        self.ap.begin(ID, **wanted)

    def round(self, downlink: Interference | None = None, uplink: Interference | None = None) -> bool:
        """Pass what the AP has to say, and the answers, each through its interference; False when all is silent."""
        sent = self.ap.messages_to_send(self.now_ns)
        for message in sent:
            self.air.append(message)
            for arriving in [message] if downlink is None else downlink(message):
                self.tag.receive(arriving, self.now_ns)
            self.now_ns += SLOT_NS
            for answer in self.tag.messages_to_send(self.now_ns):
                self.air.append(answer)
                for arriving in [answer] if uplink is None else uplink(answer):
                    self.ap.receive(arriving, self.now_ns)
            if message.reply_octets is not None:
                self.ap.end_of_slot(message.station_id, self.now_ns, message)
        self.collect()
        return bool(sent)

    def run(self, downlink: Interference | None = None, uplink: Interference | None = None, rounds: int = 2000) -> None:
        """Go on until the AP has nothing more to say."""
        for _ in range(rounds):
            if not self.round(downlink, uplink):
                return
        raise AssertionError(f"still talking after {rounds} rounds")

    def exchange(self, downlink: Interference | None = None, uplink: Interference | None = None, **wanted: Any) -> None:
        self.begin(**wanted)
        self.run(downlink, uplink)

    def collect(self) -> None:
        self.ap_events += self.ap.events()
        self.tag_events += self.tag.events()

    def heard(self, side: str, kind: str, key: str | None = None) -> list[Any]:
        """Return the details (or one value of them) of the events of one kind at one end."""
        self.collect()
        events = self.ap_events if side == "ap" else self.tag_events
        found = [event.detail for event in events if event.kind == kind]
        return found if key is None else [detail[key] for detail in found]

    def nobody_believes(self) -> bool:
        """True when no end holds an installed key, authenticated the other one, or let any data through."""
        kinds = ("authenticated", "keys_installed", "uplink_data", "command", "mutually_authenticated")
        reported = any(self.heard(side, kind) for side in ("ap", "tag") for kind in kinds)
        released = any(detail["authenticated"] for detail in self.heard("tag", "downlink_data"))
        return not (reported or released or self.ap.has_keys(ID) or self.tag.has_keys)


def reference_for(ends: TwoEnds, root: bytes = PSK, start: int = 0) -> reference_s1.Reference:
    """Return an independent end that holds the PTK of the exchange whose SEC-TRIGGER is message ``start``."""
    parameters = ends.parameters
    trigger, response = ends.air[start].payload, ends.air[start + 1].payload
    return reference_s1.Reference(
        reference_s1.pmk1(root, ends.modifier, AA),
        AA,
        SPA,
        trigger,
        response[1 : 1 + parameters.nonce_octets],
        prof=parameters.prof,
        nonce=parameters.nonce_octets,
        mic=parameters.mic_octets,
    )


def confirmed(ends: TwoEnds, holder: reference_s1.Reference, pns: Iterable[int]) -> list[Message]:
    """Let the tag hear a SEC-CONFIRM without a command under each packet number, and return what it answers."""
    for pn in pns:
        ends.tag.receive(Message(1, 3, 2, ID, holder.data(3, pn)), ends.now_ns)
    return list(ends.tag.messages_to_send(ends.now_ns))


def passing(count: int, then: Interference) -> Interference:
    """Return an interference that leaves the first ``count`` messages alone."""
    left = count

    def interfere(message: Message) -> Iterable[Message]:
        nonlocal left
        left -= 1
        return [message] if left >= 0 else then(message)

    return interfere


def only(number: int, then: Interference) -> Interference:
    """Return an interference with message ``number`` (from 0) of its direction alone."""
    seen = -1

    def interfere(message: Message) -> Iterable[Message]:
        nonlocal seen
        seen += 1
        return then(message) if seen == number else [message]

    return interfere


def with_payload(message: Message, payload: bytes) -> Message:
    return replace(message, payload=payload)


def flipped(octets: bytes, bit: int) -> bytes:
    changed = bytearray(octets)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
