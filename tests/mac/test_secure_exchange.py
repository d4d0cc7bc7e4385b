"""S1 across the stations: octets of table 8.1, retries, losses, power loss, tampering, fragments."""

from __future__ import annotations

import dataclasses

import pytest

from ampradio.mac.ap import ApStation
from ampradio.mac.exchange import Delivery, Exchange
from ampradio.mac.secure import secure_trigger
from ampradio.mac.work import SecureExchange
from ampradio.psdu import fcs
from ampradio.security.amp import AmpParameters, PmkRecord, PmkServer
from ampradio.security.entropy import SeededEntropy
from ampradio.security.secret import Secret
from tests.mac.bench import (
    AA,
    LONG_NS,
    MODIFIER,
    PROFILE,
    PSK,
    SETTINGS,
    TAG_ID,
    changing,
    flipped,
    losing,
    of_kind,
    secured,
    secured_group,
    sent,
)


def _octets(told: list, direction: str) -> int:  # type: ignore[type-arg]
    return sum(frame["octets"] for frame in sent(told) if frame["direction"] == direction and frame["frame"] != "Ack")


@pytest.mark.parametrize(
    ("flow", "downlink", "uplink"),
    [(2, 39, 42), (3, 58, 42)],
)
def test_octets_of_table_8_1(flow: int, downlink: int, uplink: int) -> None:
    """Table 8.1: two-frame 39/42 and three-frame 58/42 octets with 8 octets of uplink data."""
    both = secured(flow=flow)
    told = both.run()
    assert (_octets(told, "DL"), _octets(told, "UL")) == (downlink, uplink)
    assert both.ap.finished and both.ap.succeeded


def test_octets_of_table_8_1_four_frame() -> None:
    """Table 8.1: four-frame 66/61 octets: the data goes down in frame 3 and up in frame 4."""
    both = secured(flow=4, reading=b"", command=bytes(8))
    answered = []

    def late(place: int, delivery: Delivery) -> list[Delivery]:
        # the reading comes up between frames 2 and 4
        if place == 1:
            both.readings.put(bytes(8))
            answered.append(place)
        return [delivery]

    told = both.run(changing(late))
    assert answered
    assert (_octets(told, "DL"), _octets(told, "UL")) == (66, 61)


@pytest.mark.parametrize("flow", [2, 3, 4])
def test_exchange_ends_well(flow: int) -> None:
    """R1.32, R1.33: each flow ends; data arrives both ways; both ends say so where the flow is mutual."""
    command = b"" if flow == 2 else b"open"
    both = secured(flow=flow, reading=b"21.5 C", command=command)
    told = both.run()
    assert of_kind(told, "finished", "ap") == [{"ok": True}]
    assert [bytes.fromhex(event["data_hex"]) for event in of_kind(told, "security.uplink_data", "ap")] == [b"21.5 C"]
    commands = [bytes.fromhex(event["data_hex"]) for event in of_kind(told, "security.command", "tag")]
    assert commands == ([] if flow == 2 else [b"open"])
    assert bool(of_kind(told, "security.authenticated", "tag")) == (flow > 2)


def test_frames_of_an_exchange_are_protected_authentication_frames() -> None:
    """Rule 1 of protocols section 11: FC is 0x1D for every frame of S1."""
    seen: list[int] = []

    def note(place: int, delivery: Delivery) -> list[Delivery]:
        seen.append(delivery[0][0])
        return [delivery]

    secured(flow=4).run(changing(note))
    assert seen == [0x1D, 0x1D, 0x06, 0x1D, 0x1D, 0x06]


