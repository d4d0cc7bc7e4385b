"""The weaknesses of the contribution, each shown on the literal variant and closed on the hardened ones (page 3.3)."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from ampradio.security.agreement import x25519_public
from ampradio.security.provisioning import ProvisioningParameters
from ampradio.security.provisioning.backhaul import Accept
from ampradio.security.session import Message
from tests.security.provisioning import reference
from tests.security.provisioning.provisioned import HARDENED, HIDING, LITERAL, provisioned, replay_all
from tests.security.provisioning.world import GWID, SERVER_PUBLIC, World

SERIAL = b"AMP-2026-0000417"


def searched(world: World) -> bytes | None:
    """X13: try serial numbers against one captured PROV, knowing everything that is public."""
    prov = world.sent(1)[0].payload
    for number in range(1000):
        prk = reference.extract(b"", b"AMP-2026-%07d" % number + SERVER_PUBLIC)
        fields = prov[:8], prov[8:12], prov[12:28], int.from_bytes(prov[28:30], "big")
        if reference.prov(prk, int(world.parameters.prof), *fields) == prov:
            return prk
    return None


def test_w2_1_a_guessable_serial_number_falls_to_one_frame() -> None:
    """W2.1, X13: literal: the PRK, hence every key, from one captured PROV."""
    world, _, address = provisioned(LITERAL, serial=SERIAL)
    world.ask(address, b"secret")
    prk = searched(world)
    assert prk is not None
    prov = world.sent(1)[0].payload
    ek = reference.session(reference.temporal(prk, GWID, prov[12:28], address, b"", 1), 0)
    assert reference.read(ek, 1, address, world.sent(4)[0].payload, 1, 4) == b"terces!"


def test_w2_1_z_closes_it() -> None:
    """W2.1, W2.10, X13: hardened: the same serial number, and the search finds nothing without A_privk or AS_privk."""
    world, _, _ = provisioned(HARDENED, serial=SERIAL)
    assert searched(world) is None


def test_w2_2_a_replayed_prov_reinstalls_the_literal_keys() -> None:
    """W2.2, X1: keys back, counters back at zero, and with them the CCM nonces of other data."""
    readings = iter([b"first reading", b"other reading"])
    world = World(LITERAL)
    device = world.make(sensor=lambda command: next(readings))
    world.ask(world.onboard(device))
    answers = replay_all(world, device)
    assert world.heard("tag", "session_key", "cntr") == [0, 0]
    original, again = world.sent(4)[0].payload, answers[-1].payload
    assert original[:4] == again[:4] and original != again
    stream = [a ^ b for a, b in zip(original[4:17], b"first reading", strict=True)]
    assert bytes(a ^ b for a, b in zip(again[4:17], stream, strict=True)) == b"other reading"


def test_w2_4_the_literal_counter_restarts() -> None:
    """W2.4: after a power loss the literal tag serves EK1_0, SEQ 1 again: an old REQ is a new one."""
    readings = iter([b"first reading", b"other reading"])
    world = World(LITERAL)
    device = world.make(sensor=lambda command: next(readings))
    world.ask(world.onboard(device))
    device.tag.power_off()
    device.tag.receive(world.sent(3)[0], world.now_ns)
    again = device.tag.messages_to_send(world.now_ns)
    assert again[0].payload[:4] == world.sent(4)[0].payload[:4] and again[0].payload != world.sent(4)[0].payload


def test_w2_4_the_mark_closes_it() -> None:
    """W2.4: the hardened tag has no session key until a REKEY above everything it ever used."""
    world, device, address = provisioned(HARDENED)
    world.gateway.rekey(address, cntr=7)
    world.ask(address)
    device.tag.power_off()
    device.tag.receive(world.sent(3)[0], world.now_ns)
    device.tag.receive(world.sent(5)[0], world.now_ns)
    assert device.tag.messages_to_send(world.now_ns) == []
    assert world.refusals("tag") == ["no_session_key", "replay"]
    world.ask(address)
    assert world.heard("tag", "session_key", "cntr") == [0, 7, 8]


def test_w2_3_no_forward_secrecy() -> None:
    """W2.3, X12: the serial number, and Z, open what was recorded, in every variant."""
    for parameters in (LITERAL, HARDENED):
        world, device, address = provisioned(parameters)
        world.ask(address, b"secret")
        identity = device.made.identity
        z = b"" if identity.z is None else identity.z.expose()
        prk = reference.extract(b"", identity.serial.expose() + SERVER_PUBLIC + z)
        nonce, confirm = world.sent(1)[0].payload[12:28], world.sent(2)[0].payload
        tk1 = reference.temporal(prk, GWID, nonce, address, confirm[2:-9], 1)
        payload = world.sent(4)[0].payload
        opened = reference.read(reference.session(tk1, 0), int(parameters.prof), address, payload, 1, 4)
        assert opened == b"terces!"


@pytest.mark.parametrize("parameters", [LITERAL, HARDENED, HIDING], ids=["L", "A", "B"])
def test_w2_5_the_hash_is_static(parameters: ProvisioningParameters) -> None:
    """W2.5, X9: every provisioning of a tag begins with the same octets, in every variant."""
    world, device, _ = provisioned(parameters)
    world.onboard(device)
    starts = {message.payload[:8] for message in world.sent(1)}
    assert starts == {device.made.qr[:8]}


def test_w2_6_a_gateway_derives_the_next_literal_prk() -> None:
    """W2.6, X12: literal: PRK' is nothing but an EK, and the gateway has that: it makes the next PROV itself."""
    world, device, address = provisioned(LITERAL)
    taken = next(one for one in world.backhaul if isinstance(one, Accept))
    ek = reference.session(taken.tk1.expose(), 0)
    device.tag.receive(Message(2, 6, 1, address, bytes(16)), world.now_ns)
    forged = reference.prov(reference.extract(b"", ek), 1, device.made.qr[:8], b"evil", bytes(16), 0x8100)
    device.tag.receive(Message(2, 1, 1, 0xFFFF, forged), world.now_ns)
    assert device.tag.answers_to == {0x100}


