"""S1 as it is meant to go: flows, data both ways, and who believes what at which point."""

from __future__ import annotations

import itertools

import pytest

from ampradio.security.amp import AmpParameters
from tests.security.interference import lose
from tests.security.two_ends import ID, TRIGGER, TwoEnds, confirmed, only, passing, reference_for

CORNERS = list(itertools.product((8, 16, 32), (0, 4, 8, 16), (2, 4, 8, 16), (True, False), (1, 2), (2, 3, 4)))


@pytest.mark.parametrize(("nonce", "modifier", "mic", "encrypt", "prof", "flow"), CORNERS)
def test_every_combination_of_lengths(nonce: int, modifier: int, mic: int, encrypt: bool, prof: int, flow: int) -> None:
    """R1.1, R1.5, R1.30, R1.33: every setting works, encrypted or not, and says the reference's octets.

    R1.15, R1.18, R1.20, R1.21, R1.22, R1.23: data both ways rides along with the key generation, in no extra frame.
    """
    parameters = AmpParameters(prof, nonce, modifier, mic, encrypt, flow)
    ends = TwoEnds(parameters, readings=[b"23.5 C"])
    command = b"open valve" if flow > 2 else b""
    ends.exchange(dl_data=b"hello", command=command)
    other = reference_for(ends)
    flags = int(encrypt)
    snonce = ends.air[1].payload[1 : 1 + nonce]
    assert ends.air[0].payload[:6] == TRIGGER and ends.air[0].payload.endswith(b"hello")
    assert ends.air[1].payload == other.response(snonce, b"23.5 C", flags)
    assert (b"23.5 C" in ends.air[1].payload) is not encrypt
    if flow > 2:
        assert ends.air[2].payload == other.data(3, 0, command, flags)
    if flow > 3:
        assert ends.air[3].payload == other.data(4, 1, b"", flags)
    assert len(ends.air) == flow
    assert ends.heard("ap", "uplink_data", "data_hex") == [b"23.5 C".hex()]
    assert ends.heard("tag", "command", "data_hex") == ([command.hex()] if command else [])
    assert ends.heard("ap", "completed", "mutual") == [{2: "no", 3: "unconfirmed", 4: "confirmed"}[flow]]


@pytest.mark.parametrize("prof", [1, 2])
def test_both_sides_report_mutual_authentication(prof: int) -> None:
    """R1.32, R1.34, ambiguity (b): the tag knows after frame 3, the AP when an answer to it comes."""
    ends = TwoEnds(AmpParameters(prof, flow=4))
    ends.begin()
    ends.round()
    assert ends.heard("ap", "authenticated", "mutual") == [False]
    assert not ends.heard("tag", "authenticated") and not ends.tag.has_keys
    assert ends.ap.has_keys(ID) and ends.tag.holds_transient_key
    ends.round()
    assert ends.heard("tag", "authenticated", "mutual") == [True] and ends.tag.has_keys
    assert len(ends.heard("ap", "mutually_authenticated")) == 1
    assert len(ends.heard("ap", "keys_installed")) == len(ends.heard("tag", "keys_installed")) == 1
    ends.round()
    assert not ends.ap.busy and not ends.ap.has_keys(ID)


def test_two_frames_authenticate_the_tag_only() -> None:
    """R1.32, W1.1, ambiguity (b): no end claims mutual authentication; keys are gone at once."""
    ends = TwoEnds(AmpParameters(flow=2), readings=[b"x", b"y"])
    ends.exchange()
    assert ends.air[1].payload[0] == 0b01, "no b1: nothing can follow"
    assert ends.heard("ap", "authenticated", "peer") == ["tag"]
    assert not ends.heard("tag", "authenticated") and not ends.heard("ap", "mutually_authenticated")
    assert not ends.tag.holds_transient_key and not ends.ap.has_keys(ID)
    assert ends.queue.head() == b"y"


