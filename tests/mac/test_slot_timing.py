"""Slots, Acks and AMP SIFS to the nanosecond, against the timing vectors."""

from __future__ import annotations

import dataclasses
import itertools
import json

import pytest

from ampradio.mac.ap import FOREVER_NS, ApStation
from ampradio.mac.exchange import Exchange
from ampradio.mac.rounds import ApSettings
from ampradio.mac.slots import SlotSchedule, ack_ns, listening_windows, reply_timing
from ampradio.mac.work import Poll, RandomAccess
from ampradio.profile.airtime import uplink_active_ns
from tests.conftest import SHARED
from tests.mac.bench import AP_ID, LONG_NS, PROFILE, SETTINGS, TAG_ID, plain_tag, run_plain, secured, sent

VECTOR = json.loads((SHARED / "vectors" / "amp_phy.json").read_text())["vectors"]["timing"][0]
CONTENT = 20 - 8  # 20 octets on the air: header 5, flags 1, FCS 2
EXACT = dataclasses.replace(SETTINGS, clock_tolerance_ppm=0, slot_slack_ns=0, start_ns=0)
SIFS_NS = 10_000


def _vector_run() -> list[dict[str, object]]:
    work = [RandomAccess(4, 0, content_octets=CONTENT)]
    return sent(run_plain(work, [], settings=EXACT)[1])


def test_ack_starts_of_the_vector() -> None:
    """Rule 24: four slots of 20 octets at 250 kb/s; Acks start at 1350, 2412, 3474 and 4536 µs, used or not."""
    first, *acks = _vector_run()
    assert first["end_ns"] == 1000 * VECTOR["trigger_us"]
    assert [ack["start_ns"] for ack in acks] == [1000 * start for start in VECTOR["ack_starts_us"]]
    assert {ack["end_ns"] - ack["start_ns"] for ack in acks} == {1000 * VECTOR["ack_us"]}  # type: ignore[operator]


def test_slot_starts_of_the_vector_by_tags_that_count_acks() -> None:
    """Rule 24: tags in slots 1 to 4 start at 628, 1690, 2752 and 3814 µs, though the Ack has no slot index."""
    ids = (11, 12, 13, 14)
    listed = dataclasses.replace(EXACT, start_ns=0)
    ap, told = run_plain([Poll(ids, content_octets=CONTENT)], ids, settings=listed)
    trigger_ns = sent(told, "ap")[0]["end_ns"]
    starts = [sent(told, f"tag{station}")[0]["start_ns"] - trigger_ns for station in ids]
    expected = [1000 * (start - VECTOR["trigger_us"]) for start in VECTOR["slot_starts_us"]]
    assert starts == expected
    assert ap.succeeded


