"""Plain triggers: scheduled and random access, collisions, retries, what a tag answers, what the AP refuses."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest

from ampradio.mac.access import DataConversation
from ampradio.mac.ap import ApStation
from ampradio.mac.application import Application
from ampradio.mac.exchange import Delivery, Exchange
from ampradio.mac.frame import encode_frame
from ampradio.mac.refusal import Reason, Refusal
from ampradio.mac.response import Response
from ampradio.mac.rfid import Rfid
from ampradio.mac.rounds import Heard, Sizing
from ampradio.mac.slots import slot_of
from ampradio.mac.tag import TagStation
from ampradio.mac.trigger import AccessKind, ResponseType, TriggerParameters
from ampradio.mac.work import Poll, RandomAccess, SecureExchange, SendData
from ampradio.security.session import Message
from ampradio.vectors import Tx
from tests.mac.bench import AP_ID, LONG_NS, PROFILE, SETTINGS, changing, losing, of_kind, plain_tag, run_plain, sent
from tests.mac.scripted import PROTO, Scripted

IDS = (11, 12, 13, 14)


def test_scheduled_access_hears_everybody_in_list_order() -> None:
    """Section 4: slot = position in the ID list; the Ack carries the ID heard."""
    ap, told = run_plain([Poll((13, 11, 12), content_octets=8)], IDS)
    assert ap.succeeded
    assert [(reply["slot"], reply["id"]) for reply in of_kind(told, "response")] == [(1, 13), (2, 11), (3, 12)]
    assert [ack["id"] for ack in of_kind(told, "ack", "ap")] == [13, 11, 12]
    assert sent(told, "tag14") == []


def test_silent_slots_are_acknowledged_with_the_ap_id() -> None:
    """Section 4: after a slot in which nobody was heard the Ack carries the AP's own ID."""
    ap, told = run_plain([Poll((11, 99), content_octets=8, attempts=1)], [11])
    assert not ap.succeeded
    assert [ack["id"] for ack in of_kind(told, "ack", "ap")] == [11, AP_ID]
    assert of_kind(told, "no_reply", "ap") == [{"slot": 2}]


def test_only_those_not_heard_are_triggered_again() -> None:
    """Issue: retries. The second Trigger lists the missing two, the third addresses the last one alone."""
    lost = losing(1, 5, 10)  # tag 11 in round 1, tag 12 in round 1 …
    ap, told = run_plain([Poll((11, 12, 13), content_octets=8, attempts=5)], IDS, lost)
    assert ap.succeeded
    assert {reply["id"] for reply in of_kind(told, "response")} == {11, 12, 13}
    assert len(of_kind(told, "retry", "ap")) >= 1
    triggers = [frame for frame in sent(told, "ap") if frame["name"] == "Trigger"]
    sizes = [frame["octets"] for frame in triggers]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] == 13 + 6 and sizes[-1] < sizes[0]


def test_single_id_is_addressed_individually() -> None:
    """Rule 7: an individually addressed Trigger has one slot and no list."""
    _, told = run_plain([Poll((11,), content_octets=8)], IDS)
    trigger = sent(told, "ap")[0]
    assert (trigger["octets"], trigger["id"], trigger["dst"]) == (13, 11, "0x000B")
    assert sent(told, "tag12") == []


def test_a_lost_ack_does_not_shift_the_slots() -> None:
    """Section 4: a tag counts Acks; one that misses an Ack notices the gap and never speaks in another's slot."""
    # first on the air: Trigger 0, reply of slot 1, Ack 1, …; the Ack of slot 2 is lost for everybody
    _, told = run_plain([Poll(IDS, content_octets=8, attempts=1)], IDS, losing(4))
    starts = sorted(frame["start_ns"] for name in IDS for frame in sent(told, f"tag{name}"))
    assert [reply["id"] for reply in of_kind(told, "response")] == [11, 12, 14]
    assert len(starts) == len(set(starts)) == 3
    assert [drop["slot"] for drop in of_kind(told, "drop", "tag13") if drop["reason"] == "slot_lost"] == [3]
    assert of_kind(told, "no_reply", "tag12") == [{"slot": 2, "what": "no Ack"}]


