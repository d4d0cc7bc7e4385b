"""S2 over an air that loses, repeats, reorders and replays: no deadlock, nothing believed that was not said."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ampradio.security.provisioning import Prof, ProvisioningParameters
from tests.security.fates import FATES, Fates
from tests.security.provisioning.world import World

COMMANDS = [b"one", b"two", b"three"]


@settings(max_examples=120, deadline=None)
@given(FATES, FATES, st.sampled_from([Prof.HARDENED, Prof.IDENTITY_HIDING]), st.booleans(), st.booleans())
def test_loss_repetition_and_replay(down: list[str], up: list[str], prof: Prof, reboot: bool, inner: bool) -> None:
    """X1 to X4: readings answer what was asked, end to end each command counts once, and a clean scan then works."""
    world = World(ProvisioningParameters(prof, end_to_end=inner))
    device = world.make()
    downlink, uplink = Fates(down), Fates(up)
    address = world.onboard(device, downlink, uplink)
    if reboot:
        device.tag.power_off()
    if address:
        for command in COMMANDS:
            asked = world.server.inner.seal_command(device.made.qr, command) if inner else command
            world.ask(address, asked, downlink, uplink)
            world.gateway.rekey(address)
    heard = [bytes.fromhex(data) for data in world.heard("tag", "command", "data_hex")]
    assert set(heard) <= set(COMMANDS)
    assert list(dict.fromkeys(heard)) == [command for command in COMMANDS if command in heard]
    if inner:
        assert len(set(heard)) == len(heard)
    else:
        assert set(world.readings()) <= {command[::-1] + b"!" for command in COMMANDS}
        assert len(world.readings()) <= len(COMMANDS)
    address = world.onboard(device) or world.onboard(device)
    assert device.tag.answers_to == {address}
    before = len(world.readings())
    asked = world.server.inner.seal_command(device.made.qr, b"works") if inner else b"works"
    world.ask(address, asked)
    assert len(world.readings()) == before + 1
