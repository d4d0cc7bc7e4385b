"""Power that ends at a tag: a PPDU cut off on the air, a slot that is no longer waited for, addresses that go."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ampradio.mac.ack import Ack
from ampradio.mac.exchange import Exchange
from ampradio.mac.frame import encode_frame
from ampradio.mac.header import Header, partial_id, seal
from ampradio.mac.tag import TagStation
from ampradio.mac.trigger import AccessKind, ChannelOffset, Trigger, TriggerParameters
from ampradio.security.session import Message
from ampradio.vectors import PpduKind, RxVector, Tx
from tests.mac.bench import (
    LONG_NS,
    MODIFIER,
    PROFILE,
    TAG_ID,
    of_kind,
    plain_tag,
    secured,
    sent,
)
from tests.mac.scripted import PROTO, Scripted

BROADCAST = PROFILE.mac.broadcast_id
LOCAL = 0x0041
DOWN = RxVector(PpduKind.DL_TYPE1, 250_000, 1_000_000, 1_618_000, 0, 20.0, -10.0, 100.0, None, 63)
TWO_SLOTS = TriggerParameters(AccessKind.SCHEDULED, slots=2, slot_units=500)


class Dying:
    """A tag whose first replies are cut off on the air: its store is empty in the middle of them."""

    def __init__(self, tag: TagStation, times: int) -> None:
        self._tag = tag
        self.times = times

    def __getattr__(self, name: str) -> object:
        return getattr(self._tag, name)

    def ppdus_to_send(self, now_ns: int) -> list[Tx]:
        said = self._tag.ppdus_to_send(now_ns)
        if not said or not self.times:
            return said
        self.times -= 1
        return [dataclasses.replace(tx, vector=dataclasses.replace(tx.vector, cut_off_ns=200_000)) for tx in said]


@pytest.mark.parametrize("times", [1, 2])
def test_a_reply_that_is_cut_off_is_no_reply(times: int) -> None:
    """Its slot ends unheard, its Ack carries the AP's ID, and the exchange is tried again."""
    both = secured(flow=3)
    tags = {"tag": Dying(both.tag, times)}
    told = Exchange(PROFILE, {"ap": both.ap}, tags).run(LONG_NS)  # type: ignore[arg-type]
    assert both.ap.finished and both.ap.succeeded
    assert [ack["heard"] for ack in of_kind(told, "ack", "ap")] == [False] * times + [True]
    assert len(of_kind(told, "retry", "ap")) == times
    assert len([frame for frame in sent(told, "ap") if frame["name"] == "SEC-CONFIRM"]) == 1


def test_a_tag_that_loses_power_forgets_the_slot_it_waited_for() -> None:
    """R1.36: the turn is volatile, without a security session too; afterwards a new trigger is answered."""
    tag = plain_tag(TAG_ID)
    tag.receive(Trigger(BROADCAST, TWO_SLOTS, (7, TAG_ID)).encode(PROFILE.mac), DOWN, DOWN.end_ns)
    assert tag.next_deadline_ns() is not None
    tag.power_off(DOWN.end_ns)
    assert tag.next_deadline_ns() is None
    tag.power_on(DOWN.end_ns + 1)
    after = dataclasses.replace(DOWN, start_ns=DOWN.end_ns + 2_000_000, end_ns=DOWN.end_ns + 2_600_000)
    tag.receive(encode_frame(PROFILE.mac, Ack(7)), after, after.end_ns)
    assert tag.ppdus_to_send(after.end_ns) == [] and tag.counters["drop.not_for_us"] == 1
    tag.receive(Trigger(TAG_ID, TriggerParameters(slot_units=500)).encode(PROFILE.mac), after, after.end_ns)
    assert len(tag.ppdus_to_send(after.end_ns)) == 1
    told = [(event.t_ns, event.kind, event.detail["id"]) for event in tag.events() if "power" in event.kind]
    assert told == [(DOWN.end_ns, "power_off", TAG_ID), (DOWN.end_ns + 1, "power_on", TAG_ID)]