def test_every_ack_lost_ends_quietly() -> None:
    """Nothing hangs when no Ack arrives: tags give up their slots, the AP goes on."""

    def no_ack(place: int, delivery: Delivery) -> list[Delivery]:
        return [] if delivery[0][0] == PROFILE.mac.type_ack else [delivery]

    ap, told = run_plain([Poll(IDS, content_octets=8, attempts=2)], IDS, changing(no_ack))
    assert ap.finished
    assert [reply["id"] for reply in of_kind(told, "response")] == [11, 12]
    assert len([drop for drop in of_kind(told, "drop") if drop["reason"] == "slot_lost"]) >= 3


def test_random_access_with_collisions_hears_everybody_in_the_end() -> None:
    """Rule 25: tags draw slots afresh at each trigger; replies that collide are not heard and come again."""
    ap, told = run_plain([RandomAccess(4, 3, content_octets=8, rounds=40, expected=4)], IDS)
    assert ap.succeeded
    assert {reply["id"] for reply in of_kind(told, "response")} == set(IDS)
    per_slot: dict[int, int] = {}
    for name in IDS:
        for frame in sent(told, f"tag{name}"):
            per_slot[frame["start_ns"]] = per_slot.get(frame["start_ns"], 0) + 1
    heard = len(of_kind(told, "response"))
    assert heard == sum(count == 1 for count in per_slot.values())
    assert max(per_slot.values()) > 1, "the seeds of this test make at least one collision"
    assert of_kind(told, "sat_out"), "ACWE 3 with 4 slots makes somebody sit out"


def test_random_back_off_is_uniform_and_sits_out() -> None:
    """Rule 25: ABOC uniform in 0…2^ACWE − 1; below N it is slot ABOC + 1, else the tag sits out."""
    generator = np.random.default_rng(5)
    parameters = TriggerParameters(AccessKind.RANDOM, acwe=3, slots=6)
    draws = [slot_of(1, False, parameters, (), generator) for _ in range(8000)]
    counts = [draws.count(slot) for slot in (1, 2, 3, 4, 5, 6, None)]
    assert sum(counts) == 8000
    # 1000 expected, standard deviation 30; the last is two of eight
    assert all(abs(count - 1000) < 150 for count in counts[:6]) and abs(counts[6] - 2000) < 200
    always = TriggerParameters(AccessKind.RANDOM, acwe=0, slots=1)
    assert {slot_of(1, False, always, (), generator) for _ in range(20)} == {1}


def test_an_unheard_reading_is_sent_again_and_a_heard_one_is_not() -> None:
    """Issue: retries. Without its own Ack a tag keeps the reading; with it the next one follows."""
    readings = iter([b"one", b"two", b"three"])
    tag = TagStation(PROFILE, 11, None, np.random.default_rng(1), application=Application(lambda: next(readings)))
    ap = ApStation(PROFILE, SETTINGS, [Poll((11,), content_octets=8) for _ in range(2)])
    told = Exchange(PROFILE, {"ap": ap}, {"tag": tag}, losing(1)).run(LONG_NS)
    assert [bytes.fromhex(reply["content"]) for reply in of_kind(told, "response")] == [b"one", b"two"]
    assert [ack["heard"] for ack in of_kind(told, "ack", "tag")] == [False, True, True]


@pytest.mark.parametrize(
    ("response_type", "application", "expected"),
    [
        (ResponseType.ID_ONLY, Application(), ("", None, None)),
        (ResponseType.PERMANENT_ID, Application(permanent_id=b"AMP-42"), (b"AMP-42".hex(), None, None)),
        (ResponseType.PERMANENT_ID, Application(), None),
        (ResponseType.OPERATION_STATUS, Application(status_units=1000, mode_factor=9), ("", 1000, 9)),
        (ResponseType.OPERATION_STATUS, Application(), None),
        (ResponseType.DATA, Application(lambda: None), ("", None, None)),
    ],
)
def test_what_a_tag_answers(
    response_type: ResponseType, application: Application, expected: tuple[str, int | None, int | None] | None
) -> None:
    """Rules 7 and 10, section 6: each response type; a tag that cannot report its status does not answer."""
    tag = TagStation(PROFILE, 11, None, np.random.default_rng(1), application=application)
    ap = ApStation(PROFILE, SETTINGS, [Poll((11,), response_type, content_octets=8, attempts=1)])
    told = Exchange(PROFILE, {"ap": ap}, {"tag": tag}).run(LONG_NS)
    replies = [(r["content"], r["status_units"], r["mode_factor"]) for r in of_kind(told, "response")]
    assert replies == ([] if expected is None else [expected])


