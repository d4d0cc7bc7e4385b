"""S1 with a mono-static tag: excitations instead of slots, no Ack, the delayed reply (section 4, rules 16 and 24)."""

from __future__ import annotations

import dataclasses

import pytest

from ampradio.mac.ap import ApStation
from ampradio.mac.events import EventLog
from ampradio.mac.exchange import Delivery
from ampradio.mac.payload import Authentication
from ampradio.mac.refusal import Reason
from ampradio.mac.rounds import Sizing
from ampradio.mac.shim import fragments
from ampradio.mac.speaker import Speaker
from ampradio.mac.work import Poll, SendData
from ampradio.psdu import fcs
from ampradio.security.session import Message
from ampradio.vectors import PpduKind, RxVector
from tests.mac.bench import PROFILE, SETTINGS, TAG_ID, changing, losing, of_kind, run_plain, secured, sent

MONO = dataclasses.replace(SETTINGS, uplink=PpduKind.UL_MONO_STATIC, session_id=6)
FAST = dataclasses.replace(MONO, ul_rate_bps=1_000_000)
SIFS_NS, T3_NS = 10_000, 2_000_000


def _excitation_ns(octets: int, chip_ns: int) -> int:
    """Section 2: 1.1·T3 + 1 µs + 1.1·T4, T4 of 24 sync chips and 16 an octet, in whole 2 µs chips."""
    needed = 11 * T3_NS // 10 + 1000 + 11 * (24 + 16 * octets) * chip_ns / 10
    return int(-(-needed // 2000) * 2000)


@pytest.mark.parametrize("flow", [2, 3, 4])
def test_a_secure_exchange_without_slots(flow: int) -> None:
    """Each flow ends as it does with an active tag; nobody sends an Ack."""
    command = b"" if flow == 2 else b"open"
    both = secured(flow=flow, reading=b"21.5 C", command=command, settings=FAST)
    told = both.run()
    assert of_kind(told, "finished", "ap") == [{"ok": True}]
    assert [bytes.fromhex(each["data_hex"]) for each in of_kind(told, "security.uplink_data", "ap")] == [b"21.5 C"]
    assert {each["frame"] for each in sent(told)} == {"Authentication"}
    assert not of_kind(told, "drop")


def test_where_the_ppdus_lie() -> None:
    """Type 2 opens the TXOP, Type 3 follows one AMP SIFS after it; the excitation holds the reply T3 after AMP-Data."""
    seen = []

    def note(place: int, delivery: Delivery) -> list[Delivery]:
        seen.append(delivery[1])
        return [delivery]

    both = secured(flow=4, command=b"open", settings=FAST)
    told = both.run(changing(note))
    down, up = sent(told, "ap"), sent(told, "tag")
    assert [each.kind for each in seen] == [
        PpduKind.DL_TYPE2, PpduKind.UL_MONO_STATIC, PpduKind.DL_TYPE3, PpduKind.UL_MONO_STATIC,
    ]  # fmt: skip
    wake_up_ns = 1_000_000
    for command, reply, first in zip(down, up, (True, False), strict=True):
        data_end_ns = command["start_ns"] + 32_000 + wake_up_ns * first + 16_000 + command["octets"] * 32_000
        assert reply["start_ns"] == data_end_ns + T3_NS
        assert command["end_ns"] >= data_end_ns + _excitation_ns(reply["octets"], 500) + 6_000
        assert reply["end_ns"] < command["end_ns"] - 6_000
    assert down[1]["start_ns"] == down[0]["end_ns"] + SIFS_NS


def test_a_reply_that_is_lost_is_asked_for_again() -> None:
    """What a lost PPDU costs is a retry; the excitation is over before it."""
    for lost in range(4):
        both = secured(flow=4, command=b"open", settings=FAST)
        told = both.run(losing(lost))
        assert both.ap.finished and both.ap.succeeded
        assert of_kind(told, "retry", "ap") or of_kind(told, "no_reply", "ap")
        assert both.ap.next_deadline_ns() is None


def test_what_does_not_belong_into_an_excitation_is_dropped() -> None:
    """An active PPDU, one that is too early, and a second station's: counted, never taken."""

    def altered(**changes: object) -> dict[str, int]:
        both = secured(flow=4, settings=FAST, attempts=1)

        def change(place: int, delivery: Delivery) -> list[Delivery]:
            psdu, rx = delivery
            wrong = dataclasses.replace(rx, **{key: value(rx) for key, value in changes.items()})  # type: ignore[operator]
            return [(psdu, wrong)] if place == 1 else [delivery]

        both.run(changing(change))
        return dict(both.ap.counters)

    assert altered(kind=lambda rx: PpduKind.UL_ACTIVE)["drop.unexpected_type"] == 1
    assert altered(start_ns=lambda rx: rx.start_ns - 500_000)["drop.outside_slot"] == 1


def test_another_station_s_reply_is_dropped() -> None:
    """The reply of a station that was not asked is no reply."""
    both = secured(flow=4, settings=FAST, attempts=1)

    def change(place: int, delivery: Delivery) -> list[Delivery]:
        psdu, rx = delivery
        if place != 1:
            return [delivery]
        other = psdu[:1] + (TAG_ID + 1).to_bytes(2, "little") + psdu[3:-2]
        return [(other + fcs(other), rx), delivery]

    told = both.run(changing(change))
    assert both.ap.counters["drop.unexpected_station"] == 1
    assert of_kind(told, "finished", "ap") == [{"ok": True}]


def test_data_without_a_reply_has_the_shortest_excitation() -> None:
    """Section 2: at least 16 µs; 1.2·T1 = 19.2 µs in whole chips where no reply is due."""
    _, told = run_plain([SendData(TAG_ID, b"hello"), SendData(TAG_ID, bytes(100))], [TAG_ID], settings=MONO)
    frames = sent(told)
    assert [bytes.fromhex(each["data"]) for each in of_kind(told, "data")] == [b"hello", bytes(100)]
    for frame, wake_up_ns in zip(frames[:2], (1_000_000, 0), strict=True):
        around_ns = 32_000 + 16_000 + 20_000 + 6_000
        assert frame["end_ns"] - frame["start_ns"] == wake_up_ns + around_ns + frame["octets"] * 32_000


def test_what_an_ap_refuses() -> None:
    """Polls need slots, mono-static tags hear 250 kb/s, a reply is one PPDU, and no PPDU is over 5484 µs."""
    with pytest.raises(ValueError, match="EPC Gen2"):
        ApStation(PROFILE, MONO, [Poll((TAG_ID,))])
    with pytest.raises(ValueError, match="not 1000000"):
        ApStation(PROFILE, dataclasses.replace(MONO, dl_rate_bps=1_000_000), [])
    with pytest.raises(ValueError, match="one PPDU"):
        Sizing(PROFILE, MONO).reply([40, 40])
    with pytest.raises(ValueError, match="rule 14"):
        secured(flow=4, settings=MONO).run()  # 1 ms to wake up, T3, and a reply at 250 kb/s


def test_what_a_tag_refuses() -> None:
    """A rate that mono-static tags have not, and a reply in several PPDUs."""

    rx = RxVector(PpduKind.DL_TYPE2, 250_000, 0, 1_500_000, 0, 30.0, 0.0, 0.0)
    pieces = fragments(PROFILE.mac, Message(1, 2, 0, TAG_ID, bytes(100)))
    frames = tuple(Authentication(TAG_ID, shim, piece, 0) for shim, piece in pieces)
    speaker = Speaker(PROFILE, EventLog())
    refusal = speaker.take_turn(1, None, 0, 250_000, frames, rx)
    assert refusal is not None and refusal.reason is Reason.SLOT_TOO_SHORT
    refusal = speaker.take_turn(1, None, 0, 4_000_000, frames[:1], rx)
    assert refusal is not None and refusal.reason is Reason.RESERVED_VALUE
    assert not speaker.take() and not speaker.next_deadlines_ns()
