"""What S1 lets a caller choose, what it refuses with which words, and what it reports."""

from __future__ import annotations

from typing import Any

import pytest

from ampradio.security.amp import AmpAuthenticator, AmpParameters, PmkRecord, Prof, Readings, TagCredential, TagIdentity
from ampradio.security.entropy import SeededEntropy
from ampradio.security.secret import Secret
from ampradio.vectors import PpduKind
from tests.security.two_ends import AA, ID, MAC, PSK, SPA, TRIGGER, TwoEnds


def test_defaults_are_the_page_s() -> None:
    """Page 2.4: 16 / 8 / 8 octets, encryption both ways, three frames, hardened; 1 s (rule 8)."""
    parameters = AmpParameters()
    assert (parameters.nonce_octets, parameters.modifier_octets, parameters.mic_octets) == (16, 8, 8)
    assert parameters.encrypt and parameters.flow == 3 and parameters.prof is Prof.HARDENED
    assert parameters.ptk_lifetime_ns == 10**9
    assert parameters == AmpParameters(2, backscatter="bistatic")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"nonce_octets": 12}, "nonce_octets is 12, must be one of 8, 16, 32"),
        ({"modifier_octets": 2}, "modifier_octets is 2, must be one of 0, 4, 8, 16"),
        ({"mic_octets": 1}, "mic_octets is 1, must be one of 2, 4, 8, 16"),
        ({"flow": 1}, "flow is 1, must be one of 2, 3, 4"),
        ({"prof": 3}, "PROF 3 needs Ascon"),
        ({"prof": 0}, "0 is not a valid Prof"),
        ({"backscatter": "maybe"}, "'maybe' is not a valid BackscatterPolicy"),
        ({"uplink_data_max": -1}, "uplink_data_max is -1"),
        ({"ptk_lifetime_ns": 0}, "ptk_lifetime_ns is 0"),
    ],
)
def test_values_outside_the_page_s_lists_are_refused(wrong: dict[str, Any], text: str) -> None:
    """R1.5: a parameter is one of the page's values or an error that names it."""
    with pytest.raises(ValueError, match=text):
        AmpParameters(**wrong)


def test_everything_open_in_the_draft_is_reported() -> None:
    """R1.4, R1.5: lengths, algorithms, flow, backscatter and variant, as the first event of both ends."""
    parameters = AmpParameters(1, 8, 4, 4, False, 2)
    report = parameters.report()
    assert report["variant"] == "literal" and report["mutual_authentication"] is False
    assert AmpParameters().report()["variant"] == "hardened" and AmpParameters().report()["mutual_authentication"]
    for name in ("prof", "nonce_octets", "modifier_octets", "mic_octets", "encrypt", "flow", "ptk_lifetime_ns"):
        assert report[name] == getattr(parameters, name)
    assert {"kdf", "cipher", "backscatter", "placeholder"} <= report.keys()
    ends = TwoEnds(parameters)
    for side in ("ap", "tag"):
        assert ends.heard(side, "parameters")[0].items() >= report.items()


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ({"station_id": 0x0777}, "no tag 0x0777 is enrolled"),
        ({"trigger": bytes(5)}, "the Trigger has 5 octets, must have 6"),
        ({"dl_data": bytes(467)}, "467 octets of downlink data do not fit one message, at most 466 do"),
        ({"command": bytes(487)}, "487 octets of command do not fit one message, at most 486 do"),
        ({"expect_uplink_octets": 17}, r"expect_uplink_octets is 17, must be 0…16"),
        ({"station_id": 0xFFFF, "command": b"x"}, "a round for everyone carries no command"),
    ],
)
def test_what_begin_refuses(wanted: dict[str, Any], text: str) -> None:
    """Ours, not theirs: ValueError, and nothing is sent."""
    ends = TwoEnds()
    with pytest.raises(ValueError, match=text):
        ends.ap.begin(**{"station_id": ID, **wanted})
    assert not ends.ap.busy and ends.ap.messages_to_send(0) == []


def test_the_longest_messages_do_go_out() -> None:
    """Page 1.1: 8 fragments of 62 octets."""
    ends = TwoEnds()
    ends.exchange(dl_data=bytes(466), command=bytes(range(243)) * 2)
    assert [len(message.payload) for message in ends.air if message.msg in (1, 3)] == [496, 496]
    assert ends.heard("tag", "command", "data_hex") == [(bytes(range(243)) * 2).hex()]


def test_one_exchange_and_one_round_at_a_time() -> None:
    """Page 2.4: one outstanding ANonce per tag."""
    ends = TwoEnds()
    ends.begin()
    with pytest.raises(ValueError, match="an exchange with 0x1234 is under way"):
        ends.begin()
    ends.ap.begin(MAC.broadcast_id)
    with pytest.raises(ValueError, match="one at a time"):
        ends.ap.begin(MAC.broadcast_id)


