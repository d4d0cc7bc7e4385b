"""Questions and answers over RADIUS: whom the server believes, whom the gateway does, and what bad input does."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrad.packet import AuthPacket

from ampradio.security.provisioning.backhaul import Ask, Challenge, Confirm, Introduce, Reject
from ampradio.security.secret import Secret
from testbed.authority.eap_proxy import EapProxy
from testbed.authority.server import AuthorityServer
from testbed.radius.attributes import dictionary, put
from testbed.radius.client import Endpoint, RadiusClient, RadiusError
from testbed.radius.provisioning import answer as fill
from testbed.radius.provisioning import question
from tests.testbed.authority.world import (
    GWID,
    MAC,
    OTHER,
    SECRETS,
    World,
    experiment,
    remote,
    run,
    serving,
    shared,
)


def test_unknown_device_wrong_secret_other_gateway(world: World) -> None:
    """Unknown: Access-Reject. Not believed: no answer at all, and nothing written."""
    with serving(lambda heard: [said] if (said := shared(world.folder, heard)) else []) as endpoint:
        assert remote(endpoint).answer(GWID, Ask(1, 2, bytes(32))) == Reject(1, "unknown_device")
        for gwid, secret in ((GWID, Secret(b"wrong")), (OTHER, SECRETS[GWID]), (b"nobo", SECRETS[GWID])):
            with pytest.raises(RadiusError, match="does not answer"):
                remote(endpoint, secret, 0.2, 1).answer(gwid, Ask(1, 2, world.made.qr))
    assert [record.epoch for record in world.database] == [0]
    assert world.server.answer(world.ask(secret=Secret(b"wrong"))) is None
    assert world.server.counters == {"unverified": 1}


def test_a_repeated_question_is_answered_once(world: World) -> None:
    """A retransmission gets the identical answer (RFC 5080, 2.2.2); the epoch goes up once."""
    first = world.server.answer(world.ask())
    assert first is not None and world.server.answer(world.ask()) == first
    assert [record.epoch for record in world.database] == [1]
    assert world.server.counters["asked_again"] == 1


def test_every_truncation_and_bit_flip_of_a_question(world: World) -> None:
    """Lying lengths included: no answer, no exception, nothing written."""
    octets = world.ask()
    bad = [octets[:size] for size in range(len(octets))]
    whole = int.from_bytes(octets, "big")
    bad += [(whole ^ 1 << at).to_bytes(len(octets), "big") for at in range(8 * len(octets))]
    assert not [each for each in bad if world.server.answer(each) is not None]
    assert [record.epoch for record in world.database] == [0]


ATTRIBUTES = [1, 12, 24, 26, 33, 79, *((32473, number) for number in range(1, 8))]


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("patient"))


@settings(max_examples=150, deadline=None)
@given(attributes=st.lists(st.tuples(st.sampled_from(ATTRIBUTES), st.binary(max_size=40)), max_size=8))
def test_attributes_of_any_size_under_the_right_secret(patient: World, attributes: list[tuple[Any, bytes]]) -> None:
    """A gateway gone mad: what is authentic but nonsense is dropped, never an exception, and changes nothing."""
    packet = AuthPacket(secret=SECRETS[GWID].expose(), dict=dictionary())
    packet.authenticator = bytes(16)
    packet.add_message_authenticator()
    packet.AddAttribute("NAS-Identifier", GWID.hex().encode())
    for key, value in attributes:
        packet.setdefault(key, []).append(value)
    patient.server.answer(packet.RequestPacket())
    assert [record.epoch for record in patient.database] == [0]


def test_garbage_stale_and_unsigned_answers_are_dropped(world: World) -> None:
    """The gateway waits for the one answer that is right, whatever else comes first."""

    def respond(heard: bytes) -> list[bytes]:
        said = shared(world.folder, heard)
        assert said is not None
        unsigned = said[:4] + bytes(16) + said[20:]
        lying = said[:2] + (len(said) + 9).to_bytes(2, "big") + said[4:]
        return [b"", b"\xff" * 300, said[:30], lying, unsigned, bytes([said[0], said[1] ^ 1]) + said[2:], said]

    with serving(respond) as endpoint:
        server = remote(endpoint)
        assert isinstance(server.answer(GWID, Ask(1, 2, world.made.qr)), Challenge)
        counters = server._client.counters
    assert counters["answered"] == 1 and counters["malformed"] == 4 and counters["stale"] == 1
    assert counters["unverified"] == 1


def test_message_authenticator_is_required_both_ways(world: World) -> None:
    """CVE-2024-3596: without it a question gets no answer, and an answer counts for nothing, however right it is."""
    bare = AuthPacket(secret=SECRETS[GWID].expose(), dict=dictionary(), id=9)
    bare.authenticator = bytes(range(16))
    put(bare, question(GWID, Ask(1, 2, world.made.qr)))
    assert world.server.answer(bare.RequestPacket()) is None
    assert world.server.counters == {"unverified": 1}

    def respond(heard: bytes) -> list[bytes]:
        asked = AuthPacket(secret=SECRETS[GWID].expose(), dict=dictionary(), packet=heard)
        reply = asked.CreateReply(message_authenticator=False)
        fill(reply, Reject(1, "because"))
        return [reply.ReplyPacket()]

    with serving(respond) as endpoint, pytest.raises(RadiusError, match="unverified"):
        remote(endpoint, timeout_s=1.0).answer(GWID, Ask(1, 2, world.made.qr))


def test_signed_nonsense_is_a_rejection(world: World) -> None:
    """A server that shares the secret and has gone mad: the gateway refuses, and says so."""

    def respond(heard: bytes) -> list[bytes]:
        asked = AuthPacket(secret=SECRETS[GWID].expose(), dict=dictionary(), packet=heard)
        reply = asked.CreateReply()
        reply.request_authenticator = asked.authenticator
        reply.add_message_authenticator()
        put(reply, [("AMP-Question-Number", 1), ("AMP-Address", 1), ("MS-MPPE-Recv-Key", bytes(15))])
        return [reply.ReplyPacket()]

    with serving(respond) as endpoint:
        server = remote(endpoint)
        assert server.answer(GWID, Ask(1, 2, world.made.qr)) == Reject(1, "server_answered_nonsense")
        plan = experiment(world.folder, str(endpoint), "gw.secret", "ap.retries=0")
        told, ok = run(plan)
    assert not ok and "security.provisioned" not in [event.kind for _, event in told]


def test_a_clock_that_jumps_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here reads the wall clock: years back or ahead, also by a server that begins anew."""
    first = world.server.answer(world.ask())
    for jump_s in (-1e9, 1e9):
        monkeypatch.setattr(time, "time", lambda jump_s=jump_s: 1.7e9 + jump_s)
        assert world.server.answer(world.ask()) == first
        assert AuthorityServer(world.database, MAC).answer(world.ask()) == first is not None  # given already, as it was
    assert [record.epoch for record in world.database] == [1]


