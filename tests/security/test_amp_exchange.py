"""S1 as it is meant to go: flows, data both ways, and who believes what at which point."""

from __future__ import annotations

import itertools

import pytest

from ampradio.security.amp import (
    AmpAuthenticator,
    AmpParameters,
    AmpSupplicant,
    BackscatterPolicy,
    PmkRecord,
    Readings,
    TagCredential,
    TagIdentity,
    TagMemory,
)
from ampradio.security.amp.infrastructure.keys import pairwise_key, pmk1_of
from ampradio.security.entropy import SeededEntropy
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from ampradio.vectors import PpduKind
from tests.security import reference_s1
from tests.security.two_ends import (
    AA,
    ID,
    MAC,
    PSK,
    SPA,
    TRIGGER,
    Scripted,
    TwoEnds,
    confirmed,
    lose,
    only,
    passing,
    reference_for,
)

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


def test_the_snonce_is_drawn_after_the_anonce_arrived() -> None:
    """R1.8: never before, never reused."""
    source = Scripted(bytes(range(16)), bytes(range(16, 32)))
    ends = TwoEnds(tag_entropy=source)
    ends.begin()
    assert len(source.nonces) == 2
    ends.run()
    assert len(source.nonces) == 1
    ends.exchange()
    assert source.nonces == []
    responses = [message.payload for message in ends.air if message.msg == 2]
    assert responses[0][1:17] != responses[1][1:17]


def test_every_trigger_has_a_new_anonce() -> None:
    """R1.7, page 2.4: one ANonce, single use, also for retries."""
    ends = TwoEnds(ap_options={"retries": 5})
    ends.exchange(downlink=lose)
    anonces = {message.payload[6:22] for message in ends.air}
    assert len(ends.air) == len(anonces) == 6
    assert [detail["retries_left"] for detail in ends.heard("ap", "retry")] == [4, 3, 2, 1, 0]
    assert ends.heard("ap", "failed", "reason") == ["no SEC-RESPONSE"] and not ends.ap.busy


@pytest.mark.parametrize("which", ["an", "sn", "aa", "spa", "psk"])
def test_each_input_influences_the_key(which: str) -> None:
    """R1.9, R1.10, R1.35: one changed bit of any input gives another PTK."""
    inputs = {"an": bytes(range(16)), "sn": bytes(range(16, 32)), "aa": AA, "spa": SPA, "psk": PSK}

    def ptk(values: dict[str, bytes]) -> bytes:
        pmk1 = pmk1_of(Secret(values["psk"]), b"modifier", values["aa"])
        return pairwise_key(pmk1, values["aa"], values["spa"], values["an"], values["sn"], 256)

    changed = {**inputs, which: inputs[which][:-1] + bytes([inputs[which][-1] ^ 1])}
    assert ptk(changed) != ptk(inputs)
    assert ptk(inputs) == ptk(dict(inputs))


def test_nothing_survives_a_power_loss() -> None:
    """R1.2, R1.36, R1.37, R1.39, R1.40: no key, nonce or NVM write after power-off; then all works anew."""
    ends = TwoEnds(readings=[b"x"])
    ends.exchange(command=b"A")
    assert ends.tag.has_keys
    ends.tag.power_off()
    assert not ends.tag.has_keys and not ends.tag.holds_transient_key and ends.tag.next_deadline_ns() is None
    confirm = next(message for message in ends.air if message.msg == 3)
    ends.tag.receive(confirm, ends.now_ns)
    assert ends.tag.messages_to_send(ends.now_ns) == []
    assert ends.heard("tag", "refused", "reason") == ["unexpected"]
    ends.queue.put(b"y")
    ends.exchange(command=b"B")
    assert ends.heard("tag", "command", "data_hex") == [b"A".hex(), b"B".hex()]
    assert ends.nvm.commits == 0


def test_power_off_takes_the_waiting_answer_and_the_last_nonce_with_it() -> None:
    """R1.36, W1.6: all of the volatile memory, also what would have shown a repeating source."""
    same = bytes(range(16))
    ends = TwoEnds(tag_entropy=Scripted(same, same))
    ends.begin()
    trigger = ends.ap.messages_to_send(0)[0]
    ends.tag.receive(trigger, 0)
    ends.tag.power_off()
    assert ends.tag.messages_to_send(0) == []
    ends.tag.receive(trigger, 0)
    assert len(ends.tag.messages_to_send(0)) == 1


