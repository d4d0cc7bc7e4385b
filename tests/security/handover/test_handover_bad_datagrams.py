"""Datagrams between PoSs and Group Manager that are well formed and not right: each a counted drop."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security.handover import (
    BackhaulKind,
    Datagram,
    DeviceKeys,
    KeyTree,
)
from ampradio.security.handover.pos import mis
from ampradio.security.handover.profiles import Tlv
from ampradio.security.secret import Secret
from tests.security.handover.world import GM, MN, A, B, C, World, of


def test_group_manager_refuses() -> None:
    """A leaf that is taken or not there, an answer to nothing, a TPoS that says no."""
    world = World(of("remedy-2"))
    with pytest.raises(ValueError, match="is taken"):
        world.manager.enroll(b"\7\7", 5)
    with pytest.raises(ValueError, match="no leaf"):
        world.manager.enroll(b"\7\7", 256)
    with pytest.raises(ValueError, match="levels"):
        KeyTree(17, Secret(bytes(16)))
    with pytest.raises(ValueError, match="each depth"):
        DeviceKeys(0, {2: Secret(bytes(16))})
    say_no = [(Tlv.STATUS, b"\2")]
    pos = world.pos[B]._site.backhaul
    pos.send(mis.PUSH_RESPONSE, 7, GM, say_no)
    world.carry()
    assert world.manager.counters["unexpected"] == 1
    pos.send(mis.N2N_REQUEST, 8, GM, say_no)
    world.carry()
    assert world.manager.counters["unexpected"] == 2
    world.pos[B]._target.take_push = lambda arrived, now_ns: pos.answer(arrived, mis.PUSH_RESPONSE, say_no)  # type: ignore[method-assign]
    assert not world.handover(B)
    assert world.manager.counters["issue_failed"] == 1
    assert world.mn.counters["handover_failed"] == 1


def test_pushes_that_are_not_right() -> None:
    """A block for another PoS, an old one, one under foreign node keys, or for a PoS without device keys."""
    world = World(of("remedy-2"))
    blocks = []
    assert world.handover(B, on_wire=lambda source, datagram: blocks.append((source, datagram)) or [datagram])  # type: ignore[func-returns-value]
    manager, backhaul_of_gm = world.manager, world.manager._backhaul
    entries = manager._block(MN, B)
    good = entries[B]

    def push(entry: object, to: bytes = B, number: int = 50) -> None:
        fields = [*entry.fields, (Tlv.MN_ID, mis.misf_id(MN)), (Tlv.CIPHERSUITE, b"\1")]  # type: ignore[attr-defined]
        backhaul_of_gm.send(mis.PUSH_REQUEST, number, to, fields)
        world.carry()

    for entry, reason in (
        (replace(good, tpos=C), "unexpected"),
        (replace(good, verify=bytes(8)), "bad_group_key"),
        (replace(good, node=bytes([8, 0, 71])), "bad_group_key"),
        (replace(good, node=bytes([9, 0, 70])), "bad_group_key"),
        (replace(good, wrapped=bytes(24)), "bad_group_key"),
        (replace(good, seq=bytes(4)), "replayed_sn"),
    ):
        before = world.pos[B].counters[reason]
        push(entry)
        assert world.pos[B].counters[reason] == before + 1
    assert not world.pos[B]._target.expects(MN)
    push(good)
    assert world.pos[B]._target.expects(MN)
    bare = World(of("remedy-2"), leaves={MN: 5})
    manager, backhaul_of_gm, world = bare.manager, bare.manager._backhaul, bare
    push(good)
    assert bare.pos[B].counters["unexpected"] == 1


def test_an_mn_without_device_keys_or_home() -> None:
    """Remedy 2 at an MN that never was a member, or has nothing at all: refused, and full authentication is left."""
    world = World(of("remedy-2"))
    world.memory._home._rows.write(0, bytes(16))
    world.memory._home._rows.write(world.memory._home._slot_rows, bytes(16))
    world.mn.power_off()
    assert not world.handover(B)
    assert world.mn.counters["no_association"] == 4
    empty = World(of("remedy-2"), served=False)
    empty.memory._home._rows.write(0, bytes(16))
    assert not empty.mn.request_handover(0, B)
    assert empty.mn.counters["full_authentication_needed"] == 1


def test_n2n_content_that_is_not_right() -> None:
    """Doubled or missing TLVs, another suite, another MISF ID, empty LLInformation, an unknown relay."""
    world = World(replace(of("remedy-1"), backhaul=BackhaulKind.EXTERNAL))
    name, key = (Tlv.MN_ID, mis.misf_id(MN)), (Tlv.KEY, bytes(16))
    suite, life = (Tlv.CIPHERSUITE, b"\1"), (Tlv.KEY_LIFETIME, bytes(4))
    station, frame = (Tlv.STATION, b"\x12\x34"), (Tlv.LL_INFORMATION, b"\x05" + bytes(8))
    for number, (fields, reason) in enumerate(
        (
            ([name, key, suite, life, life], "malformed"),
            ([name, key, suite], "malformed"),
            ([name, key, (Tlv.CIPHERSUITE, b"\2"), life], "wrong_suite"),
            ([(Tlv.MN_ID, b"\x041234"), key, suite, life], "malformed"),
            ([(Tlv.MN_ID, b"\x0f0101@amp22.test"), key, suite, life], "malformed"),
            ([key, suite, life], "malformed"),
            ([station, (Tlv.LL_INFORMATION, b"")], "malformed"),
            ([frame], "malformed"),
            ([station, frame], "malformed"),
        ),
        1,
    ):
        before = world.pos[B].counters[reason]
        world.pos[A]._site.backhaul.send(mis.N2N_REQUEST, number, B, fields)
        world.carry()
        assert world.pos[B].counters[reason] == before + 1, number
    del world.pos[B]._site.backhaul.associations[A]
    world.pos[A]._site.backhaul.send(mis.N2N_REQUEST, 99, B, [station, frame])
    world.carry()
    assert world.pos[B].counters["unknown_peer"] == 1
    remedy_2 = World(replace(of("remedy-2"), backhaul=BackhaulKind.EXTERNAL))
    remedy_2.pos[A]._site.backhaul.send(mis.N2N_REQUEST, 1, B, [name, key, suite, life])
    remedy_2.pos[A]._site.backhaul.send(mis.PREREG_REQUEST, 2, B, [name])
    remedy_2.carry()
    assert remedy_2.pos[B].counters["delivery_off"] == 1
    assert remedy_2.pos[B].counters["unexpected"] == 1
    sealed = World(of("remedy-1"))
    plain = mis.encode_tlv(Tlv.STATUS, b"\0")
    sealed.pos[B].backhaul_received(mis.head(mis.N2N_REQUEST, 1, A, B, len(plain)) + plain, 0)
    assert sealed.pos[B].counters["no_association"] == 1


def test_status_of_nothing_and_failure_of_the_tpos() -> None:
    """A response that nobody waits for; a TPoS that says no; an SA that ends while the question is under way."""
    world = World(of("remedy-1"))
    site_b = world.pos[B]._site.backhaul
    site_b.send(mis.N2N_RESPONSE, 77, A, [(Tlv.STATUS, b"\0")])
    world.carry()
    assert world.pos[A].counters["unexpected"] == 1
    world.pos[B]._target.take_key = lambda arrived, now_ns: site_b.answer(  # type: ignore[method-assign]
        arrived, mis.N2N_RESPONSE, [(Tlv.STATUS, b"\2")]
    )
    assert not world.handover(B)
    failed = [event.detail["status"] for event in world.collect() if event.kind == "handover_failed"]
    assert failed == [2]
    for delivery in ("legacy", "remedy-1"):
        ending = World(of(delivery))
        ending.mn.request_handover(0, B)
        ending.speak()
        ending.pos[A]._site.associations.clear()
        ending.run()
        assert ending.mn.counters["handover_failed"] == 1


def test_group_manager_is_patient() -> None:
    """A push is repeated when its time has come, not before; a repeated request meanwhile makes no second key."""
    world = World(replace(of("remedy-2"), backhaul=BackhaulKind.EXTERNAL))
    lost = [1, 1]

    def lose(source: bytes, datagram: Datagram) -> list[Datagram]:
        if source == B and lost:
            lost.pop()
            return []
        world.manager.handle_deadline(0)
        return [datagram]

    assert world.handover(B, on_wire=lose)
    assert world.manager.counters["group_key_issued"] == 1
    assert world.mn.next_deadline_ns() is not None
    world.mn.power_off()
    assert world.mn.next_deadline_ns() is None


@pytest.mark.parametrize("delivery", ["legacy", "remedy-1"])
def test_a_datagram_for_another_pos(delivery: str) -> None:
    """A datagram that is not for this PoS is not looked at."""
    world = World(of(delivery))
    world.handover(C)
    world.pos[B].backhaul_received(world.wire[0][1].octets, 0)
    assert world.pos[B].counters["other_pos"] == 1
    assert not world.pos[B]._target.expects(MN)
