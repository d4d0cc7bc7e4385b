"""Answers that are lost, late or never come, from the tag and from the server."""

from __future__ import annotations

import pytest

from ampradio.security.provisioning import Prof
from tests.security.interference import lose, losing
from tests.security.provisioning.world import GWID, HARDENED, World, world_of


@pytest.mark.parametrize("prof", HARDENED)
def test_a_lost_confirm_is_asked_for_again(prof: Prof) -> None:
    """Rule 13: the identical PROV gets the identical PROV-CONFIRM, until a REQ came."""
    world = world_of(prof)
    device = world.make()
    numbers = world.parameters.messages
    address = world.onboard(device, uplink=losing(numbers.confirm, times=2))
    assert address
    confirms = {message.payload for message in world.sent(numbers.confirm)}
    assert len(world.sent(numbers.prov)) == 3 and len(confirms) == 1
    prov = world.sent(numbers.prov)[0]
    device.tag.power_off()
    device.tag.receive(prov, world.now_ns)
    again = device.tag.messages_to_send(world.now_ns)
    assert [message.payload for message in again] == list(confirms)
    world.ask(address)
    device.tag.receive(prov, world.now_ns)
    assert device.tag.messages_to_send(world.now_ns) == []


def test_literal_takes_a_response_for_a_confirm() -> None:
    """Rule 13: all PROV-CONFIRMs lost, the gateway asks under EK1_0, and a valid RES confirms."""
    world = world_of(Prof.LITERAL)
    device = world.make()
    assert world.onboard(device, uplink=losing(2, times=99)) == 0
    world.ask(0x234)
    assert world.heard("gateway", "provisioned", "confirmed") == ["implicit"]
    assert world.readings() == [b"DCBA!"]


def test_literal_gives_up_a_tag_that_never_answers() -> None:
    """Rule 13: no confirm and no response: the onboarding failed."""
    world = world_of(Prof.LITERAL)
    device = world.make()
    world.onboard(device, downlink=lose)
    world.gateway.request(0x234, b"x", 1)
    world.run(downlink=lose)
    assert world.heard("gateway", "failed", "reason") == ["no_answer"]
    assert world.gateway.local_addresses == set()


def test_server_beside_the_gateway_or_far_away() -> None:
    """R2.21, R2.22, R2.23: the same objects, called at once or answered later; a silent server is asked again."""
    world = World()
    device = world.make()
    world.server_up = False
    world.gateway.scan(device.made.qr)
    first = world.gateway.backhaul_to_send(0)
    assert len(first) == 1 and world.gateway.backhaul_to_send(0) == [] and world.gateway.messages_to_send(0) == []
    deadline = world.gateway.next_deadline_ns()
    assert deadline is not None
    world.gateway.handle_deadline(deadline - 1)
    assert world.gateway.backhaul_to_send(deadline - 1) == []
    world.gateway.handle_deadline(deadline)
    assert world.gateway.backhaul_to_send(deadline) == first
    world.gateway.backhaul_received(world.server.answer(GWID, first[0]), deadline)
    world.server_up = True
    world.run()
    assert world.gateway.local_addresses == {0x234}


def test_a_server_that_stays_silent() -> None:
    """A clear outcome: failed, and the next device has its turn."""
    world = World()
    device, other = world.make(), world.make()
    world.gateway.scan(device.made.qr)
    for _ in range(4):
        assert world.gateway.backhaul_to_send(world.now_ns)
        world.now_ns = world.gateway.next_deadline_ns() or 0
        world.gateway.handle_deadline(world.now_ns)
    assert world.heard("gateway", "failed", "reason") == ["server_silent"]
    assert world.onboard(other)


def test_a_mac_that_never_ends_a_slot() -> None:
    """Answers that are overdue are given up at the deadline, on the air as from the server."""
    world = World()
    device = world.make()
    world.gateway.scan(device.made.qr)
    world.gateway.backhaul_received(world.server.answer(GWID, world.gateway.backhaul_to_send(0)[0]), 0)
    for _ in range(4):
        assert [message.msg for message in world.gateway.messages_to_send(world.now_ns)] == [1]
        world.now_ns = world.gateway.next_deadline_ns() or 0
        world.gateway.handle_deadline(world.now_ns)
    assert world.heard("gateway", "failed", "reason") == ["no_answer"]
    address = world.onboard(device)
    world.gateway.request(address, b"x", 2)
    asked = 0
    while sent := world.gateway.messages_to_send(world.now_ns):
        asked += sum(message.msg == 3 for message in sent)
        world.now_ns = world.gateway.next_deadline_ns() or 0
        world.gateway.handle_deadline(world.now_ns)
    assert asked == 4 and world.heard("gateway", "request_failed", "reason") == ["no_answer"]
