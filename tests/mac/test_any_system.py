"""What the stations offer every security system: addresses of its own, a tag that speaks first, long messages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ampradio.mac.ap import ApStation
from ampradio.mac.exchange import Delivery, Exchange, Link, perfect_link
from ampradio.mac.payload import Authentication
from ampradio.mac.shim import Shim
from ampradio.mac.tag import TagStation
from ampradio.mac.work import SecureExchange
from ampradio.security.session import Message
from tests.mac.bench import LONG_NS, PROFILE, SETTINGS, TAG_ID, changing, of_kind, sent
from tests.mac.scripted import PROTO, Scripted

BROADCAST = PROFILE.mac.broadcast_id
LOCAL = 0x0041


def talk(
    ap: Scripted, tag: Scripted, addressed: int, link: Link = perfect_link
) -> tuple[bool, list]:  # type: ignore[type-arg]
    def begin(trigger: bytes, now_ns: int) -> None:
        ap.turn = True

    item = SecureExchange(ap, addressed, begin, lambda: not ap.lines and not tag.lines, 8, attempts=1)
    stations = {"ap": ApStation(PROFILE, SETTINGS, [item])}
    told = Exchange(
        PROFILE, stations, {"tag": TagStation(PROFILE, TAG_ID, tag, np.random.default_rng(0))}, link
    ).run(LONG_NS)
    return stations["ap"].succeeded, told


def test_a_solicited_tag_speaks_first() -> None:
    """A message of PROTO 0 goes out as a Trigger; the tag's session answers in its slot, here in three fragments."""
    first = Message(PROTO, 1, 1, TAG_ID, bytes(range(150)))
    answer = Message(PROTO, 2, 1, TAG_ID, b"heard")
    ap, tag = Scripted([Message(0, 0, 0, TAG_ID, b"", 150), answer]), Scripted([first])
    tag.turn = True
    ok, told = talk(ap, tag, TAG_ID)
    assert ok
    assert [frame["frame"] for frame in sent(told)][:5] == ["Trigger", *["Authentication"] * 3, "Ack"]
    assert ap.heard == [first]
    assert tag.heard == [answer]


def test_a_tag_without_anything_to_say_answers_a_solicitation_as_any_trigger() -> None:
    ap, tag = Scripted([Message(0, 0, 0, TAG_ID, b"", 20)]), Scripted([])
    talk(ap, tag, TAG_ID)
    assert not ap.heard


def test_an_assigned_address_is_the_tag_too() -> None:
    """A broadcast is answered from a new address, which is then heard like the tag's own ID."""
    lines = [Message(PROTO, 1, 0, BROADCAST, b"who", 8), Message(PROTO, 3, 0, LOCAL, b"you", 8)]
    replies = [Message(PROTO, 2, 0, LOCAL, b"me"), Message(PROTO, 4, 0, LOCAL, b"yes")]
    ap, tag = Scripted(lines.copy()), Scripted(replies.copy(), frozenset((LOCAL,)))
    ok, _ = talk(ap, tag, BROADCAST)
    assert ok
    assert [replace(message, reply_octets=None) for message in lines] == tag.heard
    assert ap.heard == replies


def test_another_address_is_not() -> None:
    ap, tag = Scripted([Message(PROTO, 3, 0, LOCAL, b"you", 8)]), Scripted([Message(PROTO, 4, 0, LOCAL, b"yes")])
    _, told = talk(ap, tag, LOCAL)
    assert not tag.heard
    assert of_kind(told, "drop", "tag")


def test_the_longest_reply_without_an_announced_slot_still_finds_its_ack() -> None:
    """Protocols 1.1: eight full fragments; the tag waits for the Ack as long as such a reply takes."""
    ask, answer = Message(PROTO, 1, 0, TAG_ID, b"all", 496), Message(PROTO, 2, 0, TAG_ID, bytes(496))
    ap, tag = Scripted([ask]), Scripted([answer])
    ok, told = talk(ap, tag, TAG_ID)
    assert ok and ap.heard == [answer]
    assert [ack["heard"] for ack in of_kind(told, "ack", "tag")] == [True]
    assert of_kind(told, "no_reply") == []


@pytest.mark.parametrize("solicitation", [Message(0, 0, 0, BROADCAST, b"", 8), Message(0, 0, 0, TAG_ID, b"")])
def test_a_solicitation_that_cannot_be(solicitation: Message) -> None:
    with pytest.raises(ValueError, match="one tag"):
        talk(Scripted([solicitation]), Scripted([]), TAG_ID)


def test_a_solicited_slot_belongs_to_one_tag() -> None:
    """Who answers a solicitation of another is dropped; the seed index is the one that the Trigger announced."""
    ap, tag = Scripted([Message(0, 0, 0, TAG_ID, b"", 20)]), Scripted([Message(PROTO, 1, 0, TAG_ID, b"me")])
    tag.turn = True
    indices: list[int | None] = []

    def usurp(place: int, delivery: Delivery) -> list[Delivery]:
        if delivery[1].kind.is_downlink:
            return [delivery]
        indices.append(delivery[1].seed_index)
        stranger = Authentication(TAG_ID + 1, Shim(PROTO, 1), b"me").encode(PROFILE.mac)
        return [(stranger, delivery[1]), delivery]

    _, told = talk(ap, tag, TAG_ID, changing(usurp))
    assert [message.station_id for message in ap.heard] == [TAG_ID]
    assert [drop["reason"] for drop in of_kind(told, "drop", "ap")] == ["unexpected_station"]
    assert indices == [SETTINGS.seed_index]
