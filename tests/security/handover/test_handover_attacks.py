"""What key delivery withstands and what it does not: each weakness on the variant that has it (page 6.3, 8.4)."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle

import pytest

from ampradio.security import meter, primitives
from ampradio.security.handover import Delivery, HandoverParameters, Msg, Prf
from ampradio.security.handover.pos import mis
from ampradio.security.handover.profiles import CONSTANT_PRF, Tlv
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from tests.security.handover import eavesdropper as eve
from tests.security.handover.world import (
    FIRST_KEY,
    HOME,
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
    of,
    pair_key,
)

LEGACY, REMEDY_1, REMEDY_2 = of("legacy"), of("remedy-1"), of("remedy-2")
every_variant = pytest.mark.parametrize(
    "parameters", [LEGACY, REMEDY_1, REMEDY_2], ids=lambda parameters: str(parameters.delivery.value)
)
ROUTE = [B, C, D, A, B]


def delivered(world: World) -> list[bytes]:
    """Have the world note every K that an MN comes to hold."""
    found: list[bytes] = []
    node = world.mn._awake(0)
    accept = node.holdings.accept

    def watch(pending: object, *rest: object) -> None:
        found.append(pending.key.expose())  # type: ignore[attr-defined]
        accept(pending, *rest)  # type: ignore[arg-type]

    node.holdings.accept = watch  # type: ignore[method-assign]
    return found


def travelled(parameters: HandoverParameters, served: bool = True) -> tuple[World, list[bytes]]:
    world = World(parameters, served=served)
    keys = delivered(world)
    for target in ROUTE:
        if not served and target == ROUTE[0]:
            world.near = target
        assert world.handover(target)
    return world, keys


def test_w51_domino_effect() -> None:
    """W5.1, R5.8, R5.53, X12: one SPoS's memory and the recorded air open 5 of 5 hops, in Remedy 2 none."""
    world, keys = travelled(LEGACY)
    assert eve.follow_legacy(FIRST_KEY, world.air) == keys
    world, keys = travelled(REMEDY_1)
    assert eve.follow_remedy_1(FIRST_KEY, world.air, MN, [A, *ROUTE]) == keys
    world, keys = travelled(REMEDY_2)
    assert len(keys) == 5
    device_keys = world.pos[A]._target._device_keys
    assert device_keys is not None
    memory = [FIRST_KEY, *(key.expose() for key in device_keys._keys.values())]
    memory += [pair_key(A, other) for other in world.pos if other != A]
    blocks = [m.payload[20:44] for m in world.air if m.msg == Msg.PREREG_RESPONSE]
    opened = [primitives.aes_unwrap(key, block) for key in memory for block in blocks[:3]]  # A is a TPoS later on
    assert opened == [None] * len(opened)


def test_w58_the_spos_listens_on() -> None:
    """W5.8: in Remedy 1 the SPoS reads what MN and TPoS say to each other afterwards; in Remedy 2 it knows no K."""
    world = World(REMEDY_1)
    world.handover(B)
    world.mn.signal(b"for B alone", world.now_ns)
    world.run()
    (key,) = eve.follow_remedy_1(FIRST_KEY, world.air[:4], MN, [A])
    nonces = world.air[2].payload[7:23] + world.air[3].payload[7:23]
    miek = eve.misk(key, nonces + b"\1" + MN + B)[32:]
    signal = world.air[4].payload
    assert eve.unseal(miek, 1, signal[7:], eve.amp_aad(7, 2) + signal[:7]) == b"for B alone"
    second = World(REMEDY_2)
    second.handover(B)
    assert second.pos[A].counters["key_delivered"] == 0


def test_w52_linear_prf() -> None:
    """W5.2, R5.3: with PRF = k xor h(x), whoever knows one K has K_SPoS: it is then used on the next hop."""
    world = World(replace(LEGACY, prf=Prf.LINEAR))
    keys = delivered(world)
    world.handover(B)
    response = world.air[1].payload
    digest = primitives.sha256(response[7:25])[:16]
    assert eve.xor(eve.xor(response[25:41], keys[0]), digest) == FIRST_KEY
    safe = World(LEGACY)
    keys = delivered(safe)
    safe.handover(B)
    assert eve.xor(eve.xor(safe.air[1].payload[25:41], keys[0]), digest) != FIRST_KEY