def test_an_address_counts_in_amp_sig_as_long_as_the_session_answers_to_it() -> None:
    """A tag hears the partial ID of its own ID and of every address it was assigned, of no other, and not after it."""
    session = Scripted([Message(PROTO, 2, 0, LOCAL, b"yes")], frozenset((LOCAL,)))
    tag = TagStation(PROFILE, TAG_ID, session, np.random.default_rng(0))
    psdu = seal(PROFILE.mac, Header(13, LOCAL, True), bytes([PROTO << 5 | 1, 0]))

    def says(partial: int, start_ns: int) -> list[Tx]:
        rx = dataclasses.replace(DOWN, start_ns=start_ns, end_ns=start_ns + 618_000, partial_id=partial)
        tag.receive(psdu, rx, rx.end_ns)
        return tag.ppdus_to_send(rx.end_ns)

    assert says(partial_id(PROFILE, LOCAL) ^ 1, 0) == [] and tag.counters["drop.not_for_us"] == 1
    assert len(says(partial_id(PROFILE, LOCAL), 50_000_000)) == 1
    session.answers_to = frozenset()
    assert says(partial_id(PROFILE, LOCAL), 100_000_000) == [] and tag.counters["drop.not_for_us"] == 2


def test_a_fragment_out_of_order_costs_the_tag_the_message() -> None:
    """Protocols 1.1: the session never sees a message with a hole in it."""
    both = secured()
    psdu = seal(PROFILE.mac, Header(13, TAG_ID, True), bytes([1 << 5 | 1, 1 << 4 | 2]) + bytes(40))
    both.tag.receive(psdu, DOWN, DOWN.end_ns)
    assert both.tag.counters["drop.fragment_out_of_order"] == 1
    assert both.supplicant.counters["refused"] == 0


def test_a_secured_message_with_a_reserved_uplink_rate_is_not_answered() -> None:
    """Rule 11: rate code 3 is reserved; the tag neither guesses nor spends a nonce on it."""
    both = secured()
    trigger = TriggerParameters(slot_units=900).encode() + bytes(range(16)) + MODIFIER
    psdu = seal(PROFILE.mac, Header(13, TAG_ID, True, 3), bytes([1 << 5 | 1, 2]) + trigger)
    both.tag.receive(psdu, DOWN, DOWN.end_ns)
    assert both.tag.counters["drop.reserved_value"] == 1 and both.tag.ppdus_to_send(DOWN.end_ns) == []
    assert not both.supplicant.holds_transient_key
    good = seal(PROFILE.mac, Header(13, TAG_ID, True, 2), bytes([1 << 5 | 1, 2]) + trigger)
    both.tag.receive(good, DOWN, DOWN.end_ns)
    assert len(both.tag.ppdus_to_send(DOWN.end_ns)) == 1 and both.supplicant.holds_transient_key


@pytest.mark.parametrize(("offset", "offset_hz"), [(ChannelOffset.CENTRE, 0), (ChannelOffset.LOWER, -5_000_000)])
def test_a_sec_trigger_places_its_reply_in_the_channel_and_a_confirm_does_not(
    offset: ChannelOffset, offset_hz: int
) -> None:
    """Rule 7 inside SEC-TRIGGER: the offset holds for that reply; a message without parameters means the centre."""
    session = Scripted([Message(1, 2, 2, TAG_ID, b"reply"), Message(1, 4, 2, TAG_ID, b"ack")])
    tag = TagStation(PROFILE, TAG_ID, session, np.random.default_rng(0))
    parameters = TriggerParameters(channel_offset=offset, slot_units=900).encode()
    tag.receive(seal(PROFILE.mac, Header(13, TAG_ID, True), b"\x21\x02" + parameters), DOWN, DOWN.end_ns)
    (reply,) = tag.ppdus_to_send(DOWN.end_ns)
    later = dataclasses.replace(DOWN, start_ns=50_000_000, end_ns=50_618_000)
    tag.receive(seal(PROFILE.mac, Header(13, TAG_ID, True), b"\x23\x02"), later, later.end_ns)
    (ack,) = tag.ppdus_to_send(later.end_ns)
    assert (reply.vector.channel_offset_hz, ack.vector.channel_offset_hz) == (offset_hz, 0)