@pytest.mark.parametrize("flow", [3, 4])
@pytest.mark.parametrize("lost", range(6))
def test_one_lost_frame(flow: int, lost: int) -> None:
    """R1.38: any frame lost once: the exchange is retried with a new ANonce or was over; never a hang."""
    both = secured(flow=flow, command=b"open")
    told = both.run(losing(lost))
    assert both.ap.finished
    assert both.ap.succeeded
    names = [frame["name"] for frame in sent(told, "ap") if frame["frame"] != "Ack"]
    # losing an Ack, or frame 3 of three, is not noticed by the AP
    noticed = lost in ((0, 1) if flow == 3 else (0, 1, 3, 4))
    assert names.count("SEC-TRIGGER") == (2 if noticed else 1)
    assert bool(of_kind(told, "retry", "ap")) == noticed
    assert both.ap.next_deadline_ns() is None


def test_every_attempt_uses_a_new_anonce() -> None:
    """Protocols 2.4: an ANonce is single use and dies at the slot's end."""
    triggers: list[bytes] = []

    def note(place: int, delivery: Delivery) -> list[Delivery]:
        if delivery[1].kind.is_downlink and delivery[0][0] == 0x1D:
            triggers.append(delivery[0])
        return []

    secured(attempts=3).run(changing(note))
    assert len(triggers) == 3
    assert len({trigger[13:29] for trigger in triggers}) == 3


def test_everything_lost_fails_and_ends() -> None:
    """A silent air: after its attempts the AP gives up and says so."""
    both = secured(attempts=2)
    told = both.run(changing(lambda place, delivery: []))
    assert of_kind(told, "finished", "ap") == [{"ok": False}]
    assert len(of_kind(told, "no_reply", "ap")) == 2
    work = of_kind(told, "work", "ap")[0]
    assert (work["ok"], work["attempts"], work["id"]) == (False, 2, TAG_ID)


def test_wrong_psk_installs_nothing() -> None:
    """R1.16, R1.32: a tag with another PSK is heard, acknowledged by the MAC, and never believed."""
    both = secured(psk_of_tag=bytes(32), attempts=2)
    told = both.run()
    assert not both.ap.succeeded
    assert of_kind(told, "security.keys_installed") == []
    assert len(sent(told, "tag")) == 2
    assert not both.authenticator.has_keys(TAG_ID) and not both.supplicant.has_keys


@pytest.mark.parametrize("place", [0, 1, 3, 4])
def test_a_flipped_bit_is_dropped_and_retried(place: int) -> None:
    """Rule 2: a flipped bit fails the FCS, is counted as bad_fcs, and costs one attempt."""
    both = secured(flow=4)
    told = both.run(changing(lambda here, delivery: [flipped(delivery, 80)] if here == place else [delivery]))
    assert [drop["reason"] for drop in of_kind(told, "drop") if drop["frame"] != "Ack"] == ["bad_fcs"]
    assert both.ap.succeeded
    assert len(of_kind(told, "retry", "ap")) == 1


def test_duplicated_and_replayed_frames_change_nothing() -> None:
    """X1, X2: every PSDU delivered twice: one exchange, one reading, one command."""
    both = secured(flow=4, reading=b"21.5 C", command=b"open")
    told = both.run(changing(lambda place, delivery: [delivery, delivery]))
    assert both.ap.succeeded
    assert len(of_kind(told, "security.uplink_data", "ap")) == 1
    assert len(of_kind(told, "security.command", "tag")) == 1


@pytest.mark.parametrize(("place", "who"), [(0, "tag"), (1, "ap")])
def test_protected_bit_is_required(place: int, who: str) -> None:
    """Protocols section 11, rules 1 and 2: FC is in the AAD, so a cleared Protected bit under a good FCS is refused."""

    def unprotect(here: int, delivery: Delivery) -> list[Delivery]:
        psdu, rx = delivery
        plain = bytes([psdu[0] & 0x0F]) + psdu[1:-2]
        return [(plain + fcs(plain), rx)] if here == place else [delivery]

    both = secured(attempts=1)
    told = both.run(changing(unprotect))
    assert not both.ap.succeeded
    assert [drop["reason"] for drop in of_kind(told, "drop", who) if drop["frame"] != "Ack"] == ["not_protected"]


