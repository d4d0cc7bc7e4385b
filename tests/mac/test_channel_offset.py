"""A tag sends where the Trigger tells it to: in the channel's centre, or 5 MHz beside it (section 3, rule 7)."""

from __future__ import annotations

import pytest

from ampradio.mac.trigger import AccessKind, ChannelOffset, Trigger, TriggerParameters
from ampradio.vectors import PpduKind, RxVector
from tests.mac.bench import PROFILE, TAG_ID, plain_tag

DOWN = RxVector(PpduKind.DL_TYPE1, 250_000, 1_000_000, 1_618_000, 0, 20.0, -10.0, 100.0, None, 63)


def told(offset: ChannelOffset, rate_code: int) -> Trigger:
    """Return a Trigger with one slot, for the tag alone."""
    parameters = TriggerParameters(AccessKind.SCHEDULED, channel_offset=offset, slots=1, slot_units=500)
    return Trigger(TAG_ID, parameters, ul_rate_code=rate_code)


@pytest.mark.parametrize("rate_code", [0, 1])
@pytest.mark.parametrize(("code", "offset_hz"), [(0, 0), (1, -5_000_000), (2, 5_000_000)])
def test_the_reply_is_where_the_trigger_says(code: int, offset_hz: int, rate_code: int) -> None:
    tag = plain_tag(TAG_ID)
    tag.receive(told(ChannelOffset(code), rate_code).encode(PROFILE.mac), DOWN, DOWN.end_ns)
    (reply,) = tag.ppdus_to_send(DOWN.end_ns)
    assert reply.vector.channel_offset_hz == offset_hz


def test_there_is_no_offset_at_4_mbps() -> None:
    """Section 3: only at 250 kb/s and 1 Mb/s; the tag stays silent."""
    tag = plain_tag(TAG_ID)
    tag.receive(told(ChannelOffset.UPPER, 2).encode(PROFILE.mac), DOWN, DOWN.end_ns)
    assert tag.ppdus_to_send(DOWN.end_ns) == [] and tag.counters["drop.reserved_value"] == 1
    tag.receive(told(ChannelOffset.CENTRE, 2).encode(PROFILE.mac), DOWN, DOWN.end_ns)
    assert len(tag.ppdus_to_send(DOWN.end_ns)) == 1
