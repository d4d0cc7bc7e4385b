"""What the contribution asks of provisioning, of session keys and of the data that they protect."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security.nvm import MemoryRows
from ampradio.security.provisioning import Life, Prof, ProvisioningParameters, TagMemory
from ampradio.security.provisioning.backhaul import Accept, Ask, Challenge, Confirm, Introduce, Reject
from ampradio.security.provisioning.server.addresses import free_address
from ampradio.security.provisioning.server.records import Issue
from ampradio.security.provisioning.tag.memory import Bound
from ampradio.security.session import Message
from tests.security.interference import lose, losing
from tests.security.provisioning import reference
from tests.security.provisioning.world import GWID, MAC, World

PROFS = list(Prof)
HARDENED = [Prof.HARDENED, Prof.IDENTITY_HIDING]


def world_of(prof: Prof, **options: object) -> World:
    return World(ProvisioningParameters(prof, **options))  # type: ignore[arg-type]


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


def test_the_gateway_chooses_the_key_and_advances_the_counter() -> None:
    """R2.42, R2.43, R2.44, R2.45: from EK1_0, x and CNTR as the gateway says, forwards only."""
    world = World()
    address = world.onboard(world.make())
    world.ask(address)
    for x in (2, 1, 2):
        world.gateway.rekey(address, x)
        world.ask(address)
    keys = [(note["x"], note["cntr"]) for note in world.heard("tag", "session_key")]
    assert keys == [(1, 0), (2, 1), (1, 2), (2, 3)]
    assert len(world.readings()) == 4
    for x, cntr in ((3, None), (1, 3), (1, 0), (2, 1 << 23)):
        with pytest.raises(ValueError, match="REKEY"):
            world.gateway.rekey(address, x, cntr)


@pytest.mark.parametrize("prof", PROFS)
def test_a_session_key_dies_after_so_many_requests(prof: Prof) -> None:
    """R2.46: the gateway re-keys before the life is used up, and the tag would not serve it longer."""
    world = world_of(prof, first_life=Life(2))
    address = world.onboard(world.make())
    for _ in range(5):
        world.ask(address)
    assert len(world.readings()) == 5 and world.refusals("tag") == []
    assert len(world.heard("tag", "session_key")) == 2

    world = world_of(prof, first_life=Life(1))
    device = world.make()
    address = world.onboard(device)
    world.ask(address)
    taken = next(one for one in world.backhaul if isinstance(one, Accept))
    ek = reference.session(taken.tk1.expose(), 0)
    numbers = world.parameters.messages
    payload = reference.req(ek, int(prof), address, 1, 0, 2, b"more", numbers.req)
    device.tag.receive(replace(world.sent(numbers.req)[0], payload=payload), world.now_ns)
    assert device.tag.messages_to_send(world.now_ns) == []
    assert world.refusals("tag") == ["expired"]


def test_a_session_key_dies_after_so_many_seconds() -> None:
    """R2.46, rule 12: both ends forget it, the tag at a deadline that it announces."""
    world = World()
    device = world.make()
    address = world.onboard(device)
    assert device.tag.next_deadline_ns() is None
    world.gateway.rekey(address, life=Life(2, in_seconds=True))
    world.ask(address)
    deadline = device.tag.next_deadline_ns()
    assert deadline is not None and deadline - world.now_ns <= 2_000_000_000
    device.tag.handle_deadline(deadline - 1)
    assert device.tag.has_keys
    device.tag.handle_deadline(deadline)
    assert not device.tag.has_keys
    world.now_ns = deadline
    world.ask(address)
    assert world.heard("tag", "session_key", "cntr") == [0, 1, 2] and len(world.readings()) == 2


def test_the_gateway_re_keys_before_seq_runs_out() -> None:
    """Rule 11: 255 is the last SEQ."""
    world = World(ProvisioningParameters(first_life=Life(1000)))
    address = world.onboard(world.make())
    for _ in range(256):
        world.ask(address, b"x")
    assert len(world.readings()) == 256 and len(world.sent(5)) == 1
    assert max(message.payload[3] for message in world.sent(3)) == 255


def test_data_is_secret_and_unchanged() -> None:
    """R2.4, R2.5, R2.48, R2.49: neither command nor reading is in the frame, and no flipped bit is accepted."""
    world = World()
    device = world.make()
    address = world.onboard(device)
    world.air.clear()
    world.ask(address, b"set valve 7")
    assert all(b"valve" not in message.payload and b"evlav" not in message.payload for message in world.air)
    request = world.sent(3)[0]
    world.gateway.rekey(address)
    world.run()
    for bit in range(8 * len(request.payload)):
        flipped = bytearray(request.payload)
        flipped[bit // 8] ^= 1 << bit % 8
        device.tag.receive(replace(request, payload=bytes(flipped)), world.now_ns)
    assert device.tag.messages_to_send(world.now_ns) == []
    assert world.heard("tag", "command", "data_hex") == [b"set valve 7".hex()]


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
def test_a_lost_confirm_is_asked_for_again(prof: Prof) -> None:
    """Rule 13: the identical PROV gets the identical PROV-CONFIRM, until a REQ came."""
    world = world_of(prof)
    device = world.make()
    numbers = world.parameters.messages
    address = world.onboard(device, uplink=losing(numbers.confirm, times=2))
    assert address
    confirms = {message.payload for message in world.sent(numbers.confirm)}
    assert len(world.sent(numbers.prov)) == 3 and len(confirms) == 1
    prov = world.sent(numbers.prov)[0]
    device.tag.power_off()
    device.tag.receive(prov, world.now_ns)
    again = device.tag.messages_to_send(world.now_ns)
    assert [message.payload for message in again] == list(confirms)
    world.ask(address)
    device.tag.receive(prov, world.now_ns)
    assert device.tag.messages_to_send(world.now_ns) == []


def test_literal_takes_a_response_for_a_confirm() -> None:
    """Rule 13: all PROV-CONFIRMs lost, the gateway asks under EK1_0, and a valid RES confirms."""
    world = world_of(Prof.LITERAL)
    device = world.make()
    assert world.onboard(device, uplink=losing(2, times=99)) == 0
    world.ask(0x234)
    assert world.heard("gateway", "provisioned", "confirmed") == ["implicit"]
    assert world.readings() == [b"DCBA!"]


def test_literal_gives_up_a_tag_that_never_answers() -> None:
    """Rule 13: no confirm and no response: the onboarding failed."""
    world = world_of(Prof.LITERAL)
    device = world.make()
    world.onboard(device, downlink=lose)
    world.gateway.request(0x234, b"x", 1)
    world.run(downlink=lose)
    assert world.heard("gateway", "failed", "reason") == ["no_answer"]
    assert world.gateway.local_addresses == set()


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


@pytest.mark.parametrize("prof", PROFS)
def test_a_receiver_apart_from_the_gateway(prof: Prof) -> None:
    """R2.2, R2.15, R2.20: what another receiver heard, in whatever uplink mode, may come in a slot too late."""
    world = world_of(prof)
    late: list[Message] = []

    def apart(message: Message) -> list[Message]:
        late.append(message)
        return late[-2:-1]

    address = world.onboard(world.make(), uplink=apart)
    late.clear()
    world.ask(address, uplink=apart)
    assert world.readings() == [b"DCBA!"]
    assert {message.payload for message in late} == {late[0].payload}


def test_server_beside_the_gateway_or_far_away() -> None:
    """R2.21, R2.22, R2.23: the same objects, called at once or answered later; a silent server is asked again."""
    world = World()
    device = world.make()
    world.server_up = False
    world.gateway.scan(device.made.qr)
    first = world.gateway.backhaul_to_send(0)
    assert len(first) == 1 and world.gateway.backhaul_to_send(0) == [] and world.gateway.messages_to_send(0) == []
    deadline = world.gateway.next_deadline_ns()
    assert deadline is not None
    world.gateway.handle_deadline(deadline - 1)
    assert world.gateway.backhaul_to_send(deadline - 1) == []
    world.gateway.handle_deadline(deadline)
    assert world.gateway.backhaul_to_send(deadline) == first
    world.gateway.backhaul_received(world.server.answer(GWID, first[0]), deadline)
    world.server_up = True
    world.run()
    assert world.gateway.local_addresses == {0x234}


def test_a_server_that_stays_silent() -> None:
    """A clear outcome: failed, and the next device has its turn."""
    world = World()
    device, other = world.make(), world.make()
    world.gateway.scan(device.made.qr)
    for _ in range(4):
        assert world.gateway.backhaul_to_send(world.now_ns)
        world.now_ns = world.gateway.next_deadline_ns() or 0
        world.gateway.handle_deadline(world.now_ns)
    assert world.heard("gateway", "failed", "reason") == ["server_silent"]
    assert world.onboard(other)


def test_a_mac_that_never_ends_a_slot() -> None:
    """Answers that are overdue are given up at the deadline, on the air as from the server."""
    world = World()
    device = world.make()
    world.gateway.scan(device.made.qr)
    world.gateway.backhaul_received(world.server.answer(GWID, world.gateway.backhaul_to_send(0)[0]), 0)
    for _ in range(4):
        assert [message.msg for message in world.gateway.messages_to_send(world.now_ns)] == [1]
        world.now_ns = world.gateway.next_deadline_ns() or 0
        world.gateway.handle_deadline(world.now_ns)
    assert world.heard("gateway", "failed", "reason") == ["no_answer"]
    address = world.onboard(device)
    world.gateway.request(address, b"x", 2)
    asked = 0
    while sent := world.gateway.messages_to_send(world.now_ns):
        asked += sum(message.msg == 3 for message in sent)
        world.now_ns = world.gateway.next_deadline_ns() or 0
        world.gateway.handle_deadline(world.now_ns)
    assert asked == 4 and world.heard("gateway", "request_failed", "reason") == ["no_answer"]


def test_counters_that_are_used_up() -> None:
    """Rule 11: 23 bits of CNTR; after the last the tag has to be provisioned anew."""
    world = World()
    device = world.make()
    address = world.onboard(device)
    world.gateway.rekey(address, 1, (1 << 23) - 1, Life(1))
    world.ask(address)
    world.ask(address)
    assert world.heard("gateway", "request_failed", "reason") == ["no counter left"]
    with pytest.raises(ValueError, match="REKEY"):
        world.gateway.rekey(address)
    world.ask(world.onboard(device))
    assert len(world.readings()) == 2


def test_addresses() -> None:
    """R2.6, rule 3: never one with 63 in the low six bits, one per tag and gateway, until all are taken."""
    world = World()
    assert free_address(world.store, GWID, 0x23F) == 0x240
    addresses = {world.onboard(world.make()) for _ in range(3)}
    assert addresses == {0x234, 0x235, 0x236}
    assert free_address(world.store, bytes(4), 0x234) == 0x234
    assert free_address(world.store, GWID, 4095) == 0


def test_addresses_run_out() -> None:
    """R2.6: 12 bits less one in 64 are 4032 tags at one gateway; the next is refused."""
    world = World()
    record = world.make().made.record
    issues = tuple(Issue(GWID, address, bytes(16)) for address in range(4096) if address % 64 != 63)
    assert len(issues) == 4032
    world.store.put(replace(record, unconfirmed=issues[1:]))
    assert free_address(world.store, GWID, 0x234) == 0
    world.store.put(replace(record, unconfirmed=issues))
    assert free_address(world.store, GWID, 0x234) is None


def test_one_request_is_on_the_air_at_a_time() -> None:
    world = World()
    address = world.onboard(world.make())
    world.gateway.request(address, b"one", 4)
    world.gateway.request(address, b"two", 4)
    assert len(world.gateway.messages_to_send(0)) == 1
    assert world.gateway.messages_to_send(0) == []


def test_no_address_left(monkeypatch: pytest.MonkeyPatch) -> None:
    for prof in PROFS:
        world = world_of(prof)
        device = world.make()
        monkeypatch.setattr("ampradio.security.provisioning.server.server.free_address", lambda *_: None)
        assert world.onboard(device) == 0
        assert world.heard("gateway", "failed", "reason") == ["no_address"]


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


def test_a_reading_that_is_too_long_is_not_sent() -> None:
    world = World()
    address = world.onboard(world.make(sensor=lambda command: bytes(33)))
    world.ask(address)
    assert world.readings() == [b""] and world.heard("tag", "reading_too_long", "octets") == [33]


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
