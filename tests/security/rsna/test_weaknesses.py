"""The weaknesses of page 5.3 fall where the page says, and the column S4 of the matrix (8.4)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace

import pytest

from ampradio.security import meter
from ampradio.security.entropy import SeededEntropy
from ampradio.security.prf import psk_of
from ampradio.security.rsna import Order, Port, Prof, RsnaParameters
from ampradio.security.rsna.infrastructure.protection import FrameAround, seal
from ampradio.security.rsna.profiles import Msg
from ampradio.security.session import Message
from tests.security.interference import losing
from tests.security.rsna.eap_psk_server import EapPskServer
from tests.security.rsna.link import AA, EAP_PSK, ID, IDENTITY, MAC, SPA, Link, eap_link

EAP = RsnaParameters(akms=(5,))


@pytest.mark.parametrize("order", [Order.SEED, Order.RSN])
@pytest.mark.parametrize("prof", list(Prof))
def test_w4_1_no_key_reinstallation(prof: Prof, order: Order) -> None:
    """W4.1, X4, rule 22: message 4 is withheld, message 3 comes again, is answered, and TK and its PN stay."""
    link = eap_link(RsnaParameters(prof, order), tag_options={"application": lambda data: data})
    assert link.connect(uplink=losing(16, times=2))
    assert len(link.said(15)) == 3 and len(link.said(16)) == 3
    assert len(link.heard("tag", "keys_installed")) == 1
    link.ap.send(ID, b"one", 3)
    link.run()
    for message in [*link.said(15), *link.said(17)]:
        link.tag.receive(message, link.now_ns)
    assert link.tag.messages_to_send(link.now_ns) == []
    link.ap.send(ID, b"two", 3)
    link.run()
    assert [message.payload[1:7] for message in link.said(20)] == [bytes(5) + b"\x01", bytes(5) + b"\x02"]
    assert len({message.payload[1:7] for message in link.said(19)}) == 2


@pytest.mark.parametrize("order", [Order.SEED, Order.RSN])
def test_w4_1_no_group_key_reinstallation(order: Order) -> None:
    """W4.1, rule 22: a group key that comes again, genuine, keeps its packet number: no replay of data."""
    link = eap_link(RsnaParameters(order=order))
    assert link.connect()
    link.ap.send_group(b"once")
    link.run()
    station = link.ap._stations[ID]
    station.give_group_key()
    link.run()
    assert len(link.said(17)) == (2 if order is Order.SEED else 1)
    link.tag.receive(link.said(21)[0], link.now_ns)
    assert link.refusals("tag") == ["old_pn"]
    assert link.heard("tag", "data", "data_hex") == [b"once".hex()]
    assert len(link.heard("tag", "group_key_installed")) == 1


def test_w4_2_a_flood_of_first_messages_costs_derivations_and_no_state() -> None:
    """W4.2, X10: message 1 is under no MIC: each makes the tag derive a PTK and answer; nothing piles up."""
    tally = meter.Tally()
    link = eap_link(RsnaParameters(), meter=tally)
    link.ap.begin(ID)
    while not link.said(14):
        link.round(uplink=losing(14, times=1))
    before = tally.units[meter.Primitive.SHA256]
    first = link.said(13)[0]
    for number in range(50):
        forged = replace(first, payload=first.payload[:2] + bytes([number]) * 32)
        link.to_tags(forged)
    assert tally.units[meter.Primitive.SHA256] == before + 50 * 10
    assert tally.units[meter.Primitive.RNG] == 32, "one SNonce for one handshake, however often message 1 comes"
    link.run()
    assert link.is_open()


def test_w4_2_deauthentication_is_believed() -> None:
    """W4.2: without management frame protection anybody ends a link: a denial of service."""
    link = eap_link(RsnaParameters())
    assert link.connect()
    link.tag.receive(Message(4, 22, 1, ID, b"\x03\x00"), 0)
    assert link.tag.port is Port.BLOCKED and not link.tag.has_keys
    assert link.connect()


def guess(link: Link, candidates: list[bytes]) -> bytes | None:
    """X13: try PMKs against captured messages 1 and 2, from the definitions (AKM 2, whole frames)."""
    first, second = link.said(13)[0].payload, link.said(14)[0].payload
    anonce, snonce = first[17:49], second[17:49]
    context = min(AA, SPA) + max(AA, SPA) + min(anonce, snonce) + max(anonce, snonce)
    unsigned = second[:81] + bytes(16) + second[97:]
    for pmk in candidates:
        kck = hmac.new(pmk, b"Pairwise key expansion\0" + context + b"\0", hashlib.sha1).digest()[:16]
        if hmac.new(kck, unsigned, hashlib.sha1).digest()[:16] == second[81:97]:
            return pmk
    return None


def test_w4_3_a_passphrase_is_guessed_from_two_messages() -> None:
    """W4.3, X13: offline, from messages 1 and 2 of one handshake; a random PSK is not in any dictionary."""
    parameters = RsnaParameters(Prof.FULL, akms=(2,), ssid=b"home")
    words = ["password", "letmein123", "correct horse", "ambient power"]
    link = eap_link(parameters, psk=psk_of("correct horse", b"home"))
    assert link.connect()
    dictionary = [psk_of(word, b"home") for word in words]
    assert guess(link, dictionary) == psk_of("correct horse", b"home")
    link = eap_link(parameters, psk=bytes(range(32)))
    assert link.connect()
    assert guess(link, dictionary) is None


def test_w4_3_no_forward_secrecy() -> None:
    """W4.3, X12: the PSK and the recorded handshake give the session's keys afterwards."""
    link = eap_link(RsnaParameters(Prof.FULL, akms=(2,)), psk=bytes(range(32)))
    assert link.connect()
    assert guess(link, [bytes(range(32))]) == bytes(range(32))