def test_another_draft_s_numbers_are_a_profile_and_no_code() -> None:
    """Rules 10, 11 and 21 under a profile of other numbers: they are what is sent, and both ends understand it."""
    mac = dataclasses.replace(
        PROFILE.mac, permanent_id_octets=8, rfid_bits_max=16, ul_rate_codes_bps=(4_000_000, 1_000_000, 250_000)
    )
    other = dataclasses.replace(PROFILE, mac=mac, uplink=dataclasses.replace(PROFILE.uplink, unsolicited_seed_index=3))
    application, ask = Application(permanent_id=b"AMP-42-8"), Message(PROTO, 1, 0, 11, b"?", 4)
    lines = Scripted([ask]), Scripted([Message(PROTO, 2, 0, 11, bytes(4))])
    tag = TagStation(other, 11, lines[1], np.random.default_rng(1), application=application)
    exchange = SecureExchange(lines[0], 11, lambda trigger, now_ns: setattr(lines[0], "turn", True), lambda: False, 4)
    poll = Poll((11,), ResponseType.PERMANENT_ID, attempts=1)
    ap = ApStation(other, SETTINGS, [poll, dataclasses.replace(exchange, attempts=1)])
    on_air: list[Tx] = []
    for station in (ap, tag):
        decide = station.ppdus_to_send
        station.ppdus_to_send = lambda now_ns, decide=decide: [on_air.append(each) or each for each in decide(now_ns)]  # type: ignore
    told = Exchange(other, {"ap": ap}, {"tag": tag}).run(LONG_NS)
    assert [bytes.fromhex(each["content"]) for each in of_kind(told, "response")] == [b"AMP-42-8"]
    assert [message.payload for message in lines[0].heard] == [bytes(4)]
    replies = [each for each in on_air if not each.vector.kind.is_downlink]
    assert [each.vector.seed_index for each in replies] == [SETTINGS.seed_index, 3]
    assert {each.psdu[3] >> 6 for each in on_air if len(each.psdu) > 4} == {2}  # 250 kb/s
    assert Rfid(7, "01" * 8).encode(mac)
    with pytest.raises(ValueError, match="at most 16"):
        Rfid(7, "0" * 17).encode(mac)


def test_id_only_random_access() -> None:
    """Rule 7: access kind 2 is random access with the ID alone."""
    work = [RandomAccess(1, 0, access=AccessKind.RANDOM_ID_ONLY)]
    _, told = run_plain(work, [11])
    assert [(r["response_type"], r["content"]) for r in of_kind(told, "response")] == [("id_only", "")]


def test_a_tag_with_nothing_to_report_stays_out_of_random_access() -> None:
    """Random access is for tags with something to say."""
    ap = ApStation(PROFILE, SETTINGS, [RandomAccess(1, 0, content_octets=8)])
    told = Exchange(PROFILE, {"ap": ap}, {"tag": plain_tag(11, reading=None)}).run(LONG_NS)
    assert sent(told, "tag") == [] and len(of_kind(told, "sat_out", "tag")) == 1


def test_a_reply_longer_than_its_slot_is_not_sent() -> None:
    """Rule 24: a slot lasts exactly what was announced."""
    _, told = run_plain([Poll((11,), content_octets=2, attempts=1)], [11])
    assert sent(told, "tag11") == []
    assert [drop["reason"] for drop in of_kind(told, "drop", "tag11") if drop["name"] != "Ack"] == ["slot_too_short"]


def test_plain_data_goes_down_in_fragments() -> None:
    """Issue: AP commands. A Data frame, or several, reaches its tag alone and is marked as unauthenticated."""
    data = bytes(range(100))
    ap, told = run_plain([SendData(11, data)], IDS)
    assert ap.succeeded and ap.finished
    assert [(event["data"], event["authenticated"]) for event in of_kind(told, "data")] == [(data.hex(), False)]
    first, second = sent(told, "ap")
    assert second["start_ns"] - first["end_ns"] == 10_000


