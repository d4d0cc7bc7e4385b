"""Clauses 5.13.3 and 5.14 and their remedies: handovers as they go when nothing goes wrong (protocols page 6.1)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security.handover import (
    Association,
    BackhaulKind,
    Candidate,
    HandoverParameters,
    IdType,
    Link,
)
from ampradio.security.handover.pos import mis
from ampradio.security.handover.profiles import Tlv
from ampradio.security.secret import Secret
from tests.security.handover.variants import (
    LEGACY,
    REMEDY_1,
    REMEDY_2,
    every_variant,
    name_of,
    remedies,
)
from tests.security.handover.world import FIRST_KEY, FIRST_SAID, HOME, MN, S_NS, A, B, C, D, World, of


@every_variant
def test_several_handovers_in_a_row(parameters: HandoverParameters) -> None:
    """R5.1, R5.31, R5.33, R5.34, R5.35, R5.38: the TPoS becomes the SPoS, and the cycle begins anew."""
    world = World(parameters)
    for target in (B, C, D, A, B):
        assert world.handover(target)
        assert world.same_keys(target)
    assert len({message.payload for message in world.air}) == len(world.air) == 4 * 5
    assert [m.msg for m in world.air[:4]] == [1, 4, 5, 6]


def test_without_delivery_full_authentication_is_left() -> None:
    """R5.1, R5.62: option 1 sends nothing: the hook says that full authentication is what is left."""
    world = World(of("none"))
    assert not world.mn.request_handover(0, B)
    world.run()
    assert world.mn.counters["full_authentication_needed"] == 1
    assert world.air == []
    assert world.wire == []
    world.serve(B)  # what S4's full EAP authentication through the TPoS comes to
    assert world.served_at(B)
    stray = World(REMEDY_1)
    stray.mn.request_handover(0, B)
    (request,) = stray.mn.messages_to_send(0)
    world.pos[A].receive(replace(request, prof=1), 0)
    assert world.pos[A].counters["delivery_off"] == 1


def test_the_parameters_say_what_runs() -> None:
    """R5.2, R5.9, R5.30, R5.48, R5.63, R5.64: variant, encoding, PRF, kind of backhaul and what is a placeholder."""
    world = World(REMEDY_1)
    for events in (world.mn.events(), world.pos[A].events(), world.manager.events()):
        assert events[0].kind == "parameters"
        detail = events[0].detail
        assert (detail["variant"], detail["prf"], detail["backhaul"]) == ("remedy-1", "none", "eap")
        assert detail["target_description"] == "AMP channel and gateway ID"
        assert "placeholder" in detail
    assert of("legacy").report()["prf"] == "hmac"


def test_the_domino_effect_is_announced() -> None:
    """R5.8, R5.53: a warning in legacy and Remedy 1, none in Remedy 2."""
    for parameters, warned in ((LEGACY, 1), (REMEDY_1, 1), (REMEDY_2, 0)):
        assert World(parameters).pos[A].counters["domino_effect_remains"] == warned


def test_the_delivered_sa_has_a_type_of_its_own() -> None:
    """R5.10, R5.5, R5.52: ID_TYPE 3 for a key that was delivered, 2 where a group key block generated it."""
    for parameters, id_type in ((LEGACY, IdType.PREREG), (REMEDY_1, IdType.PREREG), (REMEDY_2, IdType.GKB)):
        world = World(parameters)
        world.handover(B)
        assert world.pos[B]._site.associations[MN].id_type is id_type
        assert world.mn.events()[-1].detail["id_type"] == id_type


@pytest.mark.parametrize("kind", [BackhaulKind.TLS, BackhaulKind.EAP, BackhaulKind.EXTERNAL])
@pytest.mark.parametrize("parameters", [REMEDY_1, REMEDY_2], ids=name_of)
def test_datagrams_are_sealed_by_us_or_by_the_backhaul(parameters: HandoverParameters, kind: BackhaulKind) -> None:
    """R5.9, R5.26, R5.29, R5.30: (D)TLS or EAP over MIS mean Security TLVs, IPsec and the like none of ours."""
    world = World(replace(parameters, backhaul=kind))
    assert world.handover(B)
    sealed = all(mis.parse(d.octets).service[0] == Tlv.SECURITY for _, d in world.wire)
    assert sealed is (kind is not BackhaulKind.EXTERNAL)


@every_variant
def test_first_attachment_in_a_visited_network(parameters: HandoverParameters) -> None:
    """R5.22, R5.31, R5.32, R5.41, R5.42: the home vouches for the MN; the visited PoS relays the frames."""
    world = World(parameters, served=False)
    assert world.mn.served_by(0) is None
    world.near = B
    assert world.handover(B)
    assert world.same_keys(B)
    assert world.pos[B].counters["relayed"] == 1
    assert world.home_point.counters["relayed"] == 1
    assert world.handover(C)
    assert world.pos[B].counters["relayed"] == 1


def test_the_home_has_no_radio() -> None:
    """R5.31: an HPoS is reached over the backhaul only."""
    world = World(REMEDY_1)
    world.mn.request_handover(0, B)
    with pytest.raises(ValueError, match="no radio"):
        world.home_point.receive(world.mn.messages_to_send(0)[0], 0)


@every_variant
def test_signalling_through_the_spos(parameters: HandoverParameters) -> None:
    """R5.46, R5.47: until it goes over, the MN may confirm through the SPoS, which forwards and counts."""
    world = World(parameters)
    world.mn.request_handover(0, B)
    world.run()  # stays near A
    assert world.served_at(B)
    assert world.pos[A].counters["relayed"] == 1
    assert world.pos[B].counters["relayed"] == 1
    direct = World(parameters)
    direct.handover(B)
    assert direct.pos[A].counters["relayed"] == 0


@remedies
def test_signalling_under_the_new_sa(parameters: HandoverParameters) -> None:
    """R5.36, R5.39, R5.40, R5.46: the MN–TPoS channel works both ways, and opens the port with its first frame."""
    world = World(parameters)
    world.handover(B)
    assert not world.pos[B].port_open(MN, world.now_ns)
    world.mn.signal(b"candidate links, please", world.now_ns)
    world.run()
    assert world.pos[B].port_open(MN, world.now_ns)
    world.pos[B].signal(0x1234, MN, b"none", world.now_ns)
    world.run()
    signals = [
        event.detail["data_hex"] for event in world.pos[B].events() + world.mn.events() if event.kind == "signal"
    ]
    assert signals == [b"candidate links, please".hex(), b"none".hex()]
    assert all(b"candidate" not in message.payload for message in world.air)
    with pytest.raises(ValueError, match="no security association"):
        world.pos[C].signal(0x1234, MN, b"x", world.now_ns)


def test_legacy_opens_the_port_with_the_confirmation() -> None:
    """R5.40, rule 24: MIC5 is under MIAK already; there is no Security TLV to signal with."""
    world = World(LEGACY)
    world.handover(B)
    assert world.pos[B].port_open(MN, world.now_ns)
    for end in (lambda: world.mn.signal(b"x", 0), lambda: world.pos[B].signal(1, MN, b"x", 0)):
        with pytest.raises(ValueError, match="no security association"):
            end()


def test_option_1_costs_more_frames() -> None:
    """R5.37, R5.62: a delivered key takes 4 messages on the air; full authentication (S4) takes 18."""
    for parameters in (LEGACY, REMEDY_1, REMEDY_2):
        world = World(parameters)
        world.handover(B)
        assert len(world.air) == 4


def test_a_second_sa_replaces_the_first() -> None:
    """R5.34: an SA is renewed by another delivery to the same PoS."""
    world = World(REMEDY_1)
    world.handover(B)
    first = world.mn._awake(0).holdings.serving
    world.handover(C)
    world.handover(B)
    second = world.mn._awake(0).holdings.serving
    assert first is not None
    assert second is not None
    assert first.key != second.key


def test_callers_mistakes() -> None:
    """A handover under way, candidates that no request can hold, names of a wrong size: a clear ValueError."""
    world = World(REMEDY_1)
    with pytest.raises(ValueError, match="at most 8 candidates"):
        world.mn.request_handover(0, None, (Candidate(0, 1),) * 9)
    with pytest.raises(ValueError, match="2 octets"):
        world.mn.request_handover(0, b"B")
    world.mn.request_handover(0, B)
    assert world.mn.busy(0)
    with pytest.raises(ValueError, match="under way"):
        world.mn.request_handover(0, B)
    with pytest.raises(ValueError, match="SAID"):
        Association(MN, b"1", Secret(FIRST_KEY), IdType.EAP)
    with pytest.raises(ValueError, match="2 octets"):
        type(world.mn)(None, REMEDY_1, 1, b"1", world.memory, world.mn_entropy)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"suite": 256}, "suite"),
        ({"key_lifetime_s": 0}, "key_lifetime_s"),
        ({"tree_depth": 17}, "tree_depth"),
        ({"tries": 0}, "tries"),
        ({"backhaul": BackhaulKind.NONE}, "SA between PoSs"),
        ({"delivery": "remedy-3"}, "remedy-3"),
    ],
)
def test_parameters_that_cannot_be(wanted: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        HandoverParameters(**wanted)  # type: ignore[arg-type]


def test_installed_by_full_authentication() -> None:
    """R5.34, R5.62: the hook of option 1: both ends take an SA from outside, with its lifetime."""
    world = World(REMEDY_1, first_life_s=30)
    assert world.served_at(A)
    assert world.mn.next_deadline_ns() == 30 * S_NS
    link = Link(B, FIRST_SAID, Secret(FIRST_KEY), IdType.TLS, 10, expires_ns=5)
    world.mn.install(link, 0)
    assert world.mn.next_deadline_ns() == 5
    assert HOME in world.pos