@pytest.mark.parametrize(
    ("prof", "flow", "authenticated"), [(1, 2, [False]), (1, 3, [False]), (2, 2, []), (2, 3, [True])]
)
def test_when_downlink_data_of_frame_1_is_acted_on(prof: int, flow: int, authenticated: list[bool]) -> None:
    """Rule 5, ambiguity (c): literal two-frame acts at once, unauthenticated; hardened only after frame 3, or never."""
    ends = TwoEnds(AmpParameters(prof, flow=flow))
    ends.begin(dl_data=b"setpoint")
    ends.round()
    assert len(ends.heard("tag", "downlink_data")) == (1 if (prof, flow) == (1, 2) else 0)
    ends.run()
    released = ends.heard("tag", "downlink_data")
    assert [detail["authenticated"] for detail in released] == authenticated
    assert all(detail["data_hex"] == b"setpoint".hex() for detail in released)
    assert len(ends.heard("tag", "withheld")) == (1 if (prof, flow) == (2, 2) else 0)


def test_the_ap_that_never_proves_itself_moves_nothing() -> None:
    """Page 2.4: frame 3 lost → data was sent, but no command, no downlink data, no keys (X5)."""
    ends = TwoEnds(readings=[b"x"])
    ends.exchange(downlink=passing(1, lose), dl_data=b"set", command=b"open")
    assert not ends.heard("tag", "downlink_data") and not ends.heard("tag", "command")
    assert not ends.tag.has_keys and ends.tag.holds_transient_key
    assert len(ends.queue) == 1, "the reading was not confirmed, so it is kept"


@pytest.mark.parametrize("flow", [3, 4])
def test_more_data_either_way_extends_the_exchange(flow: int) -> None:
    """Rules 6, 7: b1 asks for further 3/4 pairs; each message uses one PN, 0 implicit in frame 2."""
    readings = [b"one", b"two", b"three", b"four"]
    ends = TwoEnds(AmpParameters(flow=flow), readings=readings)
    for command in (b"A", b"B"):
        ends.ap.queue_command(ID, command)
    ends.exchange(command=b"C")
    assert ends.heard("ap", "uplink_data", "data_hex") == [reading.hex() for reading in readings]
    assert ends.heard("tag", "command", "data_hex") == [b"A".hex(), b"B".hex(), b"C".hex()]
    assert ends.heard("tag", "command", "pn") == [0, 1, 2]
    assert [message.payload[1] for message in ends.air[2:]] == [0, 1, 1, 2, 2, 3]
    assert len(ends.queue) == 0
    assert [message.reply_octets is None for message in ends.air[0::2]] == [False] * len(ends.air[0::2])


def test_a_command_can_join_an_exchange_under_way() -> None:
    """Rule 7: the AP's own queue sets b1."""
    ends = TwoEnds()
    ends.begin(command=b"A")
    ends.ap.queue_command(ID, b"B")
    ends.run()
    assert ends.heard("tag", "command", "data_hex") == [b"A".hex(), b"B".hex()]
    assert not ends.heard("ap", "failed")


def test_a_command_for_later_waits() -> None:
    """A queue without an exchange sends nothing by itself; commands after the last message go with the next one."""
    ends = TwoEnds()
    ends.ap.queue_command(ID, b"later")
    assert not ends.round()
    ends.begin()
    ends.run()
    assert ends.heard("tag", "command", "data_hex") == [b"later".hex()]


def test_packet_numbers_end_at_255_with_a_new_trigger() -> None:
    """Rule 6: after PN 255 a new SEC-TRIGGER, under a new PTK; no (key, PN) pair twice, nothing lost."""
    readings = [number.to_bytes(2, "big") for number in range(300)]
    ends = TwoEnds(AmpParameters(flow=4), readings=readings)
    ends.exchange()
    assert ends.heard("ap", "uplink_data", "data_hex") == [reading.hex() for reading in readings]
    triggers = [message for message in ends.air if message.msg == 1]
    assert len(triggers) == 2 and triggers[0].payload != triggers[1].payload
    first = ends.air[: ends.air.index(triggers[1])]
    for msg, pns in ((3, list(range(255))), (4, list(range(1, 256)))):
        assert [message.payload[1] for message in first if message.msg == msg] == pns
    assert ends.heard("ap", "keys_wiped", "reason") == ["pn_exhausted", "completed"]
    assert ends.heard("ap", "retry") == []


def test_what_the_last_packet_number_cannot_confirm_is_kept() -> None:
    """Rule 6: with PN 255 the tag asks for more instead of sending a reading that nothing will confirm."""
    ends = TwoEnds(AmpParameters(flow=4))
    ends.exchange()
    holder = reference_for(ends)
    confirmed(ends, holder, range(1, 254))
    ends.queue.put(b"one")
    ends.queue.put(b"two")
    answers = [message.payload for message in confirmed(ends, holder, (254, 255))]
    assert answers == [holder.data(4, 255, b"", 0b11)]
    assert len(ends.queue) == 2