def test_keys_are_overwritten_not_just_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """R1.40, rule 8: KCK and TK at both ends, and the PMK1 that the tag derived on the way."""
    derived: list[Secret] = []

    def keep(octets: bytes) -> Secret:
        derived.append(Secret(octets))
        return derived[-1]

    monkeypatch.setattr("ampradio.security.amp.tag.keys.Secret", keep)
    ends = TwoEnds(AmpParameters(flow=4))
    ends.begin()
    ends.round()
    held = [vars(ends.tag)["_contact"].guard, vars(vars(ends.ap)["_exchanges"][ID])["_peer"].protection]
    assert held[0].mic(3, b"") == held[1].mic(3, b"") != b""
    assert [len(secret) for secret in derived] == [0, 16, 16]  # PMK1, KCK, TK
    ends.run()
    ends.tag.power_off()
    for protection in held:
        with pytest.raises(ValueError, match="wiped"):
            protection.mic(3, b"")
        with pytest.raises(ValueError, match="wiped"):
            protection.crypt(3, 0, b"x")


@pytest.mark.parametrize("after", range(8))
def test_power_lost_anywhere_costs_one_exchange(after: int) -> None:
    """R1.38, page 2.4: outage anywhere → restart; the AP tries again and both ends agree in the end."""
    ends = TwoEnds(AmpParameters(flow=4), readings=[b"one", b"two"])
    seen = 0

    def outage(message: Message) -> list[Message]:
        nonlocal seen
        seen += 1
        if seen == after + 1:
            ends.tag.power_off()
        return [message]

    ends.exchange(downlink=outage, uplink=outage, command=b"A")
    assert ends.heard("ap", "completed", "mutual") == ["confirmed"]
    assert set(ends.heard("ap", "uplink_data", "data_hex")) == {b"one".hex(), b"two".hex()}


def test_a_transient_key_lives_one_second() -> None:
    """Rule 8: 1 s after it was made it is gone, whether the deadline is served or not."""
    for served in (True, False):
        ends = TwoEnds()
        ends.begin()
        ends.round()
        due = ends.tag.next_deadline_ns()
        assert due == 1_000_000_000
        ends.tag.handle_deadline(due - 1)
        assert ends.tag.holds_transient_key
        confirm = ends.ap.messages_to_send(ends.now_ns)[0]
        if served:
            ends.tag.handle_deadline(due)
            assert not ends.tag.holds_transient_key
        ends.tag.receive(confirm, due)
        assert not ends.tag.holds_transient_key and not ends.tag.has_keys
        assert ends.heard("tag", "keys_wiped", "reason") == ["expired"]
        assert ends.heard("tag", "refused", "reason") == ["unexpected"]


def test_an_anonce_dies_with_its_slot() -> None:
    """Page 2.4: a response after the slot's end is refused; a MAC that is silent is bounded by the deadline."""
    ends = TwoEnds(ap_options={"retries": 0, "reply_timeout_ns": 500})
    ends.begin()
    trigger = ends.ap.messages_to_send(0)[0]
    ends.tag.receive(trigger, 0)
    late = ends.tag.messages_to_send(0)[0]
    assert ends.ap.next_deadline_ns() == 500
    ends.ap.handle_deadline(499)
    assert ends.ap.busy
    ends.ap.handle_deadline(500)
    assert not ends.ap.busy and ends.ap.next_deadline_ns() is None
    ends.ap.receive(late, 501)
    assert ends.heard("ap", "refused", "reason") == ["unexpected"]
    assert ends.nobody_believes()


def test_end_of_slot_of_another_message_changes_nothing() -> None:
    """The MAC may report every slot: only the one of the outstanding message counts."""
    ends = TwoEnds(AmpParameters(flow=4))
    ends.begin()
    trigger = ends.ap.messages_to_send(0)[0]
    ends.tag.receive(trigger, 0)
    ends.ap.receive(ends.tag.messages_to_send(0)[0], 0)
    ends.ap.messages_to_send(0)
    ends.ap.end_of_slot(ID, 0, trigger)
    ends.ap.end_of_slot(0x0777, 0)
    assert ends.ap.has_keys(ID) and not ends.heard("ap", "retry")
    ends.ap.end_of_slot(ID, 0)
    assert not ends.ap.has_keys(ID) and ends.heard("ap", "retry", "reason") == ["no SEC-ACK"]


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


