"""The frame codec beyond the vectors: round trip, garbage, refusals and caller's mistakes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ampradio.mac.ack import Ack
from ampradio.mac.excitation import Excitation
from ampradio.mac.frame import Frame, Other, encode_frame, parse_frame, type_name
from ampradio.mac.group_ack import GroupAck
from ampradio.mac.header import Header, partial_id, seal, short_frame, ul_rate_bps, ul_rate_code
from ampradio.mac.payload import Authentication, Data
from ampradio.mac.reassembly import Reassembler
from ampradio.mac.refusal import Reason, Refusal
from ampradio.mac.response import Response
from ampradio.mac.rfid import Rfid
from ampradio.mac.shim import Shim, fragments
from ampradio.mac.sp_advert import ServicePeriod, SpAdvert
from ampradio.mac.trigger import AccessKind, ChannelOffset, ResponseType, Trigger, TriggerParameters
from ampradio.profile import load_profile
from ampradio.psdu import fcs
from ampradio.security.session import Message

PROFILE = load_profile()
MAC = PROFILE.mac

u8, u16 = st.integers(0, 0xFF), st.integers(0, 0xFFFF)
rates = st.integers(0, 3)
shims = st.builds(
    Shim, st.integers(0, 7), st.integers(0, 31), st.integers(0, 15), st.integers(0, 7), st.booleans()
)
parameters = st.builds(
    TriggerParameters,
    st.sampled_from(AccessKind),
    st.sampled_from(ResponseType),
    st.sampled_from(ChannelOffset),
    st.integers(0, 3),
    st.integers(0, 15),
    st.booleans(),
    u8,
    st.integers(1, 255),
    u16,
)


@st.composite
def triggers(draw: st.DrawFn) -> Trigger:
    """Any Trigger that a caller may build."""
    station = draw(st.one_of(u16, st.just(MAC.broadcast_id)))
    chosen = draw(parameters)
    ids: tuple[int, ...] = ()
    if station == MAC.broadcast_id and chosen.access is AccessKind.SCHEDULED:
        ids = tuple(draw(st.lists(u16, min_size=1, max_size=20)))
        chosen = TriggerParameters(chosen.access, slots=len(ids))
    return Trigger(station, chosen, ids, draw(st.binary(max_size=64 - 6 - 2 * len(ids))), draw(rates))


@st.composite
def responses(draw: st.DrawFn) -> Response:
    """Any Response that a caller may build."""
    kind = draw(st.sampled_from(ResponseType))
    size = (6, 6) if kind is ResponseType.PERMANENT_ID else (0, 60)
    content = draw(st.binary(min_size=size[0], max_size=size[1]))
    return Response(
        draw(u16), kind, content, draw(st.none() | u16), draw(st.none() | u8), draw(rates), draw(st.booleans())
    )


group_acks = st.builds(
    lambda session, slots, ids: GroupAck(session, slots, tuple((s, i) for s, i in sorted(ids.items()) if s <= slots)),
    u8, st.integers(1, 255), st.dictionaries(st.integers(1, 255), u16, max_size=15),
)
frames = st.one_of(
    triggers(),
    responses(),
    group_acks,
    st.builds(Ack, u16),
    st.just(Excitation()),
    st.builds(
        SpAdvert, st.none() | st.integers(0, 4095), st.none() | st.builds(ServicePeriod, u8, u16, u16, u8),
        st.none() | parameters,
    ),
    st.builds(Rfid, u16, st.text("01", max_size=255), rates, st.booleans()),
    st.builds(Data, u16, shims, st.binary(max_size=62), rates, st.booleans()),
    st.builds(Authentication, u16, shims, st.binary(max_size=62), rates, st.booleans()),
    st.builds(
        Other, st.builds(Header, st.sampled_from([0, 1, 2, 3, 4, 14, 15]), u16, st.booleans(), rates, u8),
        st.binary(min_size=1, max_size=64),
    ),
)


@given(frames)
def test_round_trip(frame: Frame) -> None:
    """Section 5: what is encoded is read back the same, for every frame type."""
    assert parse_frame(MAC, encode_frame(MAC, frame)) == frame


@pytest.mark.parametrize("access", [None, TriggerParameters(AccessKind.RANDOM, acwe=3, slots=4, slot_units=178)])
@pytest.mark.parametrize("service_period", [None, ServicePeriod(1, 2, 3, 4)])
@pytest.mark.parametrize("tsf", [None, 4095])
def test_each_part_of_an_sp_advert_may_be_absent(
    tsf: int | None, service_period: ServicePeriod | None, access: TriggerParameters | None
) -> None:
    """Rule 9: TSF, service period and access are there or not, each told by its own bit; 2, 6 and 6 octets."""
    advert = SpAdvert(tsf, service_period, access)
    psdu = encode_frame(MAC, advert)
    assert parse_frame(MAC, psdu) == advert
    present = [tsf is not None, service_period is not None, access is not None]
    assert psdu[5] == sum(1 << bit for bit, here in enumerate(present) if here)
    assert len(psdu) == 5 + 1 + 2 * present[0] + 6 * present[1] + 6 * present[2] + 2


@given(frames, st.data())
def test_any_flipped_bit_is_refused(frame: Frame, data: st.DataObject) -> None:
    """Rule 2: one flipped bit never passes as a frame with another meaning."""
    psdu = bytearray(encode_frame(MAC, frame))
    bit = data.draw(st.integers(0, 8 * len(psdu) - 1))
    psdu[bit // 8] ^= 1 << bit % 8
    assert isinstance(parse_frame(MAC, bytes(psdu)), Refusal)


@given(st.binary(max_size=80))
def test_garbage_never_raises(octets: bytes) -> None:
    """Architecture: what arrives over the air never raises."""
    assert isinstance(parse_frame(MAC, octets), object)


@given(st.integers(0, 15), u16, st.booleans(), rates, u8, st.binary(min_size=1, max_size=64))
def test_any_body_under_a_good_fcs_never_raises(
    frame_type: int, station: int, protected: bool, rate: int, by_type: int, body: bytes
) -> None:
    """A peer may send any body with a good FCS: it is a frame or a refusal that names type and ID."""
    psdu = seal(MAC, Header(frame_type, station, protected, rate, by_type), body)
    frame = parse_frame(MAC, psdu)
    if isinstance(frame, Refusal) and frame_type not in (MAC.type_ack, MAC.type_excitation):
        assert (frame.frame_type, frame.station_id) == (frame_type, station)


@pytest.mark.parametrize(
    ("psdu", "reason"),
    [
        (b"", Reason.TOO_SHORT),
        (bytes.fromhex("06efbe"), Reason.TOO_SHORT),
        (bytes.fromhex("06efbeb100"), Reason.LENGTH_MISMATCH),
        (bytes.fromhex("06efbeb0"), Reason.BAD_FCS),
        (bytes.fromhex("0b010000"), Reason.BAD_FCS),
        (bytes.fromhex("05ffff05"), Reason.TOO_SHORT),
        (bytes.fromhex("05ffff0500000d5a04b20085"), Reason.LENGTH_MISMATCH),
        (bytes.fromhex("05ffff0500000d5a04b2008511"), Reason.BAD_FCS),
        (seal(MAC, Header(5, 1), bytes.fromhex("030d5a04b200")), Reason.RESERVED_VALUE),
        (seal(MAC, Header(5, 1), bytes.fromhex("000d5a00b200")), Reason.RESERVED_VALUE),
        (seal(MAC, Header(5, 1), bytes(5)), Reason.BAD_BODY),
        (seal(MAC, Header(5, 0xFFFF), bytes.fromhex("01000102b200aaaa")), Reason.BAD_BODY),
        (seal(MAC, Header(7, 1), bytes.fromhex("000100")), Reason.RESERVED_VALUE),
        (seal(MAC, Header(7, 0xFFFF), bytes.fromhex("000102aaaa")), Reason.RESERVED_VALUE),
        (seal(MAC, Header(7, 0xFFFF), bytes.fromhex("000101aa")), Reason.BAD_BODY),
        (seal(MAC, Header(7, 0xFFFF), bytes.fromhex("00")), Reason.BAD_BODY),
        (seal(MAC, Header(8, 0xFFFF), bytes.fromhex("0100")), Reason.BAD_BODY),
        (seal(MAC, Header(8, 1), bytes.fromhex("00")), Reason.RESERVED_VALUE),
        (seal(MAC, Header(8, 0xFFFF), bytes.fromhex("04030d5a04b200")), Reason.RESERVED_VALUE),
        (seal(MAC, Header(9, 1), bytes.fromhex("0301")), Reason.BAD_BODY),
        (seal(MAC, Header(9, 1), b"\x04"), Reason.RESERVED_VALUE),
        (seal(MAC, Header(9, 1), b"\x08\x01"), Reason.BAD_BODY),
        (seal(MAC, Header(9, 1), b"\x18\x01\x02"), Reason.BAD_BODY),
        (short_frame(MAC, MAC.type_excitation, 1), Reason.RESERVED_VALUE),
        (seal(MAC, Header(10, 1), bytes.fromhex("09ff")), Reason.BAD_BODY),
        (seal(MAC, Header(13, 1, True), b"\x21"), Reason.BAD_SHIM),
    ],
)
def test_refusals(psdu: bytes, reason: Reason) -> None:
    """Rules 5–10: each kind of bad frame is refused for its own reason."""
    refusal = parse_frame(MAC, psdu)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is reason


def test_reserved_bits_of_frame_control_are_ignored() -> None:
    """Rule 5: b5–b7 are sent 0 and ignored."""
    body = bytes.fromhex("000d5a04b200")
    assert parse_frame(MAC, seal(MAC, Header(5, 1), body)) == parse_frame(MAC, _with_reserved_bits(body))


def test_reserved_bits_of_a_secured_frame_are_refused() -> None:
    """Protocols section 11, rule 2: the AAD begins with Frame Control, so its bits cannot be ignored there."""
    plain = bytes([0x1D | 0x20]) + seal(MAC, Header(13, 1, True), b"\x21\x02")[1:-2]
    refusal = parse_frame(MAC, plain + fcs(plain))
    assert isinstance(refusal, Refusal) and refusal.reason is Reason.RESERVED_VALUE


def _with_reserved_bits(body: bytes) -> bytes:
    plain = bytes([0x05 | 0xE0]) + seal(MAC, Header(5, 1), body)[1:-2]
    return plain + fcs(plain)


@pytest.mark.parametrize(
    "frame",
    [
        Ack(0x10000),
        Excitation(1),
        Trigger(1, TriggerParameters(slots=0)),
        Trigger(1, TriggerParameters(seed_index=4)),
        Trigger(1, TriggerParameters(slot_units=1 << 16)),
        Trigger(0xFFFF, TriggerParameters(AccessKind.SCHEDULED, slots=2), (1,)),
        Trigger(1, TriggerParameters(), (1,)),
        Trigger(1, TriggerParameters(), data=bytes(59)),
        Trigger(1, TriggerParameters(), ul_rate_code=4),
        GroupAck(0, 4, ((5, 1),)),
        GroupAck(0, 4, ((2, 1), (1, 1))),
        GroupAck(0, 0),
        SpAdvert(tsf=4096),
        Response(1, ResponseType.PERMANENT_ID, bytes(5)),
        Rfid(1, "012"),
        Rfid(1, "1" * 256),
        Data(1, Shim(8, 0), b""),
        Data(1, Shim(0, 0), bytes(63)),
        Other(Header(16, 1), b"x"),
        Other(Header(0, 1), b""),
    ],
)
def test_callers_mistakes_raise(frame: Frame) -> None:
    """Architecture: a caller's mistake raises ValueError, nothing is truncated."""
    with pytest.raises(ValueError, match=r"\d|Gen2"):
        encode_frame(MAC, frame)