def test_power_loss_forgets_and_recovers() -> None:
    """R1.36, R1.38, R1.40: a tag that loses power after its response knows nothing; the next contact starts anew."""
    both = secured(flow=4, attempts=3)

    def outage(place: int, delivery: Delivery) -> list[Delivery]:
        if place == 2:
            both.tag.power_off(delivery[1].end_ns)
            assert not both.supplicant.holds_transient_key
            both.tag.power_on(delivery[1].end_ns)
        return [delivery]

    told = both.run(changing(outage))
    assert both.ap.succeeded
    assert [drop for drop in of_kind(told, "security.refused", "tag")] != []
    assert [frame["name"] for frame in sent(told, "ap")].count("SEC-TRIGGER") == 2


def test_a_tag_without_power_hears_nothing() -> None:
    """R1.36: while off, a tag neither answers nor records."""
    both = secured(attempts=1)
    both.tag.power_off(0)
    told = both.run()
    assert sent(told, "tag") == [] and of_kind(told, "rx", "tag") == []
    assert not both.ap.succeeded


@pytest.mark.parametrize("rate", [250_000, 1_000_000])
def test_long_data_goes_in_fragments_both_ways(rate: int) -> None:
    """Protocols 1.1: over 62 octets of payload, fragments go back to back in one slot, with one Ack for all."""
    reading, command = bytes(range(150)), bytes(range(100))
    settings = dataclasses.replace(SETTINGS, ul_rate_bps=rate, dl_rate_bps=rate)
    both = secured(flow=4, reading=reading, command=command, uplink_data_max=160, settings=settings)
    told = both.run()
    assert both.ap.succeeded
    assert [bytes.fromhex(event["data_hex"]) for event in of_kind(told, "security.uplink_data", "ap")] == [reading]
    assert [bytes.fromhex(event["data_hex"]) for event in of_kind(told, "security.command", "tag")] == [command]
    up = [frame["name"] for frame in sent(told, "tag")]
    assert up == ["SEC-RESPONSE [0]", "SEC-RESPONSE [1]", "SEC-RESPONSE [2]", "SEC-ACK"]
    assert [ack["heard"] for ack in of_kind(told, "ack", "ap")] == [True, True]


def test_a_lost_fragment_costs_the_message() -> None:
    """Protocols 1.1: the MIC covers the reassembled message, so one lost fragment is no reply, and a new attempt."""
    both = secured(reading=bytes(150), uplink_data_max=160)
    told = both.run(losing(2))
    assert [ack["heard"] for ack in of_kind(told, "ack", "ap")] == [False, True]
    assert "fragment_out_of_order" in [drop["reason"] for drop in of_kind(told, "drop", "ap")]
    assert both.ap.succeeded


def test_fragments_of_two_attempts_never_make_one_message() -> None:
    """Protocols 1.1: what is left of a reply is forgotten with its slot."""
    both = secured(reading=bytes(150), uplink_data_max=160)
    # on the air: trigger 0, fragments 1 2 3, Ack 4; trigger 5, fragments 6 7 8, Ack 9; …
    told = both.run(losing(3, 6))
    assert [ack["heard"] for ack in of_kind(told, "ack", "ap")] == [False, False, True]
    assert of_kind(told, "security.refused") == []
    assert both.ap.succeeded


def test_an_unannounced_slots_ack_is_given_up_with_the_next_message() -> None:
    """The tag tells a reply that nobody acknowledged, also when the next trigger comes before its patience ends."""
    both = secured(flow=4, attempts=2)
    told = both.run(losing(4, 5))  # SEC-ACK and its Ack
    assert of_kind(told, "no_reply", "tag") == [{"slot": 1, "what": "no Ack"}]
    assert both.ap.succeeded


