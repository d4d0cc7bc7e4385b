"""Whatever arrives at tag or AP: counted and dropped, no key installed, no port opened, nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ampradio.security.entropy import NonceSource, SeededEntropy
from ampradio.security.journal import EVENTS_MAX, RefusedError
from ampradio.security.rsna import Order, Port, Prof, RsnaParameters
from ampradio.security.rsna.backhaul import EapFromServer
from ampradio.security.rsna.infrastructure.elements import parse_element
from ampradio.security.rsna.infrastructure.key_frame import KeyFrame
from ampradio.security.rsna.infrastructure.keys import wrapped
from ampradio.security.rsna.profiles import Msg
from ampradio.security.rsna.tag.eap_peer import EapPeer
from ampradio.security.rsna.tag.eap_psk import EapPskPeer
from ampradio.security.rsna.tag.elements import chosen_element, offer_of
from ampradio.security.rsna.tag.key_frame import read_lite, read_whole
from ampradio.security.rsna.tag.keys import parse_key_data
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from tests.security.interference import Scripted
from tests.security.rsna.eap_psk_server import EapPskServer, cmac, derive, eax, number
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
    """X3: changed adverts, authentications, associations and EAP lead to no key; a clean attempt then works."""
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
        link.ap.begin(ID)
        link.tag.power_off()
        link.run()
        assert link.is_open(), wrong


def spoilt(msg: int, then: Callable[[bytes], bytes]) -> Callable[[Message], list[Message]]:
    return lambda message: [replace(message, payload=then(message.payload)) if message.msg == msg else message]


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


@pytest.mark.parametrize("prof", list(Prof))
def test_authentication_other_than_open(prof: Prof) -> None:
    """R4.1: another algorithm, step or status is refused, at both ends."""
    for msg in (2, 3):
        link = Link(RsnaParameters(prof))
        link.ap.begin(ID)
        bad = spoilt(msg, lambda payload: payload[:-1] + b"\x07")
        assert not link.connect(bad, bad)
        assert set(link.refusals("ap" if msg == 2 else "tag")) == {"malformed"}


def test_eap_that_is_no_answer() -> None:
    """R4.9, R4.18: what is relayed is a whole response to the request under way, and first a name."""
    server = EapPskServer({IDENTITY: EAP_PSK})
    link = Link(RsnaParameters(Prof.FULL, akms=(5,)), server=server)
    link.ap.begin(ID)
    while not link.said(7):
        link.round(uplink=lambda message: [] if message.msg == 7 else [message])
    message = link.said(7)[0]
    packet = message.payload[4:]
    for header, eap, reason in (
        (b"\x01\x03" + message.payload[2:4], packet, "malformed"),
        (b"\x01\x00\x00\x07", packet, "malformed"),
        (message.payload[:4], packet[:2] + b"\x00\x07" + packet[4:], "malformed"),
        (message.payload[:4], b"\x01" + packet[1:], "bad_eap"),
        (message.payload[:4], packet[:1] + b"\x09" + packet[2:], "bad_eap"),
        (message.payload[:4], packet[:4] + b"\x2f" + packet[5:], "bad_eap"),
        (b"\x01\x00\x00\x05", b"\x02\x00\x00\x05\x01", "bad_eap"),
    ):
        link.ap.receive(replace(message, payload=header + eap), link.now_ns)
        assert link.refusals("ap")[-1] == reason
        assert link.ap.backhaul_to_send(link.now_ns) == []
    link.run()
    assert link.is_open()


def test_eap_psk_messages_that_are_not_right() -> None:
    """RFC 4764: another RAND_S, a wrong MAC_S, a protected channel that does not begin at 0, a third message first."""
    rand_s, rand_p, name = bytes(range(16)), bytes(range(16, 32)), b"server"
    ak, tek, msk, _ = derive(EAP_PSK, rand_p)

    def third(rand: bytes = rand_s, mac: bytes = cmac(ak, name + rand_p), start: int = 0) -> bytes:
        header = bytes([1, 8, 0, 59, 47, 0x80]) + rand
        sealed, tag = eax(tek, number(start), header, b"\x80", seal=True)
        return header + mac + start.to_bytes(4, "big") + tag + sealed

    peer = EapPskPeer(Secret(EAP_PSK), IDENTITY, NonceSource(Scripted(rand_p)))
    with pytest.raises(RefusedError, match="bad_eap"):
        peer.respond(third())
    peer.respond(bytes([1, 7]) + (22 + len(name)).to_bytes(2, "big") + b"\x2f\x00" + rand_s + name)
    for wrong, reason in (
        (third(rand=bytes(16)), "bad_eap"),
        (third(mac=bytes(16)), "bad_mic"),
        (third(start=1), "bad_mic"),
        (third()[:-1] + b"\x00", "bad_mic"),
        (third()[:-1], "bad_eap"),
        (third()[:5] + b"\xc0" + third()[6:], "bad_eap"),
    ):
        with pytest.raises(RefusedError, match=reason):
            peer.respond(wrong)
        assert peer.msk is None
    peer.respond(third())
    assert peer.msk == Secret(msk)


@pytest.mark.parametrize(
    "packet",
    ["", "030100", "03010005", "0301000400", "02010005 01", "04010004 00", "01010004"],
)
def test_eap_packets_that_are_none(packet: str) -> None:
    """RFC 3748, 4: lengths that lie, a response to a peer, a success too early or too long."""
    peer = EapPeer(IDENTITY, 47, EapPskPeer(Secret(EAP_PSK), IDENTITY, NonceSource(SeededEntropy(1))))
    with pytest.raises(RefusedError):
        peer.receive(bytes.fromhex(packet))
    assert peer.ended is None


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


def test_dead_entropy() -> None:
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
