"""A link from the advert to data: the order of the phases, the port, and what lost messages do to both."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ampradio.security.entropy import SeededEntropy
from ampradio.security.rsna import Authenticator, Order, Port, Prof, RsnaParameters
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from tests.security.interference import lose, losing
from tests.security.rsna.link import AA, EAP, ENCODINGS, ID, MAC, PMK, SPA, Link, eap_link, name_of

VARIANTS = [
    RsnaParameters(prof, order, (akm,))
    for prof in ENCODINGS
    for order in (Order.SEED, Order.RSN)
    for akm in (1, 2, 5, 6)
]

WPA1 = RsnaParameters(Prof.FULL, Order.WPA1, (2,))


def states(link: Link, side: str) -> list[str]:
    return link.heard(side, "port", "state")


@pytest.mark.parametrize("parameters", [*VARIANTS, WPA1], ids=name_of)
def test_a_secure_link_is_established_and_used(parameters: RsnaParameters) -> None:
    """R4.1, R4.2, R4.3, R4.4, R4.5, R4.9, R4.19: every AKM, order and encoding; unicast both ways, and group."""
    link = eap_link(parameters, tag_options={"application": lambda data: data[::-1]})
    assert link.connect()
    link.ap.send(ID, b"unicast", reply_octets=7)
    link.ap.send_group(b"group")
    link.run()
    assert [bytes.fromhex(note["data_hex"]) for note in link.heard("tag", "data")] == [b"unicast", b"group"]
    assert [bytes.fromhex(data) for data in link.heard("ap", "uplink_data", "data_hex")] == [b"tsacinu"]
    assert link.refusals("ap") == link.refusals("tag") == []
    assert all(b"unicast" not in message.payload and b"group" not in message.payload for message in link.air)


def test_the_phases_come_in_the_seed_s_order() -> None:
    """R4.6, R4.7, R4.13 to R4.15, R4.17: states 1, 2, 3, then EAP, four messages, two messages, and the port opens."""
    link = eap_link(RsnaParameters(akms=EAP))
    assert link.connect()
    assert [message.msg for message in link.air] == list(range(1, 19))
    for side in ("ap", "tag"):
        assert states(link, side) == ["eap_only", "eapol_only", "open"]
    order = [event.kind for event in link.tag_events if event.kind in ("associated", "authenticated", "keys_installed")]
    assert order == ["associated", "authenticated", "authenticated", "keys_installed"]
    assert link.heard("tag", "authenticated", "peer") == ["server", "ap"]


def test_a_psk_skips_eap() -> None:
    """Rule 22: with AKM 2 or 6 the port goes from blocked to EAPOL only."""
    link = eap_link(RsnaParameters())
    assert link.connect()
    assert states(link, "tag") == states(link, "ap") == ["eapol_only", "open"]


def test_the_port_opens_not_earlier_than_after_the_group_key() -> None:
    """R4.16: at the tag as group message 2 goes out, at the AP when it is verified; before, data is refused."""
    link = eap_link(RsnaParameters())
    link.ap.begin(ID)
    link.run(downlink=losing(17, times=99))
    assert link.said(16) and not link.is_open()
    with pytest.raises(ValueError, match="blocked"):
        link.ap.send(ID, b"early")
    assert states(link, "tag")[:1] == ["eapol_only"] and "open" not in states(link, "tag")


@pytest.mark.parametrize("parameters", [RsnaParameters(akms=EAP), RsnaParameters(Prof.FULL, akms=EAP)], ids=name_of)
def test_the_port_filters_at_every_stage(parameters: RsnaParameters) -> None:
    """R4.8, R4.11, R4.17, X4: every message of another phase is dropped and counted, at both ends, at every stage."""
    finished = eap_link(parameters)
    assert finished.connect()
    finished.ap.send(ID, b"data", 4)
    finished.ap.send_group(b"data")
    finished.run()
    recorded = {message.msg: message for message in finished.air}
    for stage in range(18):
        link = eap_link(parameters, ap_entropy=SeededEntropy(11), tag_entropy=SeededEntropy(12))
        link.ap.begin(ID)
        while len(link.air) <= stage:
            link.round()
        tag_port, ap_port, ahead = link.tag.port, link.ap.port(ID), len(link.air) + 2
        for msg in (13, 15, 17, 19, 21, 8, 10, 12, 5):
            if msg > ahead:
                link.tag.receive(recorded.get(msg, Message(4, msg, parameters.prof, ID, bytes(40))), link.now_ns)
                assert link.tag.messages_to_send(link.now_ns) == []
        for msg in (14, 16, 18, 20, 9, 11):
            if msg > ahead:
                link.ap.receive(recorded.get(msg, Message(4, msg, parameters.prof, ID, bytes(40))), link.now_ns)
        assert (link.tag.port, link.ap.port(ID)) == (tag_port, ap_port)
        assert Port.OPEN not in (tag_port, ap_port) or len(link.air) == 18
        link.run()
        assert link.is_open()


@pytest.mark.parametrize("parameters", [RsnaParameters(), RsnaParameters(Prof.FULL, Order.RSN)], ids=name_of)
def test_a_wrong_psk_fails(parameters: RsnaParameters) -> None:
    """X6: message 2 with a wrong MIC is discarded in silence; after four tries the AP gives up."""
    link = Link(parameters, tag_psk=bytes(32))
    assert not link.connect()
    assert link.refusals("ap") == ["bad_mic"] * 4 and len(link.said(13)) == 4
    assert link.heard("tag", "deauthenticated", "reason") == [2]


def test_an_unanswered_message_is_said_four_times_before_the_end() -> None:
    """Rule 22: after 100 ms, then 1 s, three times; then deauthentication and state 1."""
    link = Link()
    times: list[int] = []

    def silent(message: Message) -> list[Message]:
        if message.msg == 13:
            times.append(link.now_ns)
        return [message] if message.msg < 13 else []

    assert not link.connect(downlink=silent)
    waits = [(later - earlier) // 100_000_000 for earlier, later in pairwise(times)]
    assert waits == [1, 10, 10]
    assert link.air[-1].msg == 22
    assert link.heard("ap", "failed", "phase") == ["pairwise"]


@pytest.mark.parametrize("parameters", [RsnaParameters(akms=EAP), RsnaParameters(Prof.FULL, Order.RSN)], ids=name_of)
def test_any_one_message_may_be_lost(parameters: RsnaParameters) -> None:
    """W4.7, X4: whichever message is lost, once or twice, the link is established; both ends agree on the port."""
    for msg in range(1, 19):
        for times in (1, 2):
            link = eap_link(parameters)
            air = losing(msg, times=times)
            assert link.connect(downlink=air, uplink=air), (msg, times)
            link.ap.send(ID, b"works")
            link.run()
            assert link.heard("tag", "data", "data_hex") == [b"works".hex()]


def test_a_link_is_established_anew() -> None:
    """X4: the AP ends the old link before it begins another; the tag would not leave an open port for an advert."""
    link = Link()
    assert link.connect()
    link.air.clear()
    assert link.connect()
    assert [message.msg for message in link.air[:3]] == [22, 1, 2]
    assert link.connect(downlink=lose) is False


def test_an_ap_that_lost_its_memory() -> None:
    """X4: its advert is refused by a tag whose port is open, until the AP gives up and says so; then all is well."""
    link = Link()
    assert link.connect()
    link.ap = Authenticator(MAC, link.parameters, AA, SeededEntropy(5))
    link.ap.enroll(ID, SPA, Secret(PMK))
    assert not link.connect()
    assert "controlled_port" in link.refusals("tag") and link.tag.port is Port.BLOCKED
    assert link.connect()
