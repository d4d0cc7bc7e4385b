"""A tag that is provisioned again: by the same gateway or another, with a seed or without, after anything half done."""

from __future__ import annotations

import pytest

from ampradio.security.provisioning import Prof, ProvisioningParameters, TagMemory
from ampradio.security.provisioning.backhaul import Ask, Challenge
from ampradio.security.provisioning.tag.memory import Bound
from ampradio.security.session import Message
from tests.security.interference import lose, losing
from tests.security.provisioning import reference
from tests.security.provisioning.world import HARDENED, PROFS, SERVER_PUBLIC, World, world_of


@pytest.mark.parametrize("prof", PROFS)
def test_a_tag_can_be_provisioned_again(prof: Prof) -> None:
    """R2.17: REPROVISION under the server's admin key, a new address, new keys; the old keys are over."""
    world = world_of(prof)
    device = world.make()
    first = world.onboard(device)
    world.ask(first)
    second = world.onboard(device)
    assert second and second != first
    assert device.tag.answers_to == {second} == world.gateway.local_addresses
    world.ask(second)
    assert len(world.readings()) == 2


@pytest.mark.parametrize("prof", [Prof.LITERAL, Prof.HARDENED])
def test_the_seed_survives_a_power_loss(prof: Prof) -> None:
    """R2.47, rule 14: a tag cut between REPROVISION and PROV still knows the session key that seeds the next PRK."""
    world = world_of(prof)
    device = world.make()
    world.gateway.rekey(world.onboard(device), x=2)
    world.run()

    def cut(message):  # type: ignore[no-untyped-def]
        if message.msg == 1:
            device.tag.power_off()
        return [message]

    address = world.onboard(device, seed=True, downlink=cut)
    world.ask(address)
    assert world.readings() == [b"DCBA!"]
    state = TagMemory(device.rows).state()
    assert isinstance(state, Bound) and state.seed is not None
    device.tag.power_off()
    world.ask(address)
    assert len(world.readings()) == 2


def test_a_seed_that_the_tag_has_not_got_does_no_lasting_harm() -> None:
    """Rule 14: after a lost REKEY the ends disagree on the seed; a scan without a seed provisions all the same."""
    world = World()
    device = world.make()
    world.gateway.rekey(world.onboard(device))
    world.run(downlink=lose)
    assert world.onboard(device, seed=True) in (0, 0x234)
    assert world.heard("gateway", "failed", "reason") == ["no_answer"]
    assert "bad_proof" in world.refusals("tag")
    address = world.onboard(device)
    world.ask(address)
    assert world.readings() == [b"DCBA!"]


@pytest.mark.parametrize("prof", HARDENED)
def test_every_way_an_onboarding_can_be_left_half_done_can_be_finished(prof: Prof) -> None:
    """R2.17, X4: whichever of the messages are lost, at one gateway or another, a later scan provisions the tag."""
    numbers = ProvisioningParameters(prof).messages
    for lost in ([numbers.prov], [numbers.confirm], [numbers.reprovision], [numbers.reprovision, numbers.confirm]):
        for again in (1, 2):
            world = world_of(prof, hash_octets=16)
            device = world.make()
            world.onboard(device)
            for _ in range(again):
                cut = losing(*lost, times=99)
                world.onboard(device, downlink=cut, uplink=cut)
                device.tag.power_off()
            if again == 2:
                world.gateway = world.new_gateway()  # a gateway that lost its memory
            address = world.onboard(device)
            assert device.tag.answers_to == {address}
            world.ask(address)
            assert world.readings() == [b"DCBA!"], (lost, again)


def test_another_gateway_takes_a_tag_over() -> None:
    """R2.17, R2.18: bound to one gateway, unconfirmed at a second, provisioned at a third."""
    world = World()
    device = world.make()
    world.onboard(device)
    asked = world.server.answer(bytes(4), Ask(1, 2, device.made.qr))
    assert isinstance(asked, Challenge) and len(asked.forget) == 1
    again = world.server.answer(bytes(4), Ask(2, 2, device.made.qr))
    assert isinstance(again, Challenge) and (again.forget, again.given) == (asked.forget, asked.given)
    address = world.onboard(device)
    world.ask(address)
    assert world.readings() == [b"DCBA!"]
    record = world.store.find(device.made.qr)
    assert record is not None and record.unconfirmed == () and record.current is not None


def test_an_order_frees_a_tag_only_with_an_epoch_above_its_own() -> None:
    """Rule 14, W2.9: genuine under K_adm, but of the epoch in force or an older one: refused; of the next: taken.

    Made from the page alone: PRK of serial number, AS_pubk and Z, its tag over AAD and EPOCH.
    """
    world = World()
    device = world.make()
    address = world.onboard(device)
    identity = device.made.identity
    assert identity.z is not None
    prk = reference.extract(b"", identity.serial.expose() + SERVER_PUBLIC + identity.z.expose())
    in_force = int.from_bytes(world.sent(1)[0].payload[12:20], "big")
    for epoch in (in_force - 1, in_force, in_force + 1):
        assert device.tag.provisioned
        fields = epoch.to_bytes(8, "big")
        tag = reference.cmac(reference.expand(prk, b"ADM"), reference.aad(2, 6, address) + fields)
        device.tag.receive(Message(2, 6, 2, address, fields + tag), world.now_ns)
    assert world.refusals("tag") == ["stale_epoch"] * 2 and not device.tag.provisioned