def test_the_seed_index_announced_counts() -> None:
    """A session may be given other parameters than the AP's own: what is in the trigger rules the exchange."""
    both = secured(flow=4)
    settings = dataclasses.replace(SETTINGS, seed_index=2)
    chosen = secure_trigger(PROFILE, settings, TAG_ID, 41)
    item = SecureExchange(
        both.authenticator,
        TAG_ID,
        lambda trigger, now_ns: both.authenticator.begin(TAG_ID, chosen),
        lambda: both.authenticator.counters["completed"] > 0,
        41,
    )
    both.ap = ApStation(PROFILE, SETTINGS, [item])
    both.run()
    assert both.ap.succeeded


def test_the_trigger_announces_the_seed_of_its_own_reply() -> None:
    """Rule 21 and section 3: the 2-bit index in the trigger picks the seed; where nothing announced one it is 0."""
    indices = []

    def note(place: int, delivery: Delivery) -> list[Delivery]:
        if not delivery[1].kind.is_downlink:
            indices.append(delivery[1].seed_index)
        return [delivery]

    secured(flow=4, settings=dataclasses.replace(SETTINGS, seed_index=3)).run(changing(note))
    assert indices == [3, 0]


def test_a_sec_trigger_to_everyone_opens_slots_by_random_access() -> None:
    """Protocols section 11, rule 4: one broadcast SEC-TRIGGER, N slots, then each tag's own SEC-CONFIRM and SEC-ACK."""
    ap, tags = secured_group((11, 12, 13), slots=6, acwe=3, attempts=9)
    told = Exchange(PROFILE, {"ap": ap}, tags).run(LONG_NS)
    assert ap.finished
    readings = {event["station_id"]: event["data_hex"] for event in of_kind(told, "security.uplink_data", "ap")}
    assert readings == {station: (bytes([station]) * 8).hex() for station in (11, 12, 13)}
    assert all(of_kind(told, "security.authenticated", name) for name in tags)


def test_pmk_update_follows_the_confirm_in_one_txop() -> None:
    """Protocols 2.4: PMK-UPDATE goes out one AMP SIFS after SEC-CONFIRM; PMK-UPDATED answers in its own slot."""
    both = secured(flow=3)
    server = PmkServer(PmkRecord(Secret(PSK)), AmpParameters(), SeededEntropy(7))
    both.authenticator.request_update(TAG_ID, server.derive(1, MODIFIER, AA))
    told = both.run()
    frames = sorted(sent(told), key=lambda frame: frame["start_ns"])
    assert [frame["name"] for frame in frames] == [
        "SEC-TRIGGER",
        "SEC-RESPONSE",
        "Ack",
        "SEC-CONFIRM",
        "PMK-UPDATE",
        "PMK-UPDATED",
        "Ack",
    ]
    assert frames[4]["start_ns"] - frames[3]["end_ns"] == frames[5]["start_ns"] - frames[4]["end_ns"] == 10_000
    # table 8.1 with the rules of section 11: hardened derive 45 down, 22 up
    assert (frames[4]["octets"], frames[5]["octets"]) == (45, 22)
    assert of_kind(told, "security.pmk_committed", "tag") and both.ap.succeeded


def test_the_tag_waits_for_the_ack_of_a_slot_that_was_not_announced() -> None:
    """The slot after SEC-CONFIRM is sized by the AP alone; its Ack still finds the tag waiting."""
    told = secured(flow=4, uplink_data_max=62).run()
    assert [ack["heard"] for ack in of_kind(told, "ack", "tag")] == [True, True]
    assert of_kind(told, "no_reply") == []


def test_no_event_shows_key_material() -> None:
    """House rule: secrets are in no event; nonces and MICs of the air are not secret, keys are."""
    both = secured(flow=4, command=b"open")
    told = both.run()
    text = repr(told)
    assert bytes(range(32)).hex() not in text and "Secret" not in text
    assert PROFILE.name not in text