def test_rates_and_partial_id() -> None:
    """Rules 11 and 15: rate codes of Type Dependent Control; partial ID is the 6 LSB, 63 for broadcast."""
    assert [ul_rate_bps(PROFILE, code) for code in range(4)] == [250_000, 1_000_000, 4_000_000, None]
    assert ul_rate_code(PROFILE, 4_000_000) == 2
    with pytest.raises(ValueError, match="must be one of"):
        ul_rate_code(PROFILE, 123)
    assert (partial_id(PROFILE, 0x1234), partial_id(PROFILE, 0xFFFF)) == (0x34, 63)
    assert (type_name(MAC, 5), type_name(MAC, 15)) == ("Trigger", "type 15")


@given(st.binary(max_size=496))
def test_fragments_come_together_again(payload: bytes) -> None:
    """Protocols 1.1: up to 8 fragments of 62 octets; the message is whole only after the last."""
    message = Message(1, 2, 2, 7, payload)
    reassembler = Reassembler(MAC)
    results = [reassembler.add(7, shim, piece) for shim, piece in fragments(MAC, message)]
    assert results == [None] * (len(results) - 1) + [message]


def test_too_long_a_message_raises() -> None:
    """Protocols 1.1: 496 octets are the most."""
    with pytest.raises(ValueError, match="does not fit 8 fragments"):
        fragments(MAC, Message(1, 1, 1, 1, bytes(497)))


