"""Elements, key data and frames whose lengths lie or that lack something: refused at either end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ampradio.security.journal import RefusedError
from ampradio.security.rsna import Order, Prof, RsnaParameters
from ampradio.security.rsna.infrastructure.elements import parse_element
from ampradio.security.rsna.infrastructure.key_frame import KeyFrame
from ampradio.security.rsna.profiles import Msg
from ampradio.security.rsna.tag.elements import chosen_element, offer_of
from ampradio.security.rsna.tag.key_frame import read_lite, read_whole
from ampradio.security.rsna.tag.keys import parse_key_data
from ampradio.security.session import Message
from tests.security.rsna.link import ID, Link


def spoilt(msg: int, then: Callable[[bytes], bytes]) -> Callable[[Message], list[Message]]:
    return lambda message: [replace(message, payload=then(message.payload)) if message.msg == msg else message]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_elements_and_key_data_of_any_octets(octets: bytes) -> None:
    """Elements and KDEs with lying lengths are refused or read, never worse."""
    at_ap = [lambda raw, order=order: parse_element(order, raw) for order in Order]
    at_tag = [lambda raw, order=order: offer_of(order, raw) for order in Order]
    for read in (parse_key_data, KeyFrame.parse, *at_ap, *at_tag):
        try:
            read(octets)  # type: ignore[operator]
        except RefusedError:
            continue


@pytest.mark.parametrize(
    ("order", "element"),
    [
        (Order.RSN, "3100"),
        (Order.RSN, "3114" + "0100000fac040100000fac040100000fac060000"),
        (Order.RSN, "3013" + "0100000fac040100000fac040100000fac060000"),
        (Order.RSN, "3014" + "0200000fac040100000fac040100000fac060000"),
        (Order.RSN, "3004" + "0100000f"),
        (Order.RSN, "3008" + "0200" + "000fac04" + "0100"),
        (Order.RSN, "3011" + "0100000fac040100000fac040100000fac"),
        (Order.RSN, "3019" + "0100000fac040100000fac040100000fac060000" + "0000" + "aabbcc"),
        (Order.WPA1, "dd16" + "0050f202" + "01000050f20401000050f20401000050f202"),
        (Order.WPA1, "3014" + "0100000fac040100000fac040100000fac060000"),
    ],
)
def test_elements_that_lie(order: Order, element: str) -> None:
    """Bad input: another element, another version, counts that reach beyond the end, octets left over."""
    with pytest.raises(RefusedError):
        parse_element(order, bytes.fromhex(element))


@pytest.mark.parametrize(
    "data",
    [
        b"\xdd\x16\x00\x0f\xac\x01\x01\x00" + bytes(16) + b"\xdd\x09" + bytes(6),
        b"\xdd\x0e\x00\x0f\xac\x01\x01\x00" + bytes(8),
        b"\x30\x14" + bytes(4),
    ],
)
def test_key_data_that_lies(data: bytes) -> None:
    """Bad input: TLVs with lying lengths, and a group key of a wrong size."""
    with pytest.raises(RefusedError):
        parse_key_data(data)


def test_key_data_with_something_unknown() -> None:
    """12.7.2: unknown KDEs and elements are ignored, padding ends the list."""
    gtk = b"\xdd\x16\x00\x0f\xac\x01\x02\x00" + bytes(range(16))
    found = parse_key_data(b"\x30\x02\x01\x00\x36\x01\x00\xdd\x05\x00\x0f\xac\x08\x00" + gtk + b"\xdd\x00\x00")
    assert found.element == b"\x30\x02\x01\x00" and found.gtk is not None and found.gtk[0] == 2
    assert parse_key_data(b"\xdd").element == b""


@pytest.mark.parametrize("prof", list(Prof))
def test_authentication_other_than_open(prof: Prof) -> None:
    """R4.1: another algorithm, step or status is refused, at both ends."""
    for msg in (2, 3):
        link = Link(RsnaParameters(prof))
        link.ap.begin(ID)
        bad = spoilt(msg, lambda payload: payload[:-1] + b"\x07")
        assert not link.connect(bad, bad)
        assert set(link.refusals("ap" if msg == 2 else "tag")) == {"malformed"}


def test_key_frames_that_lie_to_the_tag() -> None:
    """12.7.2: lengths, reserved octets, version, type and descriptor are looked at before anything else."""
    whole = KeyFrame(2, 0x008B, 1, 16, bytes(range(32)), data=b"\xdd\x02\x00\x00").encode()
    assert read_whole(whole, 2).nonce == bytes(range(32))
    for at in (0, 1, 2, 3, 4, 49, 64, 73, 80, 97, 98):
        with pytest.raises(RefusedError):
            read_whole(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :], 2)
    for short in (whole[:98], whole[:-1], whole + b"\0"):
        with pytest.raises(RefusedError):
            read_whole(short, 2)
    for msg, sizes in (
        (Msg.PAIRWISE_1, (34, 50)),
        (Msg.PAIRWISE_3, (22,)),
        (Msg.GROUP_1, range(25, 80)),
    ):
        for octets in range(80):
            payload = bytes(octets)
            if octets in sizes:
                read_lite(payload, msg, 3, 0, bytes(32))
            else:
                with pytest.raises(RefusedError):
                    read_lite(payload, msg, 3, 0, bytes(32))


def test_a_full_advert_without_its_hash() -> None:
    """Page 5.4: the element of the hash has to be that element."""
    link = Link(RsnaParameters(Prof.FULL))
    link.ap.begin(ID)
    advert = link.ap.messages_to_send(0)[0]
    for at in (22, 23, 24):
        changed = advert.payload[:at] + bytes([advert.payload[at] ^ 1]) + advert.payload[at + 1 :]
        link.tag.receive(replace(advert, payload=changed), 0)
    assert link.refusals("tag") == ["malformed"] * 3


@pytest.mark.parametrize("order", list(Order))
def test_elements_that_lie_to_the_tag(order: Order) -> None:
    """Bad input: every truncation, another element or version, counts beyond the end."""
    akm = 2 if order is Order.WPA1 else 6
    element = chosen_element(order, akm)
    assert offer_of(order, element).akms == {akm}
    at = 6 if order is Order.WPA1 else 2
    lies = [element[:octets] for octets in range(len(element))]
    lies += [bytes([element[0] ^ 1]) + element[1:], element[:at] + b"\x02" + element[at + 1 :]]
    lies += [element[: at + 6] + b"\xff" + element[at + 7 :], element[: at + 12] + b"\x09" + element[at + 13 :]]
    for lie in lies:
        with pytest.raises(RefusedError):
            offer_of(order, lie)
