"""EAP packets that are none, no answer, or not the one that is due."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security.entropy import NonceSource, SeededEntropy
from ampradio.security.journal import RefusedError
from ampradio.security.rsna import Prof, RsnaParameters
from ampradio.security.rsna.tag.eap_peer import EapPeer
from ampradio.security.rsna.tag.eap_psk import EapPskPeer
from ampradio.security.secret import Secret
from tests.security.interference import Scripted
from tests.security.rsna.eap_psk_server import EapPskServer, cmac, derive, eax, number
from tests.security.rsna.link import EAP_PSK, ID, IDENTITY, Link


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
