"""Whatever arrives, a station neither raises nor hangs, and counts it."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ampradio.mac.ack import Ack
from ampradio.mac.ap import ApStation
from ampradio.mac.events import EVENTS_HELD_MAX, EventLog
from ampradio.mac.exchange import Delivery, Exchange, transmission_ns
from ampradio.mac.frame import encode_frame
from ampradio.mac.header import Header, seal
from ampradio.mac.response import Response
from ampradio.mac.station import Station
from ampradio.mac.trigger import AccessKind, Trigger, TriggerParameters
from ampradio.mac.work import Poll
from ampradio.security.session import SecurityEvent
from ampradio.vectors import PpduKind, RxVector, Tx, TxVector
from tests.mac.bench import LONG_NS, PROFILE, SETTINGS, TAG_ID, changing, plain_tag, secured

DOWN = RxVector(PpduKind.DL_TYPE1, 250_000, 1_000_000, 1_618_000, 0, 20.0, -10.0, 100.0, None, 63)
UP = RxVector(PpduKind.UL_ACTIVE, 250_000, 728_000, 1_312_000, 0, 20.0, -10.0, 100.0, 1e5, None, 1)
bodies = st.builds(
    lambda kind, station, protected, rate, body: seal(PROFILE.mac, Header(kind, station, protected, rate), body),
    st.integers(0, 15),
    st.sampled_from([TAG_ID, 0xFFFF, 7]),
    st.booleans(),
    st.integers(0, 3),
    st.binary(min_size=1, max_size=64),
)
psdus = st.one_of(st.binary(max_size=80), bodies, st.sampled_from([encode_frame(PROFILE.mac, Ack(TAG_ID))]))
security = st.builds(
    lambda msg, prof, body: seal(PROFILE.mac, Header(13, TAG_ID, True), bytes([1 << 5 | msg, prof]) + body),
    st.integers(0, 7),
    st.sampled_from([1, 2]),
    st.binary(max_size=62),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.one_of(psdus, security), max_size=12))
def test_a_tag_stands_any_psdus(arrivals: list[bytes]) -> None:
    """Architecture: nothing received crashes a station; every PSDU is one rx or one drop."""
    both = secured()
    for count, psdu in enumerate(arrivals):
        rx = dataclasses.replace(DOWN, start_ns=count * 20_000_000, end_ns=count * 20_000_000 + 618_000)
        both.tag.receive(psdu, rx, rx.end_ns)
        both.tag.ppdus_to_send(rx.end_ns)
        due = both.tag.next_deadline_ns()
        if due is not None and due <= rx.end_ns + 10_000_000:
            both.tag.handle_deadline(due)
    assert not both.supplicant.has_keys
    assert both.tag.counters["rx"] + both.tag.counters["drop"] >= len(arrivals)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.one_of(psdus, security), max_size=6), st.integers(0, 10_000_000))
def test_an_ap_stands_any_psdus(arrivals: list[bytes], start_ns: int) -> None:
    """Architecture: the same for an AP in the middle of an exchange; it still ends."""
    both = secured(attempts=1)
    both.ap.handle_deadline(0)
    both.ap.ppdus_to_send(0)
    for psdu in arrivals:
        both.ap.receive(psdu, dataclasses.replace(UP, start_ns=start_ns), UP.end_ns)
    for _ in range(20):
        due = both.ap.next_deadline_ns()
        if due is None:
            break
        both.ap.handle_deadline(due)
    assert both.ap.finished and not both.ap.succeeded
    assert not both.authenticator.has_keys(TAG_ID)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(st.integers(0, 12), st.lists(psdus, max_size=3), max_size=6), st.sampled_from([2, 3, 4]))
def test_an_air_that_replaces_psdus_never_hangs_an_exchange(garbage: dict[int, list[bytes]], flow: int) -> None:
    """Done-when: each bad input is a counted drop or a clear failure, never a hang."""

    def replace(place: int, delivery: Delivery) -> list[Delivery]:
        return [(psdu, delivery[1]) for psdu in garbage[place]] if place in garbage else [delivery]

    both = secured(flow=flow)
    both.run(changing(replace))
    assert both.ap.finished
    assert both.ap.next_deadline_ns() is None


def test_a_frame_for_another_partial_id_is_ignored() -> None:
    """AMP-SIG: a tag ignores a PPDU whose partial ID is neither its own nor broadcast, whatever is inside."""
    tag = plain_tag(TAG_ID)
    psdu = encode_frame(PROFILE.mac, Trigger(TAG_ID, TriggerParameters(slot_units=500)))
    tag.receive(psdu, dataclasses.replace(DOWN, partial_id=TAG_ID & 63 ^ 1), DOWN.end_ns)
    assert tag.ppdus_to_send(DOWN.end_ns) == []
    assert tag.counters["drop.not_for_us"] == 1
    tag.receive(psdu, dataclasses.replace(DOWN, partial_id=TAG_ID & 63), DOWN.end_ns)
    (reply,) = tag.ppdus_to_send(DOWN.end_ns)
    assert reply.start_ns == DOWN.end_ns + 10_000
    assert tag.silent_until_ns() > reply.start_ns


def test_a_tag_is_half_duplex() -> None:
    """Issue: half duplex. What overlaps the tag's own transmission is not heard."""
    tag = plain_tag(TAG_ID)
    psdu = encode_frame(PROFILE.mac, Trigger(TAG_ID, TriggerParameters(slot_units=500)))
    tag.receive(psdu, DOWN, DOWN.end_ns)
    tag.ppdus_to_send(DOWN.end_ns)
    during = dataclasses.replace(DOWN, start_ns=tag.silent_until_ns() - 1, end_ns=tag.silent_until_ns() + 600_000)
    tag.receive(psdu, during, during.end_ns)
    assert tag.counters["drop.half_duplex"] == 1
    assert tag.ppdus_to_send(during.end_ns) == []