@pytest.mark.parametrize("prf", Prf)
def test_w52_keyless_prf(prf: Prf) -> None:
    """W5.2, R5.3: an unkeyed hash or a constant gives K to everybody who listens."""
    world = World(replace(LEGACY, prf=prf))
    keys = delivered(world)
    assert world.handover(B)
    response = world.air[1].payload
    guesses = [primitives.sha256(response[7:25])[:16], CONSTANT_PRF]
    read = any(eve.xor(response[25:41], guess) == keys[0] for guess in guesses)
    assert read is (prf in (Prf.UNKEYED, Prf.CONSTANT))


class Repeating:
    """A generator whose Nonce-N comes again: K, Nonce-N, K, Nonce-N with one and the same Nonce-N."""

    seeded = True

    def __init__(self) -> None:
        self._octets = cycle([bytes(range(16)), b"\x07\x08" * 8, bytes(range(16, 32)), b"\x07\x08" * 8])

    def octets(self, count: int) -> bytes:
        return next(self._octets)[:count]


def test_w54_repeated_nonce_n() -> None:
    """W5.4: the mask for the MN has Nonce-N as its only fresh input; repeated, K1 xor K2 leaks."""
    world = World(LEGACY, pos_entropy={A: Repeating()})
    keys = delivered(world)
    for _ in range(2):
        world.handover(B, uplink=losing(Msg.CONFIRM_MN))
        world.near = A
    first, second = (m.payload[25:41] for m in world.air if m.msg == Msg.PREREG_RESPONSE)
    assert keys[0] != keys[1]
    assert eve.xor(first, second) == eve.xor(*keys)


@every_variant
def test_w55_x3_flipped_key(parameters: HandoverParameters) -> None:
    """W5.5, X3: a flipped bit of the masked key is taken in legacy and shows only when used; a remedy refuses it."""
    world = World(parameters)
    at = {Delivery.LEGACY: 8 * 25, Delivery.REMEDY_1: 8 * 10, Delivery.REMEDY_2: 8 * 25}[parameters.delivery]
    left = [1]

    def tamper(message: Message) -> list[Message]:
        if message.msg != Msg.PREREG_RESPONSE or not left:
            return [message]
        left.pop()
        return [replace(message, payload=flip(message.payload, at))]

    arrived = world.handover(B, downlink=tamper)
    if parameters.delivery is Delivery.LEGACY:
        assert world.mn.counters["key_received"] == 1
        assert not arrived
        assert world.pos[B].counters["bad_mic"] == 1
    else:
        assert arrived  # refused, asked again, answered from the cache
        assert world.mn.counters["bad_icv"] + world.mn.counters["bad_group_key"] == 1


@every_variant
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


@every_variant
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
    assert keys2 == ([keys[0]] if stale and _same_nonce(world) else keys2)
    assert (world.mn.moving_to(world.now_ns) is not None) is stale
    assert world.mn.counters["replayed_sn"] == (0 if stale else 1)


def _same_nonce(world: World) -> bool:
    """As sent, the mask does not depend on Nonce-T: the stale K comes out unharmed."""
    return world.parameters.delivery is Delivery.LEGACY


@every_variant
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


@every_variant
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


@every_variant
def test_x4_doubled_messages(parameters: HandoverParameters) -> None:
    """X4: everything twice, on the air and on the backhaul, is one handover."""
    world = World(parameters)
    assert world.handover(
        B, uplink=lambda m: [m, m], downlink=lambda m: [m, m], on_wire=lambda source, datagram: [datagram, datagram]
    )
    assert world.same_keys(B)
    assert world.mn.counters["keys_installed"] == 2  # the first SA and this one
    assert world.pos[B].counters["keys_installed"] == 1


@every_variant
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


@every_variant
def test_w56_steering(parameters: HandoverParameters) -> None:
    """W5.6: an SPoS that names another TPoS than it was asked for is followed in legacy, not in the remedies."""
    world = World(parameters)
    world.pos[A]._site.partners.choose = lambda mn, asked: C  # type: ignore[method-assign]
    world.mn.request_handover(0, B)
    world.run(to=C)
    followed = world.mn.counters["key_received"] == 1
    assert followed is (parameters.delivery is Delivery.LEGACY)
    assert world.mn.counters["other_pos"] == (0 if followed else 4)


def rogue_n2n(key: bytes, source: bytes) -> bytes:
    """An N2N request of somebody without any key, under a name of his choice."""
    nonces = bytes(range(16)), bytes(range(16, 32))
    mask = primitives.sha256(MN + nonces[0] + nonces[1])[:16]
    fields = [(Tlv.MN_ID, mis.misf_id(MN)), (Tlv.KEY, eve.xor(key, mask))]
    fields += [(Tlv.NONCE, nonces[0]), (Tlv.NONCE, nonces[1]), (Tlv.KEY_LIFETIME, (60).to_bytes(4, "big"))]
    service = b"".join(mis.encode_tlv(kind, value) for kind, value in fields)
    return mis.head(mis.N2N_REQUEST, 9, source, B, len(service)) + service


