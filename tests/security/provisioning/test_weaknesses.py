"""The weaknesses of page 3.3 fall where the page says, and the columns S2-L and S2-A of the matrix (8.4)."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from ampradio.security.agreement import x25519_public
from ampradio.security.provisioning import Prof, ProvisioningParameters
from ampradio.security.provisioning.backhaul import Accept, Ask, Confirm, Reject
from ampradio.security.session import Message
from tests.security.provisioning import reference
from tests.security.provisioning.world import GWID, SERVER_PUBLIC, Device, World

LITERAL, HARDENED, HIDING = (ProvisioningParameters(prof) for prof in Prof)
SERIAL = b"AMP-2026-0000417"


def provisioned(parameters: ProvisioningParameters, **wanted: bytes) -> tuple[World, Device, int]:
    world = World(parameters)
    device = world.make(**wanted)  # type: ignore[arg-type]
    return world, device, world.onboard(device)


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


def replay_all(world: World, device: Device) -> list[Message]:
    """X1: play every recorded downlink frame at the tag again, and return what it answers."""
    answers = []
    for message in [message for message in world.air if message.reply_octets is not None or message.msg in (5, 6)]:
        device.tag.receive(message, world.now_ns)
        answers += device.tag.messages_to_send(world.now_ns)
    return answers


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


@pytest.mark.parametrize("parameters", [HARDENED, HIDING], ids=["A", "B"])
@pytest.mark.parametrize("reboot", [False, True])
def test_x1_a_hardened_tag_answers_no_replay(parameters: ProvisioningParameters, reboot: bool) -> None:
    """W2.2, W2.4, X1: epoch and mark, in the same session and after a power loss."""
    world, device, address = provisioned(parameters)
    world.ask(address)
    world.gateway.rekey(address)
    world.ask(address, b"again")
    if reboot:
        device.tag.power_off()
        assert not device.tag.has_keys
    commands = len(world.heard("tag", "command"))
    answers = replay_all(world, device)
    if reboot:
        assert answers == []
    else:  # the identical REQ gets the identical RES, and asks no sensor
        assert {message.payload for message in answers} == {world.sent(parameters.messages.res)[-1].payload}
    assert len(world.heard("tag", "command")) == commands
    assert len(world.heard("tag", "session_key")) == 2


def test_x1_a_replayed_provisioning_of_an_earlier_epoch() -> None:
    """W2.2, X1: a tag that was freed by the server takes no PROV of before."""
    world, device, _ = provisioned(HARDENED)
    world.onboard(device)
    world.gateway.scan(device.made.qr)
    world.round(downlink=lambda message: [message] if message.msg == 6 else [])
    assert not device.tag.provisioned
    for prov in world.sent(1)[:2]:
        device.tag.receive(prov, world.now_ns)
    assert world.refusals("tag")[-2:] == ["stale_epoch"] * 2


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


@pytest.mark.parametrize("parameters", [LITERAL, HARDENED], ids=["L", "A"])
def test_x2_uplink_replay(parameters: ProvisioningParameters) -> None:
    """X2: a recorded confirm or reading of an earlier exchange is not taken for a new one."""
    world, _, address = provisioned(parameters)
    world.ask(address)
    for message in [message for message in world.air if message.msg in (2, 4)]:
        world.gateway.receive(message, world.now_ns)
    assert world.refusals("gateway") == ["unexpected"] * 2
    world.gateway.request(address, b"ABCD", 5)
    recorded = world.sent(4)[0]
    world.round(uplink=lambda message: [recorded])
    assert len(world.readings()) == 1
    world.run()
    assert len(world.readings()) == 2


def test_x2_a_recorded_confirm_convinces_a_literal_gateway_if_the_nonce_repeats() -> None:
    """X2, page 8.4: S2-L accepts an old confirm when TK_NONCE repeats; S2-A has the server's epoch in it."""

    class Stuck:
        seeded = True
        turn = 0

        def octets(self, count: int) -> bytes:
            self.turn += 1
            return bytes([7] * (count - 1) + [8]) if self.turn != 2 else bytes([9] * (count - 1) + [8])

    outcomes = {}
    for parameters in (LITERAL, HARDENED):
        world = World(parameters, server_entropy=Stuck())
        device, second = world.make(), world.make()
        world.onboard(device)
        recorded = world.sent(2)[0]
        world.onboard(second)
        record = world.store.find(device.made.qr)
        assert record is not None
        world.store.put(replace(record, current=None))
        world.devices.clear()
        gateway = world.gateway = world.new_gateway()
        gateway.scan(device.made.qr)
        world.round()
        world.gateway.receive(recorded, world.now_ns)
        world.gateway.scan(device.made.qr)
        for _ in range(9):
            sent = gateway.messages_to_send(world.now_ns)
            for message in sent:
                if message.reply_octets is not None:
                    gateway.receive(recorded, world.now_ns)
                    gateway.end_of_slot(0xFFFF, world.now_ns, message)
            for request in gateway.backhaul_to_send(world.now_ns):
                gateway.backhaul_received(world.server.answer(GWID, request), world.now_ns)
        outcomes[parameters.prof] = bool(gateway.local_addresses)
    assert outcomes == {Prof.LITERAL: True, Prof.HARDENED: False}


