"""Edges in time to the nanosecond: of a slot, of the slowest clock, of the Ack that is waited for; and of power."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest

from ampradio.mac.ack import Ack
from ampradio.mac.events import EventLog
from ampradio.mac.frame import encode_frame
from ampradio.mac.header import Header, seal
from ampradio.mac.refusal import Reason
from ampradio.mac.response import Response
from ampradio.mac.shim import Shim
from ampradio.mac.slots import OpenSlot, SlotSchedule, reply_timing
from ampradio.mac.speaker import Speaker
from ampradio.mac.trigger import TriggerParameters
from ampradio.profile.airtime import downlink_type1_ns, uplink_active_ns
from ampradio.vectors import PpduKind, RxVector
from tests.mac.bench import AP_ID, PROFILE, TAG_ID, secured

SIFS_NS, UNIT_NS = 10_000, 4_000
DOWN = RxVector(PpduKind.DL_TYPE1, 250_000, 1_000_000, 1_618_000, 0, 20.0, -10.0, 100.0, None, 63)
UP = RxVector(PpduKind.UL_ACTIVE, 250_000, 0, 0, 0, 20.0, -10.0, 100.0, 0.0)


@pytest.mark.parametrize(
    ("start_ns", "reason"),
    [
        (1_005_999, Reason.OUTSIDE_SLOT),
        (1_006_000, None),
        (1_509_999, None),
        (1_510_000, Reason.OUTSIDE_SLOT),
    ],
)
def test_a_reply_starts_within_its_slot(start_ns: int, reason: Reason | None) -> None:
    """Rule 24: from the margin before the slot to its last nanosecond; what starts at its end is the Ack's."""
    slot = OpenSlot(SlotSchedule(1_000_000, 2, 500_000, 618_000, SIFS_NS), 1)
    refusal = slot.refuse(TAG_ID, dataclasses.replace(UP, start_ns=start_ns), 4_000)
    assert (None if refusal is None else refusal.reason) is reason


@pytest.mark.parametrize("octets", [8, 20, 71])
def test_the_slowest_clock_never_ends_a_nanosecond_after_its_time(octets: int) -> None:
    """Rule 23 in fractions, at every tolerance that puts the end less than a nanosecond behind a unit."""
    nominal_ns = uplink_active_ns(PROFILE, octets, 250_000)
    exact = {ppm: nominal_ns * (1 + Fraction(ppm, 1_000_000)) for ppm in range(50_000)}
    tight = {ppm: longest_ns for ppm, longest_ns in exact.items() if 0 < longest_ns % UNIT_NS < 1}
    assert tight
    for ppm, longest_ns in tight.items():
        (stop_ns,) = reply_timing(PROFILE, [octets], 250_000, ppm).stops_ns
        assert 0 <= stop_ns - longest_ns < UNIT_NS


def test_an_ack_that_began_before_the_reply_is_not_the_reply_s() -> None:
    """Rule 7: the Ack of the slot before, heard twice, neither acknowledges nor ends the wait for one's own."""
    speaker = Speaker(PROFILE, EventLog())
    parameters = TriggerParameters(slots=2, slot_units=500)
    assert speaker.take_turn(2, parameters, 0, 250_000, (Response(TAG_ID),), DOWN) is None
    before_ns = DOWN.end_ns + 2 * SIFS_NS + 500 * UNIT_NS
    ack_ns = downlink_type1_ns(PROFILE, len(encode_frame(PROFILE.mac, Ack(AP_ID))), 250_000, False)
    before = dataclasses.replace(DOWN, start_ns=before_ns, end_ns=before_ns + ack_ns)
    assert not speaker.hear(Ack(AP_ID), before)
    (reply,) = speaker.take()
    assert reply.start_ns == before.end_ns + SIFS_NS
    assert not speaker.hear(Ack(TAG_ID), before) and speaker.counts_acks
    own_ns = reply.start_ns + 500 * UNIT_NS + SIFS_NS
    assert speaker.hear(Ack(TAG_ID), dataclasses.replace(DOWN, start_ns=own_ns, end_ns=own_ns + ack_ns))
    assert not speaker.counts_acks


def test_a_message_that_power_cut_in_two_is_not_put_together() -> None:
    """R1.36, R1.40: fragments are volatile; the second one, after the power came back, is one without its first."""
    first, second = (
        seal(PROFILE.mac, Header(13, TAG_ID, True), Shim(1, 1, 2, fragment, fragment == 0).encode() + bytes(40))
        for fragment in (0, 1)
    )
    for lost_power in (False, True):
        tag = secured().tag
        tag.receive(first, DOWN, DOWN.end_ns)
        if lost_power:
            tag.power_off(DOWN.end_ns)
            tag.power_on(DOWN.end_ns + 1)
        tag.receive(second, DOWN, DOWN.end_ns + 2)
        assert tag.counters["drop.fragment_out_of_order"] == lost_power
