"""Whatever arrives, changed, random or foreign: a counted drop, never an exception, a key or an open port."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ampradio.security.entropy import SeededEntropy
from ampradio.security.journal import EVENTS_MAX
from ampradio.security.rsna import Order, Port, Prof, RsnaParameters
from ampradio.security.rsna.backhaul import EapFromServer
from ampradio.security.session import Message
from tests.security.interference import Scripted
from tests.security.rsna.eap_psk_server import EapPskServer
from tests.security.rsna.link import EAP_PSK, ID, IDENTITY, Link, eap_link, name_of

VARIANTS = [
    RsnaParameters(akms=(5,)),
    RsnaParameters(Prof.FULL, akms=(5,)),
    RsnaParameters(order=Order.RSN),
    RsnaParameters(Prof.FULL, Order.RSN),
    RsnaParameters(Prof.FULL, Order.WPA1, (2,)),
]

MESSAGES = st.builds(
    Message,
    proto=st.sampled_from([0, 4, 4, 4, 7]),
    msg=st.integers(0, 31),
    prof=st.sampled_from([1, 1, 1, 2, 15]),
    station_id=st.sampled_from([ID, ID, 0xFFFF, 0x777]),
    payload=st.binary(max_size=496),
)


def variations(payload: bytes) -> list[bytes]:
    """Every truncation, an octet more, and every bit flip."""
    flips = []
    for bit in range(8 * len(payload)):
        at = bit // 8
        flips.append(payload[:at] + bytes([payload[at] ^ 1 << bit % 8]) + payload[at + 1 :])
    return [*(payload[:octets] for octets in range(len(payload))), payload + b"\0", *flips]


@pytest.mark.parametrize("parameters", VARIANTS, ids=name_of)
def test_every_variation_of_every_key_message(parameters: RsnaParameters) -> None:
    """X3, X4: no changed EAPOL-Key frame behind message 1 is accepted, at either end; the right one behind it is."""
    for wrong in (14, 15, 16, 17, 18):
        link = eap_link(parameters)
        if wrong > 16 and parameters.order is Order.RSN:
            assert link.connect()
            link.ap.rekey_group()

        def around(message: Message, wrong: int = wrong) -> list[Message]:
            if message.msg != wrong:
                return [message]
            return [replace(message, payload=payload) for payload in variations(message.payload)]

        opened = link.is_open()
        if not opened:
            link.ap.begin(ID)
        while not link.said(wrong):
            link.round(downlink=around, uplink=around)
        assert link.is_open() == opened
        installed = len(link.heard("tag", "keys_installed")), len(link.heard("ap", "keys_installed"))
        assert installed == ((1, 1) if wrong > 16 else (1, 0) if wrong == 16 else (0, 0))
        link.run()
        assert link.is_open()


@pytest.mark.parametrize("parameters", VARIANTS, ids=name_of)
def test_every_variation_of_every_other_message(parameters: RsnaParameters) -> None:
    """X3: changed adverts, authentications, associations and EAP lead to no key, or to the same key at both ends.

    The latter where nothing protects what was changed, such as EAP-Success. A clean attempt then works.
    """
    for wrong in range(1, 14):
        link = eap_link(parameters)

        def around(message: Message, wrong: int = wrong) -> list[Message]:
            if message.msg != wrong:
                return [message]
            return [replace(message, payload=payload) for payload in variations(message.payload)]

        link.ap.begin(ID)
        for _ in range(40):
            if not link.round(downlink=around, uplink=around):
                break
        installed = len(link.heard("tag", "keys_installed"))
        assert installed == len(link.heard("ap", "keys_installed")) == link.is_open()
        if installed:
            link.ap.send(ID, b"works")
            link.run()
            assert link.heard("tag", "data", "data_hex") == [b"works".hex()]
        link.ap.begin(ID)
        link.tag.power_off()
        link.run()
        assert link.is_open(), wrong


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), MESSAGES), max_size=30), st.sampled_from(VARIANTS[:4]), st.integers(0, 9))
def test_garbage_never_raises_and_installs_nothing(
    noise: list[tuple[bool, Message]], parameters: RsnaParameters, rounds: int
) -> None:
    """Architecture, errors: nothing received can crash an end, install a key, open a port, or stop what follows."""
    link = eap_link(parameters)
    link.ap.begin(ID)
    for _ in range(rounds):
        link.round()
    had = link.tag.has_keys, link.is_open()
    for to_ap, message in noise:
        message = replace(message, prof=int(parameters.prof) if message.prof == 1 else message.prof)
        (link.ap if to_ap else link.tag).receive(message, link.now_ns)
        link.tag.messages_to_send(link.now_ns)
    assert link.tag.has_keys <= had[0] and link.is_open() <= had[1]
    assert link.heard("tag", "data") == link.heard("ap", "uplink_data") == []
    link.tag.power_off()
    assert link.connect()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=120), st.integers(0, 2), st.booleans(), st.booleans())
def test_garbage_from_the_server(eap: bytes, shift: int, accepted: bool, rejected: bool) -> None:
    """AS answering garbage: the AP relays what is an EAP request and else gives up; the port stays closed."""
    link = Link(
        RsnaParameters(akms=(5,)),
        server=lambda asked: EapFromServer(asked.conversation, asked.request_id + shift, eap, accepted, rejected),
    )
    assert not link.connect()
    assert link.ap.port(ID) is Port.BLOCKED


def test_what_is_not_ours() -> None:
    """Other systems, profiles, stations, messages and directions, at both ends."""
    link = eap_link(RsnaParameters())
    for message, reason in (
        (Message(1, 1, 1, ID, b""), "other_system"),
        (Message(4, 1, 2, ID, b""), "other_profile"),
        (Message(4, 1, 1, 0x777, b""), "other_station"),
        (Message(4, 21, 1, ID, b""), "other_station"),
        (Message(4, 30, 1, ID, b""), "unexpected"),
        (Message(4, 2, 1, ID, b""), "unexpected"),
        (Message(4, 19, 1, ID, b""), "controlled_port"),
        (Message(4, 1, 1, ID, b""), "malformed"),
        (Message(4, 22, 1, ID, b""), "malformed"),
    ):
        link.tag.receive(message, 0)
        assert link.refusals("tag")[-1] == reason
    for message, reason in (
        (Message(1, 2, 1, ID, b""), "other_system"),
        (Message(4, 2, 2, ID, b""), "other_profile"),
        (Message(4, 2, 1, 0x777, b""), "other_station"),
        (Message(4, 30, 1, ID, b""), "unexpected"),
        (Message(4, 2, 1, ID, b""), "controlled_port"),
        (Message(4, 20, 1, ID, b""), "controlled_port"),
    ):
        link.ap.receive(message, 0)
        assert link.refusals("ap")[-1] == reason
    assert link.connect()
    link.ap.receive(Message(4, 14, 1, ID, b""), 0)
    link.tag.receive(Message(4, 19, 1, ID, b"short"), 0)
    link.tag.receive(Message(4, 21, 1, 0xFFFF, b"\x03" + bytes(20)), 0)
    link.ap.receive(Message(4, 20, 1, ID, b"short"), 0)
    link.ap.receive(Message(4, 20, 1, ID, b"\x01" + bytes(20)), 0)
    assert link.refusals("tag")[-2:] == ["malformed", "other_key"]
    assert link.refusals("ap")[-3:] == ["unexpected", "malformed", "other_key"]
    link.tag.handle_deadline(0)
    assert link.tag.next_deadline_ns() is None and link.tag.answers_to == frozenset()


def test_a_dead_entropy_source_sends_nothing() -> None:
    """No constant nonce goes out, at either end; the attempt ends, and another with a living source works."""
    link = Link(ap_entropy=Scripted(bytes(range(16)), bytes(32), bytes(range(32)), bytes(range(1, 33))))
    assert not link.connect()
    assert link.heard("ap", "failed", "reason") == ["no_entropy"]
    assert link.connect()
    link = Link(tag_entropy=Scripted(bytes(32), bytes(32), bytes(range(32))))
    assert link.connect()
    assert link.refusals("tag").count("no_entropy") == 2
    link = Link(
        RsnaParameters(akms=(5,)),
        server=EapPskServer({IDENTITY: EAP_PSK}),
        tag_entropy=Scripted(bytes(16), bytes(range(16)), bytes(range(32))),
    )
    assert link.connect()
    assert link.refusals("tag").count("no_entropy") == 1


def test_events_that_nobody_takes_are_bounded() -> None:
    """Architecture, errors: nothing received can allocate without bound; the counters stay exact."""
    link = eap_link(RsnaParameters())
    for _ in range(EVENTS_MAX + 10):
        link.tag.receive(Message(4, 19, 1, ID, b""), 0)
        link.ap.receive(Message(4, 20, 1, ID, b""), 0)
    assert link.tag.counters["controlled_port"] == link.ap.counters["controlled_port"] == EVENTS_MAX + 10
    assert len(link.tag.events()) == len(link.ap.events()) == EVENTS_MAX
    assert SeededEntropy(1).seeded
