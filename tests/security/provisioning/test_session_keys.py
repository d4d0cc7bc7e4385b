"""Session keys at work: which one is in force, how long it lives, and the data under it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security.provisioning import Life, Prof, ProvisioningParameters
from ampradio.security.provisioning.backhaul import Accept
from ampradio.security.session import Message
from tests.security.interference import lose
from tests.security.provisioning import reference
from tests.security.provisioning.world import PROFS, World, world_of


def test_the_gateway_chooses_the_key_and_advances_the_counter() -> None:
    """R2.42, R2.43, R2.44, R2.45: from EK1_0, x and CNTR as the gateway says, forwards only."""
    world = World()
    address = world.onboard(world.make())
    world.ask(address)
    for x in (2, 1, 2):
        world.gateway.rekey(address, x)
        world.ask(address)
    keys = [(note["x"], note["cntr"]) for note in world.heard("tag", "session_key")]
    assert keys == [(1, 0), (2, 1), (1, 2), (2, 3)]
    assert len(world.readings()) == 4
    for x, cntr in ((3, None), (1, 3), (1, 0), (2, 1 << 23)):
        with pytest.raises(ValueError, match="REKEY"):
            world.gateway.rekey(address, x, cntr)


@pytest.mark.parametrize("prof", PROFS)
def test_a_session_key_dies_after_so_many_requests(prof: Prof) -> None:
    """R2.46: the gateway re-keys before the life is used up, and the tag would not serve it longer."""
    world = world_of(prof, first_life=Life(2))
    address = world.onboard(world.make())
    for _ in range(5):
        world.ask(address)
    assert len(world.readings()) == 5 and world.refusals("tag") == []
    assert len(world.heard("tag", "session_key")) == 2

    world = world_of(prof, first_life=Life(1))
    device = world.make()
    address = world.onboard(device)
    world.ask(address)
    taken = next(one for one in world.backhaul if isinstance(one, Accept))
    ek = reference.session(taken.tk1.expose(), 0)
    numbers = world.parameters.messages
    payload = reference.req(ek, int(prof), address, 1, 0, 2, b"more", numbers.req)
    device.tag.receive(replace(world.sent(numbers.req)[0], payload=payload), world.now_ns)
    assert device.tag.messages_to_send(world.now_ns) == []
    assert world.refusals("tag") == ["expired"]


def test_a_session_key_dies_after_so_many_seconds() -> None:
    """R2.46, rule 12: both ends forget it, the tag at a deadline that it announces."""
    world = World()
    device = world.make()
    address = world.onboard(device)
    assert device.tag.next_deadline_ns() is None
    world.gateway.rekey(address, life=Life(2, in_seconds=True))
    world.ask(address)
    deadline = device.tag.next_deadline_ns()
    assert deadline is not None and deadline - world.now_ns <= 2_000_000_000
    device.tag.handle_deadline(deadline - 1)
    assert device.tag.has_keys
    device.tag.handle_deadline(deadline)
    assert not device.tag.has_keys
    world.now_ns = deadline
    world.ask(address)
    assert world.heard("tag", "session_key", "cntr") == [0, 1, 2] and len(world.readings()) == 2


def test_the_gateway_re_keys_before_seq_runs_out() -> None:
    """Rule 11: 255 is the last SEQ."""
    world = World(ProvisioningParameters(first_life=Life(1000)))
    address = world.onboard(world.make())
    for _ in range(256):
        world.ask(address, b"x")
    assert len(world.readings()) == 256 and len(world.sent(5)) == 1
    assert max(message.payload[3] for message in world.sent(3)) == 255


def test_data_is_secret_and_unchanged() -> None:
    """R2.4, R2.5, R2.48, R2.49: neither command nor reading is in the frame, and no flipped bit is accepted."""
    world = World()
    device = world.make()
    address = world.onboard(device)
    world.air.clear()
    world.ask(address, b"set valve 7")
    assert all(b"valve" not in message.payload and b"evlav" not in message.payload for message in world.air)
    request = world.sent(3)[0]
    world.gateway.rekey(address)
    world.run()
    for bit in range(8 * len(request.payload)):
        flipped = bytearray(request.payload)
        flipped[bit // 8] ^= 1 << bit % 8
        device.tag.receive(replace(request, payload=bytes(flipped)), world.now_ns)
    assert device.tag.messages_to_send(world.now_ns) == []
    assert world.heard("tag", "command", "data_hex") == [b"set valve 7".hex()]


@pytest.mark.parametrize("prof", PROFS)
def test_a_receiver_apart_from_the_gateway(prof: Prof) -> None:
    """R2.2, R2.15, R2.20: what another receiver heard, in whatever uplink mode, may come in a slot too late."""
    world = world_of(prof)
    late: list[Message] = []

    def apart(message: Message) -> list[Message]:
        late.append(message)
        return late[-2:-1]

    address = world.onboard(world.make(), uplink=apart)
    late.clear()
    world.ask(address, uplink=apart)
    assert world.readings() == [b"DCBA!"]
    assert {message.payload for message in late} == {late[0].payload}


def test_counters_that_are_used_up() -> None:
    """Rule 11: 23 bits of CNTR; after the last the tag has to be provisioned anew."""
    world = World()
    device = world.make()
    address = world.onboard(device)
    world.gateway.rekey(address, 1, (1 << 23) - 1, Life(1))
    world.ask(address)
    world.ask(address)
    assert world.heard("gateway", "request_failed", "reason") == ["no counter left"]
    with pytest.raises(ValueError, match="REKEY"):
        world.gateway.rekey(address)
    world.ask(world.onboard(device))
    assert len(world.readings()) == 2


def test_a_request_that_is_lost_under_the_last_counter_is_given_up() -> None:
    """Rule 11: repeated once under the same key, and no REKEY, as there is no CNTR behind 2²³ - 1 to re-key with."""
    world = World()
    address = world.onboard(world.make())
    last = (1 << 23) - 1
    world.gateway.rekey(address, 1, last, Life(10))
    world.ask(address)
    world.air.clear()
    world.ask(address, uplink=lose)
    assert [message.msg for message in world.air if message.msg != 4] == [3, 3]
    assert {int.from_bytes(message.payload[:4], "big") >> 8 for message in world.air} == {last}
    assert world.heard("gateway", "request_failed", "reason") == ["no_answer"] and not world.gateway.busy
    world.ask(address)
    assert len(world.readings()) == 2


def test_one_request_is_on_the_air_at_a_time() -> None:
    world = World()
    address = world.onboard(world.make())
    world.gateway.request(address, b"one", 4)
    world.gateway.request(address, b"two", 4)
    assert len(world.gateway.messages_to_send(0)) == 1
    assert world.gateway.messages_to_send(0) == []


def test_a_reading_that_is_too_long_is_not_sent() -> None:
    world = World()
    address = world.onboard(world.make(sensor=lambda command: bytes(33)))
    world.ask(address)
    assert world.readings() == [b""] and world.heard("tag", "reading_too_long", "octets") == [33]


@pytest.mark.parametrize("prof", PROFS)
def test_another_command_under_a_seq_that_was_served_is_a_replay(prof: Prof) -> None:
    """Rule 11: a nonce serves one command; the identical request gets the identical answer, another one gets none."""
    world = world_of(prof)
    device = world.make()
    address = world.onboard(device)
    world.ask(address, b"open")
    numbers = world.parameters.messages
    taken = next(one for one in world.backhaul if isinstance(one, Accept))
    ek = reference.session(taken.tk1.expose(), 0)
    request, response = world.sent(numbers.req)[0], world.sent(numbers.res)[0]
    for command, answers in ((b"open", [response.payload]), (b"shut", [])):
        payload = reference.req(ek, int(prof), address, 1, 0, 1, command, numbers.req)
        device.tag.receive(replace(request, payload=payload), world.now_ns)
        assert [message.payload for message in device.tag.messages_to_send(world.now_ns)] == answers
    assert world.refusals("tag") == ["replay"]
    assert world.heard("tag", "command", "data_hex") == [b"open".hex()]