def test_trigger_data_reaches_the_listed_tags() -> None:
    """Rule 7: DL data follows the list to the end."""
    _, told = run_plain([Poll((11, 12), content_octets=8, data=b"go")], IDS)
    assert {name for name, event in told if event.kind == "data"} == {"tag11", "tag12"}


def test_responses_of_another_type_or_station_are_dropped() -> None:
    """The AP takes what it asked for, from whom it asked."""

    def forge(place: int, delivery: Delivery) -> list[Delivery]:
        rx = delivery[1]
        if rx.kind.is_downlink:
            return [delivery]
        stranger = encode_frame(PROFILE.mac, Response(77, content=b"x"))
        status = encode_frame(PROFILE.mac, Response(11, ResponseType.ID_ONLY))
        return [(stranger, rx), (status, rx)]

    ap, told = run_plain([Poll((11,), content_octets=8, attempts=1)], IDS, changing(forge))
    assert [drop["reason"] for drop in of_kind(told, "drop", "ap")] == ["unexpected_station", "unexpected_type"]
    assert not ap.succeeded and of_kind(told, "response") == []


def test_only_the_first_speaker_of_a_slot_is_taken() -> None:
    """Section 4: the Ack has room for one ID, so a second station in one slot is dropped."""

    def second(place: int, delivery: Delivery) -> list[Delivery]:
        intruder = encode_frame(PROFILE.mac, Response(12, content=b"x"))
        return [delivery] if delivery[1].kind.is_downlink or place > 1 else [delivery, (intruder, delivery[1])]

    _, told = run_plain([Poll((11, 12), content_octets=8, attempts=1)], [11], changing(second))
    assert [reply["id"] for reply in of_kind(told, "response")] == [11]
    assert [drop["reason"] for drop in of_kind(told, "drop", "ap")] == ["unexpected_station"]


@pytest.mark.parametrize(("ids", "partial"), [((0x1234,), 0x34), ((11, 12), 63)])
def test_amp_sig_addresses_the_tag(ids: tuple[int, ...], partial: int) -> None:
    """AMP-SIG: 6 LSB of the addressed ID, 63 for a list; an Ack is for every tag, which all count it."""
    partials = []

    def note(place: int, delivery: Delivery) -> list[Delivery]:
        partials.append(delivery[1].partial_id)
        return [delivery]

    run_plain([Poll(ids, content_octets=8, attempts=1)], [99], changing(note))
    assert partials == [partial] + [63] * len(ids)


def test_work_that_fits_no_frame_is_refused_at_once() -> None:
    """A caller's mistake raises before anything is sent."""
    with pytest.raises(ValueError, match="64 octets"):
        ApStation(PROFILE, SETTINGS, [Poll(tuple(range(1, 40)))])
    with pytest.raises(ValueError, match="fragments"):
        ApStation(PROFILE, SETTINGS, [SendData(11, bytes(500))])


def test_events_count_what_counters_count() -> None:
    """Counters are the events by kind and the drops by reason; with every FCS of a reply spoilt there are such."""

    def spoil(place: int, delivery: Delivery) -> list[Delivery]:
        psdu, rx = delivery
        return [(psdu if rx.kind.is_downlink else psdu[:-1] + bytes([psdu[-1] ^ 1]), rx)]

    ap, told = run_plain([RandomAccess(4, 2, content_octets=8, rounds=3)], IDS, changing(spoil))
    own = [event for name, event in told if name == "ap"]
    counted = Counter(event.kind for event in own)
    counted.update(f"drop.{event.detail['reason']}" for event in own if event.kind == "drop")
    assert ap.counters == counted
    assert {"tx", "ack", "drop", "drop.bad_fcs", "finished"} <= counted.keys()


def test_plain_data_believes_no_answer() -> None:
    """Data opens no slot: whatever a caller hands to it as heard is refused, and it has no time to wait for."""
    data = DataConversation(Sizing(PROFILE, SETTINGS), SendData(11, b"go"))
    refusal = data.hear(Heard(1, Response(11, content=b"x"), 0))
    assert isinstance(refusal, Refusal) and refusal.reason is Reason.UNEXPECTED_TYPE
    assert not data.succeeded and data.next_deadline_ns() is None
    assert data.next_round(0) is not None and data.succeeded and data.next_round(1) is None