def test_x5_x6_rogue_gateway_and_rogue_tag() -> None:
    """X5, X6: without the serial number nobody is the infrastructure, without Z (literal: SN) nobody is the tag."""
    for parameters in (LITERAL, HARDENED, HIDING):
        world = World(parameters)
        device = world.make()
        rogue = World(parameters, server_options={"first_address": 9})
        rogue.store.add(replace(device.made.record, serial=world.make().made.record.serial))
        rogue.devices = [device]
        assert rogue.onboard(device) == 0 and not device.tag.provisioned
        impostor = World(parameters).make(private=bytes(31) + b"\x02")
        impostor.tag._short_hash = device.made.qr[:8]
        world.devices = [impostor]
        assert world.onboard(device) == 0 and not world.heard("gateway", "provisioned")


def test_x7_relay_is_not_noticed() -> None:
    """X7: unchanged frames over any distance are accepted; only distance bounding would tell."""
    world, _, address = provisioned(HARDENED)
    world.ask(address, downlink=lambda message: [replace(message)], uplink=lambda message: [replace(message)])
    assert world.readings() == [b"DCBA!"]


def test_x8_downgrade() -> None:
    """X8: PROF is in every AAD and agreed beforehand: another one is refused at every end."""
    world, device, address = provisioned(HARDENED)
    world.ask(address)
    for message in world.air:
        lower = replace(message, prof=1)
        (world.gateway if message.msg in (2, 4) else device.tag).receive(lower, world.now_ns)
    assert set(world.refusals("tag") + world.refusals("gateway")) == {"other_profile"}
    assert world.server.answer(GWID, Ask(1, 1, device.made.qr)) == Reject(1, "other_profile")


def test_x10_what_a_photograph_of_the_qr_code_drains() -> None:
    """W2.5, X10: whoever knows H makes a tag work out a PRK and a proof for nothing, frame by frame; no NVM write."""
    world = World(HARDENED)
    device = world.make()
    forged = Message(2, 1, 2, 0xFFFF, device.made.qr[:8] + GWID + b"\xff" * 16 + bytes([1, 0]) + bytes(8))
    for _ in range(50):
        device.tag.receive(forged, 0)
    assert world.refusals("tag") == ["bad_proof"] * 50
    assert device.rows.writes == 0


def test_x10_two_ladders_for_an_unproved_hello() -> None:
    """X10: S2-B answers anybody who knows H with two X25519 ladders; that is the price of hiding the serial number."""
    world = World(HIDING)
    device = world.make()
    device.tag.receive(Message(2, 1, 3, 0xFFFF, device.made.qr[:8] + GWID + bytes(8)), 0)
    assert [len(message.payload) for message in device.tag.messages_to_send(0)] == [60]
    assert device.rows.writes == 0


def test_s2_b_never_shows_the_serial_number() -> None:
    """Rule 15: two introductions of one tag share no octet string of length, and its IDs differ; H still links it."""
    world, device, _ = provisioned(HIDING)
    world.onboard(device)
    first, second = (message for message in world.sent(2))
    assert first.station_id != second.station_id
    assert not {a for a in pairwise(first.payload)} >= {b for b in pairwise(second.payload)}
    assert device.made.identity.serial.expose() not in first.payload + second.payload
    assert x25519_public(device.made.identity.private.expose()) == device.made.identity.public


