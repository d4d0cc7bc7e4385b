"""What S4 costs: octets and messages (tables 5.4 and 8.1 with rules 20, 21 and 27's note), primitives (table 8.3)."""

from __future__ import annotations

import pytest

from ampradio.mac.shim import message_frame_octets
from ampradio.security import meter
from ampradio.security.meter import Primitive
from ampradio.security.rsna import Order, Prof, RsnaParameters
from tests.security.rsna.eap_psk_server import EapPskServer
from tests.security.rsna.link import EAP_PSK, IDENTITY, MAC, SPA, Link

EAP_AKM = (5,)


def eap_link(parameters: RsnaParameters, **options: object) -> Link:
    return Link(parameters, server=EapPskServer({IDENTITY: EAP_PSK}), **options)  # type: ignore[arg-type]


def octets(link: Link) -> tuple[int, int, int, int]:
    """Return octets down and up, and frames down and up."""
    totals = [0, 0, 0, 0]
    for message in link.air:
        up = message.msg in (2, 4, 7, 9, 11, 14, 16, 18)
        frames = message_frame_octets(MAC, len(message.payload))
        totals[up] += sum(frames)
        totals[2 + up] += len(frames)
    return totals[0], totals[1], totals[2], totals[3]


TABLE_8_1 = [
    ("S4-lite EAP-PSK", RsnaParameters(akms=EAP_AKM), (308, 284, 10, 8)),
    ("S4-lite PSK", RsnaParameters(), (171, 141, 6, 5)),
    ("S4-full EAP-PSK", RsnaParameters(Prof.FULL, akms=EAP_AKM), (627, 596, 14, 12)),
]


@pytest.mark.parametrize("row", TABLE_8_1, ids=[row[0] for row in TABLE_8_1])
def test_octets_on_the_air(row: tuple[str, RsnaParameters, tuple[int, ...]]) -> None:
    """Table 8.1 with the note under rule 27: a 7-octet identity, the server as.amp.test, an SSID of 4 octets."""
    _, parameters, expected = row
    link = eap_link(parameters)
    assert link.connect()
    assert octets(link) == expected


LITE = {1: 8, 2: 1, 3: 2, 4: 5, 5: 3, 6: 5, 7: 12, 8: 33, 9: 61, 10: 59, 11: 43, 12: 4}
LITE_KEYS = {13: 34, 14: 54, 15: 22, 16: 18, 17: 48, 18: 18}
FULL = {1: 29, 2: 6, 3: 6, 4: 35, 5: 6, 6: 9, 7: 16, 8: 37, 9: 65, 10: 63, 11: 47, 12: 8}
FULL_KEYS = {13: 99, 14: 121, 15: 121, 16: 99, 17: 123, 18: 99}


@pytest.mark.parametrize(("prof", "table"), [(Prof.LITE, LITE | LITE_KEYS), (Prof.FULL, FULL | FULL_KEYS)])
def test_the_eighteen_messages(prof: Prof, table: dict[int, int]) -> None:
    """Table 5.4 with rule 21: the size of every message, and that a slot holds what comes back."""
    link = eap_link(RsnaParameters(prof, akms=EAP_AKM))
    assert link.connect()
    assert {message.msg: len(message.payload) for message in link.air} == table
    assert [message.msg for message in link.air] == list(range(1, 19))
    for message, answer in zip(link.air, link.air[1:], strict=False):
        if message.reply_octets is not None:
            assert answer.msg == message.msg + 1 and len(answer.payload) <= message.reply_octets


@pytest.mark.parametrize(("igtk", "sizes"), [(False, (74, 155)), (True, (106, 187))])
def test_message_3_of_order_rsn(igtk: bool, sizes: tuple[int, int]) -> None:
    """Rule 21: 74 octets in lite, 106 with an IGTK; 155 and 187 whole (page 5.4, 7.3)."""
    for prof, size in zip(Prof, sizes, strict=True):
        link = Link(RsnaParameters(prof, Order.RSN), ap_options={"igtk": igtk})
        assert link.connect()
        assert [len(message.payload) for message in link.said(15)] == [size]
        assert link.said(17) == []