def test_announced_units_of_the_vector() -> None:
    """Rules 7 and 24: a slot for 20 octets lasts 712 µs, announced as 178 units."""
    timing = reply_timing(PROFILE, [20], 250_000, 0)
    assert timing.stops_ns == (1000 * VECTOR["slot_us"],)
    schedule = SlotSchedule(618_000, 4, timing.stops_ns[0], ack_ns(PROFILE, 250_000), SIFS_NS)
    assert [schedule.start_ns(slot) // 1000 for slot in (1, 2, 3, 4)] == VECTOR["slot_starts_us"]


@pytest.mark.parametrize(("longer", "replies"), [(0, 1), (1, 0)])
def test_a_reply_may_fill_its_slot_to_the_last_unit(longer: int, replies: int) -> None:
    """Rule 24: 20 octets fit the slot announced for 20 exactly; one octet more is not sent."""
    ap = ApStation(PROFILE, EXACT, [Poll((11,), content_octets=CONTENT, attempts=1)])
    told = Exchange(PROFILE, {"ap": ap}, {"tag": plain_tag(11, reading=bytes(CONTENT + longer))}).run(LONG_NS)
    assert len(sent(told, "tag")) == replies


@pytest.mark.parametrize(("dl_rate", "ul_rate"), [(250_000, 250_000), (1_000_000, 1_000_000), (1_000_000, 4_000_000)])
def test_response_starts_exactly_one_sifs_after_the_trigger(dl_rate: int, ul_rate: int) -> None:
    """Rule 24: AMP SIFS runs from the end of the signal extension to sample 0 of the response."""
    settings = dataclasses.replace(SETTINGS, dl_rate_bps=dl_rate, ul_rate_bps=ul_rate)
    _, told = run_plain([Poll((TAG_ID,), content_octets=8)], [TAG_ID], settings=settings)
    trigger, ack = sent(told, "ap")
    response = sent(told, f"tag{TAG_ID}")[0]
    assert response["start_ns"] - trigger["end_ns"] == SIFS_NS
    assert response["rate_bps"] == ul_rate
    slot_ns = ack["start_ns"] - SIFS_NS - response["start_ns"]
    assert slot_ns % 4_000 == 0
    assert slot_ns >= (response["end_ns"] - response["start_ns"]) * 1.01


def test_slot_fits_the_slowest_tag_clock() -> None:
    """Rules 23 and 24: a PPDU that the tag's clock stretches by 1 % still ends inside the slot."""
    for octets in (8, 20, 42, 71):
        for rate in (250_000, 1_000_000, 4_000_000):
            nominal = uplink_active_ns(PROFILE, octets, rate)
            allotted = reply_timing(PROFILE, [octets], rate, 10_000).stops_ns[0]
            assert nominal * 1.01 <= allotted < nominal * 1.01 + 4_000


def test_secure_exchange_is_contiguous() -> None:
    """Section 4: SEC-CONFIRM follows the Ack by one AMP SIFS, and the SEC-ACK's Ack closes the exchange."""
    both = secured(flow=4)
    both.run()
    frames = sorted(sent(both.told), key=lambda frame: frame["start_ns"])
    assert [frame["name"] for frame in frames] == [
        "SEC-TRIGGER", "SEC-RESPONSE", "Ack", "SEC-CONFIRM", "SEC-ACK", "Ack",
    ]
    gaps = [after["start_ns"] - before["end_ns"] for before, after in itertools.pairwise(frames)]
    assert [gaps[0], gaps[2], gaps[3]] == [SIFS_NS] * 3


def test_protected_frames_have_the_longer_padding() -> None:
    """Section 2: 36 µs of padding when the frame is protected, 20 µs else: 16 µs more on the air."""
    both = secured()
    both.run()
    trigger, ack = sent(both.told, "ap")[:2]
    assert trigger["protected"] and not ack["protected"]
    # 32 non-AMP + 80 sync + 64 SIG + 39 octets of 32 µs + 36 padding + 6 signal extension
    assert trigger["end_ns"] - trigger["start_ns"] == 1000 * (32 + 80 + 64 + 39 * 32 + 36 + 6)


def test_listening_windows_open_early_and_stop_with_the_slot() -> None:
    """Contract of Listen: windows start a margin before the slot, end with it, and do not overlap."""
    schedule = SlotSchedule(618_000, 3, 2_000_000, 330_000, SIFS_NS)
    timing = reply_timing(PROFILE, [20, 10], 250_000, 10_000)
    windows = listening_windows(schedule, timing, 250_000, 2, 4_000)
    assert len(windows) == 6
    assert windows[0].start_ns == 628_000 - 4_000
    assert windows[1].stop_ns == schedule.end_ns(1)
    for before, after in itertools.pairwise(windows):
        assert before.start_ns < before.stop_ns <= after.start_ns
    assert {(window.rate_bps, window.seed_index) for window in windows} == {(250_000, 2)}


def test_promise_of_silence_reaches_to_the_next_ack() -> None:
    """Lock-step: while a slot is open the AP's next transmission is its Ack, whatever it hears."""
    ap = ApStation(PROFILE, EXACT, [RandomAccess(2, 0, content_octets=CONTENT)])
    assert ap.silent_until_ns() == 0 and ap.next_deadline_ns() == 0
    ap.handle_deadline(0)
    (trigger,) = ap.ppdus_to_send(0)
    assert ap.silent_until_ns() == 1_350_000 and ap.next_deadline_ns() == 1_340_000
    assert trigger.replies[0].start_ns == 628_000 - EXACT.listen_margin_ns
    ap.handle_deadline(1_340_000)
    assert [tx.start_ns for tx in ap.ppdus_to_send(1_340_000)] == [1_350_000]
    assert ap.silent_until_ns() == 2_412_000
    ap.handle_deadline(ap.next_deadline_ns() or 0)
    assert ap.finished and ap.silent_until_ns() == FOREVER_NS and ap.next_deadline_ns() is None


def test_station_ids_that_mean_broadcast_are_refused() -> None:
    """Rule 4 and AMP-SIG: no station is assigned an ID ending in 63."""
    for station in (0xFFFF, 0x003F):
        with pytest.raises(ValueError, match="broadcast"):
            plain_tag(station)
        with pytest.raises(ValueError, match="broadcast"):
            ApStation(PROFILE, ApSettings(station, 250_000, 250_000), [])
    assert AP_ID & 63 != 63
