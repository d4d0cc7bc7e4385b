"""What events tell: enough for a message ladder."""

from __future__ import annotations

from ampradio.mac.message_names import message_name
from tests.mac.bench import AP_ID, TAG_ID, losing, of_kind, secured


def test_a_three_frame_exchange_reads_as_a_ladder() -> None:
    """Issue item 9: direction, ends, name, size and time of each frame, at the sender and at the receiver."""
    told = secured(flow=3).run()
    ladder = [
        (name, event.kind, event.detail["direction"], event.detail["src"], event.detail["dst"], event.detail["name"])
        for name, event in told
        if event.kind in ("tx", "rx")
    ]
    down, up = ("DL", "AP", "0x1234"), ("UL", "0x1234", "AP")
    expected = []
    for ends, frame in [(down, "SEC-TRIGGER"), (up, "SEC-RESPONSE"), (down, "Ack"), (down, "SEC-CONFIRM")]:
        sender, receiver = ("ap", "tag") if ends is down else ("tag", "ap")
        expected += [(sender, "tx", *ends, frame), (receiver, "rx", *ends, frame)]
    assert sorted(ladder) == sorted(expected)


def test_reception_events_carry_what_was_measured() -> None:
    """Issue item 3: SNR, clock and carrier offset of each PPDU reach the events; None where it is not measured."""
    told = secured().run()
    at_ap, at_tag = of_kind(told, "rx", "ap")[0], of_kind(told, "rx", "tag")[0]
    assert (at_ap["snr_db"], at_ap["clock_ppm"], at_ap["cfo_hz"]) == (99.0, 0.0, 0.0)
    assert at_tag["cfo_hz"] is None
    assert at_tag["octets"] == 39 and at_tag["end_ns"] - at_tag["start_ns"] == 1_466_000


def test_an_unheard_slot_is_told_from_a_heard_one() -> None:
    """Section 4: Ack events say whose ID went out and whether anybody was heard."""
    told = secured().run(losing(1))
    assert [(ack["id"], ack["heard"]) for ack in of_kind(told, "ack", "ap")] == [(AP_ID, False), (TAG_ID, True)]


def test_names_of_messages() -> None:
    """Rule 3: MSG is the row of the system's table; unknown ones are shown by number."""
    assert [message_name(1, msg) for msg in (1, 4, 6)] == ["SEC-TRIGGER", "SEC-ACK", "PMK-UPDATED"]
    assert (message_name(1, 7), message_name(1, 0), message_name(3, 4)) == (
        "S1 message 7",
        "S1 message 0",
        "S3 message 4",
    )
    assert [message_name(3, msg) for msg in (2, 3, 5, 6)] == ["PAGING", "AUTH-RSP", "COMMAND", "CMD-RSP"]
    assert [message_name(2, 5, prof) for prof in (1, 2, 3)] == ["REKEY", "REKEY", "REQ-SENSOR-DATA"]
    assert (message_name(4, 15), message_name(4, 18), message_name(5, 6)) == ("4WAY-3", "GROUP-2", "CONFIRM-TPOS")
