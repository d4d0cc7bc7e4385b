"""A session with a clock of its own at the AP: waiting for it, its end, pauses between fresh starts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ampradio.mac.ap import FOREVER_NS, ApStation
from ampradio.mac.exchange import Delivery, Exchange, perfect_link
from ampradio.mac.secure import ROUNDS_MAX
from ampradio.mac.sessions import ApSession
from ampradio.mac.tag import TagStation
from ampradio.mac.work import SecureExchange, SendData
from ampradio.security.session import Message
from tests.mac.bench import LONG_NS, PROFILE, SETTINGS, TAG_ID, changing, losing, of_kind, secured, sent
from tests.mac.scripted import PROTO, Clocked, Scripted

SIFS_NS = PROFILE.timing.amp_sifs_ns
ASK = Message(PROTO, 1, 0, TAG_ID, b"who", 8)
ANSWER = Message(PROTO, 2, 0, TAG_ID, b"me")


def ap_with(
    session: ApSession, begin: Callable[[bytes, int], None], outcome: Callable[[], bool], attempts: int = 1
) -> ApStation:
    """Return an AP whose one work item is this session's."""
    return ApStation(PROFILE, SETTINGS, [SecureExchange(session, TAG_ID, begin, outcome, 8, attempts=attempts)])


def tag_with(session: Scripted) -> TagStation:
    """Return a tag with this session."""
    return TagStation(PROFILE, TAG_ID, session, np.random.default_rng(0))


def no_begin(trigger: bytes, now_ns: int) -> None:
    """Leave it to the session's clock."""


def test_a_session_that_repeats_by_its_own_clock_is_waited_for() -> None:
    """Nothing is sent before the session is due, and then at once; the reply to the repetition ends the item."""
    session, tag = Clocked([ASK, ASK], due_ns=2_000_000, pace_ns=7_000_000), Scripted([ANSWER])
    ap = ap_with(session, no_begin, lambda: bool(session.heard))
    told = Exchange(PROFILE, {"ap": ap}, {"tag": tag_with(tag)}, losing(0)).run(LONG_NS)
    assert ap.finished and ap.succeeded and session.heard == [ANSWER]
    asked = [frame["start_ns"] for frame in sent(told, "ap") if frame["frame"] == "Authentication"]
    assert asked == [woken + SIFS_NS for woken in session.woken_ns]
    assert session.woken_ns == [2_000_000, 9_000_000]


def test_while_it_waits_the_ap_promises_silence_and_then_keeps_it() -> None:
    """Lock-step: the promise reaches to the session's own time, so nobody has to ask before it."""
    session = Clocked([ASK], due_ns=5_000_000)
    ap = ap_with(session, no_begin, lambda: False)
    ap.handle_deadline(0)
    assert ap.ppdus_to_send(0) == []
    assert ap.next_deadline_ns() == 5_000_000 and ap.silent_until_ns() == 5_000_000 + SIFS_NS
    ap.handle_deadline(4_999_999)
    assert ap.ppdus_to_send(4_999_999) == [] and session.woken_ns == []
    ap.handle_deadline(5_000_000)
    assert [tx.start_ns for tx in ap.ppdus_to_send(5_000_000)] == [5_000_000 + SIFS_NS]


def test_a_first_message_that_waits_for_a_server_is_waited_for() -> None:
    """``begin`` may leave a session without anything to say until a server answers; that is one attempt."""
    session = Clocked([ASK])

    def begin(trigger: bytes, now_ns: int) -> None:
        session.due_ns = now_ns + 3_000_000

    ap = ap_with(session, begin, lambda: bool(session.heard))
    told = Exchange(PROFILE, {"ap": ap}, {"tag": tag_with(Scripted([ANSWER]))}).run(LONG_NS)
    assert ap.succeeded
    (asked,) = [frame["start_ns"] for frame in sent(told, "ap") if frame["frame"] == "Authentication"]
    assert asked >= 3_000_000
    assert of_kind(told, "work", "ap")[0]["attempts"] == 1


def test_a_session_whose_time_has_passed_without_a_word_fails() -> None:
    """A deadline after which nothing is said is served once; the item ends, it does not wait for ever."""
    session = Clocked([], due_ns=1_000_000)
    ap = ap_with(session, no_begin, lambda: False)
    told = Exchange(PROFILE, {"ap": ap}, {}).run(LONG_NS)
    assert session.woken_ns == [1_000_000]
    assert of_kind(told, "finished", "ap") == [{"ok": False}] and sent(told) == []


def test_a_deadline_that_never_moves_wakes_the_ap_once() -> None:
    """A session at fault must not spin the station."""

    class Stuck(Clocked):
        """Never lets go of its deadline."""

        def handle_deadline(self, now_ns: int) -> None:
            self.woken_ns.append(now_ns)

    session = Stuck([], due_ns=1_000_000)
    ap = ap_with(session, no_begin, lambda: False)
    Exchange(PROFILE, {"ap": ap}, {}).run(LONG_NS)
    assert session.woken_ns == [1_000_000] and ap.finished and not ap.succeeded


