"""Power lost at every point of a handover (page 1.3, X11): no brick, no number used twice, and the retry completes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ampradio.security import meter
from ampradio.security.handover import Delivery, Encoding, HandoverParameters, Home, Msg, NodeMemory
from ampradio.security.nvm import MemoryRows
from ampradio.security.secret import Secret
from tests.security.handover.world import A, B, C, World, of

VARIANTS = [
    replace(of(delivery), persist=persist, sn_ahead=2)
    for delivery in ("legacy", "remedy-1", "remedy-2")
    for persist in (True, False)
]


def name_of(parameters: HandoverParameters) -> str:
    return f"{parameters.delivery.value}-{'nvm' if parameters.persist else 'volatile'}"


class NodeMeter:
    """In force inside the MN only: loses power at its n-th primitive or NVM row."""

    def __init__(self, call: int, torn_octets: int = 0) -> None:
        self.fail_at = meter.FailAt(call, torn_octets)
        self.calls: list[meter.Primitive] = []

    def spend(self, primitive: meter.Primitive, units: int) -> None:
        self.calls.append(primitive)
        self.fail_at.spend(primitive, units)

    def watch(self, world: World) -> None:
        for name in ("request_handover", "receive", "messages_to_send", "handle_deadline", "moving_to", "served_by"):
            setattr(world.mn, name, self._metered(getattr(world.mn, name), world))

    def _metered(self, method: Any, world: World) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            with meter.metered(self):
                try:
                    return method(*arguments, **named)
                except meter.PowerLost:
                    world.mn.power_off()
                    return [] if method.__name__ == "messages_to_send" else None

        return call


def assert_no_number_twice(world: World) -> None:
    """One SAID and SN of an MN's Security TLV stand for one message only."""
    seen: dict[bytes, bytes] = {}
    for message in world.air:
        if message.msg == Msg.PREREG_REQUEST:
            name = message.payload[7:11]
            assert seen.setdefault(name, message.payload) == message.payload


def recovers(world: World) -> None:
    """Within three requests the MN is served at C, by its SPoS or by way of home."""
    for _ in range(3):
        serving = world.mn.served_by(world.now_ns)
        world.near = serving or world.near
        if world.handover(C):
            assert world.same_keys(C)
            return
    raise AssertionError("never served again")


@pytest.mark.parametrize("parameters", VARIANTS, ids=name_of)
def test_cut_before_every_primitive_and_row(parameters: HandoverParameters) -> None:
    """X11: wherever the tag dies, and however the row it was writing is torn, it is served again afterwards."""
    undisturbed = NodeMeter(10**9)
    world = World(parameters)
    undisturbed.watch(world)
    assert world.handover(B)
    points = len(undisturbed.calls)
    assert points >= 4
    for call in range(points):
        row = undisturbed.calls[call] is meter.Primitive.NVM_ROW
        for torn in (0, 1, 8, 15, 16) if row else (0,):
            cut = NodeMeter(call, torn)
            world = World(parameters)
            cut.watch(world)
            world.handover(B)
            assert cut.fail_at.failed
            recovers(world)
            if parameters.hardened:
                assert_no_number_twice(world)


@pytest.mark.parametrize("parameters", VARIANTS, ids=name_of)
@pytest.mark.parametrize("msg", [1, 4, 5, 6])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_cut_around_every_message(parameters: HandoverParameters, msg: int, after: bool) -> None:
    """X11: power lost as a message is sent, or before or after one is heard."""
    world = World(parameters)
    left = [1]

    def cut(message: Any) -> list[Any]:
        if message.msg != msg or not left:
            return [message]
        left.pop()
        if after and msg in (4, 6):
            world.mn.receive(message, world.now_ns)
        world.mn.power_off()
        return [message] if after and msg in (1, 5) else []

    world.handover(B, uplink=cut, downlink=cut)
    assert left == []
    recovers(world)
    if parameters.hardened:
        assert_no_number_twice(world)


def test_sequence_numbers_survive() -> None:
    """Rule 25: SN marks are written ahead: after any number of power losses no number comes again."""
    parameters = replace(of("remedy-1"), sn_ahead=3)
    world = World(parameters)
    world.handover(B)
    for number in range(12):
        world.mn.signal(bytes([number]), world.now_ns)
        world.run()
        if number % 5 == 4:
            world.mn.power_off()
    numbers = [int.from_bytes(m.payload[9:11], "big") for m in world.air if m.msg == Msg.SIGNAL_UL]
    assert numbers == sorted(set(numbers))
    assert world.pos[B].counters["signal"] == 12
    world.pos[B].signal(0x1234, b"\1\1", b"down", world.now_ns)
    world.run()
    old = world.air[-1]
    world.mn.power_off()
    world.mn.receive(old, world.now_ns)
    assert world.mn.counters["replayed_sn"] == 1


def test_what_nvm_holds() -> None:
    """Page 8.2: device keys d x 16, home credential, SA 28 with its PoS; a delivered key while it waits."""
    rows = MemoryRows(NodeMemory.rows_needed)
    memory = NodeMemory(rows)
    assert memory.home() is None
    assert memory.state().serving is None
    keys = tuple(Secret(bytes([number]) * 16) for number in range(1, 17))
    memory.provision(Home(A, B, Secret(bytes(range(16))), 5, keys))
    found = memory.home()
    assert found is not None
    assert (found.pos, found.said, found.leaf, found.device_keys) == (A, B, 5, keys)
    for wrong in ((A[:1], B, 16, 0), (A, B[:1], 16, 0), (A, B, 15, 0), (A, B, 16, 17)):
        pos, said, size, depth = wrong
        with pytest.raises(ValueError):
            Home(pos, said, Secret(bytes(size)), 0, (keys * 2)[:depth])
    with pytest.raises(ValueError):
        Home(A, B, Secret(bytes(16)), 0, (Secret(b"short"),))


def test_provisioning_cut_at_every_row() -> None:
    """R5.55: device keys are there or not, never half."""
    for row in range(20):
        memory = NodeMemory(MemoryRows(NodeMemory.rows_needed))
        keys = tuple(Secret(bytes([number]) * 16) for number in range(1, 9))
        cut = meter.FailAt(row, 8)
        try:
            with meter.metered(cut):
                memory.provision(Home(A, B, Secret(bytes(range(16))), 5, keys))
        except meter.PowerLost:
            assert memory.home() is None
        else:
            assert not cut.failed
            assert memory.home() is not None


def test_delivery_off_needs_no_nvm() -> None:
    """Option 1 writes nothing."""
    world = World(of(Delivery.NONE), served=False)
    writes = world.memory._state._rows.writes  # type: ignore[attr-defined]
    world.mn.request_handover(0, B)
    assert world.memory._state._rows.writes == writes  # type: ignore[attr-defined]
    assert world.parameters.encoding is Encoding.LITE