def test_a_newer_trigger_replaces_the_slot_that_is_waited_for() -> None:
    """Section 4: an Ack of the new trigger's slots is not counted for the old one."""
    tag = plain_tag(TAG_ID)
    scheduled = TriggerParameters(AccessKind.SCHEDULED, slots=2, slot_units=500)
    for ids in ((7, TAG_ID), (7, 8)):
        tag.receive(Trigger(0xFFFF, scheduled, ids).encode(PROFILE.mac), DOWN, DOWN.end_ns)
    tag.receive(encode_frame(PROFILE.mac, Ack(7)), DOWN, DOWN.end_ns)
    assert tag.ppdus_to_send(DOWN.end_ns) == []
    assert tag.counters["drop.not_for_us"] == 1


def test_ppdus_outside_the_listening_windows_are_not_heard() -> None:
    """Contract of Listen: the in-memory air delivers an uplink PPDU to an AP in its windows alone."""
    both = secured(attempts=1)
    stray = Tx(encode_frame(PROFILE.mac, Response(TAG_ID)), TxVector(PpduKind.UL_ACTIVE, 250_000, seed_index=1), 50_000)

    class Stray:
        """A station that sends once, before any slot."""

        def __init__(self) -> None:
            self._waiting = [stray]

        def __getattr__(self, name: str) -> object:
            return getattr(both.tag, name)

        def ppdus_to_send(self, now_ns: int) -> list[Tx]:
            waiting, self._waiting = self._waiting, []
            return waiting

    Exchange(PROFILE, {"ap": both.ap}, {"stray": Stray()}).run(LONG_NS)  # type: ignore[dict-item]
    assert both.ap.finished and both.ap.counters["drop"] == 0 and both.ap.counters["rx"] == 0


@pytest.mark.parametrize(
    ("psdu", "reason"),
    [
        (Trigger(TAG_ID, TriggerParameters(slot_units=500), ul_rate_code=3).encode(PROFILE.mac), "reserved_value"),
        (seal(PROFILE.mac, Header(13, TAG_ID, True), b"\x21\x02" + bytes(20)), "unexpected_type"),
        (seal(PROFILE.mac, Header(14, TAG_ID), b"x"), "unexpected_type"),
        (seal(PROFILE.mac, Header(12, TAG_ID), b"\x00\x10rest"), "fragment_out_of_order"),
        (encode_frame(PROFILE.mac, Ack(TAG_ID)), "not_for_us"),
    ],
)
def test_what_a_plain_tag_cannot_use(psdu: bytes, reason: str) -> None:
    """Each is dropped with its own reason, and nothing is sent."""
    tag = plain_tag(TAG_ID)
    tag.receive(psdu, DOWN, DOWN.end_ns)
    assert tag.counters[f"drop.{reason}"] == 1
    assert tag.ppdus_to_send(DOWN.end_ns) == []