def changing(msg: int, then: Callable[[bytes], bytes]) -> Callable[[Message], list[Message]]:
    """Change one message's payload."""
    return lambda message: [replace(message, payload=then(message.payload))] if message.msg == msg else [message]


def test_w4_4_a_tampered_advert_is_caught() -> None:
    """W4.4, X8: the element of the advert is compared with message 3's, that of the association with message 2's."""
    both = RsnaParameters(Prof.FULL, akms=(6, 2))
    link = Link(both)
    weaker = changing(1, lambda payload: payload.replace(bytes.fromhex("000fac06"), bytes.fromhex("000fac02")))
    assert not link.connect(downlink=weaker)
    assert set(link.refusals("tag")) == {"element_changed"} and not link.tag.has_keys
    link = Link(both)
    assert not link.connect(uplink=changing(4, lambda payload: payload[:-1] + b"\x01"))  # a capability bit
    assert set(link.refusals("ap")) == {"element_changed"}


def test_w4_4_in_the_lite_encoding() -> None:
    """W4.4, X8: the capabilities octet of the four that stand for the element."""
    link = Link()
    assert not link.connect(downlink=changing(1, lambda payload: payload[:3] + b"\x40" + payload[4:]))
    assert "element_changed" in link.refusals("tag")


def test_w4_5_an_insider_forges_group_data() -> None:
    """W4.5: whoever has the group key speaks for the AP to everyone."""
    link = eap_link(RsnaParameters())
    other = link.add(0x1235, bytes.fromhex("aa4500000abd"), SeededEntropy(9))
    assert link.connect() and link.connect(station_id=0x1235)
    stolen = other._bond.groups[1].key
    payload = seal(stolen, 1, AA, 1, b"forged", FrameAround(MAC, 1, 0xFFFF, Msg.DATA_GROUP))
    link.tag.receive(Message(4, 21, 1, 0xFFFF, payload), 0)
    assert link.heard("tag", "data", "data_hex") == [b"forged".hex()]


@pytest.mark.parametrize("caching", [False, True])
def test_w4_6_how_much_power_one_contact_takes(caching: bool) -> None:
    """W4.6: power for nine messages down does not complete eighteen; with a kept PMK six are enough."""
    link = eap_link(RsnaParameters(akms=(5,), pmk_caching=caching))
    assert link.connect()

    def attempt(messages: int) -> bool:
        link.tag.power_off()
        left = messages

        def while_power_lasts(message: Message) -> list[Message]:
            nonlocal left
            left -= 1
            if left < 0:
                link.tag.power_off()
                return []
            return [message]

        link.ap.begin(ID)
        link.run(downlink=while_power_lasts)
        return link.is_open()

    needed = next(messages for messages in range(20) if attempt(messages))
    assert needed == (6 if caching else 10)


def test_w4_7_the_port_is_never_left_half_open() -> None:
    """W4.7: group message 2 is lost: the AP repeats, and both are open; or all tries are, and neither is."""
    link = eap_link(RsnaParameters())
    assert link.connect(uplink=losing(18, times=3))
    assert len(link.said(18)) == 4
    link = eap_link(RsnaParameters())
    assert not link.connect(uplink=losing(18, times=99))
    assert (link.ap.port(ID), link.tag.port) == (Port.BLOCKED, Port.BLOCKED)


def test_w4_8_the_identity_is_in_clear() -> None:
    """W4.8, X9: EAP-Response/Identity names the tag to everybody, each time."""
    link = eap_link(EAP)
    assert link.connect()
    link.tag.power_off()
    assert link.connect()
    assert all(IDENTITY in message.payload for message in link.said(7)) and len(link.said(7)) == 2


