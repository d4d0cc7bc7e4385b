"""From the scan of a QR code to normal mode: who has to prove what to whom, and what nobody learns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security.nvm import MemoryRows
from ampradio.security.provisioning import Life, Prof, ProvisioningParameters, TagMemory
from ampradio.security.provisioning.backhaul import Accept, Ask, Challenge, Confirm, Introduce, Reject
from ampradio.security.provisioning.tag.memory import Bound
from tests.security.provisioning import reference
from tests.security.provisioning.world import GWID, HARDENED, MAC, PROFS, World, world_of


@pytest.mark.parametrize("prof", PROFS)
def test_after_the_scan_nothing_is_asked_of_a_person(prof: Prof) -> None:
    """R2.1, R2.9, R2.31, R2.32, R2.52, R2.54, R2.57: the QR code's 32 octets in, a tag that answers out."""
    world = world_of(prof)
    device = world.make()
    assert len(device.made.qr) == 32
    address = world.onboard(device)
    world.ask(address)
    assert world.readings() == [b"DCBA!"]
    assert device.tag.provisioned and device.tag.has_keys
    assert device.tag.answers_to == {address} == world.gateway.local_addresses
    assert not world.gateway.busy


@pytest.mark.parametrize("prof", PROFS)
def test_an_unknown_device_is_not_onboarded(prof: Prof) -> None:
    """R2.8, R2.25: vetted by the server before a word is said on the air."""
    world = world_of(prof)
    assert world.onboard(world.make(known=False)) == 0
    assert world.air == []
    assert world.heard("gateway", "failed", "reason") == ["unknown_device"]


def test_a_device_that_is_not_admitted_is_not_onboarded() -> None:
    """R2.8: known and vetted are two things."""
    world = World()
    device = world.make()
    world.store.put(replace(device.made.record, admitted=False))
    assert world.onboard(device) == 0
    assert world.refusals("server") == ["not_admitted"]


@pytest.mark.parametrize("prof", [Prof.LITERAL, Prof.HARDENED])
def test_the_first_downlink_frame_carries_a_proof(prof: Prof) -> None:
    """R2.11, R2.14, R2.28, R2.29: broadcast, and without the proof the tag stays in provisioning mode, silent."""
    world = world_of(prof)
    device = world.make()
    spoil = lambda message: [replace(message, payload=message.payload[:-1] + bytes([message.payload[-1] ^ 1]))]  # noqa: E731
    assert world.onboard(device, downlink=spoil) == 0
    assert {message.station_id for message in world.air} == {MAC.broadcast_id}
    assert set(world.refusals("tag")) == {"bad_proof"}
    assert not device.tag.provisioned
    assert world.onboard(device)


def test_proof_needs_the_secret_identity_not_the_public_key() -> None:
    """R2.14, R2.29: a gateway that knows H(A_pubk), A_pubk and AS_pubk, but not the serial number, is not believed."""
    world = World()
    device = world.make()
    identity = device.made.identity
    for guess in (b"", identity.public, identity.server_public, identity.public + identity.server_public):
        prk = reference.extract(b"", guess)
        payload = reference.prov(prk, 2, device.made.qr[:8], GWID, bytes(7) + b"\x01" + bytes(8), 0x111)
        world.gateway.scan(device.made.qr)
        world.run(downlink=lambda message, forged=payload: [replace(message, payload=forged)])  # type: ignore[misc]
    assert set(world.refusals("tag")) == {"bad_proof"} and not device.tag.provisioned


@pytest.mark.parametrize("prof", HARDENED)
def test_the_server_authenticates_the_device(prof: Prof) -> None:
    """R2.3, R2.26, R2.53: no keys are handed out on a confirm that the device did not make."""
    world = world_of(prof)
    device = world.make()
    spoil = lambda message: [replace(message, payload=message.payload[:-1] + bytes([message.payload[-1] ^ 1]))]  # noqa: E731
    only_last = lambda message: spoil(message) if message.msg in (2, 4) else [message]  # noqa: E731
    assert world.onboard(device, uplink=only_last) == 0
    assert not [one for one in world.backhaul if isinstance(one, Accept)]
    assert world.refusals("server")[0] in ("bad_confirm", "not_the_device")


@pytest.mark.parametrize("prof", PROFS)
def test_the_mode_survives_outages_until_the_address_is_there(prof: Prof) -> None:
    """R2.30, R2.50: provisioning mode until the address is committed, normal mode after, whatever the power does."""
    world = world_of(prof)
    device = world.make()
    for _ in range(3):
        device.tag.power_off()
        assert not device.tag.provisioned and device.tag.answers_to == set()
    address = world.onboard(device)
    device.tag.power_off()
    assert device.tag.provisioned and device.tag.answers_to == {address}


