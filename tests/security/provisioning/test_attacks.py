"""What provisioning withstands and what it does not: replays, rogues, relays, floods, downgrades (page 8.4)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security.provisioning import Prof, ProvisioningParameters
from ampradio.security.provisioning.backhaul import Accept, Ask, Confirm, Reject
from ampradio.security.session import Message
from tests.security.provisioning import reference
from tests.security.provisioning.provisioned import HARDENED, HIDING, LITERAL, provisioned, replay_all
from tests.security.provisioning.world import GWID, SERVER_PUBLIC, World


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
