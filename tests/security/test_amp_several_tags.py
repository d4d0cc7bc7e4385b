"""S1 with several tags: shared IDs, a SEC-TRIGGER to everyone, and who may take part at all."""

from __future__ import annotations

from dataclasses import replace

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
from ampradio.security.amp.infrastructure.keys import pmk1_of
from ampradio.security.entropy import SeededEntropy
from ampradio.security.secret import Secret
from ampradio.vectors import PpduKind
from tests.security.interference import lose
from tests.security.two_ends import AA, ID, MAC, PSK, SPA, TRIGGER, TwoEnds, flipped


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


def test_an_id_answers_a_round_once_rightly_or_wrongly() -> None:
    """Rule 4: one guess per ANonce; behind a SEC-RESPONSE with a wrong MIC the right one of its ID is late."""
    ends = TwoEnds()
    second = other_tag(ends, 0x0101, 5, b"unharmed")
    ends.ap.begin(MAC.broadcast_id)
    trigger = ends.ap.messages_to_send(0)[0]
    answers = []
    for tag in (ends.tag, second):
        tag.receive(trigger, 0)
        answers += tag.messages_to_send(0)
    right, other = answers
    wrong = replace(right, payload=flipped(right.payload, 8 * len(right.payload) - 1))
    for answer in (wrong, right, other):
        ends.ap.receive(answer, 0)
    assert ends.heard("ap", "refused", "reason") == ["bad_mic", "unexpected"]
    assert not ends.ap.has_keys(ID) and ends.ap.has_keys(0x0101)


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
