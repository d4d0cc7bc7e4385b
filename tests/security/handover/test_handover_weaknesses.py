"""Weaknesses that the contribution names, each on the variant that has it and on those without it (page 6.3)."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle

import pytest

from ampradio.security import primitives
from ampradio.security.handover import Delivery, HandoverParameters, Msg, Prf
from ampradio.security.handover.pos import mis
from ampradio.security.handover.profiles import CONSTANT_PRF, Tlv
from ampradio.security.session import Message
from tests.security.handover import eavesdropper as eve
from tests.security.handover.travels import ROUTE, delivered, travelled
from tests.security.handover.variants import LEGACY, REMEDY_1, REMEDY_2, every_delivery
from tests.security.handover.world import (
    FIRST_KEY,
    HOME,
    HOME_KEY,
    MN,
    STATION,
    A,
    B,
    C,
    World,
    flip,
    losing,
    pair_key,
)


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


@every_delivery
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


@every_delivery
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


@pytest.mark.parametrize("persist", [True, False])
@every_delivery
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