def test_a_kept_pmk_takes_eleven_messages() -> None:
    """W4.6, page 5.4: advert, open authentication, association with PMKID, 4-way, group: 11 frames in place of 18."""
    link = eap_link(RsnaParameters(akms=EAP_AKM, pmk_caching=True))
    assert link.connect()
    link.tag.power_off()
    link.air.clear()
    assert link.connect()
    assert link.air.pop(0).msg == 22  # the AP did not know that the tag was off
    assert [message.msg for message in link.air] == [1, 2, 3, 4, 5, 13, 14, 15, 16, 17, 18]
    assert [len(message.payload) for message in link.air if message.msg in (4, 13)] == [21, 50]
    assert link.air[2].reply_octets == 21


def tally_of(parameters: RsnaParameters) -> meter.Tally:
    tally = meter.Tally()
    link = eap_link(parameters, meter=tally)
    assert link.connect()
    return tally


def test_primitives_of_eap_psk_with_akm_5() -> None:
    """Table 8.3: PTK 10 compressions, 48 random octets; the AES count is explained part by part.

    EAP-PSK sets its keys up twice (3 + 3), derives TEK and MSK (6), works out MAC_P (5) and MAC_S (3), and
    opens and seals one octet under EAX (11 each): 42, the page's "≈ 40". Five rebuilt frames are MACed: 121, 121, 99,
    123 and 99 octets are 8, 8, 7, 8, 7 blocks, and a sub-key each. A group key unwraps in 12.
    """
    tally = tally_of(RsnaParameters(akms=EAP_AKM))
    assert tally.units[Primitive.SHA256] == 10
    assert tally.units[Primitive.SHA1] == 0
    assert tally.units[Primitive.RNG] == 16 + 32
    mac_p = -(-(len(IDENTITY) + 11 + 32) // 16) + 1
    mac_s = -(-(11 + 16) // 16) + 1
    eax = (2 + 1) + (3 + 1) + (2 + 1) + 1  # OMACs of nonce, 22 octets of header, one of text; CTR
    eap = 2 * 3 + 6 + mac_p + mac_s + 2 * eax
    macs = sum(blocks + 1 for blocks in (8, 8, 7, 8, 7))
    assert tally.units[Primitive.AES] == eap + macs + 12
    assert (eap, macs) == (42, 43)
    assert tally.units[Primitive.NVM_ROW] == 0


def test_primitives_of_a_psk() -> None:
    """Table 8.3: AKM 6 without EAP, AKM 2 with HMAC-SHA-1 in place of CMAC and KDF."""
    tally = tally_of(RsnaParameters())
    assert tally.units[Primitive.SHA256] == 10 and tally.units[Primitive.AES] == 43 + 12
    assert tally.units[Primitive.RNG] == 32
    tally = tally_of(RsnaParameters(akms=(2,)))
    assert tally.units[Primitive.AES] == 12 and tally.units[Primitive.SHA256] == 0
    prf = 3 * (2 + 3)
    assert tally.units[Primitive.SHA1] == prf + sum(blocks + 2 for blocks in (4, 4, 3, 4, 3))


def test_a_kept_pmk_costs_rows_once() -> None:
    """W4.6: 39 octets in two slots are 5 row writes after EAP, none when the PMK is used again."""
    tally = meter.Tally()
    link = eap_link(RsnaParameters(akms=EAP_AKM, pmk_caching=True), meter=tally)
    assert link.connect()
    assert tally.units[Primitive.NVM_ROW] == 5
    link.tag.power_off()
    assert link.connect()
    assert tally.units[Primitive.NVM_ROW] == 5
    assert SPA != b""
