"""Whatever arrives at the tag, the gateway or the server: counted and dropped, nothing installed, nothing lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from hypothesis import given, settings
from hypothesis import strategies as st

from ampradio.security.entropy import SeededEntropy
from ampradio.security.journal import EVENTS_MAX
from ampradio.security.provisioning import MemoryDeviceStore, Prof, ProvisioningParameters, ProvisioningServer
from ampradio.security.provisioning.backhaul import Accept, Ask, Challenge, Confirm, Given, Introduce, Reject
from ampradio.security.provisioning.gateway.gateway import COMMANDS_MAX, WAITING_MAX
from ampradio.security.provisioning.server.records import DeviceRecord
from ampradio.security.provisioning.tag.identity import DeviceIdentity
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from tests.security.interference import Scripted, lose
from tests.security.provisioning import reference
from tests.security.provisioning.world import GWID, MAC, PROFS, SERVER_PRIVATE, World

MESSAGES = st.builds(
    Message,
    proto=st.sampled_from([0, 2, 2, 2, 7]),
    msg=st.integers(0, 31),
    prof=st.sampled_from([1, 2, 2, 2, 3, 15]),
    station_id=st.sampled_from([0xFFFF, 0x234, 0x777]),
    payload=st.binary(max_size=496),
)


def variations(payload: bytes) -> list[bytes]:
    """Every truncation, an octet more, and every bit flip."""
    flips = [
        bytes(octet ^ (1 << bit % 8) * (at == bit // 8) for at, octet in enumerate(payload))
        for bit in range(8 * len(payload))
    ]
    return [*(payload[:octets] for octets in range(len(payload))), payload + b"\0", *flips]


@pytest.mark.parametrize("prof", PROFS)
def test_every_variation_of_every_message_of_provisioning(prof: Prof) -> None:
    """X3: no changed PROV, hello, introduction or confirm is accepted; the right one behind it still is."""
    numbers = ProvisioningParameters(prof).messages
    for wrong in [number for number in (numbers.hello, numbers.identity, numbers.prov, numbers.confirm) if number]:
        world = World(ProvisioningParameters(prof))
        device = world.make()

        def around(message: Message, wrong: int = wrong) -> list[Message]:
            if message.msg != wrong:
                return [message]
            return [replace(message, payload=payload) for payload in variations(message.payload)]

        downlink = wrong in (numbers.hello, numbers.prov)
        world.gateway.scan(device.made.qr)
        if downlink:
            world.run(downlink=around)
            # a hello that names another gateway or nonce is answered, to no avail
            assert not device.tag.provisioned
        else:
            world.run(uplink=around)
        assert world.heard("gateway", "provisioned") == []
        assert world.onboard(device)


@pytest.mark.parametrize("prof", PROFS)
def test_every_variation_of_every_message_of_normal_mode(prof: Prof) -> None:
    """X3: no changed REQ, RES, REKEY; REPROVISION only in literal (W2.9)."""
    world = World(ProvisioningParameters(prof))
    device = world.make()
    address = world.onboard(device)
    numbers = world.parameters.messages

    def spoil(message: Message) -> list[Message]:
        return [replace(message, payload=payload) for payload in variations(message.payload)]

    world.gateway.rekey(address, x=2)
    world.run(downlink=spoil)
    assert len(world.heard("tag", "session_key")) == 1
    world.ask(address, downlink=lambda message: spoil(message) if message.msg == numbers.req else [message])
    world.ask(address, uplink=spoil)
    assert world.readings() == []
    world.gateway.scan(device.made.qr)
    world.round(downlink=lambda message: spoil(message) if message.msg == numbers.reprovision else [])
    assert device.tag.provisioned == world.parameters.hardened
    world.run(downlink=lose)
    world.ask(world.onboard(device))
    assert world.readings() == [b"DCBA!"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), MESSAGES), max_size=30), st.sampled_from(PROFS), st.integers(0, 3))
def test_garbage_never_raises_and_installs_nothing(noise: list[tuple[bool, Message]], prof: Prof, rounds: int) -> None:
    """Architecture, errors: nothing received can crash an end, install a key, or stop what follows."""
    world = World(ProvisioningParameters(prof))
    device = world.make()
    world.gateway.scan(device.made.qr)
    for _ in range(rounds):
        world.round()
    provisioned = device.tag.provisioned
    for to_gateway, message in noise:
        (world.gateway if to_gateway else device.tag).receive(message, world.now_ns)
        device.tag.messages_to_send(world.now_ns)
    freed = prof is Prof.LITERAL and provisioned and not device.tag.provisioned  # W2.9
    assert device.tag.provisioned == provisioned or freed
    assert world.readings() == []
    world.run()
    world.ask(world.onboard(device))
    assert world.readings() == [b"DCBA!"]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80), st.binary(max_size=40), st.integers(-1, 1 << 24), st.sampled_from(PROFS))
def test_garbage_at_the_server(payload: bytes, nonce: bytes, cntr: int, prof: Prof) -> None:
    """A gateway that was taken over may ask anything: the server answers with a reason and keeps its records."""
    world = World(ProvisioningParameters(prof))
    device = world.make()
    world.onboard(device)
    before = world.store.find(device.made.qr)
    for request in (
        Confirm(1, device.made.qr, payload),
        Introduce(2, device.made.qr, nonce, payload),
        Ask(3, 9, payload),
    ):
        assert isinstance(world.server.answer(GWID, request), Reject)
    assert world.server.answer(b"nobody", Ask(4, int(prof), device.made.qr)) == Reject(4, "unknown_gateway")
    assert world.store.find(device.made.qr) == before
    if not 0 <= cntr < 1 << 23:
        assert world.server.answer(GWID, Ask(5, int(prof), device.made.qr, (1, cntr))) == Reject(5, "no_seed")


@pytest.mark.parametrize("prof", PROFS)
def test_questions_that_a_variant_does_not_have(prof: Prof) -> None:
    """S2-L has no confirm, S2-L and S2-A no sealed serial number; a gateway without a key gets no answer (R2.24)."""
    world = World(ProvisioningParameters(prof))
    device = world.make()
    world.onboard(device)
    before = world.store.find(device.made.qr)
    sealed = world.server.answer(GWID, Introduce(1, device.made.qr, bytes(8), bytes(60)))
    assert sealed == Reject(1, "not_the_device" if prof is Prof.IDENTITY_HIDING else "unexpected")
    right = bytes(ProvisioningParameters(prof).confirm_octets)
    for payload in (right, right[1:], right + b"x"):
        known = prof is not Prof.LITERAL and payload == right
        reason = "bad_confirm" if known else "unexpected"
        assert world.server.answer(GWID, Confirm(2, device.made.qr, payload)) == Reject(2, reason)
    assert world.server.answer(b"nobody", Ask(3, int(prof), device.made.qr)) == Reject(3, "unknown_gateway")
    assert world.store.find(device.made.qr) == before


def test_a_seed_without_a_binding() -> None:
    world = World()
    device = world.make()
    for named in ((1, 0), (3, 0)):
        assert world.server.answer(GWID, Ask(1, 2, device.made.qr, named)) == Reject(1, "no_seed")
    with pytest.raises(ValueError, match="seed"):
        world.gateway.scan(device.made.qr, seed=True)
    world = World(ProvisioningParameters(Prof.IDENTITY_HIDING))
    device = world.make()
    assert world.server.answer(GWID, Ask(1, 3, device.made.qr, (1, 0))) == Reject(1, "no_seed")


def test_a_seeded_prov_without_a_seed() -> None:
    """Rule 14: b15 at a tag that never had a session key."""
    world = World()
    device = world.make()
    world.gateway.scan(device.made.qr)
    mark = lambda m: [replace(m, payload=m.payload[:28] + bytes([m.payload[28] | 0x80]) + m.payload[29:])]  # noqa: E731
    world.run(downlink=mark)
    assert set(world.refusals("tag")) == {"no_seed"}


def test_an_address_that_cannot_be_one() -> None:
    """Rule 3: 63 in the low six bits, or more than 12 bits, from air and server."""
    world = World()
    device = world.make()
    for address in (0x23F, 0x1234):
        field = address.to_bytes(2, "big")
        device.tag.receive(Message(2, 1, 2, 0xFFFF, device.made.qr[:8] + bytes(20) + field + bytes(8)), 0)
        world.gateway.scan(device.made.qr)
        request = world.gateway.backhaul_to_send(0)[0]
        world.gateway.backhaul_received(Challenge(request.request_id, (), Given(address, bytes(16), bytes(8))), 0)
    assert world.refusals("tag") == ["bad_address"] * 2
    assert world.heard("gateway", "failed", "reason") == ["server_answered_nonsense"] * 2


def test_answers_of_the_server_that_make_no_sense() -> None:
    """A server that is broken or taken over: a clear outcome, and no link."""
    world = World()
    device = world.make()
    key = Secret(bytes(16))
    for answer in (Challenge(0), Accept(0, 5, key, key), Accept(0, 0x23F, key, key)):
        world.gateway.scan(device.made.qr)
        request = world.gateway.backhaul_to_send(0)[0]
        world.gateway.backhaul_received(replace(answer, request_id=request.request_id + 1), 0)
        world.gateway.backhaul_received(replace(answer, request_id=request.request_id), 0)
    assert world.heard("gateway", "failed", "reason") == ["server_answered_nonsense"] * 3
    assert world.refusals("gateway") == ["unexpected"] * 3
    world.gateway.backhaul_received(Reject(1, "late"), 0)
    assert world.gateway.local_addresses == set()


@pytest.mark.parametrize("prof", [Prof.HARDENED, Prof.IDENTITY_HIDING])
def test_a_server_that_has_no_entropy_left_for_an_address(prof: Prof) -> None:
    """Nothing of an issue leaves the server before it is kept, and none is made without a nonce."""
    world = World(ProvisioningParameters(prof), server_entropy=Scripted(bytes(8), bytes(range(8))))
    device = world.make()
    assert world.onboard(device) == 0
    record = world.store.find(device.made.qr)
    assert record is not None and record.issues == ()
    assert world.onboard(device)


@pytest.mark.parametrize("prof", [Prof.HARDENED, Prof.IDENTITY_HIDING])
def test_a_dead_entropy_source_sends_nothing(prof: Prof) -> None:
    """Nothing is sent with a constant nonce, at any end; a living source then does."""

    class Dead:
        seeded = True

        def octets(self, count: int) -> bytes:
            return bytes(count)

    parameters = ProvisioningParameters(prof)
    world = World(parameters)
    assert world.onboard(world.make(entropy=Dead())) == 0
    assert set(world.refusals("tag")) <= {"no_entropy", "unexpected"}
    world = World(parameters, server_entropy=Dead())
    assert world.onboard(world.make()) == 0
    assert world.heard("gateway", "failed", "reason") == ["no_entropy"]
    if prof is Prof.IDENTITY_HIDING:
        world = World(parameters, gateway_entropy=Dead())
        assert world.onboard(world.make()) == 0
        assert world.heard("gateway", "failed", "reason") == ["no_entropy"] and world.air == []


def test_a_drawn_id_is_never_a_reserved_one() -> None:
    """Rule 3: an ID with 63 in the low six bits is not used."""
    world = World(ProvisioningParameters(Prof.IDENTITY_HIDING))
    device = world.make(entropy=Scripted(bytes(range(32)), bytes.fromhex("12bf")))
    assert world.onboard(device)
    assert world.sent(2)[0].station_id == 0x12BE


def test_what_is_not_ours() -> None:
    """Other systems, profiles, stations and messages, at both ends."""
    world = World()
    device = world.make()
    address = world.onboard(device)
    for message, reason in (
        (Message(1, 3, 2, address, b""), "other_system"),
        (Message(2, 3, 1, address, b""), "other_profile"),
        (Message(2, 3, 2, 0x777, b""), "other_station"),
        (Message(2, 1, 2, address, b""), "other_station"),
        (Message(2, 9, 2, address, b""), "unexpected"),
        (Message(2, 3, 2, address, b"abc"), "malformed"),
    ):
        device.tag.receive(message, 0)
        assert world.refusals("tag")[-1] == reason
    for message, reason in (
        (Message(1, 4, 2, address, b""), "other_system"),
        (Message(2, 4, 1, address, b""), "other_profile"),
        (Message(2, 4, 2, 0x777, b""), "other_station"),
        (Message(2, 4, 2, address, b""), "unexpected"),
        (Message(2, 2, 2, address, b""), "unexpected"),
        (Message(2, 9, 2, address, b""), "unexpected"),
    ):
        world.gateway.receive(message, 0)
        assert world.refusals("gateway")[-1] == reason
    world.gateway.end_of_slot(0x777, 0)
    world.gateway.end_of_slot(0xFFFF, 0)
    world.gateway.handle_deadline(10**15)


def test_what_only_a_gateway_with_keys_can_get_wrong() -> None:
    """Rule 12: a life of nothing is refused, in seconds as in messages; W2.8: an inner command without its counter."""
    world = World(ProvisioningParameters(end_to_end=True))
    device = world.make()
    address = world.onboard(device)
    taken = next(one for one in world.backhaul if isinstance(one, Accept))
    key = reference.session(taken.tk1.expose(), 5)
    for life in (b"\0\0", b"\x80\0"):
        sealed = AESCCM(key, 8).encrypt(reference.nonce(0, address, 1, 5, 0), life, reference.aad(2, 5, address))
        device.tag.receive(Message(2, 5, 2, address, bytes([0, 0, 5, 0]) + sealed), 0)
    payload = reference.req(reference.session(taken.tk1.expose(), 0), 2, address, 1, 0, 1, b"abc")
    device.tag.receive(Message(2, 3, 2, address, payload), 0)
    assert world.refusals("tag") == ["bad_life", "bad_life", "malformed"]
    assert device.tag.messages_to_send(0) == []


def test_answers_in_the_wrong_place() -> None:
    """X4: a confirm from another ID, of a wrong size, or in the slot of a hello."""
    world = World(ProvisioningParameters(Prof.IDENTITY_HIDING))
    device = world.make()
    world.gateway.scan(device.made.qr)
    world.round(uplink=lambda m: [replace(m, msg=4, payload=bytes(10)), replace(m, payload=b"short")])
    world.run(uplink=lambda m: [replace(m, station_id=5), replace(m, payload=b"")] if m.msg == 4 else [m])
    assert world.refusals("gateway")[:2] == ["unexpected", "malformed"]
    assert {"other_station", "malformed"} <= set(world.refusals("gateway")[2:])
    assert world.gateway.local_addresses == set()


def test_a_caller_s_mistakes_raise() -> None:
    world = World()
    device = world.make()
    with pytest.raises(ValueError, match="GWID"):
        world.new_gateway(b"short")
    with pytest.raises(ValueError, match="32 octets"):
        world.gateway.scan(b"short")
    with pytest.raises(ValueError, match="not provisioned"):
        world.gateway.request(5, b"", 0)
    for _ in range(WAITING_MAX):
        world.gateway.scan(device.made.qr)
    with pytest.raises(ValueError, match="wait already"):
        world.gateway.scan(device.made.qr)
    world.run()
    address = next(iter(world.gateway.local_addresses))
    for _ in range(COMMANDS_MAX):
        world.gateway.request(address, b"", 1)
    with pytest.raises(ValueError, match="wait already"):
        world.gateway.request(address, b"", 1)
    for keys in ({GWID: Secret(b"a"), bytes(4): Secret(b"a")}, {b"x": Secret(b"a")}):
        with pytest.raises(ValueError):
            ProvisioningServer(
                MAC, world.parameters, Secret(SERVER_PRIVATE), MemoryDeviceStore(), keys, SeededEntropy(1)
            )


def test_records_that_cannot_be() -> None:
    """Bad input: duplicate serial numbers and keys, wrong sizes, unknown records."""
    world = World()
    record = world.make().made.record
    with pytest.raises(ValueError, match="known already"):
        world.store.add(record)
    with pytest.raises(ValueError, match="serial number of another"):
        world.store.add(DeviceRecord(bytes(32), record.serial))
    with pytest.raises(ValueError, match="32 octets"):
        DeviceRecord(b"", record.serial)
    with pytest.raises(KeyError):
        world.store.put(DeviceRecord(bytes(32), Secret(b"other")))
    assert record.serial.expose().hex() not in repr(record)
    key, serial = Secret(bytes(32)), Secret(bytes(16))
    with pytest.raises(ValueError, match="octets each"):
        DeviceIdentity(b"", key, serial, bytes(32))
    with pytest.raises(ValueError, match="Z has"):
        DeviceIdentity(bytes(32), key, serial, bytes(32), Secret(b"z"))
    with pytest.raises(ValueError, match="needs the Z"):
        DeviceIdentity(bytes(32), key, serial, bytes(32)).require_fit(ProvisioningParameters())
    hiding = ProvisioningParameters(Prof.IDENTITY_HIDING)
    with pytest.raises(ValueError, match="12 octets"):
        DeviceIdentity(bytes(32), key, serial, bytes(32), key).require_fit(hiding)


def test_events_that_nobody_takes_are_bounded() -> None:
    """Architecture, errors: nothing received can allocate without bound; the counters stay exact."""
    world = World()
    device = world.make()
    for _ in range(EVENTS_MAX + 10):
        device.tag.receive(Message(2, 3, 2, 1, b""), 0)
        world.gateway.receive(Message(2, 4, 2, 1, b""), 0)
    assert device.tag.counters["provisioning_mode"] == world.gateway.counters["other_station"] == EVENTS_MAX + 10
    assert len(device.tag.events()) == len(world.gateway.events()) == EVENTS_MAX
    assert world.server.counters["parameters"] == 1
