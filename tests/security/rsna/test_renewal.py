"""New keys behind an open port: the group key for everybody, the pairwise key for one."""

from __future__ import annotations

import pytest

from ampradio.security.entropy import SeededEntropy
from ampradio.security.rsna import Order, Port, Prof, RsnaParameters
from ampradio.security.rsna.infrastructure.handshake import Handshake
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from tests.security.interference import losing
from tests.security.rsna.link import AA, ENCODINGS, ID, PMK, SPA, Link


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
