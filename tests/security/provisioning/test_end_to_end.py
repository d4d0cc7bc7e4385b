"""The end-to-end key: commands and readings that pass a gateway which cannot read them."""

from __future__ import annotations

import pytest

from ampradio.security.provisioning import Prof, ProvisioningParameters
from tests.security.provisioning.world import World


def test_the_end_to_end_key_skips_the_gateway() -> None:
    """R2.10, W2.8: the gateway carries a command and a reading that it cannot read; neither counts twice."""
    world = World(ProvisioningParameters(end_to_end=True, data_tag_octets=8))
    device = world.make()
    address = world.onboard(device)
    for command in (b"open", b"close"):
        sealed = world.server.inner.seal_command(device.made.qr, command)
        world.ask(address, sealed)
        reading = world.readings()[-1]
        assert command[::-1] + b"!" not in reading and command not in sealed
        assert world.server.inner.open_reading(device.made.qr, reading) == command[::-1] + b"!"
        assert world.server.inner.open_reading(device.made.qr, reading) is None
    assert world.heard("tag", "command", "data_hex") == [b"open".hex(), b"close".hex()]
    device.tag.power_off()
    world.ask(address, sealed)
    assert "replay" in world.refusals("tag") and len(world.heard("tag", "command")) == 2
    world.ask(address, sealed[:-1] + bytes([sealed[-1] ^ 1]))
    assert len(world.heard("tag", "command")) == 2
    world.ask(address, bytes(3) + b"\xff" + sealed[4:])
    assert "bad_mic" in world.refusals("tag")


def test_end_to_end_needs_a_provisioned_device() -> None:
    world = World(ProvisioningParameters(end_to_end=True))
    device = world.make()
    with pytest.raises(ValueError, match="end-to-end"):
        world.server.inner.seal_command(device.made.qr, b"x")
    address = world.onboard(device)
    with pytest.raises(ValueError, match="server makes the command"):
        world.gateway.request(address, b"short", 1)
    world.ask(address, bytes(8))
    assert "replay" in world.refusals("tag")
    sealed = world.server.inner.seal_command(device.made.qr, b"x")
    world.ask(address, sealed)
    assert world.server.inner.open_reading(device.made.qr, bytes(9)) is None


def test_literal_end_to_end_counts_in_volatile_memory() -> None:
    """W2.4 reaches the end-to-end key too: after a power loss the literal tag takes an old command again."""
    world = World(ProvisioningParameters(Prof.LITERAL, end_to_end=True))
    device = world.make()
    address = world.onboard(device)
    sealed = world.server.inner.seal_command(device.made.qr, b"open")
    for _ in range(2):
        world.ask(address, sealed)
        device.tag.power_off()
    assert world.heard("tag", "command", "data_hex") == [b"open".hex()] * 2
