"""X11: power lost before every primitive and NVM row, torn or whole, and around every message."""

from __future__ import annotations

import pytest

from ampradio.security import meter
from ampradio.security.provisioning import Prof, ProvisioningParameters
from tests.security.interference import losing
from tests.security.nonces import Nonces
from tests.security.provisioning.world import HARDENED, PROFS, World

CALLS_MAX = 120


def life_of(world: World) -> None:
    """Provision, ask, re-key, ask, lose power, ask, provision again with a seed where there is one, ask."""
    readings = iter(range(1000))
    device = world.make(sensor=lambda command: b"%04d" % next(readings))
    address = world.onboard(device) or world.onboard(device)
    assert address, "provisioning does not complete on a retry"
    world.ask(address)
    world.gateway.rekey(address, x=2)
    world.ask(address)
    device.tag.power_off()
    world.ask(address)
    again = world.onboard(device, seed=world.parameters.prof is Prof.HARDENED)
    if not device.tag.provisioned or device.tag.answers_to != {again}:
        again = world.onboard(device)
    world.ask(again)
    assert device.tag.answers_to == {again}


def failing_world(prof: Prof, call: int, torn: int, end_to_end: bool = False) -> tuple[World, meter.FailAt]:
    fail = meter.FailAt(call, torn)
    return World(ProvisioningParameters(prof, end_to_end=end_to_end), meter=fail), fail


@pytest.mark.parametrize("torn", [0, 5, 15])
@pytest.mark.parametrize("prof", HARDENED)
def test_power_cut_at_every_call(prof: Prof, torn: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """R2.30, X11: never a brick, never a reused nonce; every reading but those cut comes, and all after a retry."""
    nonces = Nonces(monkeypatch)
    for call in range(CALLS_MAX):
        world, fail = failing_world(prof, call, torn)
        life_of(world)
        assert len(world.readings()) == 4, (call, world.heard("gateway", "request_failed"))
        assert world.outages == fail.failed
        assert nonces.reused() == 0
        if not fail.failed:
            break
    assert not fail.failed and call > 30


@pytest.mark.parametrize("torn", [0, 11])
def test_the_literal_variant_is_not_bricked(torn: int) -> None:
    """X11: S2-L reuses nonces (W2.4), but whatever is cut, it is provisioned and answers again."""
    for call in range(CALLS_MAX):
        world, fail = failing_world(Prof.LITERAL, call, torn)
        life_of(world)
        assert len(world.readings()) == 4, call
        if not fail.failed:
            break
    assert not fail.failed and call > 30


@pytest.mark.parametrize("prof", HARDENED)
def test_power_cut_around_every_message(prof: Prof, monkeypatch: pytest.MonkeyPatch) -> None:
    """X11: before each reception, and after each answer was made but before it is out."""
    nonces = Nonces(monkeypatch)
    number = 0
    while True:
        world = World(ProvisioningParameters(prof))
        seen = 0
        for when in ("before", "after"):
            world = World(ProvisioningParameters(prof))
            original, seen = world.to_tags, 0

            def cut(message, original=original, world=world, when=when, number=number):  # type: ignore[no-untyped-def]
                nonlocal seen
                seen += 1
                if seen - 1 == number and when == "before":
                    world.devices[0].tag.power_off()
                answers = original(message)
                if seen - 1 == number and when == "after":
                    world.devices[0].tag.power_off()
                    return []
                return answers

            world.to_tags = cut  # type: ignore[method-assign]
            life_of(world)
            assert len(world.readings()) == 4
            assert nonces.reused() == 0
        if seen <= number:
            break
        number += 1
    assert number > 10


def test_the_literal_variant_reuses_nonces(monkeypatch: pytest.MonkeyPatch) -> None:
    """W2.4, X11: the same life costs the literal tag its nonces: the sweep can tell."""
    nonces = Nonces(monkeypatch)
    world = World(ProvisioningParameters(Prof.LITERAL))
    readings = iter(range(100))
    device = world.make(sensor=lambda command: b"%04d" % next(readings))
    address = world.onboard(device)
    world.ask(address)
    device.tag.power_off()
    device.tag.receive(world.sent(3)[0], world.now_ns)
    device.tag.messages_to_send(world.now_ns)
    assert nonces.reused() == 1


@pytest.mark.parametrize("prof", PROFS)
def test_a_torn_commit_leaves_the_old_mode_or_the_new(prof: Prof) -> None:
    """Page 1.3: at every row of the binding's commit, torn after every octet."""
    for torn in range(17):
        for call in range(CALLS_MAX):
            world, fail = failing_world(prof, call, torn)
            device = world.make()
            address = world.onboard(device)
            world.ask(address)
            assert device.tag.answers_to == {address} and world.readings() == [b"DCBA!"], (torn, call)
            if not fail.failed:
                break
        assert not fail.failed and call > 10


@pytest.mark.parametrize("prof", PROFS)
def test_completes_over_a_lossy_air(prof: Prof) -> None:
    """X4: any one message lost, and an outage right after, in every order."""
    numbers = ProvisioningParameters(prof).messages
    for lost in (numbers.prov, numbers.confirm, numbers.req, numbers.res, numbers.rekey):
        world = World(ProvisioningParameters(prof))
        device = world.make()
        air = losing(lost)
        address = world.onboard(device, downlink=air, uplink=air)
        world.gateway.rekey(address)
        world.ask(address, downlink=air, uplink=air)
        device.tag.power_off()
        world.ask(address)
        assert len(world.readings()) == 2, lost


def test_a_power_cut_inside_an_end_to_end_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """W2.8, X11: executed at most once, and never under a used nonce; a new command gets through."""
    nonces = Nonces(monkeypatch)
    for call in range(CALLS_MAX):
        world, fail = failing_world(Prof.HARDENED, call, 7, end_to_end=True)
        device = world.make()
        address = world.onboard(device) or world.onboard(device)
        for command in (b"one", b"two"):
            world.ask(address, world.server.inner.seal_command(device.made.qr, command))
        done = [bytes.fromhex(data) for data in world.heard("tag", "command", "data_hex")]
        assert done in ([b"one", b"two"], [b"two"], [b"one"])
        world.ask(address, world.server.inner.seal_command(device.made.qr, b"three"))
        assert world.heard("tag", "command", "data_hex")[-1] == b"three".hex()
        assert nonces.reused() == 0
        if not fail.failed:
            break
    assert not fail.failed and call > 30