def test_lost_and_repeated_fragments() -> None:
    """Protocols 1.1: a lost fragment costs the message, a repeated one is told apart and costs nothing."""
    pieces = fragments(MAC, Message(1, 2, 2, 7, bytes(range(150))))
    reassembler = Reassembler(MAC)
    assert reassembler.add(7, *pieces[0]) is None
    lost = reassembler.add(7, *pieces[2])
    assert isinstance(lost, Refusal) and lost.reason is Reason.FRAGMENT_OUT_OF_ORDER
    assert isinstance(reassembler.add(7, *pieces[1]), Refusal), "the message must be gone after a gap"
    assert reassembler.add(7, *pieces[0]) is None
    assert reassembler.add(7, *pieces[1]) is None
    again = reassembler.add(7, *pieces[1])
    assert isinstance(again, Refusal) and again.reason is Reason.FRAGMENT_REPEATED
    assert reassembler.add(7, *pieces[2]) == Message(1, 2, 2, 7, bytes(range(150)))


def test_fragments_of_another_message_do_not_mix() -> None:
    """A fragment of another message, system or profile never completes this one."""
    reassembler = Reassembler(MAC)
    assert reassembler.add(7, Shim(1, 2, 2, 0, True), b"a") is None
    mixed = reassembler.add(7, Shim(1, 3, 2, 1, False), b"b")
    assert isinstance(mixed, Refusal) and mixed.reason is Reason.FRAGMENT_OUT_OF_ORDER


