"""Frames by air that are not right: others' headers, names and numbers, lengths that lie, signals without an SA."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.mac.shim import message_frame_octets
from ampradio.security.handover import (
    Encoding,
    HandoverParameters,
)
from ampradio.security.handover.pos import mis
from ampradio.security.handover.pos.fields import Slot, unpack
from ampradio.security.handover.profiles import Tlv
from ampradio.security.journal import RefusedError
from ampradio.security.session import Message
from tests.security.handover.variants import (
    VARIANTS,
    every_variant,
)
from tests.security.handover.world import MAC, MN, STATION, A, B, C, World, flip, of


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x01",
        b"\x01\x05abcd",
        b"\x01\x81\x05abcde",
        b"\x01\x82\x01",
        b"\x01\x84\xff\xff\xff\xff",
        b"\x01\xff",
    ],
)
def test_tlvs_with_lying_lengths(octets: bytes) -> None:
    """A length beyond the end, or not the shortest form, is malformed."""
    if not octets:
        assert mis.decode_tlvs(octets) == []
        return
    with pytest.raises(RefusedError, match="malformed"):
        mis.decode_tlvs(octets)


def test_tlvs_long_and_short() -> None:
    """One length octet below 128, 0x81 and one above, 0x82 and two from 256 on."""
    for size, head in ((0, "0500"), (127, "057f"), (128, "058180"), (255, "0581ff"), (256, "05820100")):
        encoded = mis.encode_tlv(5, bytes(size))
        assert encoded.hex().startswith(head)
        assert mis.decode_tlvs(encoded) == [(5, bytes(size))]
    with pytest.raises(RefusedError):
        unpack(Encoding.FULL, mis.encode_tlv(5, b"1"), [Slot(Tlv.STATUS, 1)])
    with pytest.raises(RefusedError):
        unpack(Encoding.FULL, mis.encode_tlv(3, b"12"), [Slot(Tlv.STATUS, 1)])


def test_headers_of_others() -> None:
    """Other system, profile, message, station, destination: each with its counter."""
    world = World(of("remedy-1"))
    world.mn.request_handover(0, B)
    (request,) = world.mn.messages_to_send(0)
    pos = world.pos[A]
    for wrong in (
        replace(request, proto=1),
        replace(request, prof=3),
        replace(request, msg=4),
        replace(request, payload=request.payload[:5] + b"\x66\x66" + request.payload[7:]),
        replace(request, payload=b"\x05" + request.payload[1:]),
        replace(request, payload=request.payload[:2] + b"\x80" + request.payload[3:]),
    ):
        pos.receive(wrong, 0)
    names = ("other_system", "other_profile", "unexpected", "other_pos", "malformed")
    assert [pos.counters[name] for name in names] == [1, 1, 1, 1, 2]
    answer = Message(5, 4, 2, STATION, bytes([4, 1, 0]) + bytes(35))
    for wrong in (
        replace(answer, proto=1),
        replace(answer, prof=1),
        replace(answer, station_id=1),
        replace(answer, msg=6),
        replace(answer, msg=8),
        replace(answer, payload=b"\x04\x01\x80"),
    ):
        world.mn.receive(wrong, 0)
    counters = world.mn.counters
    names = ("other_system", "other_profile", "other_station", "unexpected", "malformed")
    assert [counters[name] for name in names] == [1, 1, 1, 1, 2]
    assert world.mn.answers_to == frozenset()
    pos.end_of_slot(STATION, 0)


@pytest.mark.parametrize(
    "parameters", [p for p in VARIANTS if p.hardened], ids=lambda p: f"{p.delivery.value}-{p.encoding.value}"
)
def test_signals_that_are_not_right(parameters: HandoverParameters) -> None:
    """MSG 7 and 8 without an SA, repeated, from another PoS or under another key."""
    world = World(parameters)
    world.handover(B)
    world.mn.signal(b"hello", world.now_ns)
    world.run()
    signal = world.air[-1]
    world.pos[B].receive(signal, 0)
    assert world.pos[B].counters["replayed_sn"] == 1
    world.pos[B]._site.associations.clear()
    world.pos[B].receive(signal, 0)
    assert world.pos[B].counters["no_association"] == 1
    world.serve(C)
    world.pos[C].signal(STATION, MN, b"there", 0)
    (down,) = world.pos[C].messages_to_send(0)
    world.serve(B)
    world.mn.receive(down, 0)
    assert world.mn.counters["no_association"] == 1
    world.serve(C)
    world.mn.receive(replace(down, payload=flip(down.payload, 8 * len(down.payload) - 1)), 0)
    assert world.mn.counters["bad_icv"] == 1
    world.mn.receive(down, 0)
    assert world.mn.counters["signal"] == 1


def test_full_frames_that_are_not_ours() -> None:
    """Another version, a fragment, an unknown action, a TID over 12 bits, a foreign name."""
    world = World(replace(of("remedy-1"), encoding=Encoding.FULL))
    world.mn.request_handover(0, B)
    world.speak()
    while world.carry():
        pass
    (answer,) = world.pos[A].messages_to_send(0)
    request = world.air[0]
    for bit in (0, 7, 15, 16, 30, 32, 63, 8 * 9 + 7, 8 * 10, 8 * 12):
        world.mn.receive(replace(answer, payload=flip(answer.payload, bit)), 0)
        world.pos[B].receive(replace(request, payload=flip(request.payload, bit)), 0)
    assert world.mn.moving_to(0) is None
    assert world.mn.counters["refused"] == 10
    world.mn.receive(replace(answer, payload=answer.payload.replace(b"0101@", b"0102@")), 0)
    assert world.mn.counters["other_station"] >= 1
    world.mn.receive(answer, 0)
    assert world.mn.moving_to(0) == B


def test_candidates_and_surplus() -> None:
    """Candidates of a broken length, TLVs in the wrong order or too many; a Security TLV of another type."""
    legacy = World(of("legacy"))
    head = bytes([1, 1, 2]) + MN + A + bytes(range(16))
    for candidates in (bytes(4), bytes(27)):
        legacy.pos[A].receive(Message(5, 1, 1, STATION, head + candidates), 0)
    assert legacy.pos[A].counters["malformed"] == 2
    with pytest.raises(RefusedError):
        unpack(Encoding.FULL, mis.encode_tlv(3, b"1") * 2, [Slot(Tlv.STATUS, 1)])
    full = replace(of("remedy-1"), encoding=Encoding.FULL)
    for old, new in ((b"\x6b\x2b", b"\x6c\x2b"), (b"\x66\x10", b"\x65\x10"), (b"\x6f\x08", b"\x6f\x07")):
        world = World(full)

        def retype(message: Message, old: bytes = old, new: bytes = new) -> list[Message]:
            return [replace(message, payload=message.payload.replace(old, new))]

        world.handover(B, downlink=retype)
        assert world.mn.counters["malformed"] >= 1


def test_long_signals() -> None:
    """More than 127 octets in a full frame need the long form of the length, both ways."""
    world = World(replace(of("remedy-2"), encoding=Encoding.FULL))
    world.handover(B)
    sizes = (115, 116, 150, 243, 244, 300)  # around 127 and 255 octets of TLV value, and beyond
    for size in sizes:
        world.mn.signal(bytes(size), world.now_ns)
        world.pos[B].signal(STATION, MN, bytes(size), world.now_ns)
        world.run()
    assert world.mn.counters["signal"] == world.pos[B].counters["signal"] == len(sizes)


def test_volatile_associations_write_nothing() -> None:
    """Without persistence signalling costs no NVM row in either direction."""
    world = World(replace(of("remedy-1"), persist=False))
    world.handover(B)
    writes = world.memory._state._rows.writes  # type: ignore[attr-defined]
    world.mn.signal(b"up", world.now_ns)
    world.pos[B].signal(STATION, MN, b"down", world.now_ns)
    world.run()
    assert world.mn.counters["signal"] == world.pos[B].counters["signal"] == 1
    assert world.memory._state._rows.writes == writes  # type: ignore[attr-defined]


@pytest.mark.parametrize("encoding", Encoding)
def test_longest_signals_fit_a_message(encoding: Encoding) -> None:
    """400 octets of signalling are at most eight fragments in either encoding; more is the caller's mistake."""
    world = World(replace(of("remedy-1"), encoding=encoding))
    world.handover(B)
    world.mn.signal(bytes(400), world.now_ns)
    world.pos[B].signal(STATION, MN, bytes(400), world.now_ns)
    world.run()
    assert all(len(message_frame_octets(MAC, len(message.payload))) <= 8 for message in world.air[-2:])
    assert world.mn.counters["signal"] == world.pos[B].counters["signal"] == 1
    for signal in (
        lambda: world.mn.signal(bytes(401), world.now_ns),
        lambda: world.pos[B].signal(STATION, MN, bytes(401), world.now_ns),
    ):
        with pytest.raises(ValueError, match="400 octets"):
            signal()


