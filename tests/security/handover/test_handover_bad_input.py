"""Whatever arrives, random or damaged: a counted drop, never an exception, a key or a reply that was not earned."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ampradio.security.handover import (
    Association,
    Datagram,
    Encoding,
    HandoverParameters,
    IdType,
    Partner,
    Whereabouts,
)
from ampradio.security.handover.pos import backhaul, group_manager, mis, partners, serving, site, target
from ampradio.security.handover.profiles import Tlv
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from tests.security.handover.variants import (
    every_variant,
)
from tests.security.handover.world import FIRST_KEY, MN, STATION, A, B, C, World, flip, of


@every_variant
@pytest.mark.parametrize("msg", [1, 4, 5, 6])
def test_every_other_length(parameters: HandoverParameters, msg: int) -> None:
    """Every truncation of every message, and surplus octets: refused, and made up for by the repetition."""
    for delta in [*range(-110, 0, 1 if parameters.encoding is Encoding.LITE else 3), 1, 40]:
        world = World(parameters)
        left = [1]

        def cut(message: Message, delta: int = delta, left: list[int] = left) -> list[Message]:
            if message.msg != msg or not left or -delta > len(message.payload):
                return [message]
            left.pop()
            payload = message.payload[:delta] if delta < 0 else message.payload + bytes(delta)
            return [replace(message, payload=payload)]

        arrived = world.handover(B, uplink=cut, downlink=cut)
        if arrived:
            assert world.same_keys(B)
        else:  # a message 5 or 6 of the right size with a wrong MIC would cost the key; these are malformed
            where = world.mn.served_by(world.now_ns)
            assert where is not None


def damages(octets: bytes) -> list[bytes]:
    """Every truncation and every flipped bit."""
    return [octets[:at] for at in range(len(octets))] + [flip(octets, bit) for bit in range(8 * len(octets))]


@pytest.mark.parametrize("delivery", ["remedy-1", "remedy-2"])
def test_every_datagram_damaged(delivery: str) -> None:
    """Every truncation and flipped bit of every datagram under an SA between PoSs is refused, and harms nothing."""
    world, spoiled = World(of(delivery)), []

    def damage(source: bytes, datagram: Datagram) -> list[Datagram]:
        if mis.parse(datagram.octets).service[0] != Tlv.SECURITY:
            return []  # a Status for one who seemed to be a stranger
        bad = damages(datagram.octets)
        spoiled.extend(bad)
        return [*(replace(datagram, octets=octets) for octets in bad), datagram]

    assert world.handover(B, on_wire=damage)
    assert world.same_keys(B)
    ends = [*world.pos.values(), world.manager]
    assert sum(end.counters["refused"] for end in ends) == len(spoiled)
    assert world.pos[A].counters["key_delivered"] + world.manager.counters["group_key_issued"] == 1


def test_every_datagram_of_legacy_damaged() -> None:
    """Legacy has nothing on the backhaul but the mask: damage is refused as malformed, or costs the key, never more."""
    calm = World(of("legacy"))
    calm.handover(B)
    for number, (_, datagram) in enumerate(calm.wire):
        for octets in damages(datagram.octets)[::7]:
            world = World(of("legacy"))
            seen: list[int] = []

            def damage(
                source: bytes, found: Datagram, octets: bytes = octets, seen: list[int] = seen, number: int = number
            ) -> list[Datagram]:
                seen.append(0)
                return [replace(found, octets=octets)] if len(seen) - 1 == number else [found]

            if world.handover(B, on_wire=damage):
                assert world.same_keys(B)
            assert world.mn.served_by(world.now_ns) in (A, B)


@every_variant
@given(
    st.integers(0, 7),
    st.integers(0, 31),
    st.integers(0, 15),
    st.sampled_from([STATION, 0xFFFF, 0]),
    st.binary(max_size=140),
)
@settings(max_examples=40, deadline=None)
def test_random_messages(
    parameters: HandoverParameters, proto: int, msg: int, prof: int, station_id: int, payload: bytes
) -> None:
    """Random messages on the air, at rest and in the middle of a handover."""
    world = World(parameters)
    world.mn.request_handover(0, B)
    for junk in (
        Message(proto, msg, prof, station_id, payload),
        Message(5, msg, parameters.prof, STATION, payload),
        Message(5, 5, parameters.prof, STATION, bytes([5, 0, 0]) + MN + A + payload),
        Message(5, 1, parameters.prof, STATION, bytes([1, 0, 0]) + MN + A + payload[:11]),
    ):
        world.mn.receive(junk, 0)
        world.pos[A].receive(junk, 0)
    assert world.pos[A].counters["refused"] == 4
    assert world.mn.counters["keys_installed"] == 1


@every_variant
@given(st.binary(max_size=120), st.integers(0, 15), st.integers(0, 3), st.sampled_from([9, 13, 14, 101, 102, 500]))
@settings(max_examples=40, deadline=None)
def test_random_datagrams(
    parameters: HandoverParameters, octets: bytes, service: int, opcode: int, action: int
) -> None:
    """Random datagrams, and well-formed heads with random services."""
    world = World(parameters)
    framed = mis.head(mis.Kind(service, opcode, action), 1, C, A, len(octets)) + octets
    for end in (world.pos[A], world.manager):
        end.backhaul_received(octets, 0)
        end.backhaul_received(framed, 0)
        assert end.counters["refused"] == 2
    assert not world.pos[A]._target.expects(MN)


def test_tables_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """SAs, transfers, expected MNs, partners, caches and group keys under way have a limit each."""
    world = World(of("remedy-1"))
    monkeypatch.setattr(site, "ASSOCIATIONS_MAX", 1)
    with pytest.raises(ValueError, match="table_full"):
        world.pos[A].install(Association(b"\7\7", b"\1\2", Secret(FIRST_KEY), IdType.EAP))
    world.pos[B].install(Association(b"\7\7", b"\1\2", Secret(FIRST_KEY), IdType.EAP))
    assert not world.handover(B)
    assert world.pos[B].counters["table_full"] == 4
    monkeypatch.setattr(target, "EXPECTED_MAX", 0)
    world = World(of("remedy-1"))
    assert not world.handover(B)
    monkeypatch.undo()
    monkeypatch.setattr(serving, "TRANSFERS_MAX", 1)
    monkeypatch.setattr(backhaul, "CACHE_MAX", 1)
    world = World(of("remedy-1"))
    for name in (B, C, A, B):
        assert world.handover(name)
    assert len(world.pos[A]._serving._transfers) == 1
    assert len(world.pos[B]._site.backhaul._answered) == 1
    bounded = world
    world = World(of("remedy-2"))
    monkeypatch.setattr(group_manager, "ISSUES_MAX", 0)
    assert not world.handover(B)
    assert world.manager.counters["issue_failed"] == 1
    world = bounded
    monkeypatch.setattr(partners, "PARTNERS_MAX", 3)
    with pytest.raises(ValueError, match="at most 3 partners"):
        world.pos[A].partner(Partner(b"\7\7"))
    world.pos[A].partner(Partner(B, channel=2))
    for number in range(3):
        world.pos[A].locate(bytes([number, 0]), Whereabouts())
    with pytest.raises(ValueError, match="at most 3 MNs"):
        world.pos[A].locate(b"\7\7", Whereabouts())