def test_several_tags_share_an_id() -> None:
    """Rule 4: the AP maps an ID to candidate SPAs and tries each; every one may be the one that answers."""
    ends = TwoEnds()
    spas = [bytes.fromhex(f"0200000000{n:02x}") for n in (1, 2, 3)]
    psks = [bytes([n]) * 32 for n in (1, 2, 3)]
    for spa, psk in zip(spas, psks, strict=True):
        ends.ap.enroll(TagCredential(ID, spa, pmk1_of(Secret(psk), ends.modifier, AA)))
    for spa, psk in zip(spas, psks, strict=True):
        nvm = TagMemory.enrolled(PmkRecord(Secret(psk)))
        ends.tag = AmpSupplicant(MAC, ends.parameters, TagIdentity(ID, spa, AA), nvm, SeededEntropy(9))
        ends.exchange(command=b"hi")
        assert ends.heard("ap", "authenticated", "spa")[-1] == spa.hex(":")
        assert ends.tag.has_keys


def other_tag(ends: TwoEnds, station_id: int, seed: int, reading: bytes) -> AmpSupplicant:
    spa = bytes([2, 0, 0, 0, 0, seed])
    psk = bytes([seed]) * 32
    ends.ap.enroll(TagCredential(station_id, spa, pmk1_of(Secret(psk), ends.modifier, AA)))
    nvm = TagMemory.enrolled(PmkRecord(Secret(psk)))
    tag = AmpSupplicant(MAC, ends.parameters, TagIdentity(station_id, spa, AA), nvm, SeededEntropy(seed))
    tag.set_uplink_data(Readings([reading]))
    return tag


def test_a_trigger_to_everyone_starts_an_exchange_with_each_that_answers() -> None:
    """Rules 2, 4: ID 0xFFFF on SEC-TRIGGER, the sender's own ID and the same Modifier afterwards; one answer per ID."""
    ends = TwoEnds(readings=[b"from the first"])
    second = other_tag(ends, 0x0101, 5, b"from the second")
    ends.ap.queue_command(0x0101, b"only for you")
    ends.ap.begin(MAC.broadcast_id, dl_data=b"all")
    assert ends.ap.busy
    trigger = ends.ap.messages_to_send(0)[0]
    assert trigger.station_id == 0xFFFF and ends.ap.next_deadline_ns() == 1_000_000_000
    answers = []
    for tag in (ends.tag, second):
        tag.receive(trigger, 0)
        answers += tag.messages_to_send(0)
    for answer in [*answers, *answers]:
        ends.ap.receive(answer, 0)
    ends.ap.end_of_slot(MAC.broadcast_id, 0, trigger)
    confirms = ends.ap.messages_to_send(0)
    assert [message.station_id for message in confirms] == [ID, 0x0101]
    for message in confirms:
        for tag in (ends.tag, second):
            tag.receive(message, 0)
    assert ends.tag.has_keys and second.has_keys and not ends.ap.busy
    assert [event.detail["data_hex"] for event in second.events() if event.kind == "command"] == [b"only for you".hex()]
    assert ends.heard("tag", "downlink_data", "data_hex") == [b"all".hex()]
    assert sorted(bytes.fromhex(data) for data in ends.heard("ap", "uplink_data", "data_hex")) == [
        b"from the first",
        b"from the second",
    ]
    assert ends.heard("ap", "refused", "reason") == ["unexpected"] * 2
    assert ends.heard("ap", "round_ended", "answered") == [2]


def test_a_round_ends_by_its_deadline_and_its_anonce_with_it() -> None:
    """Page 2.4: outstanding ANonce dies at the slot's end; a later answer is refused."""
    ends = TwoEnds(ap_options={"trigger_for": None})
    ends.ap.begin(MAC.broadcast_id, trigger=TRIGGER)
    trigger = ends.ap.messages_to_send(0)[0]
    ends.tag.receive(trigger, 0)
    ends.ap.handle_deadline(1_000_000_000)
    ends.ap.receive(ends.tag.messages_to_send(0)[0], 0)
    assert ends.heard("ap", "round_ended", "answered") == [0] and ends.nobody_believes() and not ends.ap.busy