@pytest.mark.parametrize("parameters", [EAP, RsnaParameters(Prof.FULL, Order.RSN)])
@pytest.mark.parametrize("reboot", [False, True])
def test_x1_x2_replay(parameters: RsnaParameters, reboot: bool) -> None:
    """X1, X2: replay counter, packet number and nonces: nothing recorded is accepted, now or after a reboot."""
    link = eap_link(parameters, tag_options={"application": lambda data: data})
    assert link.connect()
    link.ap.send(ID, b"data", 4)
    link.ap.send_group(b"group")
    link.run()
    recorded = list(link.air)
    heard = len(link.heard("tag", "data")), len(link.heard("ap", "uplink_data"))
    if reboot:
        link.tag.power_off()
    for message in recorded:
        if message.reply_octets is not None or message.msg in (5, 12, 19, 21):
            link.tag.receive(message, link.now_ns)
            link.tag.messages_to_send(link.now_ns)
        else:
            link.ap.receive(message, link.now_ns)
    assert (len(link.heard("tag", "data")), len(link.heard("ap", "uplink_data"))) == heard
    assert link.tag.port is (Port.OPEN if not reboot else link.tag.port) and link.ap.port(ID) is Port.OPEN
    assert not (reboot and link.tag.port is Port.OPEN)


def test_x5_a_rogue_ap_is_not_believed() -> None:
    """X5: without PMK or credential it gets identities and nonces, no key, and no open port."""
    for parameters in (EAP, RsnaParameters()):
        link = eap_link(parameters)
        rogue = eap_link(parameters, psk=bytes(32), server=EapPskServer({IDENTITY: bytes(16)}))
        rogue.tags = {ID: link.tag}
        assert not rogue.connect()
        assert link.tag.port is not Port.OPEN and not link.tag.has_keys


def test_x5_a_rogue_server_is_not_believed() -> None:
    """R4.9, X5: a server that plays along without the PSK fails at MAC_S; its EAP-Success is not taken."""

    class Rogue(EapPskServer):
        def __call__(self, request):  # type: ignore[no-untyped-def]
            answer = super().__call__(request)
            if answer.rejected:  # it cannot verify MAC_P, and goes on all the same
                self.said = getattr(self, "said", 0) + 1
                if self.said == 1:
                    return self.say(request, b"\x80" + self.rand_s + bytes(16 + 21))
            return answer

    link = Link(EAP, server=Rogue({IDENTITY: bytes(16)}))
    assert not link.connect()
    assert "bad_mic" in link.refusals("tag")
    link.ap.begin(ID)
    while link.tag.port is not Port.EAP_ONLY:
        link.round()
    for forged in (bytes([3, 0, 0, 4]), bytes([2, 0, 0, 5, 1]), bytes([1, 0, 0, 4]), b"\x01", bytes([1, 0, 0, 9, 1])):
        link.tag.receive(Message(4, 12, 1, ID, forged), 0)
    assert link.tag.port is Port.EAP_ONLY


def test_a_server_that_says_failure_in_its_protected_channel() -> None:
    """RFC 4764, 3.3: DONE_FAILURE is answered with DONE_FAILURE, and there is no key."""
    link = Link(EAP, server=EapPskServer({IDENTITY: EAP_PSK}, result=3))
    assert not link.connect()
    assert link.said(11) and link.heard("ap", "failed", "reason") == ["eap_rejected"]
    assert link.heard("tag", "eap_failed")


def test_x3_tampering_with_data() -> None:
    """X3: no flipped bit of a data frame is accepted, nor the frame of another station or direction."""
    link = eap_link(RsnaParameters(), tag_options={"application": lambda data: data})
    link.add(0x1235, bytes.fromhex("aa4500000abd"), SeededEntropy(9))
    assert link.connect() and link.connect(station_id=0x1235)
    link.ap.send(ID, b"data", 4)
    message = link.ap.messages_to_send(link.now_ns)[0]
    for bit in range(8 * len(message.payload)):
        flipped = bytearray(message.payload)
        flipped[bit // 8] ^= 1 << bit % 8
        link.tag.receive(replace(message, payload=bytes(flipped)), 0)
    link.tags[0x1235].receive(replace(message, station_id=0x1235), 0)
    link.ap.receive(replace(message, msg=20), 0)
    assert link.heard("tag", "data") == link.heard("ap", "uplink_data") == []
    link.tag.receive(message, 0)
    answer = link.tag.messages_to_send(0)[0]
    for bit in range(8 * len(answer.payload)):
        flipped = bytearray(answer.payload)
        flipped[bit // 8] ^= 1 << bit % 8
        link.ap.receive(replace(answer, payload=bytes(flipped)), 0)
    assert link.heard("ap", "uplink_data") == []
    link.ap.receive(answer, 0)
    link.ap.receive(answer, 0)
    assert len(link.heard("ap", "uplink_data")) == 1