def test_a_deadline_inside_a_slot_waits_for_the_slots_end_with_its_message() -> None:
    """Half duplex at the AP: what the session says meanwhile goes out after the slot's Ack."""
    session = Clocked([ASK, ASK], due_ns=1_000_000, pace_ns=1_100_000)
    ap = ap_with(session, no_begin, lambda: len(session.woken_ns) == 2 and not session.lines)
    told = Exchange(PROFILE, {"ap": ap}, {"tag": tag_with(Scripted([]))}).run(LONG_NS)
    first, ack, second, _ = sent(told, "ap")
    assert first["end_ns"] < session.woken_ns[1] < ack["start_ns"]
    assert [frame["frame"] for frame in (first, ack, second)] == ["Authentication", "Ack", "Authentication"]
    assert second["start_ns"] == ack["end_ns"] + SIFS_NS


def test_a_session_that_never_stops_talking_is_cut() -> None:
    """Bounded: after ``ROUNDS_MAX`` rounds the item has failed and the next one has its turn."""

    class Endless(Scripted):
        """Always has one more message."""

        def messages_to_send(self, now_ns: int) -> list[Message]:
            return [Message(PROTO, 1, 0, TAG_ID, b"and")]

    item = SecureExchange(Endless([]), TAG_ID, no_begin, lambda: False, 8, attempts=1)
    ap = ApStation(PROFILE, SETTINGS, [item, SendData(TAG_ID, b"next")])
    ap.handle_deadline(0)
    assert ap.finished and not ap.succeeded
    assert len(ap.ppdus_to_send(0)) == ROUNDS_MAX + 1


@pytest.mark.parametrize("pause_ns", [0, 40_000_000])
def test_the_pause_comes_before_each_fresh_start_and_not_before_the_first(pause_ns: int) -> None:
    """A tag that ran dry is given time to charge."""
    begun: list[int] = []
    session = Scripted([ASK, ASK, ASK])

    def begin(trigger: bytes, now_ns: int) -> None:
        begun.append(now_ns)
        session.turn = True

    item = SecureExchange(session, TAG_ID, begin, lambda: bool(session.heard), 8, attempts=3, pause_ns=pause_ns)
    ap = ApStation(PROFILE, SETTINGS, [item])
    told = Exchange(PROFILE, {"ap": ap}, {"tag": tag_with(Scripted([]))}).run(LONG_NS)
    asked = [frame["start_ns"] for frame in sent(told, "ap") if frame["frame"] == "Authentication"]
    ends = [frame["end_ns"] for frame in sent(told, "ap") if frame["frame"] == "Ack"]
    assert asked[0] == SETTINGS.start_ns
    for start_ns, begun_ns, free_ns in zip(asked[1:], begun[1:], ends, strict=False):
        assert start_ns == max(begun_ns + pause_ns, free_ns + SIFS_NS)


def test_a_session_that_announces_a_bad_slot_is_the_callers_mistake() -> None:
    """The AP never puts a SEC-TRIGGER on the air whose parameters no tag could read."""
    both = secured()
    item = SecureExchange(
        both.authenticator,
        TAG_ID,
        lambda trigger, now_ns: both.authenticator.begin(TAG_ID, bytes(6)),
        lambda: False,
        8,
    )
    with pytest.raises(ValueError, match="bad parameters"):
        ApStation(PROFILE, SETTINGS, [item]).handle_deadline(0)


def test_a_late_wake_after_the_end_changes_nothing() -> None:
    """A host that wakes a finished station hears nothing from it."""
    both = secured()
    told = both.run(perfect_link)
    assert both.ap.finished
    both.ap.handle_deadline(LONG_NS)
    assert both.ap.ppdus_to_send(LONG_NS) == [] and both.ap.events() == []
    assert both.ap.silent_until_ns() == FOREVER_NS and len(of_kind(told, "finished", "ap")) == 1


def test_a_lost_answer_to_a_repetition_does_not_count_as_success() -> None:
    """All repetitions lost: the item fails when the session's clock stops."""
    session = Clocked([ASK, ASK, ASK], due_ns=1_000_000, pace_ns=7_000_000)
    ap = ap_with(session, no_begin, lambda: bool(session.heard))

    def deaf(place: int, delivery: Delivery) -> list[Delivery]:
        return [delivery] if delivery[1].kind.is_downlink else []

    told = Exchange(PROFILE, {"ap": ap}, {"tag": tag_with(Scripted([ANSWER] * 3))}, changing(deaf)).run(LONG_NS)
    assert len(session.woken_ns) == 3 and not session.heard
    assert of_kind(told, "work", "ap")[0] | {"start_ns": 0, "end_ns": 0} == {
        "what": "secure exchange", "id": TAG_ID, "ok": False, "attempts": 3, "start_ns": 0, "end_ns": 0,
    }