@pytest.mark.parametrize(("repeat", "seen"), [(False, 1), (True, 2)])
def test_an_unconfirmed_command(repeat: bool, seen: int) -> None:
    """Page 1.4 X1/X4: with its SEC-ACK lost a command is reported and not repeated, unless the caller wants that."""
    ends = TwoEnds(AmpParameters(flow=4), ap_options={"repeat_commands": repeat})
    ends.exchange(uplink=passing(1, lambda m: [] if m.msg == 4 and len(ends.air) < 6 else [m]), command=b"open")
    assert len(ends.heard("tag", "command")) == seen
    assert len(ends.heard("ap", "command_unconfirmed")) == (0 if repeat else 1)
    assert ends.heard("ap", "completed", "mutual") == ["confirmed"]


@pytest.mark.parametrize(("repeat", "released"), [(False, 1), (True, 2)])
def test_downlink_data_that_may_have_been_acted_on_is_not_sent_again(repeat: bool, released: int) -> None:
    """As for commands: once SEC-CONFIRM went out, the tag may have released frame 1's data."""
    ends = TwoEnds(AmpParameters(flow=4), ap_options={"repeat_commands": repeat})
    ends.exchange(uplink=only(1, lose), dl_data=b"set")
    assert [message.payload.endswith(b"set") for message in ends.air if message.msg == 1] == [True, repeat]
    assert len(ends.heard("tag", "downlink_data")) == released


def test_mutual_authentication_is_reported_for_the_last_attempt() -> None:
    """Ambiguity (b): a retry in three frames ends with a proof that nobody confirmed, whatever came before."""
    ends = TwoEnds(readings=[b"one", b"two", b"three"])
    ends.exchange(uplink=only(1, lambda m: [m]), command=b"A")
    assert ends.heard("ap", "completed", "mutual") == ["confirmed"]
    ends = TwoEnds()
    ends.ap.queue_command(ID, b"A")
    ends.ap.queue_command(ID, b"B")
    ends.exchange(uplink=only(2, lose), command=b"C")
    assert ends.heard("tag", "command", "data_hex") == [b"A".hex(), b"B".hex(), b"C".hex()]
    assert len(ends.heard("ap", "mutually_authenticated")) == 1
    assert ends.heard("ap", "completed", "mutual") == ["unconfirmed"]


def test_a_failed_exchange_says_what_it_did_not_send() -> None:
    """A command that never went out is not kept for a time at which nobody expects it."""
    ends = TwoEnds(ap_options={"retries": 0})
    ends.exchange(downlink=lose, command=b"open")
    assert ends.heard("ap", "failed", "commands_unsent") == [1]
    ends.exchange()
    assert ends.heard("tag", "command") == []


def test_reply_octets_size_the_slot() -> None:
    """The MAC sizes a slot by what may come back; frame 3 of a three-frame flow wants none."""
    parameters = AmpParameters(uplink_data_max=20)
    ends = TwoEnds(parameters, readings=[b"r" * 20])
    ends.exchange()
    assert [message.reply_octets for message in ends.air if message.msg in (1, 3)] == [1 + 16 + 20 + 8, None]
    assert len(ends.air[1].payload) == 45
    ends = TwoEnds(AmpParameters(flow=4, uplink_data_max=20))
    ends.exchange(expect_uplink_octets=4)
    assert [message.reply_octets for message in ends.air if message.msg in (1, 3)] == [29, 14]


def test_a_reading_too_long_for_the_slot_is_reported_and_dropped() -> None:
    """A sensor's mistake does not stop the exchange."""
    ends = TwoEnds(readings=[b"r" * 17, b"ok"])
    ends.exchange()
    assert ends.heard("tag", "reading_too_long", "octets") == [17]
    assert ends.heard("ap", "uplink_data", "data_hex") == [b"ok".hex()]


def test_the_last_reading_of_a_pair_is_reported_as_unconfirmed() -> None:
    """Nothing authenticated answers the last SEC-ACK; the tag does not send it twice."""
    ends = TwoEnds(readings=[b"one", b"two"])
    ends.exchange()
    assert ends.heard("tag", "uplink_unconfirmed", "octets") == [3]
    assert len(ends.queue) == 0
