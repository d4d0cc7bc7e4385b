"""A home, a Group Manager and some PoSs on one backhaul, and an MN that moves between them, with somebody between."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from ampradio.profile import load_profile
from ampradio.security.entropy import SeededEntropy
from ampradio.security.handover import (
    Association,
    Datagram,
    Delivery,
    DeviceKeys,
    GroupManager,
    HandoverParameters,
    Home,
    HomePoint,
    IdType,
    KeyTree,
    Link,
    MobileNode,
    NodeMemory,
    Partner,
    PointOfService,
)
from ampradio.security.meter import PowerLost
from ampradio.security.nvm import MemoryRows
from ampradio.security.secret import Secret
from ampradio.security.session import EntropySource, Message, SecurityEvent

MAC = load_profile().mac
STATION = 0x1234
MN = bytes.fromhex("0101")
A, B, C, D = (bytes([2, number]) for number in (1, 2, 3, 4))
HOME, GM = bytes.fromhex("0301"), bytes.fromhex("0401")
FIRST_SAID = bytes.fromhex("0102")
HOME_SAID = bytes.fromhex("0909")
HOME_KEY = bytes(range(0x40, 0x50))
FIRST_KEY = bytes(range(0x60, 0x70))
S_NS = 1_000_000_000

OnAir = Callable[[Message], Iterable[Message]]
OnWire = Callable[[bytes, Datagram], Iterable[Datagram]]


def pair_key(one: bytes, other: bytes) -> bytes:
    """The key of the SA between two PoSs."""
    return bytes(14) + bytes(
        [min(one, other)[1] + 16 * min(one, other)[0], max(one, other)[1] + 16 * max(one, other)[0]]
    )


class Scripted:
    """Says what it was told to say, then goes on with a seed."""

    seeded = True

    def __init__(self, *nonces: bytes) -> None:
        self._nonces = list(nonces)
        self._rest = SeededEntropy(77)

    def octets(self, count: int) -> bytes:
        return self._nonces.pop(0) if self._nonces else self._rest.octets(count)


@dataclass
class World:
    """Everybody. The MN begins served by A; its radio is heard by the PoS named in ``near``."""

    parameters: HandoverParameters = field(default_factory=HandoverParameters)
    served: bool = True
    first_key: bytes = FIRST_KEY
    stations: tuple[bytes, ...] = (A, B, C, D)
    leaves: dict[bytes, int] = field(default_factory=lambda: {MN: 5, A: 20, B: 70, C: 130, D: 200})
    tree: KeyTree | None = None
    keys: dict[frozenset[bytes], bytes] = field(default_factory=dict)
    mn_entropy: EntropySource = field(default_factory=lambda: SeededEntropy(1))
    pos_entropy: dict[bytes, EntropySource] = field(default_factory=dict)
    gm_entropy: EntropySource = field(default_factory=lambda: SeededEntropy(3))
    gm_options: dict[str, Any] = field(default_factory=dict)
    first_life_s: int = 0

    def __post_init__(self) -> None:
        parameters = self.parameters
        self.tree = self.tree or KeyTree(parameters.tree_depth, Secret(bytes(range(16))))
        self.manager = GroupManager(parameters, GM, self.tree, self.gm_entropy, **self.gm_options)
        device = {name: self.manager.enroll(name, leaf) for name, leaf in self.leaves.items()}
        self.pos: dict[bytes, PointOfService] = {}
        for number, name in enumerate((*self.stations, HOME)):
            kind = HomePoint if name == HOME else PointOfService
            keys = DeviceKeys(self.leaves[name], device[name]) if name in device else None
            entropy = self.pos_entropy.get(name) or SeededEntropy(10 + number)
            self.pos[name] = kind(MAC, parameters, name, entropy, group_manager=GM, device_keys=keys)
        self._introduce()
        rows = MemoryRows(NodeMemory.rows_needed)
        self.memory = NodeMemory(rows)
        mn_keys = tuple(device[MN][depth] for depth in sorted(device[MN])) if MN in device else ()
        self.memory.provision(Home(HOME, HOME_SAID, Secret(HOME_KEY), self.leaves.get(MN, 0), mn_keys))
        self.home_point.enroll(MN, HOME_SAID, Secret(HOME_KEY))
        self.now_ns = 0
        self.mn = MobileNode(MAC, parameters, STATION, MN, self.memory, self.mn_entropy)
        self.near = A
        self.air: list[Message] = []
        self.wire: list[tuple[bytes, Datagram]] = []
        self.mn_events: list[SecurityEvent] = []
        if self.served:
            self.serve(A)

    @property
    def home_point(self) -> HomePoint:
        home = self.pos[HOME]
        assert isinstance(home, HomePoint)
        return home

    def _introduce(self) -> None:
        everybody: dict[bytes, Any] = {**self.pos, GM: self.manager}
        for one, end in everybody.items():
            for other in everybody:
                if one == other:
                    continue
                key = self.keys.get(frozenset((one, other))) or pair_key(one, other)
                direction = 1 if one < other else 0  # the smaller ID initiated the SA
                end.trust(Association(other, b"\x77\x01", Secret(key), IdType.EAP, direction=direction))
        for one, pos in self.pos.items():
            for number, other in enumerate(self.stations):
                if one != other:
                    pos.partner(Partner(other, channel=number, position_m=(100.0 * number, 0.0)))

    def serve(self, name: bytes) -> None:
        """Let a full authentication with this PoS have happened."""
        expires = self.first_life_s * S_NS or None
        self.pos[name].install(Association(MN, FIRST_SAID, Secret(self.first_key), IdType.EAP, expires_ns=expires))
        self.mn.install(Link(name, FIRST_SAID, Secret(self.first_key), IdType.EAP, self.first_life_s), self.now_ns)
        self.near = name

    def carry(self, on_wire: OnWire | None = None) -> bool:
        """Move what lies on the backhaul; return whether there was anything."""
        everybody: dict[bytes, Any] = {**self.pos, GM: self.manager}
        moved = False
        for name, end in everybody.items():
            for datagram in end.backhaul_to_send():
                moved = True
                self.wire.append((name, datagram))
                for arriving in [datagram] if on_wire is None else on_wire(name, datagram):
                    if arriving.destination in everybody:
                        everybody[arriving.destination].backhaul_received(arriving.octets, self.now_ns)
        return moved

    def speak(self, uplink: OnAir | None = None) -> bool:
        """Let the MN say what is due, heard by the PoS nearby."""
        try:
            said = self.mn.messages_to_send(self.now_ns)
        except PowerLost:
            self.mn.power_off()
            return True
        for message in said:
            self.air.append(message)
            for heard in [message] if uplink is None else uplink(message):
                self.pos[self.near].receive(heard, self.now_ns)
        return bool(said)

    def listen(self, downlink: OnAir | None = None) -> bool:
        """Let every PoS say what is due; the MN hears those it is near to, and the old one too."""
        heard_any = False
        for pos in self.pos.values():
            for message in pos.messages_to_send(self.now_ns):
                heard_any = True
                self.air.append(message)
                for heard in [message] if downlink is None else downlink(message):
                    try:
                        self.mn.receive(heard, self.now_ns)
                    except PowerLost:
                        self.mn.power_off()
        return heard_any

    def run(
        self,
        uplink: OnAir | None = None,
        downlink: OnAir | None = None,
        on_wire: OnWire | None = None,
        *,
        to: bytes | None = None,
        patience_s: int = 30,
    ) -> None:
        """Go on until nothing moves and no deadline within ``patience_s`` is left; with a key the MN goes over."""
        end_ns = self.now_ns + patience_s * S_NS
        while True:
            busy = self.speak(uplink)
            while self.carry(on_wire):
                busy = True
            busy = self.listen(downlink) or busy
            if to is not None and self.mn.moving_to(self.now_ns) is not None:
                self.near = to
            if busy:
                continue
            ends: list[Any] = [self.mn, self.manager, *self.pos.values()]
            due = [at for at in (one.next_deadline_ns() for one in ends) if at is not None]
            if not due or min(due) > end_ns:
                return
            self.now_ns = max(self.now_ns, min(due))
            for one in ends:
                try:
                    one.handle_deadline(self.now_ns)
                except PowerLost:
                    self.mn.power_off()

    def handover(self, to: bytes, *, named: bool = True, **hooks: Any) -> bool:
        """One handover to a PoS; return whether the MN is served there afterwards, at both ends."""
        self.now_ns += S_NS // 100
        try:
            self.mn.request_handover(self.now_ns, to if named else None)
        except PowerLost:
            self.mn.power_off()
        self.run(to=to, **hooks)
        return self.served_at(to)

    def served_at(self, name: bytes) -> bool:
        return self.mn.served_by(self.now_ns) == name and self.pos[name].serves(MN, self.now_ns)

    def same_keys(self, name: bytes) -> bool:
        """Whether both ends hold the same SA."""
        one, other = self.mn._awake(self.now_ns).holdings.serving, self.pos[name]._site.associations[MN]
        assert one is not None
        return (one.said, one.key, one.id_type) == (other.said, other.key, other.id_type)

    def collect(self) -> list[SecurityEvent]:
        self.mn_events += self.mn.events()
        return self.mn_events


def of(delivery: Delivery | str, **wanted: Any) -> HandoverParameters:
    return replace(HandoverParameters(Delivery(delivery)), **wanted)


def losing(msg: int, times: int = 10**6) -> OnAir:
    """Lose messages of one number."""
    left = [times]

    def pass_on(message: Message) -> list[Message]:
        if message.msg == msg and left[0]:
            left[0] -= 1
            return []
        return [message]

    return pass_on


def flip(payload: bytes, bit: int) -> bytes:
    """Flip one bit, first octet's most significant bit first."""
    octets = bytearray(payload)
    octets[bit // 8] ^= 0x80 >> bit % 8
    return bytes(octets)
