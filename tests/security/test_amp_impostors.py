"""S1 and whoever holds no key: wrong keys, swapped roles, replays, dead nonces, downgrades. No end may be fooled."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ampradio.security.amp import AmpParameters
from ampradio.security.session import Message
from tests.security import reference_s1
from tests.security.interference import Scripted, lose
from tests.security.two_ends import AA, ID, MAC, PSK, SPA, TwoEnds, flipped, reference_for, with_payload

NO_RETRY = {"retries": 0}


@pytest.mark.parametrize("flow", [2, 3, 4])
@pytest.mark.parametrize("prof", [1, 2])
def test_a_wrong_psk_convinces_nobody(prof: int, flow: int) -> None:
    """R1.10, X5, X6: neither a tag nor an AP without the key gets anywhere."""
    ends = TwoEnds(AmpParameters(prof, flow=flow), tag_psk=bytes(range(32)), readings=[b"x"])
    ends.exchange(dl_data=b"set" if prof == 2 else b"")
    assert ends.nobody_believes()
    assert ends.heard("ap", "refused", "reason") == ["bad_mic"] * 3
    assert ends.heard("ap", "failed", "reason") == ["no SEC-RESPONSE"]


def test_a_rogue_ap_cannot_make_frame_3() -> None:
    """X5: the tag answers a stranger's trigger (W1.2), but refuses a frame 3 under another key and drops the PTK."""
    ends = TwoEnds(readings=[b"x"])
    stranger = TwoEnds(psk=bytes(range(32)))
    stranger.begin(dl_data=b"set", command=b"open")
    trigger = stranger.ap.messages_to_send(0)[0]
    ends.tag.receive(trigger, 0)
    answer = ends.tag.messages_to_send(0)[0]
    rogue = reference_s1.Reference(bytes(32), AA, SPA, trigger.payload, answer.payload[1:17])
    ends.tag.receive(Message(1, 3, 2, ID, rogue.data(3, 0, b"open")), 0)
    assert ends.nobody_believes() and not ends.tag.holds_transient_key
    assert ends.heard("tag", "refused", "reason") == ["bad_mic"]
    assert ends.tag.messages_to_send(0) == []


def test_swapped_addresses_are_another_key() -> None:
    """R1.9: min/max hides who is who in the PTK, so AA is bound by PMK1: AA and SA exchanged gives no agreement."""
    ends = TwoEnds(tag_aa=SPA, tag_spa=AA)
    ends.exchange()
    assert ends.nobody_believes()
    assert set(ends.heard("ap", "refused", "reason")) == {"bad_mic"}


def test_swapped_addresses_without_a_modifier_are_caught_by_the_data_nonce_alone() -> None:
    """Finding: with MOD = 0 PMK1 is ROOT and the PTK is symmetric in AA and SA, so the MIC alone accepts the swap.

    Only the CTR nonce holds the SPA: data comes out scrambled. An enrolment check has to keep AA and SPA apart.
    """
    ends = TwoEnds(AmpParameters(modifier_octets=0), tag_aa=SPA, tag_spa=AA, readings=[b"23.5 deg"])
    ends.exchange()
    assert ends.heard("ap", "authenticated", "peer") == ["tag"]
    assert ends.heard("ap", "uplink_data", "data_hex") != [b"23.5 deg".hex()]


def test_reflected_messages_are_refused() -> None:
    """X6: what an end said itself is never taken for the other end's."""
    ends = TwoEnds(AmpParameters(flow=4), ap_options=dict(NO_RETRY))
    ends.begin(command=b"open")
    trigger = ends.ap.messages_to_send(0)[0]
    ends.ap.receive(replace(trigger, msg=2), 0)
    assert ends.nobody_believes()
    ends = TwoEnds(AmpParameters(flow=4), ap_options=dict(NO_RETRY))
    ends.begin(command=b"open")
    ends.round()
    confirm = ends.ap.messages_to_send(0)[0]
    for msg in (3, 4, 6):
        ends.ap.receive(replace(confirm, msg=msg), 0)
    assert not ends.heard("ap", "mutually_authenticated")
    answer = ends.air[1]
    for msg in (2, 3, 4, 5, 6):
        ends.tag.receive(replace(answer, msg=msg), 0)
    assert not ends.tag.has_keys and not ends.heard("tag", "command")


@pytest.mark.parametrize("prof", [1, 2])
def test_a_replayed_response_is_refused(prof: int) -> None:
    """R1.17, X2: at once, in a later exchange, and after the exchange."""
    ends = TwoEnds(AmpParameters(prof, flow=2), readings=[b"x"], ap_options=dict(NO_RETRY))
    ends.exchange()
    recorded = ends.air[1]
    ends.ap.receive(recorded, ends.now_ns)
    ends.exchange(downlink=lose, uplink=None)
    ends.begin()
    ends.ap.messages_to_send(ends.now_ns)
    ends.ap.receive(recorded, ends.now_ns)
    assert len(ends.heard("ap", "authenticated")) == len(ends.heard("ap", "uplink_data")) == 1
    assert not ends.ap.has_keys(ID)
    assert ends.heard("ap", "refused", "reason") == ["unexpected", "bad_mic"]


