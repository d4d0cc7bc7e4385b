"""S1's nonces and keys: what makes them, how long they live, and what a power loss leaves of them."""

from __future__ import annotations

import pytest

from ampradio.security.amp import AmpParameters, TagCredential
from ampradio.security.amp.infrastructure.keys import pairwise_key, pmk1_of
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from tests.security import reference_s1
from tests.security.interference import Scripted, lose
from tests.security.two_ends import AA, ID, PSK, SPA, TwoEnds, reference_for


def test_the_snonce_is_drawn_after_the_anonce_arrived() -> None:
    """R1.8: never before, never reused."""
    source = Scripted(bytes(range(16)), bytes(range(16, 32)))
    ends = TwoEnds(tag_entropy=source)
    ends.begin()
    assert len(source.script) == 2
    ends.run()
    assert len(source.script) == 1
    ends.exchange()
    assert source.script == []
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
    held = [vars(ends.tag)["_contact"].guard, vars(ends.ap._under_way.exchange(ID))["_peer"].protection]
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


def test_no_secret_in_what_a_session_shows() -> None:
    """House rule: no key, PSK or nonce source in repr, events or counters."""
    ends = TwoEnds(AmpParameters(flow=4), readings=[b"x"])
    ends.begin(command=b"A")
    ends.round()
    shown = [repr(vars(end)) for end in (ends.ap, ends.tag)]
    shown += [repr(ends.nvm.read()), repr(TagCredential(ID, SPA, Secret(PSK)))]
    exchange = ends.ap._under_way.exchange(ID)
    shown += [repr(vars(exchange)), repr(vars(vars(exchange)["_peer"].protection))]
    ends.run()
    shown += [repr(ends.ap_events), repr(ends.tag_events), repr(ends.ap.counters), repr(ends.tag.counters)]
    other = reference_for(ends)
    pmk1 = reference_s1.pmk1(PSK, ends.modifier, AA)
    for secret in (PSK, pmk1, other.kck, other.tk):
        for text in shown:
            assert secret.hex() not in text and repr(secret)[2:-1] not in text