@pytest.mark.parametrize("body", [bytes(3), b"\x03" + bytes(29), bytes(32)])
def test_a_sec_trigger_with_bad_parameters_is_dropped(body: bytes) -> None:
    """Rule 7 inside SEC-TRIGGER: too short, a reserved access kind, N = 0."""
    both = secured()
    both.tag.receive(seal(PROFILE.mac, Header(13, TAG_ID, True), b"\x21\x02" + body), DOWN, DOWN.end_ns)
    assert both.tag.counters["drop"] == 1
    assert both.tag.ppdus_to_send(DOWN.end_ns) == []
    assert not both.supplicant.holds_transient_key


def test_a_downlink_ppdu_at_the_ap_and_an_uplink_ppdu_at_a_tag() -> None:
    """Neither is meant to be decoded there; both are dropped."""
    both = secured()
    both.ap.handle_deadline(0)
    psdu = encode_frame(PROFILE.mac, Ack(TAG_ID))
    both.ap.receive(psdu, DOWN, DOWN.end_ns)
    both.tag.receive(psdu, UP, UP.end_ns)
    assert both.ap.counters["drop.unexpected_type"] == both.tag.counters["drop.unexpected_type"] == 1


def test_a_reply_outside_its_slot_is_dropped() -> None:
    """Rule 24: before the first slot, between slots and after the last, nothing is taken."""
    ap = ApStation(PROFILE, SETTINGS, [Poll((TAG_ID,), content_octets=8, attempts=1)])
    psdu = encode_frame(PROFILE.mac, Ack(TAG_ID))
    ap.receive(psdu, UP, UP.end_ns)
    ap.handle_deadline(0)
    ap.receive(psdu, dataclasses.replace(UP, start_ns=700_000), UP.end_ns)
    ap.handle_deadline(LONG_NS)
    assert ap.finished
    ap.receive(psdu, UP, LONG_NS)
    assert ap.counters["drop.outside_slot"] == 3


def test_events_are_bounded_and_counters_are_not() -> None:
    """Architecture: nothing received allocates without bound."""
    log = EventLog()
    for _ in range(EVENTS_HELD_MAX + 5):
        log.add(0, "rx")
    log.security(1, [SecurityEvent("refused", {"reason": "bad_mic"})])
    assert len(log.take()) == EVENTS_HELD_MAX
    assert (log.counters["rx"], log.counters["events_lost"]) == (EVENTS_HELD_MAX + 5, 6)
    log.security(1, [SecurityEvent("refused", {"reason": "bad_mic"})])
    assert [(event.kind, event.detail) for event in log.take()] == [("security.refused", {"reason": "bad_mic"})]


class _Faulty:
    """A station that does one thing wrong."""

    def __init__(self, fault: str) -> None:
        self._fault = fault
        self._sent = 0

    def receive(self, psdu: bytes, rx: RxVector, now_ns: int) -> None: ...

    def ppdus_to_send(self, now_ns: int) -> list[Tx]:
        if self._fault == "sleepless":
            return []
        self._sent += 1
        start_ns = {"promise": 1_000, "past": -1}[self._fault] if self._sent == 2 else 10_000_000
        return [Tx(encode_frame(PROFILE.mac, Ack(1)), TxVector(PpduKind.DL_TYPE1, 250_000), start_ns)]

    def next_deadline_ns(self) -> int | None:
        return 5 if self._fault == "sleepless" or self._sent < 3 else None

    def handle_deadline(self, now_ns: int) -> None: ...

    def events(self) -> list[object]:
        return []

    def silent_until_ns(self) -> int:
        return 5_000 if self._fault == "promise" else 0


@pytest.mark.parametrize(("fault", "text"), [("promise", "silent until"), ("past", "now"), ("sleepless", "for ever")])
def test_the_air_catches_a_faulty_station(fault: str, text: str) -> None:
    """Contract of silent_until_ns: the in-memory air holds a station to its promises, so tests would see a breach."""
    station: Station = _Faulty(fault)  # type: ignore[assignment]
    with pytest.raises(RuntimeError, match=text):
        Exchange(PROFILE, {"ap": station}, {}).run(LONG_NS)


def test_the_air_in_memory_carries_what_the_stations_send() -> None:
    """No station sends below 1 GHz; a caller who does here is told so."""
    with pytest.raises(ValueError, match="DL_SUB1GHZ"):
        transmission_ns(PROFILE, Tx(bytes(4), TxVector(PpduKind.DL_SUB1GHZ, 250_000), 0))