def test_commands_need_a_third_frame_and_an_octet() -> None:
    """R1.32: a two-frame flow cannot carry a command that was authenticated."""
    with pytest.raises(ValueError, match="two-frame flow has no SEC-CONFIRM"):
        TwoEnds(AmpParameters(flow=2)).begin(command=b"x")
    with pytest.raises(ValueError, match="at least one octet"):
        TwoEnds().ap.queue_command(ID, b"")
    with pytest.raises(ValueError, match="no tag 0x0777"):
        TwoEnds().ap.queue_command(0x0777, b"x")


def test_a_trigger_has_to_come_from_somewhere() -> None:
    """The session does not invent slots: the MAC gives the six octets each time or a way to get them."""
    ends = TwoEnds(ap_options={"trigger_for": None})
    with pytest.raises(ValueError, match="give them, or trigger_for"):
        ends.begin()
    ends.exchange(trigger=TRIGGER[::-1])
    assert ends.air[0].payload[:6] == TRIGGER[::-1]
    asked: list[tuple[int, int]] = []

    def trigger_for(station_id: int, reply_octets: int) -> bytes:
        asked.append((station_id, reply_octets))
        return TRIGGER

    TwoEnds(ap_options={"trigger_for": trigger_for}).exchange(expect_uplink_octets=3)
    assert asked == [(ID, 28)]


@pytest.mark.parametrize(
    ("aa", "modifier", "parameters", "text"),
    [
        (bytes(5), bytes(8), AmpParameters(), "AA has 5 octets, an address has 6"),
        (b"\x01" + bytes(5), bytes(8), AmpParameters(), "AA 01:00:00:00:00:00 is a group address"),
        (AA, bytes(7), AmpParameters(), "the Modifier has 7 octets, the parameters say 8"),
        (AA, bytes(8), AmpParameters(uplink_data_max=472), "472 octets of uplink data do not fit one message"),
    ],
)
def test_what_an_ap_refuses(aa: bytes, modifier: bytes, parameters: AmpParameters, text: str) -> None:
    """Ours: wrong sizes are found at once, not on the air."""
    with pytest.raises(ValueError, match=text):
        AmpAuthenticator(MAC, parameters, aa, modifier, SeededEntropy(1))


@pytest.mark.parametrize(
    ("station_id", "spa", "uplink", "text"),
    [
        (0xFFFF, SPA, PpduKind.UL_ACTIVE, "station_id is 65535"),
        (-1, SPA, PpduKind.UL_ACTIVE, "station_id is -1"),
        (0x003F, SPA, PpduKind.UL_ACTIVE, "0x003f has 63 in its low six bits"),
        (ID, SPA[:5], PpduKind.UL_ACTIVE, "SPA has 5 octets"),
        (ID, SPA, PpduKind.DL_TYPE1, "DL_TYPE1 is not an uplink"),
    ],
)
def test_what_an_enrolment_refuses(station_id: int, spa: bytes, uplink: PpduKind, text: str) -> None:
    """Rules 3, 4: IDs avoid 63 in the low six bits (a backscatter ID is a CRC and cannot)."""
    with pytest.raises(ValueError, match=text):
        TagCredential(station_id, spa, Secret(PSK), uplink)
    with pytest.raises(ValueError, match=text):
        TagIdentity(station_id, spa, AA, uplink)
    assert TagIdentity(0x003F, SPA, AA, PpduKind.UL_BISTATIC).station_id == 0x003F


def test_an_spa_is_enrolled_once() -> None:
    """Rule 4: candidates of an ID differ in their SPA."""
    ends = TwoEnds()
    with pytest.raises(ValueError, match="SPA aa:45:00:00:0a:bc is enrolled already for 0x1234"):
        ends.ap.enroll(TagCredential(ID, SPA, Secret(PSK)))


def test_a_root_has_32_octets() -> None:
    """Page 2.4; the message does not show the key."""
    assert PmkRecord(Secret(PSK)).root == Secret(PSK)
    with pytest.raises(ValueError, match=r"^PSK has 31 octets, must have 32$"):
        PmkRecord(Secret(PSK[:31]))
    with pytest.raises(ValueError, match=r"^PMKv has 33 octets, must have 32$"):
        PmkRecord(Secret(PSK), Secret(bytes(33)))
    with pytest.raises(ValueError, match="version is 65536"):
        PmkRecord(Secret(PSK), None, 65536)


def test_readings_are_a_queue() -> None:
    """The sensor's side: oldest first, asking does not remove."""
    readings = Readings([b"a"])
    readings.put(b"b")
    assert readings.head() == readings.head() == b"a" and readings.more() and len(readings) == 2
    readings.delivered()
    assert readings.head() == b"b" and not readings.more()
    readings.delivered()
    readings.delivered()
    assert readings.head() is None and len(readings) == 0


def test_an_empty_reading_is_a_reading() -> None:
    """It is sent, as no data, and leaves the queue."""
    ends = TwoEnds(AmpParameters(flow=4), readings=[b"", b"a", b""])
    ends.exchange()
    assert len(ends.queue) == 0 and ends.heard("ap", "uplink_data", "data_hex") == [b"a".hex()]
