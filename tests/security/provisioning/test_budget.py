"""What S2 costs: octets and messages on the air (table 8.1), primitives and NVM rows at the tag (table 8.3)."""

from __future__ import annotations

import pytest

from ampradio.security import meter
from ampradio.security.meter import Primitive
from ampradio.security.provisioning import Prof, ProvisioningParameters
from tests.security.provisioning.world import OVERHEAD, World

LITERAL = ProvisioningParameters(Prof.LITERAL)
HARDENED = ProvisioningParameters()
HIDING = ProvisioningParameters(Prof.IDENTITY_HIDING)
TABLE_8_1 = [
    ("S2-L", LITERAL, 47, 20, 1),
    ("S2-A", HARDENED, 47, 28, 1),
    ("S2-A full hash", ProvisioningParameters(hash_octets=32), 71, 28, 1),
    ("S2-B", HIDING, 64, 88, 2),
]


@pytest.mark.parametrize("row", TABLE_8_1, ids=[row[0] for row in TABLE_8_1])
def test_provisioning_on_the_air(row: tuple[str, ProvisioningParameters, int, int, int]) -> None:
    """R2.12, R2.13, R2.51, R2.56: table 8.1, one downlink message, two in S2-B, and one up for each."""
    _, parameters, down, up, downlink_messages = row
    world = World(parameters)
    world.onboard(world.make())
    octets = [len(message.payload) + OVERHEAD for message in world.air]
    assert (sum(octets[::2]), sum(octets[1::2])) == (down, up)
    assert len(octets) == 2 * downlink_messages


@pytest.mark.parametrize("parameters", [LITERAL, HARDENED, HIDING], ids=["L", "A", "B"])
def test_a_data_round_on_the_air(parameters: ProvisioningParameters) -> None:
    """R2.12, table 8.1: 4 octets of command, 8 of data; REKEY 23 and REPROVISION 25."""
    world = World(parameters)
    device = world.make(sensor=lambda command: bytes(8))
    address = world.onboard(device)
    world.air.clear()
    world.gateway.request(address, bytes(4), 8)
    world.run()
    assert [len(message.payload) + OVERHEAD for message in world.air] == [21, 25]
    assert world.air[0].reply_octets == len(world.air[1].payload)
    world.air.clear()
    world.gateway.rekey(address)
    world.run()
    assert [len(message.payload) + OVERHEAD for message in world.air] == [23]
    world.air.clear()
    world.onboard(device)
    assert len(world.air[0].payload) + OVERHEAD == 25


def tally_of(parameters: ProvisioningParameters) -> meter.Tally:
    tally = meter.Tally()
    world = World(parameters, meter=tally)
    world.onboard(world.make())
    return tally


def test_primitives_of_the_hardened_tag() -> None:
    """Table 8.3 with rule 27's note: Extract 5, four Expands of 4, CMAC 3 + 1 and two sub-keys, 8 octets, 4 rows."""
    tally = tally_of(HARDENED)
    assert tally.units[Primitive.SHA256] == 5 + 4 * 4
    assert tally.units[Primitive.AES] == (3 + 1) + (1 + 1)
    assert tally.units[Primitive.X25519] == 0
    assert tally.units[Primitive.RNG] == 8
    assert tally.units[Primitive.NVM_ROW] == 4


def test_primitives_of_the_literal_tag() -> None:
    """Table 8.3 less Z (Extract 4), less the confirm key and the device's nonce."""
    tally = tally_of(LITERAL)
    assert tally.units[Primitive.SHA256] == 4 + 3 * 4
    assert tally.units[Primitive.AES] == (3 + 1) + (1 + 1)
    assert tally.units[Primitive.RNG] == 0
    assert tally.units[Primitive.NVM_ROW] == 4


def test_primitives_of_the_identity_hiding_tag() -> None:
    """Table 8.3: two X25519 ladders on top; the ephemeral key and the ID are drawn."""
    tally = tally_of(HIDING)
    assert tally.units[Primitive.X25519] == 2
    assert tally.units[Primitive.RNG] == 32 + 2
    assert tally.units[Primitive.NVM_ROW] == 6


def test_a_tag_that_is_not_meant_spends_nothing() -> None:
    """X10: another device's PROV costs a comparison."""
    tally = meter.Tally()
    world = World(meter=tally)
    meant, other = world.make(), world.make()
    world.onboard(meant)
    spent = dict(tally.units)
    assert other.tag.counters["other_device"] == 1
    alone = tally_of(HARDENED)
    assert spent == dict(alone.units)


def test_re_keying_writes_three_rows() -> None:
    """R2.45, rule 12: the mark, before the first use; a request then writes nothing."""
    tally = meter.Tally()
    world = World(meter=tally)
    address = world.onboard(world.make())
    world.ask(address)
    before = tally.units[Primitive.NVM_ROW]
    world.gateway.rekey(address)
    world.run()
    assert tally.units[Primitive.NVM_ROW] == before + 3
    world.ask(address)
    assert tally.units[Primitive.NVM_ROW] == before + 3


@pytest.mark.parametrize("prof", list(Prof))
def test_the_address_is_much_shorter_than_the_secret_identity(prof: Prof) -> None:
    """R2.6, R2.55: 12 bits beside 128 (96 in S2-B); both are reported."""
    world = World(ProvisioningParameters(prof))
    device = world.make()
    assert world.onboard(device).bit_length() <= 12
    reported = world.heard("tag", "parameters")[0]
    assert reported["local_address_bits"] == 12
    assert reported["secret_identity_bits"] == 8 * len(device.made.identity.serial) >= 96