@pytest.mark.parametrize(
    ("parameters", "source", "planted"),
    [
        (replace(LEGACY, prf=Prf.UNKEYED), A, True),  # under a partner's name nothing proves the sender
        (replace(LEGACY, prf=Prf.UNKEYED, check_source=False), b"\x66\x66", True),
        (replace(LEGACY, prf=Prf.UNKEYED), b"\x66\x66", False),
        (replace(LEGACY, prf=Prf.HMAC, check_source=False), b"\x66\x66", False),
        (REMEDY_1, A, False),
        (REMEDY_1, b"\x66\x66", False),
        (REMEDY_2, A, False),
    ],
)
def test_w57_planted_key(parameters: HandoverParameters, source: bytes, planted: bool) -> None:
    """W5.7, R5.28: a rogue PoS plants a key in a TPoS that checks nothing, and then is the MN to it."""
    world = World(parameters)
    chosen = b"chosen by rogues"
    world.pos[B].backhaul_received(rogue_n2n(chosen, source), 0)
    assert world.pos[B]._target.expects(MN) is planted
    if planted:
        miak = eve.misk(chosen, bytes(range(32)) + b"\0")[:16]
        head = bytes([5, 1, 0]) + MN + B
        mic = primitives.aes_cmac(miak, eve.amp_aad(5, 1) + head, 8)
        world.pos[B].receive(Message(5, 5, 1, STATION, head + mic), 0)
        assert world.pos[B].port_open(MN, 0)


def test_w59_the_group_manager_knows_all() -> None:
    """W5.9: the tree's secret opens every block ever sent; so do the MN's own device keys (X12)."""
    world, keys = travelled(REMEDY_2)
    home = world.memory.home()
    assert home is not None
    blocks = [m.payload for m in world.air if m.msg == Msg.PREREG_RESPONSE]
    assert world.tree is not None
    by_manager, by_tag = [], []
    for block in blocks:
        depth, index, wrapped = block[11], int.from_bytes(block[12:14], "big"), block[20:44]
        by_manager.append(primitives.aes_unwrap(world.tree.key((depth, index)).expose(), wrapped))
        by_tag.append(primitives.aes_unwrap(home.device_keys[depth - 1].expose(), wrapped))
    assert by_manager == by_tag == keys


def test_x12_the_home_credential_opens_everything() -> None:
    """X12: who reads the home key out of a tag follows the chain from its first attachment on."""
    world, keys = travelled(LEGACY, served=False)
    assert eve.follow_legacy(HOME_KEY, world.air) == keys
    world, keys = travelled(REMEDY_1, served=False)
    assert eve.follow_remedy_1(HOME_KEY, world.air, MN, [HOME, *ROUTE]) == keys


@every_variant
def test_x9_the_mn_is_named(parameters: HandoverParameters) -> None:
    """X9: MNID is in the clear in every request and confirmation: captures are linkable in every variant."""
    world, _ = travelled(parameters)
    for message in world.air:
        if message.msg in (Msg.PREREG_REQUEST, Msg.CONFIRM_MN):
            assert message.payload[3:5] == MN


@every_variant
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


@pytest.mark.parametrize("persist", [True, False])
@every_variant
def test_w510_power_lost_between_delivery_and_confirmation(parameters: HandoverParameters, persist: bool) -> None:
    """W5.10: with NVM the MN goes on with message 5; without, it has neither SPoS nor TPoS and begins at home."""
    world = World(replace(parameters, persist=persist))
    world.mn.request_handover(0, B)
    world.speak()
    while world.carry():
        pass
    world.listen()
    assert world.mn.moving_to(0) == B
    world.mn.power_off()
    world.near = B
    world.run()
    assert world.served_at(B) is persist
    assert world.mn.counters["resumed"] == persist
    if not persist:
        assert world.mn.served_by(0) is None
        assert world.handover(B)
        assert world.home_point.counters["relayed"] == 1


@every_variant
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
        assert other.pos[A].counters["wrong_suite"] + other.pos[A].counters["no_association"] >= 1


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


@every_variant
def test_dead_entropy(parameters: HandoverParameters) -> None:
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