def test_an_answer_during_a_repetition_is_the_answer(world: World) -> None:
    """The server answers the first question when it hears it again, and not before."""
    asked: list[bytes] = []

    def respond(heard: bytes) -> list[bytes]:
        asked.append(heard)
        said = shared(world.folder, asked[0])
        return [said] if said is not None and len(asked) > 1 else []

    with serving(respond) as endpoint:
        server = remote(endpoint, timeout_s=0.3, tries=50)
        assert isinstance(server.answer(GWID, Ask(1, 2, world.made.qr)), Challenge)
    assert asked[1] == asked[0]


def test_an_answer_after_the_last_repetition_is_an_error(world: World) -> None:
    """The server answers when the gateway has given up; that took as long as it was told, and was said."""
    gave_up = threading.Event()

    def respond(heard: bytes) -> list[bytes]:
        said = shared(world.folder, heard)
        assert gave_up.wait(60)
        return [said] if said else []

    with serving(respond) as endpoint:
        server = remote(endpoint, timeout_s=0.3, tries=3)
        try:
            with pytest.raises(RadiusError, match=r"0\.9 s"):
                server.answer(GWID, Ask(1, 2, world.made.qr))
        finally:
            gave_up.set()


def test_questions_that_fit_no_variant(world: World) -> None:
    """Introduce and Confirm out of turn get a Reject under the right secret."""
    with serving(lambda heard: [said] if (said := shared(world.folder, heard)) else []) as endpoint:
        server = remote(endpoint)
        assert server.answer(GWID, Introduce(3, world.made.qr, bytes(8), bytes(60))) == Reject(3, "unexpected")
        assert isinstance(server.answer(GWID, Confirm(4, world.made.qr, bytes(3))), Reject)


def test_a_dead_eap_server_behind_the_authority(world: World) -> None:
    """EAP without a server to go on to, or with one that is silent, gets no answer; S2 goes on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        dead = RadiusClient(Endpoint("127.0.0.1", silent.getsockname()[1]), Secret(b"upstream"), timeout_s=0.1, tries=2)
        for proxy, reason in ((None, "no_eap_server"), (EapProxy(dead), "eap_server_silent")):
            server = AuthorityServer(world.database, MAC, proxy)
            packet = AuthPacket(secret=SECRETS[GWID].expose(), dict=dictionary())
            packet.authenticator = bytes(16)
            packet.add_message_authenticator()
            eap = bytes.fromhex("0200000501")
            put(packet, [("User-Name", b"x"), ("NAS-Identifier", GWID.hex().encode()), ("EAP-Message", eap)])
            assert server.answer(packet.RequestPacket()) is None
            assert server.counters == {reason: 1}
            assert server.answer(world.ask()) is not None
    assert dead.counters["repeated"] == 1