def test_a_tag_from_a_round_is_retried_only_with_a_trigger_of_its_own() -> None:
    """The octets of a random-access Trigger do not fit a retry to one tag."""
    for trigger_for, retries in ((None, 0), (lambda station, octets: TRIGGER, 2)):
        ends = TwoEnds(AmpParameters(flow=4), ap_options={"trigger_for": trigger_for})
        ends.ap.begin(MAC.broadcast_id, trigger=TRIGGER)
        trigger = ends.ap.messages_to_send(0)[0]
        ends.tag.receive(trigger, 0)
        ends.ap.receive(ends.tag.messages_to_send(0)[0], 0)
        ends.ap.end_of_slot(MAC.broadcast_id, 0, trigger)
        ends.run(downlink=lose)
        assert len(ends.heard("ap", "retry")) == retries
        assert len(ends.heard("ap", "failed")) == 1


def test_running_out_of_packet_numbers_without_a_trigger_ends_the_exchange() -> None:
    """Rule 6 needs a new SEC-TRIGGER; an exchange from a round without ``trigger_for`` cannot make one."""
    readings = [number.to_bytes(2, "big") for number in range(300)]
    ends = TwoEnds(AmpParameters(flow=4), readings=readings, ap_options={"trigger_for": None})
    ends.ap.begin(MAC.broadcast_id, trigger=TRIGGER)
    ends.run()
    assert ends.heard("ap", "failed", "reason") == ["no Trigger octets for a new SEC-TRIGGER"]
    assert ends.heard("ap", "uplink_data", "data_hex") == [reading.hex() for reading in readings[:255]]
    assert ends.queue.head() == readings[255]


@pytest.mark.parametrize(
    ("policy", "permitted"),
    [("refused", set()), ("bistatic", {"UL_BISTATIC"}), ("allowed", {"UL_BISTATIC", "UL_MONO_STATIC"})],
)
def test_backscatter_policy(policy: str, permitted: set[str]) -> None:
    """R1.4, R1.11, R1.19, R1.24, R1.29, R1.31: a switch at both ends, reported; the default lets bistatic tags in."""
    parameters = AmpParameters(backscatter=BackscatterPolicy(policy))
    assert parameters.report()["backscatter"] == policy
    for kind in (PpduKind.UL_ACTIVE, PpduKind.UL_BISTATIC, PpduKind.UL_MONO_STATIC):
        ends = TwoEnds(parameters)
        welcome = kind is PpduKind.UL_ACTIVE or kind.name in permitted
        tag = AmpSupplicant(MAC, parameters, TagIdentity(ID, SPA, AA, kind), ends.nvm, SeededEntropy(1))
        ends.begin()
        tag.receive(ends.ap.messages_to_send(0)[0], 0)
        assert bool(tag.messages_to_send(0)) is welcome
        assert tag.counters["backscatter_policy"] == (not welcome)
        other = AmpAuthenticator(MAC, parameters, AA, ends.modifier, SeededEntropy(1))
        credential = TagCredential(0x0101, SPA, Secret(PSK), kind)
        if welcome:
            other.enroll(credential)
        else:
            with pytest.raises(ValueError, match=f"{kind.name} tags are refused by the backscatter policy '{policy}'"):
                other.enroll(credential)
    assert AmpParameters().backscatter is BackscatterPolicy.BISTATIC


def test_no_secret_in_what_a_session_shows() -> None:
    """House rule: no key, PSK or nonce source in repr, events or counters."""
    ends = TwoEnds(AmpParameters(flow=4), readings=[b"x"])
    ends.begin(command=b"A")
    ends.round()
    shown = [repr(vars(end)) for end in (ends.ap, ends.tag)]
    shown += [repr(ends.nvm.read()), repr(TagCredential(ID, SPA, Secret(PSK)))]
    exchange = next(iter(vars(ends.ap)["_exchanges"].values()))
    shown += [repr(vars(exchange)), repr(vars(vars(exchange)["_peer"].protection))]
    ends.run()
    shown += [repr(ends.ap_events), repr(ends.tag_events), repr(ends.ap.counters), repr(ends.tag.counters)]
    other = reference_for(ends)
    pmk1 = reference_s1.pmk1(PSK, ends.modifier, AA)
    for secret in (PSK, pmk1, other.kck, other.tk):
        for text in shown:
            assert secret.hex() not in text and repr(secret)[2:-1] not in text