def test_a_home_whose_numbers_are_used_up() -> None:
    """Rule 25: no SN twice with the home either: after the last one full authentication is what is left."""
    world = World(of("remedy-1"), served=False)
    world.near = B
    link = world.mn._awake(0).holdings.home_link
    assert link is not None
    link.sent = link.mark = 65_534
    assert world.mn.request_handover(0, B)
    world.mn.power_off()
    assert not world.mn.request_handover(0, B)
    assert world.mn.counters["full_authentication_needed"] == 1


@every_variant
def test_an_answer_to_another_question(parameters: HandoverParameters) -> None:
    """Message 4 under another TID is not the answer, however genuine the rest of it is."""
    world = World(parameters)
    world.mn.request_handover(0, B)
    world.speak()
    while world.carry():
        pass
    (answer,) = world.pos[A].messages_to_send(0)
    at = 1 if parameters.encoding is Encoding.LITE else 5
    other = bytes([answer.payload[at] + 1])
    world.mn.receive(replace(answer, payload=answer.payload[:at] + other + answer.payload[at + 1 :]), 0)
    assert world.mn.counters["unexpected"] == 1
    assert world.mn.moving_to(0) is None
    world.mn.receive(answer, 0)
    assert world.mn.moving_to(0) == B


@every_variant
def test_a_confirmation_in_another_name(parameters: HandoverParameters) -> None:
    """Message 6 from a PoS that the key is not for is refused, and costs no key."""
    world = World(parameters)
    spoiled = []

    def rename(message: Message) -> list[Message]:
        if message.msg != 6:
            return [message]
        old, new = (B.hex().encode(), C.hex().encode()) if parameters.encoding is Encoding.FULL else (B, C)
        spoiled.append(replace(message, payload=message.payload.replace(old, new, 1)))
        return [spoiled[-1], message]

    assert world.handover(B, downlink=rename)
    assert spoiled[0].payload not in [message.payload for message in world.air]
    assert world.mn.counters["other_pos"] == 1
    assert world.mn.counters["key_dropped"] == 0