def test_reassembly_holds_few_stations() -> None:
    """Architecture: nothing received allocates without bound; the oldest unfinished message gives way."""
    reassembler = Reassembler(MAC, stations_max=2)
    for station in (1, 2, 3):
        assert reassembler.add(station, Shim(1, 2, 2, 0, True), b"a") is None
    gone = reassembler.add(1, Shim(1, 2, 2, 1, False), b"b")
    assert isinstance(gone, Refusal) and gone.reason is Reason.FRAGMENT_OUT_OF_ORDER
    assert reassembler.add(3, Shim(1, 2, 2, 1, False), b"b") == Message(1, 2, 2, 3, b"ab")
    with pytest.raises(ValueError, match="at least 1"):
        Reassembler(MAC, stations_max=0)


def test_a_ninth_fragment_cannot_be_announced() -> None:
    """Protocols 1.1: at most 8 fragments; the eighth must be the last."""
    reassembler = Reassembler(MAC)
    for fragment in range(7):
        assert reassembler.add(1, Shim(1, 2, 2, fragment, True), bytes(62)) is None
    endless = reassembler.add(1, Shim(1, 2, 2, 7, True), bytes(62))
    assert isinstance(endless, Refusal) and endless.reason is Reason.BAD_SHIM


@given(st.lists(st.tuples(u16, shims, st.binary(max_size=62)), max_size=60))
def test_reassembly_is_bounded(arrivals: list[tuple[int, Shim, bytes]]) -> None:
    """Architecture: nothing received allocates without bound."""
    reassembler = Reassembler(MAC, stations_max=4)
    for station, shim, payload in arrivals:
        result = reassembler.add(station, shim, payload)
        if isinstance(result, Message):
            assert len(result.payload) <= 8 * 62
    held = reassembler._partials
    assert len(held) <= 4 and sum(len(partial.payload) for partial in held.values()) <= 4 * 7 * 62
