"""S1 with a bistatic tag: the AP announces, an energizer excites, one Group Ack ends it (section 4, rules 18 to 25)."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ampradio.mac.ap import ApStation
from ampradio.mac.bistatic_speaker import BistaticSpeaker
from ampradio.mac.events import EventLog
from ampradio.mac.exchange import Delivery, Exchange
from ampradio.mac.excitation import Excitation
from ampradio.mac.frame import encode_frame, parse_frame
from ampradio.mac.group_ack import GroupAck
from ampradio.mac.payload import Authentication
from ampradio.mac.refusal import Reason
from ampradio.mac.rounds import ApSettings
from ampradio.mac.shim import fragments
from ampradio.mac.tag import TagStation
from ampradio.mac.trigger import TriggerParameters, parse_parameters
from ampradio.mac.work import Poll, RandomAccess, SecureExchange, SendData
from ampradio.security.session import Message
from ampradio.vectors import PpduKind, RxVector, Tx
from tests.mac.bench import (
    LONG_NS,
    PROFILE,
    SETTINGS,
    TAG_ID,
    Told,
    changing,
    losing,
    of_kind,
    run_plain,
    secured,
    sent,
)
from tests.mac.scripted import PROTO, Scripted

BISTATIC = dataclasses.replace(SETTINGS, uplink=PpduKind.UL_BISTATIC, session_id=6)
FAST = dataclasses.replace(BISTATIC, ul_rate_bps=1_000_000)
UPPER = dataclasses.replace(FAST, upper_half=True)
SIFS_NS, DELAY_NS, GUARD_NS, SYMBOL_NS = 10_000, 100_000, 20_000, 3_200
ANNOUNCEMENT_NS = 32_000 + 80_000 + 2 * 32_000 + 4 * 32_000  # non-AMP, AMP-Sync, AMP-SIG, the Excitation frame
PARAMETERS = TriggerParameters(slots=3, slot_units=1000, shift_up=False)
HEARD = RxVector(PpduKind.DL_TYPE1, 250_000, 0, 1_000_000, 0, 30.0, 0.0, 0.0)
LIT = dataclasses.replace(HEARD, kind=PpduKind.DL_TYPE4, start_ns=1_010_000, end_ns=1_314_000)
REPLY = Authentication(TAG_ID, *fragments(PROFILE.mac, Message(1, 2, 0, TAG_ID, bytes(20)))[0])


@pytest.mark.parametrize("flow", [2, 3, 4])
@pytest.mark.parametrize("settings", [BISTATIC, UPPER])
def test_a_secure_exchange_on_an_energizer_s_carrier(flow: int, settings: object) -> None:
    """Each flow ends as it does with an active tag, at either rate, in either half; all are acknowledged together."""
    command = b"" if flow == 2 else b"open"
    both = secured(flow=flow, reading=b"21.5 C", command=command, settings=settings)  # type: ignore[arg-type]
    told = both.run()
    assert of_kind(told, "finished", "ap") == [{"ok": True}]
    assert [bytes.fromhex(each["data_hex"]) for each in of_kind(told, "security.uplink_data", "ap")] == [b"21.5 C"]
    assert {each["frame"] for each in sent(told)} == {"Authentication", "Excitation", "Group Ack"}
    assert not of_kind(told, "drop") and not of_kind(told, "no_reply")
    assert both.tag.next_deadline_ns() is None


def test_where_the_ppdus_lie() -> None:
    """One AMP SIFS between all of them, the reply ``delay`` after the Excitation's first sample, then the Group Ack."""
    seen: list[RxVector] = []
    on_air: list[Tx] = []

    def note(place: int, delivery: Delivery) -> list[Delivery]:
        seen.append(delivery[1])
        return [delivery]

    both = secured(flow=4, command=b"open", settings=UPPER)
    decide = both.ap.ppdus_to_send
    both.ap.ppdus_to_send = lambda now_ns: [on_air.append(each) or each for each in decide(now_ns)]  # type: ignore
    told = both.run(changing(note))
    once = [PpduKind.DL_TYPE5, PpduKind.DL_TYPE4, PpduKind.UL_BISTATIC, PpduKind.DL_TYPE1]
    assert [each.kind for each in seen] == 2 * once
    assert all(each.vector.upper_half for each in on_air)
    down, up = sent(told, "ap"), sent(told, "tag")
    assert [each["src"] for each in down] == 2 * ["AP", "Energizer", "AP"]
    for (command, excitation, ack), reply in zip((down[:3], down[3:]), up, strict=True):
        assert excitation["start_ns"] == command["end_ns"] + SIFS_NS
        begun_ns = excitation["start_ns"] + ANNOUNCEMENT_NS
        assert reply["start_ns"] == begun_ns + DELAY_NS
        lasts_ns = excitation["end_ns"] - 6_000 - begun_ns
        assert lasts_ns % SYMBOL_NS == 0 and ack["start_ns"] == excitation["end_ns"] + SIFS_NS
        assert lasts_ns >= DELAY_NS + 101 * (reply["end_ns"] - reply["start_ns"]) // 100 + GUARD_NS
    assert down[3]["start_ns"] == down[2]["end_ns"] + SIFS_NS
    announced = parse_frame(PROFILE.mac, on_air[0].psdu)
    assert isinstance(announced, Authentication)
    parameters = parse_parameters(announced.payload)
    assert isinstance(parameters, TriggerParameters)
    needed_ns = DELAY_NS + 4000 * parameters.slot_units + GUARD_NS
    assert on_air[1].vector.excitation_ns == -(-needed_ns // SYMBOL_NS) * SYMBOL_NS


@pytest.mark.parametrize(("settings", "upwards"), [(FAST, True), (UPPER, False)])
def test_the_trigger_tells_which_way_to_shift(settings: object, upwards: bool) -> None:
    """Rule 22: up out of the lower half, and a message that says nothing means the way last said."""
    both = secured(flow=4, command=b"open", settings=settings)  # type: ignore[arg-type]
    replies: list[Tx] = []
    answer, decide = both.tag.ppdus_to_send, both.ap.ppdus_to_send
    commands: list[Tx] = []
    both.tag.ppdus_to_send = lambda now_ns: [replies.append(each) or each for each in answer(now_ns)]  # type: ignore
    both.ap.ppdus_to_send = lambda now_ns: [commands.append(each) or each for each in decide(now_ns)]  # type: ignore
    both.run()
    assert [each.vector.shift_upwards for each in replies] == [upwards, upwards]
    first = parse_frame(PROFILE.mac, commands[0].psdu)
    assert isinstance(first, Authentication)
    parameters = parse_parameters(first.payload)
    assert isinstance(parameters, TriggerParameters) and parameters.shift_up is upwards
    windows = [window for each in commands for window in each.replies]
    expected = (PpduKind.UL_BISTATIC, upwards, 0)
    assert [(each.kind, each.shift_upwards, each.seed_index) for each in windows] == 2 * [expected]


def test_whatever_is_lost_is_asked_for_again() -> None:
    """A command, an announcement, a reply or a Group Ack that nobody hears costs a retry at the most."""
    for lost in range(8):
        both = secured(flow=4, command=b"open", settings=FAST)
        told = both.run(losing(lost))
        assert both.ap.finished and both.ap.succeeded, lost
        assert both.tag.next_deadline_ns() is None
        if lost in (1, 5):
            assert both.tag.counters["drop.slot_lost"] == 1
        if lost in (3, 7):
            assert [each["what"] for each in of_kind(told, "no_reply", "tag")] == ["no Ack"]


def test_slots_of_several_tags_in_one_excitation() -> None:
    """Poll and random access: slot + guard apart, everybody heard in one Group Ack; who was not is asked again."""
    ids = [0x1001, 0x1002, 0x1003]
    ap, told = run_plain([Poll(tuple(ids), content_octets=8)], ids, losing(3), settings=FAST)
    assert ap.succeeded
    starts = [each["start_ns"] for each in sent(told) if each["direction"] == "UL"]
    assert starts[2] - starts[1] == starts[1] - starts[0]
    slot_ns = -(-(48 + 16 * 16) * 500 * 101 // 100 // 4000) * 4000 + 4000
    drift_ns = 2 * 2 * (slot_ns + GUARD_NS) // 100
    assert starts[1] - starts[0] == pytest.approx(slot_ns + max(GUARD_NS, drift_ns), abs=4000)
    acks = of_kind(told, "ack", "ap")
    assert [(each["slot"], each["id"]) for each in acks] == [(1, ids[0]), (3, ids[2]), (1, ids[1])]
    ap, told = run_plain([RandomAccess(4, 2, content_octets=8, rounds=6, expected=3)], ids, settings=FAST)
    assert ap.succeeded


def test_a_long_reply_takes_several_ppdus_of_one_slot() -> None:
    """Protocols 1.1: eight full fragments at 1 Mb/s, a guard apart; three at 250 kb/s are longer than an excitation."""

    def talk(settings: ApSettings, octets: int) -> tuple[list[Message], list[Told]]:
        ask = Message(PROTO, 1, 0, TAG_ID, b"all", octets)
        ap, tag = Scripted([ask]), Scripted([Message(PROTO, 2, 0, TAG_ID, bytes(octets))])

        def begin(trigger: bytes, now_ns: int) -> None:
            ap.turn = True

        item = SecureExchange(ap, TAG_ID, begin, lambda: not ap.lines, 8, attempts=1)
        station = TagStation(PROFILE, TAG_ID, tag, np.random.default_rng(0), bistatic=True)
        told = Exchange(PROFILE, {"ap": ApStation(PROFILE, settings, [item])}, {"tag": station}).run(LONG_NS)
        return ap.heard, told

    heard, told = talk(FAST, 496)
    assert [message.payload for message in heard] == [bytes(496)]
    up = sent(told, "tag")
    full_ns = (48 + 16 * 71) * 500
    allotted_ns = -(-full_ns * 101 // 100 // 4000) * 4000
    assert [each["start_ns"] - up[0]["start_ns"] for each in up] == [k * (allotted_ns + GUARD_NS) for k in range(8)]
    assert [each["heard"] for each in of_kind(told, "ack", "tag")] == [True]
    with pytest.raises(ValueError, match="rule 14"):
        talk(BISTATIC, 150)


def test_data_without_a_reply_need_no_energizer() -> None:
    """A Type 5 by itself, and nothing after it."""
    _, told = run_plain([SendData(TAG_ID, b"hello")], [TAG_ID], settings=BISTATIC)
    assert [each["frame"] for each in sent(told)] == ["Data"]
    assert [bytes.fromhex(each["data"]) for each in of_kind(told, "data")] == [b"hello"]


def test_what_an_ap_refuses() -> None:
    """Bistatic tags hear 250 kb/s, and neither an excitation nor a Group Ack is without end."""
    with pytest.raises(ValueError, match="not 1000000"):
        ApStation(PROFILE, dataclasses.replace(BISTATIC, dl_rate_bps=1_000_000), [])
    with pytest.raises(ValueError, match="rule 14"):
        run_plain([RandomAccess(6, 1, content_octets=30)], [], settings=BISTATIC)
    with pytest.raises(ValueError, match="64"):
        run_plain([RandomAccess(30, 1, content_octets=0)], [], settings=FAST)


def test_a_ppdu_of_another_kind_is_no_answer() -> None:
    """An active uplink in the slot is counted and dropped."""

    def change(place: int, delivery: Delivery) -> list[Delivery]:
        psdu, rx = delivery
        return [(psdu, dataclasses.replace(rx, kind=PpduKind.UL_ACTIVE))] if place == 2 else [delivery]

    both = secured(flow=4, settings=FAST, attempts=1)
    both.run(changing(change))
    assert both.ap.counters["drop.unexpected_type"] == 1


def _speaker() -> BistaticSpeaker:
    return BistaticSpeaker(PROFILE, EventLog())


def test_what_a_tag_refuses() -> None:
    """A rate that bistatic tags have not, and slots too short for one PPDU or for several."""
    speaker = _speaker()
    pieces = fragments(PROFILE.mac, Message(1, 2, 0, TAG_ID, bytes(100)))
    frames = tuple(Authentication(TAG_ID, shim, piece, 0) for shim, piece in pieces)
    short = dataclasses.replace(PARAMETERS, slot_units=10)
    for rate_bps, given, parameters, reason in (
        (4_000_000, frames[:1], PARAMETERS, Reason.RESERVED_VALUE),
        (250_000, frames, dataclasses.replace(PARAMETERS, slot_units=996), Reason.SLOT_TOO_SHORT),
        (250_000, frames[:1], short, Reason.SLOT_TOO_SHORT),
    ):
        refusal = speaker.take_turn(1, parameters, 0, rate_bps, given, HEARD)
        assert refusal is not None and refusal.reason is reason
    assert not speaker.counts_acks and not speaker.next_deadlines_ns()


def test_a_turn_ends_with_what_replaces_it() -> None:
    """A newer message, a power loss and an excitation that does not come; a Group Ack before the reply is another's."""
    speaker = _speaker()
    for forget in (speaker.drop_turn, speaker.reset):
        assert speaker.take_turn(2, PARAMETERS, 0, 250_000, (REPLY,), HEARD) is None
        assert speaker.counts_acks
        forget()
        assert not speaker.counts_acks and not speaker.hear(Excitation(), LIT) and not speaker.take()
    assert speaker.take_turn(2, PARAMETERS, 0, 250_000, (REPLY,), HEARD) is None
    (until_ns,) = speaker.next_deadlines_ns()
    assert until_ns > LIT.end_ns
    speaker.handle_deadline(until_ns - 1)
    assert speaker.counts_acks
    speaker.handle_deadline(until_ns)
    assert not speaker.counts_acks
    assert speaker.take_turn(2, PARAMETERS, 0, 250_000, (REPLY,), HEARD) is None
    speaker.hear(Excitation(), LIT)
    (reply,) = speaker.take()
    assert reply.start_ns == LIT.end_ns + DELAY_NS + 4_000_000 + 2 * 2 * 4_020_000 // 100
    early = dataclasses.replace(HEARD, start_ns=reply.start_ns)
    assert not speaker.hear(GroupAck(6, 3, ((2, TAG_ID),)), early) and speaker.counts_acks
    late = dataclasses.replace(HEARD, start_ns=reply.start_ns + 4_000_000)
    assert speaker.hear(GroupAck(6, 3, ((2, TAG_ID),)), late) and not speaker.counts_acks
    assert not speaker.hear(GroupAck(6, 3, ((2, TAG_ID),)), late)


def test_the_group_ack_says_the_session_its_slots_and_who_was_heard() -> None:
    """Rule 8: as the Trigger announced them; nobody was heard in the slot whose reply was lost."""
    ids, on_air = [0x1001, 0x1002], []

    def note(place: int, delivery: Delivery) -> list[Delivery]:
        on_air.append(parse_frame(PROFILE.mac, delivery[0]))
        return [] if place == 2 else [delivery]

    run_plain([Poll(tuple(ids), content_octets=8, attempts=1)], ids, changing(note), settings=BISTATIC)
    acks = {each for each in on_air if isinstance(each, GroupAck)}
    assert acks == {GroupAck(6, 2, ((2, 0x1002),))}


@pytest.mark.parametrize(
    ("heard", "acknowledged"),
    [
        (((2, TAG_ID),), True),
        (((1, TAG_ID),), False),
        (((2, TAG_ID + 1),), False),
        (((1, TAG_ID), (2, 7)), False),
        ((), False),
    ],
)
def test_a_group_ack_counts_by_slot_and_id(heard: tuple[tuple[int, int], ...], acknowledged: bool) -> None:
    """Rule 8: who was heard stands in the order of the slots; another's slot, or another in this one, is no Ack."""
    speaker = _speaker()
    assert speaker.take_turn(2, PARAMETERS, 0, 250_000, (REPLY,), HEARD) is None
    speaker.hear(Excitation(), LIT)
    (reply,) = speaker.take()
    late = dataclasses.replace(HEARD, start_ns=reply.start_ns + 4_000_000)
    assert speaker.hear(GroupAck(6, 3, heard), late) is acknowledged
    assert not speaker.counts_acks


def test_a_power_loss_takes_the_way_last_said() -> None:
    """R1.40: a tag that was told to shift down starts from nothing, up, as one that was never told."""
    speaker = _speaker()
    ways = []
    for parameters in (None, PARAMETERS, None):
        assert speaker.take_turn(1, parameters, 0, 250_000, (REPLY,), HEARD) is None
        speaker.hear(Excitation(), LIT)
        ways += [each.vector.shift_upwards for each in speaker.take()]
    assert ways == [True, False, False]
    speaker.reset()
    assert speaker.take_turn(1, None, 0, 250_000, (REPLY,), HEARD) is None
    speaker.hear(Excitation(), LIT)
    assert [each.vector.shift_upwards for each in speaker.take()] == [True]


def test_an_excitation_is_addressed_to_nobody() -> None:
    """Its ID is 0, which is no tag's; a tag that waits for none ignores it."""
    both = secured(flow=4, settings=FAST)
    both.tag.receive(encode_frame(PROFILE.mac, Excitation()), LIT, LIT.end_ns)
    assert both.tag.counters["drop.not_for_us"] == 1