def test_a_response_twice_in_one_slot_counts_once() -> None:
    """Page 2.4: the ANonce is single use."""
    ends = TwoEnds(readings=[b"x"])
    ends.exchange(uplink=lambda message: [message, message])
    assert len(ends.heard("ap", "uplink_data")) == len(ends.heard("ap", "authenticated")) == 1


def test_a_bad_response_uses_up_the_anonce() -> None:
    """Page 2.4: after a bad MIC the next trigger has a new ANonce; the right response to the old one comes too late."""
    ends = TwoEnds(readings=[b"x"])
    ends.exchange(uplink=lambda m: [with_payload(m, flipped(m.payload, 30)), m] if len(ends.air) == 2 else [m])
    assert ends.heard("ap", "refused", "reason") == ["bad_mic", "unexpected"]
    assert len(ends.heard("ap", "retry")) == 1 and len(ends.heard("ap", "authenticated")) == 1
    assert ends.air[0].payload[6:22] != ends.air[2].payload[6:22]


@pytest.mark.parametrize("prof", [1, 2])
def test_a_replayed_command_is_refused(prof: int) -> None:
    """X1, 8.4: in the same exchange by its PN, in a later one by its MIC, after a reboot for want of a key."""
    ends = TwoEnds(AmpParameters(prof), ap_options=dict(NO_RETRY))
    ends.exchange(downlink=lambda message: [message, message] if message.msg == 3 else [message], command=b"open")
    recorded = list(ends.air)
    assert ends.heard("tag", "refused", "reason") == ["replayed_pn"] and ends.tag.has_keys
    ends.tag.receive(recorded[0], ends.now_ns)
    assert len(ends.tag.messages_to_send(ends.now_ns)) == 1, "W1.2: a stateless tag answers an old trigger again"
    ends.tag.receive(recorded[2], ends.now_ns)
    ends.tag.power_off()
    ends.tag.receive(recorded[2], ends.now_ns)
    assert ends.heard("tag", "refused", "reason") == ["replayed_pn", "bad_mic", "unexpected"]
    assert ends.heard("tag", "command", "data_hex") == [b"open".hex()]
    assert not ends.tag.has_keys


def test_replayed_downlink_data_moves_a_literal_two_frame_tag_only() -> None:
    """W1.1, W1.2, 8.4 row X1: literal two-frame acts on an old trigger again, hardened three-frame never does."""
    for parameters, acts in ((AmpParameters(1, flow=2), 2), (AmpParameters(2, flow=3), 1)):
        ends = TwoEnds(parameters)
        ends.exchange(dl_data=b"open")
        ends.tag.receive(ends.air[0], ends.now_ns)
        ends.tag.messages_to_send(ends.now_ns)
        assert len(ends.heard("tag", "downlink_data")) == acts


def test_a_replayed_ack_is_refused() -> None:
    """X2: an old SEC-ACK neither confirms a new command nor brings its data again."""
    ends = TwoEnds(AmpParameters(flow=4), readings=[b"one", b"two", b"three"], ap_options=dict(NO_RETRY))
    ends.begin(command=b"A")
    ends.round()
    ends.round()
    recorded = ends.air[3]
    ends.round(uplink=lambda message: [recorded])
    assert ends.heard("ap", "refused", "reason") == ["replayed_pn"]
    assert ends.heard("ap", "uplink_data", "data_hex") == [b"one".hex(), b"two".hex()]
    ends.ap.receive(recorded, ends.now_ns)
    assert ends.heard("ap", "refused", "reason")[-1] == "unexpected"


def test_a_bad_ack_drops_the_key_at_the_ap() -> None:
    """Page 2.4: silent; the next trigger starts anew, and the genuine SEC-ACK after a forged one is too late."""
    ends = TwoEnds(AmpParameters(flow=4))
    ends.begin()
    ends.round()
    ends.round(uplink=lambda m: [with_payload(m, flipped(m.payload, 30)), m])
    assert not ends.ap.has_keys(ID)
    assert ends.heard("ap", "refused", "reason") == ["bad_mic", "unexpected"]
    ends.run()
    assert ends.heard("ap", "completed", "mutual") == ["confirmed"]
    assert len(ends.heard("ap", "retry")) == 1


def test_a_dead_entropy_source_at_the_ap_sends_nothing() -> None:
    """R1.7: all-zero nonce source: refused, no key installed, no message, no crash."""
    ends = TwoEnds(ap_entropy=Scripted(bytes(16), bytes(16)))
    ends.exchange(dl_data=b"set", command=b"open")
    assert ends.air == [] and ends.nobody_believes() and not ends.ap.busy
    assert len(ends.heard("ap", "entropy_refused")) == 1
    assert ends.heard("ap", "failed", "reason") == ["entropy refused"]
    ends.ap.begin(MAC.broadcast_id)
    ends.run()
    assert ends.air == [] and not ends.ap.busy


