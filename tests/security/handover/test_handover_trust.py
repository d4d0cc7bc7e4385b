"""Without a security association there is no key: between MN and PoS, between PoSs, and with the Group Manager."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security.handover import (
    BackhaulKind,
    Candidate,
    HandoverParameters,
    Whereabouts,
)
from ampradio.security.handover.pos import mis
from ampradio.security.handover.pos.partners import Partner
from ampradio.security.handover.profiles import Status, Tlv
from tests.security.handover.travels import on_the_wire
from tests.security.handover.variants import (
    LEGACY,
    REMEDY_1,
    REMEDY_2,
    remedies,
)
from tests.security.handover.world import GM, MN, A, B, C, D, World


@remedies
def test_without_an_sa_with_the_mn_nothing_is_delivered(parameters: HandoverParameters) -> None:
    """R5.11, R5.19: an SPoS that shares no SA with the MN stays silent."""
    world = World(parameters)
    world.pos[A]._site.associations.clear()
    assert not world.handover(B)
    assert world.pos[A].counters["no_association"] == 4
    assert world.wire == []
    assert world.mn.counters["handover_failed"] == 1


def test_legacy_without_an_sa_answers_without_a_key() -> None:
    """R5.19: the response then has neither key nor lifetime, and a Status that says why."""
    world = World(LEGACY)
    world.pos[A]._site.associations.clear()
    assert not world.handover(B)
    assert len(world.air[1].payload) == 3 + 4 + 2 + 1
    assert world.air[1].payload[-1] == Status.AUTHORIZATION_FAILURE
    failed = [event for event in world.collect() if event.kind == "handover_failed"]
    assert failed[0].detail["status"] == Status.AUTHORIZATION_FAILURE


def test_key_is_absent_without_an_sa_between_the_pos() -> None:
    """R5.12, R5.23, R5.26: no SA with the TPoS, no key for it; it is not even chosen (R5.50)."""
    for parameters in (LEGACY, REMEDY_1, REMEDY_2):
        world = World(parameters)
        del world.pos[A]._site.backhaul.associations[B]
        assert not world.handover(B)
        assert world.wire == []
        assert world.pos[A].counters["delivery_failed"] == 1


def test_the_tpos_refuses_strangers() -> None:
    """R5.27, R5.28: an N2N request from a PoS without an SA gets a Status and plants nothing."""
    for parameters in (LEGACY, REMEDY_1):
        world = World(parameters)
        del world.pos[B]._site.backhaul.associations[A]
        assert not world.handover(B)
        assert world.pos[B].counters["unknown_peer"] >= 1
        assert world.pos[B].counters["turned_away"] >= 1
        assert not world.pos[B]._target.expects(MN)
        (answer, *_) = on_the_wire(world, mis.N2N_RESPONSE)
        assert mis.decode_tlvs(answer.service) == [(Tlv.STATUS, bytes([Status.AUTHORIZATION_FAILURE]))]
        assert world.mn.counters["handover_failed"] == 1


def test_the_spos_selects() -> None:
    """R5.49, R5.50, R5.51: by name, by candidate link, or by place and radio; only PoSs that it trusts."""
    world = World(REMEDY_1)
    site = world.pos[A]._site
    for number, target in enumerate((C, D), 2):
        world.mn.request_handover(world.now_ns, None, (Candidate(9, 0x9999), Candidate(number, int(target.hex(), 16))))
        world.run(to=target)
        assert world.served_at(target)
        world.serve(A)
    world.pos[A].locate(MN, Whereabouts((290.0, 10.0)))
    assert world.handover(D, named=False)
    world.serve(A)
    world.pos[A].partner(Partner(D, 3, (300.0, 0.0), frozenset(("wifi",))))
    assert world.handover(C, named=False)
    world.serve(A)
    site.backhaul.associations.pop(C)
    assert world.handover(B, named=False)
    world.serve(A)
    site.backhaul.associations.clear()
    assert not world.handover(B, named=False)
    assert world.pos[A].counters["delivery_failed"] == 1
    assert world.mn.counters["handover_failed"] == 1
    with pytest.raises(ValueError, match="2 octets"):
        Partner(b"1")


def test_a_wrong_channel_is_no_match() -> None:
    """R5.15, R5.63: a candidate names channel and gateway; both have to be the partner's."""
    world = World(REMEDY_1)
    world.mn.request_handover(0, None, (Candidate(7, 0x0203), Candidate(3, 0x0204)))
    world.run(to=D)
    assert world.served_at(D)


def test_remedy_2_flow() -> None:
    """R5.52, R5.55, R5.56, R5.57, R5.58: the SPoS asks the GM, which pushes to TPoS and, for the MN, to the SPoS."""
    world = World(REMEDY_2)
    drawn = []
    world.pos[A]._site.nonces.draw = lambda octets: drawn.append(octets) or b""  # type: ignore[assignment,func-returns-value]
    assert world.handover(B)
    assert drawn == []  # the SPoS generates no key
    legs = [(source, datagram.destination, mis.parse(datagram.octets).kind) for source, datagram in world.wire]
    assert legs == [
        (A, GM, mis.ISSUE_REQUEST),
        (GM, B, mis.PUSH_REQUEST),
        (B, GM, mis.PUSH_RESPONSE),
        (GM, A, mis.PUSH_REQUEST),
    ]
    assert world.manager.counters["group_key_issued"] == 1


def test_remedy_2_siblings_share_a_node() -> None:
    """R5.52: the cover of two siblings is their parent, of two strangers both leaves."""
    for leaf, depth in ((4, 7), (20, 8)):
        world = World(REMEDY_2, leaves={MN: 5, A: 100, B: leaf})
        assert world.handover(B)
        assert world.air[1].payload[11] == depth


@pytest.mark.parametrize("missing", [MN, B], ids=["MN", "TPoS"])
def test_remedy_2_is_for_members_only(missing: bytes) -> None:
    """R5.55: without device keys there is no group key; the MN gets a Status that it can believe."""
    leaves = {MN: 5, A: 20, B: 70}
    del leaves[missing]
    world = World(REMEDY_2, leaves=leaves)
    assert not world.handover(B)
    assert world.manager.counters["issue_failed"] == 1
    assert world.mn.counters["handover_failed"] == 1
    assert world.served_at(A)


def test_remedy_2_needs_a_group_manager() -> None:
    """R5.55: an SPoS that knows none says so; one that it has no SA with cannot be asked."""
    world = World(REMEDY_2)
    world.pos[A]._serving._group_manager = None
    assert not world.handover(B)
    world = World(REMEDY_2)
    del world.pos[A]._site.backhaul.associations[GM]
    assert not world.handover(B)
    assert world.pos[A].counters["unknown_peer"] == 1
    world = World(replace(REMEDY_2, backhaul=BackhaulKind.EXTERNAL))
    del world.manager._backhaul.associations[A]
    assert not world.handover(B)
    assert world.manager.counters["unknown_peer"] == 4