def test_w2_6_a_gateway_cannot_derive_the_next_hardened_prk() -> None:
    """W2.6, X12: hardened: the EK is only the salt of what it does not know."""
    world, device, address = provisioned(HARDENED)
    taken = next(one for one in world.backhaul if isinstance(one, Accept))
    ek = reference.session(taken.tk1.expose(), 0)
    world.gateway.scan(device.made.qr, seed=True)
    world.round(downlink=lambda message: [message] if message.msg == 6 else [])
    nonce = b"\xff" * 8 + bytes(8)
    for material in (b"", ek, SERVER_PUBLIC, device.made.identity.public + SERVER_PUBLIC):
        prk = reference.extract(ek, material)
        forged = reference.prov(prk, 2, device.made.qr[:8], GWID, nonce, 0x8100)
        device.tag.receive(Message(2, 1, 2, 0xFFFF, forged), world.now_ns)
    assert not device.tag.provisioned and world.refusals("tag") == ["bad_proof"] * 4
    assert address not in device.tag.answers_to


def test_w2_7_every_field_has_one_length() -> None:
    """W2.7: no two different (GWID, NONCE, ADDR) give the same octets, as a PROV of another length is refused."""
    world, device, _ = provisioned(HARDENED)
    prov = world.sent(1)[0]
    for octets in range(len(prov.payload)):
        device.tag.receive(replace(prov, payload=prov.payload[:octets]), world.now_ns)
        device.tag.receive(replace(prov, payload=prov.payload + bytes(octets + 1)), world.now_ns)
    assert set(world.refusals("tag")) == {"malformed"}


def test_w2_8_a_gateway_speaks_for_both_sides() -> None:
    """W2.8: with the TKs a gateway reads all data of that provisioning; end_to_end keeps it out (test_end_to_end)."""
    world, _, address = provisioned(HARDENED)
    taken = next(one for one in world.backhaul if isinstance(one, Accept))
    world.ask(address, b"secret")
    ek = reference.session(taken.tk1.expose(), 0)
    assert reference.read(ek, 2, address, world.sent(4)[0].payload, 1, 4) == b"terces!"


def test_w2_9_anybody_frees_a_literal_tag() -> None:
    """W2.9: REPROVISION without authentication is a denial of service."""
    world, device, address = provisioned(LITERAL)
    device.tag.receive(Message(2, 6, 1, address, bytes(16)), world.now_ns)
    assert not device.tag.provisioned


def test_w2_9_only_the_server_frees_a_hardened_tag() -> None:
    """W2.9: neither a forged tag nor a recorded one of an older epoch."""
    world, device, _ = provisioned(HARDENED)
    address = world.onboard(device)
    world.gateway.scan(device.made.qr)
    world.round(downlink=lambda message: [])
    recorded = world.sent(6)[0].payload
    for payload in (recorded, recorded[:7] + b"\xff" + recorded[8:], b"\xff" * 8 + bytes(8)):
        device.tag.receive(Message(2, 6, 2, address, payload), world.now_ns)
    assert device.tag.answers_to == {address}
    assert world.refusals("tag") == ["stale_epoch", "bad_mic", "bad_mic"]


def test_w2_10_the_serial_number_alone_is_not_the_device() -> None:
    """W2.10: who knows a serial number can seal it to AS_pubk, and gets a PROV; the confirm needs Z all the same."""
    world = World(HIDING)
    device = world.make()
    made = device.made
    impostor = World(HIDING).make(serial=made.identity.serial.expose(), private=bytes(31) + b"\x01")
    impostor.tag._short_hash = made.qr[:8]
    world.devices = [impostor]
    assert world.onboard(device) == 0
    assert world.sent(3) and world.refusals("tag")[0] == "bad_proof"
    assert not [one for one in world.backhaul if isinstance(one, Accept)]


def test_s2_b_never_shows_the_serial_number() -> None:
    """Rule 15: two introductions of one tag share no octet string of length, and its IDs differ; H still links it."""
    world, device, _ = provisioned(HIDING)
    world.onboard(device)
    first, second = (message for message in world.sent(2))
    assert first.station_id != second.station_id
    assert not {a for a in pairwise(first.payload)} >= {b for b in pairwise(second.payload)}
    assert device.made.identity.serial.expose() not in first.payload + second.payload
    assert x25519_public(device.made.identity.private.expose()) == device.made.identity.public
