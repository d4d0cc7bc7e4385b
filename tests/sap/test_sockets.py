"""The SAP's two ends over real ZMQ sockets: attach, indications and grants, and peers that are wrong or gone."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import pytest
import zmq

from ampradio.sap.codec import encode
from ampradio.sap.mac_side import MacSap, PhyGoneError
from ampradio.sap.messages import NEVER, AttachConfirm, ErrorIndication, Grant, StopRequest, TimeIndication
from ampradio.sap.phy_side import REQUESTS_MAX, MacGoneError, PhySap

PROFILE = "11bp-2026.09"
CONFIRM = AttachConfirm(1, 20_000_000, 0)


@pytest.fixture
def phy() -> Iterator[PhySap]:
    sap = PhySap("tcp://127.0.0.1:*", PROFILE, patience_s=0.5)
    yield sap
    sap.close()


def attached(phy: PhySap) -> MacSap:
    mac = MacSap(phy.endpoint)
    thread = threading.Thread(target=phy.wait_for_mac, args=(CONFIRM, 5.0))
    thread.start()
    assert mac.attach(PROFILE, 5.0) == CONFIRM
    thread.join()
    return mac


def test_an_indication_waits_for_its_own_grant(phy: PhySap) -> None:
    mac = attached(phy)
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.extend(phy.indicate(TimeIndication(5))))
    thread.start()
    received = mac.receive(5.0)
    assert received is not None
    message, seq = received
    assert message == TimeIndication(5)
    mac.send(Grant(1, 1), seq - 1)
    mac.send(StopRequest(7))
    mac.send(Grant(10, NEVER), seq)
    thread.join()
    assert answers == [StopRequest(7), Grant(10, NEVER)]
    assert phy.counters["sap_stale_grant"] == 1
    mac.close()


def test_a_mac_that_does_not_answer_is_given_up(phy: PhySap) -> None:
    mac = attached(phy)
    began = time.monotonic()
    with pytest.raises(MacGoneError, match="TimeIndication"):
        phy.indicate(TimeIndication(5))
    assert time.monotonic() - began < 2
    mac.close()


def test_nobody_attaches() -> None:
    sap = PhySap("tcp://127.0.0.1:*", PROFILE)
    with pytest.raises(MacGoneError, match="no MAC attached"):
        sap.wait_for_mac(CONFIRM, 0.3)
    sap.close()


def test_malformed_messages_and_a_second_mac_are_refused_and_counted(phy: PhySap) -> None:
    mac = attached(phy)
    other = MacSap(phy.endpoint)
    other.send(StopRequest(1))
    mac.socket.send(b"garbage")
    mac.socket.send_multipart([b"two", b"frames"])
    mac.socket.send(encode(StopRequest(3), 0))
    polled: list[object] = []
    end = time.monotonic() + 5
    while not (polled and phy.counters["sap_refused_2"]) and time.monotonic() < end:
        polled += phy.poll()
    assert polled == [StopRequest(3)]
    assert phy.counters["sap_refused_1"] == 2
    refusal = other.receive(5.0)
    assert refusal is not None and refusal[0] == ErrorIndication(2, "another MAC is attached")
    other.close()
    mac.close()


@contextlib.contextmanager
def flooding(socket: zmq.Socket[bytes], octets: bytes) -> Iterator[None]:
    """Send ``octets`` again and again, and take no notice of answers."""
    ended = threading.Event()

    def send() -> None:
        while not ended.is_set():
            if socket.poll(20, zmq.POLLOUT):
                socket.send(octets)
            while socket.poll(0):
                socket.recv()

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_a_flood_holds_nobody_up(phy: PhySap) -> None:
    """Messages to be refused keep coming: ``poll`` and every patience end all the same."""
    mac, other = attached(phy), MacSap(phy.endpoint)
    with flooding(other.socket, b"garbage"):
        began = time.monotonic()
        assert phy.poll() == []
        with pytest.raises(MacGoneError, match="did not answer"):
            phy.indicate(TimeIndication(5))
        assert time.monotonic() - began < 5
    other.close()
    mac.close()


def test_a_mac_that_asks_without_end_is_given_up() -> None:
    """It never grants: what it asks for meanwhile does not fill the memory."""
    phy = PhySap("tcp://127.0.0.1:*", PROFILE, patience_s=20.0)
    mac = attached(phy)
    with flooding(mac.socket, encode(StopRequest(7), 0)):
        with pytest.raises(MacGoneError, match="before it grants"):
            phy.indicate(TimeIndication(6))
        assert len(phy.poll()) <= REQUESTS_MAX
    mac.close()
    phy.close()


def test_another_profile_is_refused_with_the_reason(phy: PhySap) -> None:
    mac = MacSap(phy.endpoint)
    given_up: list[str] = []

    def wait_in_vain() -> None:
        with pytest.raises(MacGoneError) as told:
            phy.wait_for_mac(CONFIRM, 1.0)
        given_up.append(str(told.value))

    thread = threading.Thread(target=wait_in_vain)
    thread.start()
    with pytest.raises(PhyGoneError, match=PROFILE):
        mac.attach("11bp-2031.01", 5.0)
    thread.join()
    assert given_up == [f"no MAC attached to {phy.endpoint} within 1 s"]
    mac.close()


def test_no_phy_there() -> None:
    mac = MacSap("tcp://127.0.0.1:9")
    with pytest.raises(PhyGoneError, match="does not answer"):
        mac.attach(PROFILE, 0.3)
    mac.close()


def test_an_endpoint_in_use(phy: PhySap) -> None:
    with pytest.raises(zmq.ZMQError, match="in use"):
        PhySap(phy.endpoint, PROFILE)


def test_garbage_from_the_phy_is_counted_by_the_mac() -> None:
    context = zmq.Context()
    router = context.socket(zmq.ROUTER)
    port = router.bind_to_random_port("tcp://127.0.0.1")
    mac = MacSap(f"tcp://127.0.0.1:{port}")
    mac.send(StopRequest(1))
    peer = router.recv_multipart()[0]
    router.send_multipart([peer, b"\xff" * 40])
    assert mac.receive(0.5) is None
    assert mac.counters["sap_malformed"] == 1
    mac.close()
    router.close()
    context.term()
