"""A random enemy on the air and on the backhaul: loses, doubles, changes, withholds and replays; then leaves."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from ampradio.security.handover import Datagram, Encoding, HandoverParameters, Msg
from ampradio.security.session import Message
from tests.security.handover.world import MN, A, B, C, D, World, flip, of

VARIANTS = [
    replace(of(delivery), encoding=encoding) for delivery in ("legacy", "remedy-1", "remedy-2") for encoding in Encoding
]


class Enemy:
    """Does to every message or datagram what the dice say."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._recorded: list[Message] = []
        self._datagrams: list[Datagram] = []

    def on_air(self, message: Message) -> list[Message]:
        self._recorded.append(message)
        deed = self._dice.random()
        if deed < 0.2:
            return []
        if deed < 0.3:
            return [message, message]
        if deed < 0.4:
            return [replace(message, payload=flip(message.payload, self._dice.randrange(8 * len(message.payload))))]
        if deed < 0.5:
            return [self._dice.choice(self._recorded), message]
        return [message]

    def on_wire(self, source: bytes, datagram: Datagram) -> list[Datagram]:
        self._datagrams.append(datagram)
        deed = self._dice.random()
        if deed < 0.15:
            return []
        if deed < 0.25:
            return [datagram, datagram]
        if deed < 0.3:
            return [replace(datagram, octets=flip(datagram.octets, self._dice.randrange(8 * len(datagram.octets))))]
        if deed < 0.4:
            return [self._dice.choice(self._datagrams), datagram]
        return [datagram]

    def cuts_power(self) -> bool:
        return self._dice.random() < 0.15

    def choice(self) -> bytes:
        return self._dice.choice([A, B, C, D])


@pytest.mark.parametrize("parameters", VARIANTS, ids=lambda p: f"{p.delivery.value}-{p.encoding.value}")
@pytest.mark.parametrize("seed", range(8))
def test_hostile_air(parameters: HandoverParameters, seed: int) -> None:
    """X1, X2, X3, X4, X11: no two keys in use, no number for two messages, and peace brings service."""
    world, enemy = World(parameters), Enemy(seed)
    for _ in range(12):
        if enemy.cuts_power():
            world.mn.power_off()
        serving = world.mn.served_by(world.now_ns)
        world.near = serving or world.near
        target = enemy.choice()
        if target != serving and not world.mn.busy(world.now_ns):
            world.handover(target, uplink=enemy.on_air, downlink=enemy.on_air, on_wire=enemy.on_wire)
        where = world.mn.served_by(world.now_ns)
        if where is not None and world.pos[where].port_open(MN, world.now_ns):
            assert world.same_keys(where)
    world.run(patience_s=60)
    for _ in range(4):
        world.near = world.mn.served_by(world.now_ns) or world.near
        target = B if world.near != B else C
        if world.handover(target):
            break
    assert world.served_at(target)
    assert world.same_keys(target)
    if parameters.hardened and parameters.encoding is Encoding.LITE:
        sealed: dict[bytes, bytes] = {}
        for message in world.air:
            if message.msg == Msg.PREREG_REQUEST:
                assert sealed.setdefault(message.payload[5:11], message.payload) == message.payload
