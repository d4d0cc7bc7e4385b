"""The EAP server behind the AP: its master key, its rejections, its silence and its nonsense."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security.rsna import Port, Prof, RsnaParameters
from ampradio.security.rsna.backhaul import EapFromServer
from ampradio.security.secret import Secret
from tests.security.rsna.eap_psk_server import EapPskServer
from tests.security.rsna.link import EAP, EAP_PSK, ENCODINGS, ID, IDENTITY, SPA, Link


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