def test_a_dead_entropy_source_at_the_tag_sends_nothing() -> None:
    """R1.8: all-zero nonce source: refused, no key installed, no message, no crash."""
    ends = TwoEnds(tag_entropy=Scripted(*[bytes(16)] * 3), readings=[b"x"])
    ends.exchange(dl_data=b"set", command=b"open")
    assert {message.msg for message in ends.air} == {1}
    assert ends.nobody_believes() and not ends.tag.holds_transient_key
    assert len(ends.heard("tag", "entropy_refused")) == 3


def test_an_ap_that_repeats_its_anonce_falls_silent() -> None:
    """W1.6: a fixed ANonce would let a recorded frame 2 in again (X2)."""
    ends = TwoEnds(ap_entropy=Scripted(*[bytes(range(16))] * 3))
    ends.exchange()
    ends.exchange()
    assert ends.heard("ap", "failed", "reason") == ["entropy refused"]
    assert len(ends.heard("ap", "authenticated")) == 1


def test_an_all_zero_nonce_from_the_other_side_is_refused() -> None:
    """R1.7, R1.13: even under the right key."""
    ends = TwoEnds(ap_options=dict(NO_RETRY))
    ends.begin()
    trigger = ends.ap.messages_to_send(0)[0]
    zeroed = trigger.payload[:6] + bytes(16) + trigger.payload[22:]
    ends.tag.receive(with_payload(trigger, zeroed), 0)
    assert ends.tag.messages_to_send(0) == [] and ends.heard("tag", "refused", "reason") == ["zero_nonce"]
    pmk = reference_s1.pmk1(PSK, ends.modifier, AA)
    genuine = reference_s1.Reference(pmk, AA, SPA, trigger.payload, bytes(16))
    ends.ap.receive(Message(1, 2, 2, ID, genuine.response(bytes(16))), 0)
    assert ends.heard("ap", "refused", "reason") == ["zero_nonce"] and ends.nobody_believes()


@pytest.mark.parametrize("encrypt", [True, False])
def test_an_end_that_was_told_to_encrypt_takes_nothing_in_clear(encrypt: bool) -> None:
    """X8, rule 7: b0 is agreed, not offered; a rightly MICed message with the other setting is refused."""
    ends = TwoEnds(AmpParameters(encrypt=encrypt), ap_options=dict(NO_RETRY))
    ends.begin()
    trigger = ends.ap.messages_to_send(0)[0]
    ends.tag.receive(trigger, 0)
    answer = ends.tag.messages_to_send(0)[0]
    pmk = reference_s1.pmk1(PSK, ends.modifier, AA)
    genuine = reference_s1.Reference(pmk, AA, SPA, trigger.payload, answer.payload[1:17])
    other = int(not encrypt)
    ends.ap.receive(Message(1, 2, 2, ID, genuine.response(answer.payload[1:17], b"x", other)), 0)
    ends.tag.receive(Message(1, 3, 2, ID, genuine.data(3, 0, b"open", other)), 0)
    assert ends.heard("ap", "refused", "reason") == ends.heard("tag", "refused", "reason") == ["encryption_flag"]
    assert ends.nobody_believes() and not ends.tag.holds_transient_key


def test_an_ack_in_clear_is_refused() -> None:
    """X8: as above for SEC-ACK."""
    ends = TwoEnds(AmpParameters(flow=4), ap_options=dict(NO_RETRY))
    ends.begin()
    ends.round()
    genuine = reference_for(ends)
    ends.round(uplink=lambda m: [with_payload(m, genuine.data(4, 1, b"x", 0))])
    assert ends.heard("ap", "refused", "reason") == ["encryption_flag"]
    assert not ends.heard("ap", "mutually_authenticated")


def test_other_systems_stations_and_profiles_are_counted_and_left_alone() -> None:
    """X8, rule 3: what is not ours changes nothing, and the counters say why."""
    ends = TwoEnds()
    ends.exchange(command=b"A")
    assert ends.tag.has_keys
    headers = ((2, 3, 2, ID), (1, 3, 2, 0x0777), (1, 3, 1, ID), (1, 3, 2, 0xFFFF), (1, 9, 2, ID), (1, 2, 2, ID))
    for strange in (Message(*header, b"") for header in headers):
        ends.tag.receive(strange, ends.now_ns)
        ends.ap.receive(strange, ends.now_ns)
    assert ends.tag.has_keys
    kinds = ("other_system", "other_station", "other_profile", "unexpected")
    assert [ends.tag.counters[kind] for kind in kinds] == [1, 2, 1, 2]
    assert [ends.ap.counters[kind] for kind in kinds] == [1, 2, 1, 2]
