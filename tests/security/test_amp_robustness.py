"""S1 over an air that loses, repeats, reorders and invents: no crash, no deadlock, no disagreement unnoticed."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ampradio.security.amp import AmpParameters
from ampradio.security.journal import EVENTS_MAX
from ampradio.security.session import Message
from tests.security.fates import FATES, Fates
from tests.security.two_ends import AA, ID, MAC, TRIGGER, TwoEnds, flipped

MESSAGES = st.builds(
    Message,
    proto=st.sampled_from([0, 1, 1, 1, 7]),
    msg=st.integers(0, 31),
    prof=st.sampled_from([1, 2, 2, 2, 15]),
    station_id=st.sampled_from([ID, ID, ID, 0x0777, 0xFFFF]),
    payload=st.binary(max_size=496),
)
COMMANDS = [b"A", b"BB", b"CCC"]
READINGS = [b"one", b"two", b"three"]


def assert_all_is_well(ends: TwoEnds) -> None:
    """Nothing was accepted that was not said, and nothing twice that was said once."""
    commands = [bytes.fromhex(data) for data in ends.heard("tag", "command", "data_hex")]
    assert len(set(commands)) == len(commands) and set(commands) <= set(COMMANDS)
    assert commands == sorted(commands)
    assert {bytes.fromhex(data) for data in ends.heard("ap", "uplink_data", "data_hex")} <= set(READINGS)
    assert all(detail["authenticated"] for detail in ends.heard("tag", "downlink_data"))
    assert len(ends.heard("ap", "completed")) + len(ends.heard("ap", "failed")) == 1
    assert not ends.ap.busy and not ends.ap.has_keys(ID)


@settings(max_examples=150, deadline=None)
@given(FATES, FATES, st.sampled_from([3, 4]), st.booleans())
def test_loss_repetition_and_reordering(down: list[str], up: list[str], flow: int, update: bool) -> None:
    """X1 to X4, R1.38: a command is executed at most once and in order, the exchange ends, a clean one then works."""
    ends = TwoEnds(AmpParameters(flow=flow), readings=READINGS, ap_options={"retries": 4})
    for command in COMMANDS[:-1]:
        ends.ap.queue_command(ID, command)
    if update:
        ends.ap.request_update(ID, ends.server.derive(1, ends.modifier, AA))
    ends.exchange(Fates(down), Fates(up), dl_data=b"set", command=COMMANDS[-1])
    assert_all_is_well(ends)
    ends.tag.power_off()
    ends.exchange()
    assert ends.heard("ap", "completed") and ends.tag.has_keys
    assert len(ends.queue) == 0
    if update:
        assert ends.nvm.read().version == 1 and len(ends.heard("ap", "pmk_updated")) == 1


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.booleans(), MESSAGES), max_size=30), st.integers(0, 4))
def test_garbage_never_raises_and_installs_nothing(noise: list[tuple[bool, Message]], rounds: int) -> None:
    """Architecture, errors: nothing received can crash a station, install a key or stop the next exchange."""
    ends = TwoEnds(AmpParameters(flow=4), readings=[b"x"], ap_options={"retries": 0})
    ends.begin(command=b"A")
    for _ in range(rounds):
        ends.round()
    believed = len(ends.heard("tag", "authenticated")), len(ends.heard("ap", "authenticated"))
    for to_ap, message in noise:
        (ends.ap if to_ap else ends.tag).receive(message, ends.now_ns)
        ends.tag.messages_to_send(ends.now_ns)
    assert (len(ends.heard("tag", "authenticated")), len(ends.heard("ap", "authenticated"))) == believed
    assert ends.nvm.commits == 0
    ends.run()
    ends.exchange()
    assert ends.tag.has_keys


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80), st.sampled_from([2, 4, 6]), st.integers(1, 3))
def test_garbage_in_place_of_an_answer_is_refused(payload: bytes, msg: int, stage: int) -> None:
    """R1.16: whatever comes in the slot, only a right MIC counts."""
    ends = TwoEnds(AmpParameters(flow=4), ap_options={"retries": 0})
    ends.begin()
    for number in range(stage):
        ends.round(uplink=(lambda m: [replace(m, msg=msg, payload=payload)]) if number == stage - 1 else None)
    ends.run()
    assert not ends.ap.has_keys(ID)
    expected = {1: "failed", 2: "failed", 3: "completed"}[stage]
    assert len(ends.heard("ap", expected)) == 1


def test_events_that_nobody_takes_are_bounded() -> None:
    """Architecture, errors: nothing received can allocate without bound; the counters stay exact."""
    ends = TwoEnds()
    for _ in range(EVENTS_MAX + 100):
        ends.tag.receive(Message(1, 3, 2, ID, b""), 0)
    assert ends.tag.counters["unexpected"] == EVENTS_MAX + 100
    assert len(ends.tag.events()) == EVENTS_MAX
    assert ends.tag.events() == []


def test_a_flood_of_triggers_queues_one_answer() -> None:
    """Architecture, errors: a new SEC-TRIGGER replaces the answer to the last one (rule 8)."""
    ends = TwoEnds()
    for number in range(1, 50):
        ends.tag.receive(Message(1, 1, 2, ID, TRIGGER + bytes([number]) * 16 + ends.modifier), 0)
    assert len(ends.tag.messages_to_send(0)) == 1
    assert ends.heard("tag", "keys_wiped", "reason") == ["new_trigger"] * 48


def test_stale_answers_of_a_lost_exchange_do_not_disturb_the_next() -> None:
    """X4: what was held back arrives after the next SEC-TRIGGER went out."""
    ends = TwoEnds(AmpParameters(flow=4), readings=[b"x"])
    held: list[Message] = []

    def late(message: Message) -> list[Message]:
        if not held:
            held.append(message)
            return []
        return [held[0], message] if len(ends.air) == 4 else [message]

    ends.exchange(uplink=late)
    assert ends.heard("ap", "refused", "reason") == ["bad_mic", "unexpected"]
    assert ends.heard("ap", "completed", "mutual") == ["confirmed"]
    assert ends.heard("ap", "uplink_data", "data_hex") == [b"x".hex()]


def test_round_without_anybody_can_be_followed_by_another() -> None:
    """An open round ends by itself and leaves nothing behind."""
    ends = TwoEnds()
    for _ in range(2):
        ends.ap.begin(MAC.broadcast_id)
        ends.run(downlink=lambda message: [])
    assert ends.heard("ap", "round_ended", "answered") == [0, 0]


def test_one_answer_per_id_in_an_open_round() -> None:
    """Page 2.4, rule 4: a bad answer uses up the ID's one chance; other IDs keep theirs."""
    ends = TwoEnds()
    ends.ap.begin(MAC.broadcast_id)
    trigger = ends.ap.messages_to_send(0)[0]
    ends.tag.receive(trigger, 0)
    good = ends.tag.messages_to_send(0)[0]
    ends.ap.receive(replace(good, payload=flipped(good.payload, 20)), 0)
    ends.ap.receive(good, 0)
    assert ends.heard("ap", "refused", "reason") == ["bad_mic", "unexpected"]
    assert ends.nobody_believes()
