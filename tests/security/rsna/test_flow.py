"""Secure link establishment in the order of the seed: policy, authentication, unicast keys, group keys, open port."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from ampradio.security.entropy import SeededEntropy
from ampradio.security.nvm import MemoryRows
from ampradio.security.rsna import Authenticator, Credential, Order, PmkMemory, Port, Prof, RsnaParameters, Supplicant
from ampradio.security.rsna.backhaul import EapFromServer
from ampradio.security.rsna.infrastructure.elements import Suites, encode_element
from ampradio.security.rsna.infrastructure.handshake import Handshake
from ampradio.security.rsna.infrastructure.pmk_cache import ENTRIES_MAX, PmkCache
from ampradio.security.rsna.profiles import CCMP_128
from ampradio.security.rsna.tag.pmk_memory import KeptPmk
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from tests.security.interference import lose, losing
from tests.security.rsna.eap_psk_server import EapPskServer
from tests.security.rsna.link import AA, EAP_PSK, ID, IDENTITY, MAC, PMK, SPA, Link, eap_link

EAP = (5,)
ENCODINGS = [Prof.LITE, Prof.FULL]
VARIANTS = [
    RsnaParameters(prof, order, (akm,))
    for prof in ENCODINGS
    for order in (Order.SEED, Order.RSN)
    for akm in (1, 2, 5, 6)
]
WPA1 = RsnaParameters(Prof.FULL, Order.WPA1, (2,))


def name_of(parameters: RsnaParameters) -> str:
    return f"{parameters.prof.name.lower()}-{parameters.order.value}-akm{parameters.akms[0]}"


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


def test_suites_are_negotiated() -> None:
    """R4.3 to R4.5: the tag takes the best AKM that both have; without one in common it stays away."""
    both = RsnaParameters(Prof.FULL, akms=(2, 6))
    link = Link(both, tag_parameters=RsnaParameters(Prof.FULL, akms=(6, 2)))
    assert link.connect()
    assert link.heard("ap", "associated", "akm") == [6]
    link = Link(RsnaParameters(akms=(6,)), tag_parameters=RsnaParameters(akms=(2,)))
    assert not link.connect()
    assert set(link.refusals("tag")) == {"no_common_suite"} and link.said(2) == []
    assert link.heard("ap", "failed", "reason") == ["no_answer"]


@pytest.mark.parametrize(
    ("suites", "status"),
    [
        (Suites(CCMP_128, (CCMP_128,), (2,)), 43),
        (Suites(CCMP_128, (2,), (6,)), 42),
        (Suites(2, (CCMP_128,), (6,)), 41),
        (Suites(CCMP_128, (CCMP_128,), (6, 2)), 40),
        (Suites(CCMP_128, (CCMP_128,), ()), 40),
    ],
)
def test_what_was_not_offered_is_refused(suites: Suites, status: int) -> None:
    """R4.3 to R4.5: with the status codes of 802.11; no key is derived, and both ends are back in state 1."""
    parameters = RsnaParameters(Prof.FULL)
    link = Link(parameters, tag_options={"element": encode_element(Order.RSN, suites)})
    assert not link.connect()
    assert link.heard("ap", "failed", "reason") == [f"status_{status}"]
    assert link.heard("tag", "association_refused", "status") == [status]
    assert link.said(13) == []


def test_a_station_without_a_psk_is_refused() -> None:
    link = Link()
    link.ap._stations[ID]._psk = None
    assert not link.connect()
    assert link.heard("ap", "failed", "reason") == ["status_1"]


@pytest.mark.parametrize("prof", ENCODINGS)
def test_another_network_is_left_alone(prof: Prof) -> None:
    """R4.7: by the hash of its SSID."""
    link = Link(RsnaParameters(prof), tag_parameters=RsnaParameters(prof, ssid=b"mine"))
    assert not link.connect()
    assert set(link.refusals("tag")) == {"other_network"}


def test_an_association_with_another_network_is_refused() -> None:
    link = Link(RsnaParameters(Prof.FULL), tag_parameters=RsnaParameters(Prof.FULL))
    other = lambda m: [replace(m, payload=m.payload.replace(b"ampt", b"mine"))] if m.msg == 4 else [m]  # noqa: E731
    assert not link.connect(uplink=other)
    assert set(link.refusals("ap")) == {"other_network"}


def test_the_master_key_comes_over_the_backhaul() -> None:
    """R4.18: the MSK is never on the air, and AP and tag hold the server's."""
    server = EapPskServer({IDENTITY: EAP_PSK})
    link = Link(RsnaParameters(akms=EAP), server=server)
    assert link.connect()
    msk = server.msks[0]
    said = b"".join(message.payload for message in link.air)
    assert msk not in said and msk[:32] not in said and msk[:16] not in said
    assert link.tag._bond.pmk is not None and link.tag._bond.pmk.expose() == msk[:32]
    assert [asked.identity for asked in server.asked] == [IDENTITY] * 3
    assert {asked.spa for asked in server.asked} == {SPA}
    assert msk.hex() not in repr(link.ap_events) + repr(link.tag_events)


