"""Key messages under the right keys that say what they must not: refused, and nothing is installed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security.rsna import Order, Prof, RsnaParameters
from ampradio.security.rsna.infrastructure.key_frame import KeyFrame
from ampradio.security.rsna.infrastructure.keys import wrapped
from tests.security.rsna.link import ID, Link


def test_a_genuine_message_3_that_lacks_what_it_has_to_have() -> None:
    """R4.14: a PMK holder that sends no group key, one too many, or key data that does not unwrap."""
    for order, data in ((Order.RSN, "no gtk"), (Order.RSN, "broken"), (Order.SEED, "gtk")):
        link = Link(RsnaParameters(Prof.FULL, order))
        link.ap.begin(ID)
        while not link.said(14):
            link.round()
        handshake = link.ap._stations[ID]._bond.handshake
        assert handshake is not None
        message = link.ap.messages_to_send(link.now_ns)[0]
        frame, element = KeyFrame.parse(message.payload), link.ap._setting.management.element
        content = {
            "no gtk": wrapped(handshake._keys.kek, element + b"\xdd\x00"),
            "broken": bytes(24),
            "gtk": element + b"\xdd\x16\x00\x0f\xac\x01\x01\x00" + bytes(16),
        }[data]
        forged = replace(frame, data=content).signed(handshake._keys.kck.expose())
        link.tag.receive(replace(message, payload=forged.encode()), link.now_ns)
        assert link.refusals("tag") == ["bad_key_data"] and not link.tag.has_keys
        other = replace(frame, nonce=bytes(range(32))).signed(handshake._keys.kck.expose())
        link.tag.receive(replace(message, payload=other.encode()), link.now_ns)
        assert link.refusals("tag")[-1] == "nonce_changed"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"info": 0x030B}, "key_information"),
        ({"descriptor": 254}, "key_information"),
        ({"replay": 0}, "replay_counter"),
        ({"replay": 99}, "replay_counter"),
        ({"data": b""}, "element_changed"),
    ],
)
def test_a_genuine_message_2_that_answers_nothing(changed: dict[str, object], reason: str) -> None:
    """12.7.6.3: what is signed has to be right all the same: key information, replay counter, element."""
    link = Link(RsnaParameters(Prof.FULL))
    link.ap.begin(ID)
    while not link.said(14):
        link.round(uplink=lambda message: [] if message.msg == 14 else [message])
    keys = link.tag._bond.handshake._fresh  # type: ignore[union-attr]
    assert keys is not None
    message = link.said(14)[0]
    forged = replace(KeyFrame.parse(message.payload), **changed).signed(keys.kck.expose())  # type: ignore[arg-type]
    link.ap.receive(replace(message, payload=forged.encode()), link.now_ns)
    assert link.refusals("ap") == [reason]
    link.run()
    assert link.is_open()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"info": 0x03CB}, "key_information"),
        ({"replay": 0}, "replay_counter"),
        ({"data": b"\x30\x02\x01\x00"}, "element_changed"),
    ],
)
def test_a_genuine_message_3_that_is_not_right(changed: dict[str, object], reason: str) -> None:
    """12.7.6.4: the same at the tag."""
    link = Link(RsnaParameters(Prof.FULL))
    link.ap.begin(ID)
    while not link.said(14):
        link.round()
    handshake = link.ap._stations[ID]._bond.handshake
    assert handshake is not None
    message = link.ap.messages_to_send(link.now_ns)[0]
    kck = handshake._keys.kck.expose()
    forged = replace(KeyFrame.parse(message.payload), **changed).signed(kck)  # type: ignore[arg-type]
    link.tag.receive(replace(message, payload=forged.encode()), link.now_ns)
    assert link.refusals("tag") == [reason] and link.tag.messages_to_send(0) == []
    link.run()
    assert link.is_open()


@pytest.mark.parametrize("order", [Order.SEED, Order.RSN])
def test_a_genuine_group_message_without_a_key(order: Order) -> None:
    """R4.15: as above, for group message 1."""
    link = Link(RsnaParameters(Prof.FULL, order))
    assert link.connect()
    link.ap.rekey_group()
    message = link.ap.messages_to_send(link.now_ns)[0]
    handshake = link.ap._stations[ID]._bond.handshake
    assert handshake is not None
    for content in (wrapped(handshake._keys.kek, bytes(24)), bytes(24)):
        forged = replace(KeyFrame.parse(message.payload), data=content).signed(handshake._keys.kck.expose())
        link.tag.receive(replace(message, payload=forged.encode()), link.now_ns)
    assert link.refusals("tag") == ["bad_key_data"] * 2
    link.run()
    assert link.is_open()
