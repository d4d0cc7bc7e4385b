"""Whatever arrives, by air or by wire: a counted drop, never an exception, a key or a reply that was not earned."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ampradio.mac.shim import message_frame_octets
from ampradio.security.handover import (
    Association,
    BackhaulKind,
    Datagram,
    DeviceKeys,
    Encoding,
    HandoverParameters,
    IdType,
    KeyTree,
    Partner,
    Whereabouts,
)
from ampradio.security.handover.pos import backhaul, group_manager, mis, partners, serving, site, target
from ampradio.security.handover.pos.fields import Slot, unpack
from ampradio.security.handover.profiles import Tlv
from ampradio.security.journal import RefusedError
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from tests.security.handover.world import FIRST_KEY, GM, MAC, MN, STATION, A, B, C, World, flip, of

VARIANTS = [
    replace(of(delivery), encoding=encoding) for delivery in ("legacy", "remedy-1", "remedy-2") for encoding in Encoding
]
every_variant = pytest.mark.parametrize(
    "parameters", VARIANTS, ids=lambda parameters: f"{parameters.delivery.value}-{parameters.encoding.value}"
)


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


@pytest.mark.parametrize("delivery", ["legacy", "remedy-1"])
def test_a_datagram_for_another_pos(delivery: str) -> None:
    """A datagram that is not for this PoS is not looked at."""
    world = World(of(delivery))
    world.handover(C)
    world.pos[B].backhaul_received(world.wire[0][1].octets, 0)
    assert world.pos[B].counters["other_pos"] == 1
    assert not world.pos[B]._target.expects(MN)


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