@pytest.mark.parametrize("prof", ENCODINGS)
def test_a_wrong_credential_fails(prof: Prof) -> None:
    """R4.9, X6: the server rejects, the AP says EAP-Failure, both are in state 1."""
    link = Link(RsnaParameters(prof, akms=EAP), server=EapPskServer({IDENTITY: bytes(16)}))
    assert not link.connect()
    assert link.heard("ap", "failed", "reason") == ["eap_rejected"]
    assert link.heard("tag", "eap_failed") and link.tag.port is Port.BLOCKED
    assert link.said(13) == []


@pytest.mark.parametrize("parameters", [RsnaParameters(), RsnaParameters(Prof.FULL, Order.RSN)], ids=name_of)
def test_a_wrong_psk_fails(parameters: RsnaParameters) -> None:
    """X6: message 2 with a wrong MIC is discarded in silence; after four tries the AP gives up."""
    link = Link(parameters, tag_psk=bytes(32))
    assert not link.connect()
    assert link.refusals("ap") == ["bad_mic"] * 4 and len(link.said(13)) == 4
    assert link.heard("tag", "deauthenticated", "reason") == [2]


def test_retransmission() -> None:
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


@pytest.mark.parametrize("prof", ENCODINGS)
def test_the_group_key_is_renewed(prof: Prof) -> None:
    """R4.14, R4.15, R4.19: two more messages under the pairwise key; the old key serves until all have the new one."""
    for order in (Order.SEED, Order.RSN):
        link = Link(RsnaParameters(prof, order))
        other = link.add(0x1235, bytes.fromhex("aa4500000abd"), SeededEntropy(9))
        assert link.connect() and link.connect(station_id=0x1235)
        link.ap.send_group(b"before")
        link.run()
        link.ap.rekey_group()
        with pytest.raises(ValueError, match="handed out"):
            link.ap.rekey_group()
        link.ap.send_group(b"meanwhile")
        link.run()
        link.ap.send_group(b"after")
        link.run()
        for data in (b"before", b"meanwhile", b"after"):
            assert link.heard("tag", "data", "data_hex").count(data.hex()) == 2
        assert link.heard("ap", "group_key", "key_id") == [2]
        assert other.port is Port.OPEN
        link.ap.rekey_group()
        link.run()
        assert link.heard("ap", "group_key", "key_id") == [2, 1]


@pytest.mark.parametrize("prof", ENCODINGS)
def test_the_pairwise_key_may_be_renewed(prof: Prof) -> None:
    """R4.12, 12.7.6: a new 4-way handshake behind an open port: new TK, packet numbers from 1, the port stays open."""
    parameters = RsnaParameters(prof)
    link = Link(parameters, tag_options={"application": lambda data: data})
    assert link.connect()
    link.ap.send(ID, b"one", 3)
    link.run()
    element = link.ap._setting.management.element
    again = Handshake(parameters, 6, AA, SPA, Secret(PMK), bytes(range(1, 33)), (element, element), b"", 100)
    old = link.tag._bond.tk
    for msg, say in ((13, again.message_1), (15, lambda: again.message_3(link.ap._setting.group))):
        link.tag.receive(Message(4, msg, parameters.prof, ID, say()), 0)
        answer = link.tag.messages_to_send(0)[0]
        (again.take_message_4 if msg == 15 else lambda payload: again.take_message_2(payload, ()))(answer.payload)
    new = link.tag._bond.tk
    assert again.installed is not None and new is not None and old is not None
    assert new.key == again.installed.tk != old.key and new.pn == 0
    assert link.tag.port is Port.OPEN and len(link.heard("tag", "keys_installed")) == 2


def test_a_station_that_is_gone_does_not_hold_up_the_group_key() -> None:
    """R4.14: after the tries it is deauthenticated, and the new key is used by the others."""
    link = Link()
    link.add(0x1235, bytes.fromhex("aa4500000abd"), SeededEntropy(9))
    assert link.connect() and link.connect(station_id=0x1235)
    link.tags.pop(0x1235).power_off()
    link.ap.rekey_group()
    link.run()
    assert link.ap.port(0x1235) is Port.BLOCKED and link.is_open()
    assert link.heard("ap", "group_key", "key_id") == [2]


