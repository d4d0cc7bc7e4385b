"""What key delivery withstands and what not: replays, flipped bits, doubles, strangers, downgrades (page 8.4)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security import meter
from ampradio.security.handover import Delivery, HandoverParameters, Msg
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from tests.security.handover.travels import delivered, travelled
from tests.security.handover.variants import REMEDY_1, REMEDY_2, every_delivery
from tests.security.handover.world import (
    FIRST_KEY,
    HOME_KEY,
    MN,
    STATION,
    A,
    B,
    C,
    D,
    World,
    flip,
    losing,
)


@every_delivery
@pytest.mark.parametrize("msg", [1, 4, 5, 6])
def test_x3_every_bit(parameters: HandoverParameters, msg: int) -> None:
    """X3: whatever bit of whatever message is flipped, the two ends never end up with different keys in use."""
    calm = World(parameters)
    calm.handover(B)
    length = {message.msg: len(message.payload) for message in calm.air}
    changed, steered = [], set()
    for bit in range(8 * length[msg]):
        world = World(parameters)
        left = [1]

        def tamper(message: Message, bit: int = bit, left: list[int] = left) -> list[Message]:
            if message.msg != msg or not left:
                return [message]
            left.pop()
            return [replace(message, payload=flip(message.payload, bit))]

        if world.handover(B, uplink=tamper, downlink=tamper):
            assert world.same_keys(B)
            serving = world.mn._awake(0).holdings.serving
            assert serving is not None
            if serving.life_s != 3600:
                changed.append(bit)
            continue
        where = world.mn.served_by(world.now_ns)
        assert where is not None
        assert world.served_at(where)
        assert world.same_keys(where)
        steered.add(where)
    assert steered <= ({A, C, D} if parameters.delivery is Delivery.LEGACY and msg == 1 else {A})  # W5.6
    lifetime = parameters.delivery is Delivery.LEGACY and msg == 4
    assert len(changed) == (32 if lifetime else 0)  # nothing protects SALifeTime in legacy


@every_delivery
def test_x1_replayed_response(parameters: HandoverParameters) -> None:
    """X1: a recorded message 4 makes an MN in legacy take a stale K; SN or sequence number stop it in the remedies."""
    world = World(parameters)
    keys = delivered(world)
    world.handover(B, uplink=losing(Msg.CONFIRM_MN))
    (old,) = [m for m in world.air if m.msg == Msg.PREREG_RESPONSE]
    world.mn.power_off()  # TIDs begin anew
    keys2 = delivered(world)
    world.mn.request_handover(world.now_ns, B)
    world.mn.receive(old, world.now_ns)
    stale = parameters.delivery is Delivery.LEGACY
    assert keys2 == (keys if stale else [])  # as sent, the mask does not depend on Nonce-T
    assert (world.mn.moving_to(world.now_ns) is not None) is stale
    assert world.mn.counters["replayed_sn"] == (0 if stale else 1)


@every_delivery
def test_x2_replayed_request(parameters: HandoverParameters) -> None:
    """X2: once its cache has forgotten, a legacy SPoS serves a recorded message 1 again; SN stop it in the remedies."""
    world = World(parameters)
    world.handover(B)
    spos = world.pos[A]
    made = spos.counters["key_delivered"]
    request = world.air[0]
    spos.receive(request, world.now_ns)
    assert [m.payload for m in spos.messages_to_send(0)] == [world.air[1].payload]  # idempotent: the cached answer
    spos._serving._transfers.clear()
    spos.receive(request, world.now_ns)
    world.run()
    if parameters.delivery is Delivery.LEGACY:
        assert spos.counters["key_delivered"] == made + 1
    else:
        assert spos.counters["replayed_sn"] == 1
        assert spos.counters["key_delivered"] == made


@every_delivery
def test_x2_replayed_confirmation(parameters: HandoverParameters) -> None:
    """X2: message 5 again is answered from the cache and installs nothing; another one for the same key is refused."""
    world = World(parameters)
    world.handover(B)
    tpos = world.pos[B]
    confirm = world.air[2]
    tpos.receive(confirm, world.now_ns)
    assert [m.payload for m in tpos.messages_to_send(0)] == [world.air[3].payload]
    assert tpos.counters["keys_installed"] == 1
    tpos.receive(replace(confirm, payload=flip(confirm.payload, 8 * len(confirm.payload) - 1)), world.now_ns)
    assert tpos.counters["replayed_sn"] == 1
    assert tpos.serves(MN, world.now_ns)


@every_delivery
def test_x4_doubled_messages(parameters: HandoverParameters) -> None:
    """X4: everything twice, on the air and on the backhaul, is one handover."""
    world = World(parameters)
    assert world.handover(
        B, uplink=lambda m: [m, m], downlink=lambda m: [m, m], on_wire=lambda source, datagram: [datagram, datagram]
    )
    assert world.same_keys(B)
    assert world.mn.counters["keys_installed"] == 2  # the first SA and this one
    assert world.pos[B].counters["keys_installed"] == 1


@every_delivery
def test_x5_x6_without_a_key(parameters: HandoverParameters) -> None:
    """X5, X6: forged messages of every kind install nothing anywhere."""
    world = World(parameters)
    world.mn.request_handover(0, B)
    head = bytes([4, 1, 0])
    for body in (bytes(31), A + MN + B + bytes(37), bytes(50)):
        world.mn.receive(Message(5, 4, parameters.prof, STATION, head + body), 0)
    if parameters.delivery is Delivery.LEGACY:
        assert world.mn.moving_to(0) is not None  # W5.5: whatever is unmasked is a key
        assert not world.pos[B].serves(MN, 0)
    else:
        assert world.mn.moving_to(0) is None
    for msg, octets in ((5, 24), (7, 24)):
        world.pos[B].receive(Message(5, msg, parameters.prof, STATION, bytes([msg, 1, 0]) + MN + B + bytes(octets)), 0)
    assert world.pos[B].counters["keys_installed"] == 0


@every_delivery
def test_x9_the_mn_is_named(parameters: HandoverParameters) -> None:
    """X9: MNID is in the clear in every request and confirmation: captures are linkable in every variant."""
    world, _ = travelled(parameters)
    for message in world.air:
        if message.msg in (Msg.PREREG_REQUEST, Msg.CONFIRM_MN):
            assert message.payload[3:5] == MN


@every_delivery
def test_x7_x10_a_relay_and_a_flood(parameters: HandoverParameters) -> None:
    """X7, X10: passing messages on unchanged succeeds; a flood of answers costs the MN no more than one check each."""
    world = World(parameters)
    world.mn.request_handover(0, B)
    tally = meter.Tally()
    payload = bytes([4, 1, 4]) + (A + MN if parameters.delivery is Delivery.LEGACY else b"") + bytes(40)
    with meter.metered(tally):
        for _ in range(100):
            world.mn.receive(Message(5, 4, parameters.prof, STATION, payload), 0)
    assert world.mn.counters["refused"] == 100
    assert tally.units == {}  # length, SAID and SN are looked at before anything is computed
    world.run(to=B)
    assert world.served_at(B)


@every_delivery
def test_x8_other_profiles_and_suites(parameters: HandoverParameters) -> None:
    """X8: a message under another profile is refused at both ends; another suite than agreed on too."""
    world = World(parameters)
    world.mn.request_handover(0, B)
    (request,) = world.mn.messages_to_send(0)
    world.pos[A].receive(replace(request, prof=4 - parameters.prof if parameters.prof != 2 else 1), 0)
    assert world.pos[A].counters["other_profile"] == 1
    world.pos[A].receive(request, 0)
    while world.carry():
        pass
    (answer,) = world.pos[A].messages_to_send(0)
    world.mn.receive(replace(answer, prof=4 - parameters.prof if parameters.prof != 2 else 1), 0)
    assert world.mn.counters["other_profile"] == 1
    if parameters.hardened:
        other = World(parameters)
        other.mn._setting.__dict__["parameters"] = replace(parameters, suite=2)
        other.mn._exchange = None
        other.mn.request_handover(0, B)
        other.run()
        assert other.pos[A].counters["wrong_suite"] == 1 and other.pos[A].counters["key_delivered"] == 0
        assert other.mn.counters["handover_failed"] == 1 and other.served_at(A)


def test_wrong_confirmation_drops_the_key_at_both_ends() -> None:
    """Page 6.4: a wrong MIC in 5 or 6 costs the key, not the SA with the SPoS; whoever can inject can deny service."""
    world = World(REMEDY_1)

    def spoil(message: Message) -> list[Message]:
        if message.msg not in (5, 6):
            return [message]
        return [replace(message, payload=flip(message.payload, 8 * len(message.payload) - 1))]

    assert not world.handover(B, uplink=spoil)
    assert world.pos[B].counters["key_dropped"] == 1
    world.near = A
    assert not world.handover(C, downlink=spoil)
    assert world.mn.counters["key_dropped"] == 2  # unanswered first, then a wrong answer
    assert world.served_at(A)


@every_delivery
def test_a_dead_entropy_source_sends_nothing(parameters: HandoverParameters) -> None:
    """A source that gives constants: whoever has it sends nothing made of it."""

    class Dead:
        seeded = True

        def octets(self, count: int) -> bytes:
            return bytes(count)

    world = World(parameters, mn_entropy=Dead())
    assert not world.handover(B)
    assert world.mn.counters["entropy_refused"] >= 1
    assert world.pos[B].counters["keys_installed"] == 0
    world = World(parameters, pos_entropy={A: Dead(), B: Dead()}, gm_entropy=Dead())
    assert not world.handover(B)
    refused = sum(end.counters["entropy_refused"] for end in (world.pos[A], world.pos[B], world.manager))
    assert refused >= 1
    assert world.served_at(A)


def test_sequence_numbers_end() -> None:
    """Rule 25: at 65 535 the SA is deleted, at either end; nothing is sealed under a number twice."""
    world = World(REMEDY_1)
    world.handover(B)
    link = world.mn._awake(0).holdings.serving
    assert link is not None
    link.sent = link.mark = 65_534
    world.mn.signal(b"last", world.now_ns)
    world.run()
    assert world.pos[B]._site.associations[MN].exhausted
    assert not world.pos[B].serves(MN, world.now_ns)
    assert world.mn.request_handover(world.now_ns, C)
    assert world.mn.counters["association_deleted"] == 1
    with pytest.raises(ValueError, match="no security association"):
        world.mn.signal(b"none", world.now_ns)
    association = World(REMEDY_1).pos[A]._site.associations[MN]
    association.sent = 65_535
    with pytest.raises(Exception, match="no_association"):
        association.seal(b"", b"")


def test_no_secret_shows() -> None:
    """No key is in an event or a repr."""
    world, keys = travelled(REMEDY_2)
    shown = repr(world.mn.events()) + repr([pos.events() for pos in world.pos.values()]) + repr(world.manager.events())
    shown += repr(world.mn._awake(0).holdings.serving) + repr(world.memory.state()) + repr(world.memory.home())
    for key in (*keys, FIRST_KEY, HOME_KEY):
        assert key.hex() not in shown
        assert repr(key) not in shown
    assert repr(Secret(keys[0])) == "Secret(16 octets)"
