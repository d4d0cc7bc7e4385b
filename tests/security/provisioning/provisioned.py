"""A world with one tag that is provisioned already, and what was heard of it said again."""

from __future__ import annotations

from ampradio.security.provisioning import Prof, ProvisioningParameters
from ampradio.security.session import Message
from tests.security.provisioning.world import Device, World

LITERAL, HARDENED, HIDING = (ProvisioningParameters(prof) for prof in Prof)


def provisioned(parameters: ProvisioningParameters, **wanted: bytes) -> tuple[World, Device, int]:
    world = World(parameters)
    device = world.make(**wanted)  # type: ignore[arg-type]
    return world, device, world.onboard(device)


def replay_all(world: World, device: Device) -> list[Message]:
    """X1: play every recorded downlink frame at the tag again, and return what it answers."""
    answers = []
    for message in [message for message in world.air if message.reply_octets is not None or message.msg in (5, 6)]:
        device.tag.receive(message, world.now_ns)
        answers += device.tag.messages_to_send(world.now_ns)
    return answers