@pytest.mark.parametrize("prof", PROFS)
def test_data_only_in_normal_mode(prof: Prof) -> None:
    """R2.50: a tag that awaits its provisioning answers no REQ, REKEY or REPROVISION."""
    world = world_of(prof)
    device, other = world.make(), world.make()
    address = world.onboard(device)
    world.ask(address)
    world.gateway.rekey(address)
    world.run()
    numbers = world.parameters.messages
    before = other.tag.counters["provisioning_mode"]
    assert before == len(world.sent(numbers.req)) + len(world.sent(numbers.rekey)) > 1
    assert not other.tag.provisioned


def test_what_the_factory_leaves_in_a_tag() -> None:
    """R2.34, R2.19: exactly four values, and no address; the hardened factory adds Z. Nothing of it shows itself."""
    literal = world_of(Prof.LITERAL).make().made.identity
    assert vars(literal) == {
        "public": literal.public,
        "private": literal.private,
        "serial": literal.serial,
        "server_public": literal.server_public,
        "z": None,
    }
    hardened = World().make().made.identity
    assert hardened.z is not None and len(hardened.z) == 32
    for secret in (hardened.private, hardened.serial, hardened.z):
        assert secret.expose().hex() not in repr(hardened) and repr(secret.expose()) not in repr(hardened)


def test_two_distinct_keys() -> None:
    """R2.24, R2.33: one key towards the gateway, another towards the device; gateways do not share theirs."""
    world = World()
    device = world.make()
    world.onboard(device)
    towards_gateway = world.server.gateway_key(GWID)
    accepted = next(one for one in world.backhaul if isinstance(one, Accept))
    assert towards_gateway is not None
    assert towards_gateway not in (device.made.record.serial, accepted.tk1, accepted.tk2)
    assert world.server.gateway_key(b"none") is None
    said = b"".join(message.payload for message in world.air)
    for key in (towards_gateway, accepted.tk1, accepted.tk2):
        assert key.expose() not in said


@pytest.mark.parametrize("prof", PROFS)
def test_temporal_keys_reach_the_gateway_and_never_the_device(prof: Prof) -> None:
    """R2.39 to R2.41: server and tag derive them; they are on the backhaul, never on the air."""
    world = world_of(prof)
    address = world.onboard(world.make())
    accepted = next(one for one in world.backhaul if isinstance(one, Accept))
    said = b"".join(message.payload for message in world.air)
    assert accepted.tk1.expose() not in said and accepted.tk2.expose() not in said
    world.gateway.rekey(address, x=2)
    world.ask(address)
    assert world.readings() == [b"DCBA!"]
    assert accepted.tk1 != accepted.tk2


def test_devices_that_share_a_truncated_hash() -> None:
    """Page 3.4: two tags hear their H; the proof decides."""
    world = World()
    meant, twin = world.make(), world.make()
    twin.tag._short_hash = meant.made.qr[:8]
    address = world.onboard(meant)
    assert meant.tag.answers_to == {address} and not twin.tag.provisioned
    assert world.refusals("tag") == ["bad_proof"]


def test_parameters_that_cannot_be() -> None:
    """R2.7, R2.27, R2.35: the variant is reported, how records arrive is not ours, the sequence is a reconstruction."""
    for wrong in ({"hash_octets": 9}, {"data_tag_octets": 6}, {"data_octets_max": 256}, {"prof": 4}):
        with pytest.raises(ValueError):
            ProvisioningParameters(**wrong)  # type: ignore[arg-type]
    for amount in (0, 1 << 15):
        with pytest.raises(ValueError, match="life"):
            Life(amount)
    assert ProvisioningParameters(1).report()["variant"] == "S2-L literal"  # type: ignore[arg-type]
    assert world_of(Prof.HARDENED).heard("server", "parameters")[0]["sequence"].startswith("reconstruction")


def test_memory_of_a_tag_fits_the_rows_it_says() -> None:
    """Page 1.3: 16-octet rows; nothing is written beyond them."""
    rows = MemoryRows(TagMemory.rows_needed())
    memory = TagMemory(rows)
    memory.bind(Bound(bytes(2), bytes(4), bytes(16), bytes(32)))
    assert isinstance(memory.state(), Bound)
    assert memory.mark(Bound(bytes(2), bytes(4), bytes(16), bytes(32))).cntr == 0


def test_backhaul_types_are_all_used() -> None:
    """R2.28, R2.40: the RADIUS exchange of page 3.4, in S2-B with one more round."""
    world = world_of(Prof.IDENTITY_HIDING)
    world.onboard(world.make())
    kinds = [type(one) for one in world.backhaul]
    assert kinds == [Ask, Challenge, Introduce, Challenge, Confirm, Accept]
    world = World()
    world.onboard(world.make(known=False))
    assert [type(one) for one in world.backhaul] == [Ask, Reject]