@pytest.mark.parametrize("order", [Order.SEED, Order.RSN])
def test_a_station_that_comes_while_the_group_key_changes(order: Order) -> None:
    """R4.14: it opens with whatever key it was given, and then gets the new one."""
    link = Link(RsnaParameters(order=order))
    link.add(0x1235, bytes.fromhex("aa4500000abd"), SeededEntropy(9))
    assert link.connect()
    link.ap.begin(0x1235)
    while not [message for message in link.said(15) if message.station_id == 0x1235]:
        link.round(uplink=losing(16, times=1) if len(link.air) > 20 else lambda message: [message])
    link.ap.rekey_group()
    link.run()
    link.ap.send_group(b"all")
    link.run()
    assert link.heard("tag", "data", "data_hex") == [b"all".hex()] * 2


def test_a_kept_pmk_survives_the_power_and_skips_eap() -> None:
    """W4.6, page 5.4: PMKSA caching by PMKID, in association and message 1; an old one falls back to EAP."""
    for prof, akm in zip(ENCODINGS, (5, 1), strict=True):
        parameters = RsnaParameters(prof, akms=(akm,), pmk_caching=True, pmk_lifetime_ns=3_600_000_000_000)
        server = EapPskServer({IDENTITY: EAP_PSK})
        link = Link(parameters, server=server)
        assert link.connect()
        link.tag.power_off()
        assert link.connect()
        assert link.heard("ap", "pmk_from_cache") and len(server.asked) == 3
        link.now_ns += 4_000_000_000_000
        link.tag.power_off()
        assert link.connect()
        assert len(server.asked) == 6
        link.ap.deauthenticate(ID)
        link.run()
        assert link.connect()
        assert len(server.asked) == 9


def test_the_server_s_lifetime_counts() -> None:
    """Page 5.2: Session-Timeout overrides the default lifetime of a PMK."""
    server = EapPskServer({IDENTITY: EAP_PSK})
    link = Link(
        RsnaParameters(akms=EAP, pmk_caching=True),
        server=lambda asked: replace(server(asked), lifetime_s=60),
    )
    assert link.connect()
    link.now_ns += 61_000_000_000
    link.tag.power_off()
    assert link.connect() and len(server.asked) == 6


def test_a_pmk_that_the_ap_does_not_have() -> None:
    """W4.6: message 1 must name the kept PMK; another AP's word for it, or none, is refused."""
    parameters = RsnaParameters(akms=EAP, pmk_caching=True)
    link = eap_link(parameters)
    assert link.connect()
    link.tag.power_off()
    link.air.clear()
    bad = lambda m: [replace(m, payload=m.payload[:-1] + bytes([m.payload[-1] ^ 1]))] if m.msg == 13 else [m]  # noqa: E731
    assert not link.connect(downlink=bad)
    assert link.refusals("tag").count("other_pmk") == 4 and link.said(14) == []


def test_pmk_caches_are_bounded() -> None:
    """Architecture, errors: at the AP the oldest goes; at the tag there is one."""
    cache = PmkCache(AA, enabled=True)
    for number in range(ENTRIES_MAX + 1):
        cache.put(number.to_bytes(6, "big"), 5, Secret(PMK), 1000)
    first, last = bytes(6), ENTRIES_MAX.to_bytes(6, "big")
    names = tuple(entry.pmkid for entry in cache._entries.values())
    assert cache.find(first, 5, names, 0) is None and cache.find(last, 5, names, 0) is not None
    assert cache.find(last, 5, names, 1000) is None and cache.find(last, 1, names, 0) is None
    cache.put(last, 5, Secret(PMK), 2000)
    assert len(cache._entries) == ENTRIES_MAX
    memory = PmkMemory(MemoryRows(PmkMemory.rows_needed()))
    assert memory.find(5, AA) is None
    memory.keep(KeptPmk(5, AA, Secret(PMK)))
    assert memory.find(5, AA) == Secret(PMK)
    assert memory.find(1, AA) is None and memory.find(5, SPA) is None