def test_x12_future_keys_after_the_gateway_falls() -> None:
    """X12, page 8.4: S2-A: what a gateway holds at one provisioning derives nothing of the next."""
    world, device, address = provisioned(HARDENED)
    taken = next(one for one in world.backhaul if isinstance(one, Accept))
    known = taken.tk1.expose(), taken.tk2.expose()
    world.onboard(device, seed=True)
    after = [one for one in world.backhaul if isinstance(one, Accept)][-1]
    assert after.tk1.expose() not in known
    prov, confirm = world.sent(1)[-1].payload, world.sent(2)[-1].payload
    field = int.from_bytes(prov[28:30], "big")
    for key in known:
        for root in (key, reference.session(key, 0), reference.extract(b"", key)):
            assert reference.temporal(root, GWID, prov[12:28], field, confirm[2:10], 1) != after.tk1.expose()
    assert address not in world.gateway.local_addresses


def test_confirm_for_another_gateway_is_refused() -> None:
    """R2.24: a gateway gets keys for its own issues only."""
    world = World(HARDENED)
    device = world.make()
    world.onboard(device)
    confirm = next(one for one in world.backhaul if isinstance(one, Confirm))
    assert isinstance(world.server.answer(bytes(4), confirm), Reject)
    other_nonce = confirm.payload[:2] + bytes(8) + confirm.payload[10:]
    assert world.server.answer(GWID, replace(confirm, payload=other_nonce)) == Reject(confirm.request_id, "bad_confirm")
    assert isinstance(world.server.answer(GWID, confirm), Accept)  # repeated, as after a lost answer


def test_x1_an_older_request_under_the_same_key() -> None:
    """X1, rule 11: SEQ only rises: a REQ of before the last one is not served again, whatever its tag says."""
    world, device, address = provisioned(HARDENED)
    for command in (b"one", b"two"):
        world.ask(address, command)
    for message in world.sent(3)[:1]:
        device.tag.receive(message, world.now_ns)
    assert device.tag.messages_to_send(world.now_ns) == []
    assert world.refusals("tag") == ["replay"]
    assert len(world.heard("tag", "command")) == 2


def test_x10_a_hello_for_another_device_costs_nothing() -> None:
    """X10: S2-B's two ladders are spent on a hello that names this tag, on no other."""
    world = World(HIDING)
    meant, other = world.make(), world.make()
    assert world.onboard(meant)
    assert other.tag.counters["other_device"] == 1
    assert len(world.sent(2)) == 1 and not other.tag.provisioned


def test_a_genuine_prov_of_the_same_binding_epoch_for_another_address() -> None:
    """Rule 13: in normal mode only the committed PROV is answered, not another one that the server might have made."""
    world, device, _ = provisioned(HARDENED)
    identity = device.made.identity
    assert identity.z is not None
    prk = reference.extract(b"", identity.serial.expose() + SERVER_PUBLIC + identity.z.expose())
    prov = world.sent(1)[0].payload
    for nonce, address in ((prov[12:28], 0x111), (b"\xff" * 16, 0x234)):
        other = reference.prov(prk, 2, prov[:8], GWID, nonce, address)
        device.tag.receive(replace(world.sent(1)[0], payload=other), world.now_ns)
    assert device.tag.messages_to_send(world.now_ns) == []
    assert world.refusals("tag") == ["normal_mode"] * 2


def test_answers_that_are_not_the_one_waited_for() -> None:
    """X2: a RES of wrong size or key, and a confirm between two repetitions, are refused for what they are."""
    world, _, address = provisioned(HARDENED)
    world.gateway.request(address, b"ABCD", 5)
    short = lambda message: [replace(message, payload=message.payload[:6])]  # noqa: E731
    world.round(uplink=short)
    assert world.refusals("gateway")[-1] == "malformed"
    world.run()
    world.gateway.rekey(address, x=2)
    world.run(downlink=lambda message: [])
    world.ask(address)
    assert "other_key" in world.refusals("tag")
    again = World(HARDENED)
    second = again.make()
    again.gateway.scan(second.made.qr)
    held: list[Message] = []
    again.round(uplink=lambda message: held.append(message) or [])  # type: ignore[func-returns-value]
    again.gateway.receive(held[0], again.now_ns)
    assert again.refusals("gateway") == ["unexpected"]
    again.run()
    assert again.gateway.local_addresses == {0x234}
