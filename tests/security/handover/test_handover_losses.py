"""Messages and datagrams that are lost, ends that are silent, and keys that grow old."""

from __future__ import annotations

from dataclasses import replace

from ampradio.security.handover import (
    Delivery,
    HandoverParameters,
    Msg,
)
from tests.security.handover.variants import (
    REMEDY_1,
    REMEDY_2,
    every_variant,
)
from tests.security.handover.world import MN, S_NS, A, B, C, World, losing


@every_variant
def test_a_delivered_key_lives_as_long_as_was_said(parameters: HandoverParameters) -> None:
    """R5.60: SALifeTime is delivered and enforced at both ends; then full authentication, or home, is what is left."""
    world = World(replace(parameters, key_lifetime_s=50))
    world.handover(B)
    start = world.now_ns
    expires = world.mn.next_deadline_ns()
    assert expires is not None
    assert start < expires <= start + 50 * S_NS
    world.now_ns = expires - 1
    world.mn.handle_deadline(world.now_ns)
    assert world.mn.served_by(world.now_ns) == B
    world.now_ns = expires + 1
    world.mn.handle_deadline(world.now_ns)
    world.pos[B].handle_deadline(world.now_ns)
    assert world.mn.served_by(world.now_ns) is None
    assert not world.pos[B].serves(MN, world.now_ns)
    assert not world.pos[B].port_open(MN, world.now_ns)
    assert world.mn.counters["association_deleted"] == world.pos[B].counters["association_deleted"] == 1


def test_a_key_that_nobody_fetches_expires() -> None:
    """R5.60: the TPoS forgets a delivered key after its lifetime."""
    world = World(replace(REMEDY_1, key_lifetime_s=5))
    world.mn.request_handover(0, B)
    world.run(uplink=losing(Msg.CONFIRM_MN), to=B)
    assert world.pos[B]._target.expects(MN)
    world.now_ns += 6 * S_NS
    world.pos[B].handle_deadline(world.now_ns)
    assert not world.pos[B]._target.expects(MN)
    assert world.pos[B].counters["key_expired"] == 1


@every_variant
def test_every_lost_message_is_made_up_for(parameters: HandoverParameters) -> None:
    """Page 6.4, rule 27: one lost message of any kind costs a repetition of the same octets, not a key."""
    for msg in (1, 4, 5, 6):
        world = World(parameters)
        assert world.handover(B, uplink=losing(msg, 1), downlink=losing(msg, 1)), msg
        assert world.same_keys(B)
        again = [m.payload for m in world.air if m.msg == (1 if msg in (1, 4) else 5)]
        assert len(again) == 2
        assert again[0] == again[1]
        assert world.mn.counters["repeated"] == 1
        assert world.pos[A].counters["key_delivered"] == (0 if parameters.delivery is Delivery.REMEDY_2 else 1)


@every_variant
def test_every_lost_datagram_is_made_up_for(parameters: HandoverParameters) -> None:
    """Page 6.4: the same on the backhaul; no second key is made."""
    legs = 4 if parameters.delivery is Delivery.REMEDY_2 else 2
    for lost in range(legs):
        world = World(parameters)
        seen = []

        def lose(source: bytes, datagram: object, lost: int = lost, seen: list[int] = seen) -> list[object]:
            seen.append(0)
            return [] if len(seen) - 1 == lost else [datagram]

        assert world.handover(B, on_wire=lose), lost  # type: ignore[arg-type]
        assert world.same_keys(B)
        assert world.manager.counters["group_key_issued"] == (1 if parameters.delivery is Delivery.REMEDY_2 else 0)


@every_variant
def test_confirmation_that_never_comes(parameters: HandoverParameters) -> None:
    """Rule 27: message 5 is repeated three times at 1 s, then K is dropped; the SA with the SPoS stays."""
    world = World(parameters)
    assert not world.handover(B, downlink=losing(Msg.CONFIRM_POS))
    sent = [m for m in world.air if m.msg == Msg.CONFIRM_MN]
    assert len(sent) == 4
    assert len({m.payload for m in sent}) == 1
    assert len({m.payload for m in world.air if m.msg == Msg.CONFIRM_POS}) == 1  # the cached one
    assert world.mn.counters["key_dropped"] == 1
    assert world.served_at(A)
    world.near = A
    assert world.handover(C)


@every_variant
def test_the_backhaul_is_down(parameters: HandoverParameters) -> None:
    """Everything repeated in vain ends with a Status at the MN, which is still served where it was."""
    world = World(parameters)
    assert not world.handover(B, on_wire=lambda source, datagram: [])
    assert world.pos[A].counters["delivery_failed"] == 1
    assert world.mn.counters["handover_failed"] == 1
    assert world.served_at(A)
    assert world.handover(C)


def test_the_tpos_does_not_answer_the_group_manager() -> None:
    """Remedy 2: a push in vain is reported to the SPoS, and by it to the MN."""
    world = World(REMEDY_2)
    assert not world.handover(B, on_wire=lambda source, datagram: [] if source == B else [datagram])
    assert world.manager.counters["issue_failed"] == 1
    assert world.mn.counters["handover_failed"] == 1