def test_parameters_and_names_that_cannot_be() -> None:
    for wrong in (
        {"akms": ()},
        {"akms": (8,)},
        {"order": "wpa1"},
        {"order": "wpa1", "prof": 2},
        {"ssid": b""},
        {"timeouts_ns": ()},
        {"timeouts_ns": (0,)},
    ):
        with pytest.raises(ValueError):
            RsnaParameters(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="room for one"):
        Link(RsnaParameters(akms=(6, 2)))
    with pytest.raises(ValueError, match="address"):
        Authenticator(MAC, RsnaParameters(), b"", SeededEntropy(1))
    ap = Link().ap
    with pytest.raises(ValueError, match="enrolled"):
        ap.enroll(ID, SPA)
    with pytest.raises(ValueError, match="SPA"):
        ap.enroll(1, b"")
    with pytest.raises(ValueError, match="SPA"):
        ap.enroll(1, SPA, Secret(b"short"))
    with pytest.raises(ValueError, match="not enrolled"):
        ap.begin(1)
    for wrong in (
        {"spa": b""},
        {"psk": Secret(b"short")},
        {"eap_psk": Secret(b"short")},
        {"eap_psk": Secret(bytes(16))},
    ):
        with pytest.raises(ValueError):
            Credential(**{"station_id": ID, "spa": SPA, "aa": AA, **wrong})  # type: ignore[arg-type]
    credential = Credential(ID, SPA, AA, Secret(PMK))
    with pytest.raises(ValueError, match="credential"):
        Supplicant(MAC, RsnaParameters(akms=EAP), credential, SeededEntropy(1))
    assert PMK.hex() not in repr(credential)
    assert RsnaParameters(Prof.FULL, akms=(5, 6)).report()["akms"] == "00-0F-AC:5,00-0F-AC:6"


def test_the_server_is_silent() -> None:
    """AS down: a clear outcome, state 1 at both ends."""
    link = Link(RsnaParameters(akms=EAP))
    assert not link.connect(uplink=lambda m: [m])
    assert link.heard("ap", "failed", "reason") == ["server_silent"]
    assert link.heard("tag", "deauthenticated")
    assert not link.ap.busy


def test_the_server_answers_nonsense() -> None:
    """AS answering garbage: no key is taken, and the station is told that it failed."""
    key = Secret(bytes(64))
    for outcome in (
        {"eap": b""},
        {"eap": bytes([3, 0, 0, 4]), "accepted": True},
        {"eap": bytes([3, 0, 0, 4]), "accepted": True, "msk": Secret(b"short")},
        {"eap": bytes([3, 0, 0, 4])},
        {"eap": bytes([1, 0, 0, 5, 1]), "accepted": True, "msk": key},
        {"eap": bytes([1, 0, 0, 9, 1])},
    ):
        link = Link(
            RsnaParameters(akms=EAP),
            server=lambda asked, outcome=outcome: EapFromServer(  # type: ignore[misc]
                asked.conversation, asked.request_id, **outcome
            ),
        )
        assert not link.connect()
        assert link.heard("ap", "failed", "reason") == ["server_answered_nonsense"]
        assert link.heard("tag", "eap_failed") and link.said(13) == []


def test_a_late_answer_of_the_server_is_dropped() -> None:
    link = Link(RsnaParameters(akms=EAP))
    server = EapPskServer({IDENTITY: EAP_PSK})
    link.ap.begin(ID)
    asked = []
    while not asked:
        link.round()
        asked = link.ap.backhaul_to_send(link.now_ns)
    assert link.ap.backhaul_to_send(link.now_ns) == []
    answer = server(asked[0])
    link.ap.backhaul_received(replace(answer, request_id=9), link.now_ns)
    assert link.refusals("ap") == ["unexpected"]
    link.ap.begin(ID)
    link.ap.backhaul_received(answer, link.now_ns)
    assert link.refusals("ap") == ["unexpected"] * 2
    link.server = server
    link.run()
    assert link.is_open()


def test_a_server_that_never_ends() -> None:
    """Bad input: after a hundred rounds the AP gives up."""
    rounds = 0

    def endless(asked):  # type: ignore[no-untyped-def]
        nonlocal rounds
        rounds += 1
        return EapFromServer(asked.conversation, asked.request_id, bytes([1, rounds % 256, 0, 6, 2, 33]))

    link = Link(RsnaParameters(akms=EAP), server=endless)
    assert not link.connect()
    assert rounds == 100 and link.heard("ap", "failed", "reason") == ["too_many_rounds"]


def test_another_method_is_answered_with_a_nak() -> None:
    """RFC 3748, 5.3: the tag proposes EAP-PSK for EAP-TLS, says yes to a notification, and repeats itself on demand."""
    server = EapPskServer({IDENTITY: EAP_PSK})
    said: list[bytes] = []

    def other_first(asked):  # type: ignore[no-untyped-def]
        said.append(asked.eap)
        if len(said) < 3:
            kind = bytes([13, 0x20]) if len(said) == 1 else b"\x02hello"
            return EapFromServer(asked.conversation, asked.request_id, bytes([1, 5, 0, 4 + len(kind)]) + kind)
        return server(replace(asked, eap=bytes([2, 0, 0, 5, 1])) if len(said) == 3 else asked)

    link = Link(RsnaParameters(akms=EAP), server=other_first)
    assert link.connect()
    assert said[1][4:] == bytes([3, 47]) and said[2][4:] == b"\x02"


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
