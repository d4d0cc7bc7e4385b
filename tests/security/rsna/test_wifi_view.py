"""S4's messages as 802.11 frames: tshark names them, checks their MICs, and decrypts their data with the PMK alone."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from scapy.layers.dot11 import Dot11, Dot11Elt
from scapy.utils import wrpcap

from ampradio.security.entropy import SeededEntropy
from ampradio.security.rsna import Order, Prof, RsnaParameters, WifiView
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from tests.security.interference import losing
from tests.security.rsna.eap_psk_server import EapPskServer
from tests.security.rsna.link import AA, EAP_PSK, ID, IDENTITY, MAC, PMK, SPA, Link

OTHER_ID, OTHER_SPA = 0x1235, bytes.fromhex("aa4500000abd")
IEEE_802_11 = 105
FOUR_WAY = [f"Key (Message {number} of 4)" for number in range(1, 5)]
GROUP = [f"Key (Group Message {number} of 2)" for number in (1, 2)]
VARIANTS = [
    RsnaParameters(Prof.LITE, Order.RSN),
    RsnaParameters(Prof.FULL, Order.RSN, (2,)),
    RsnaParameters(Prof.LITE, Order.RSN, (5,)),
    RsnaParameters(Prof.LITE, Order.RSN, (1,)),
    RsnaParameters(Prof.LITE, Order.SEED),
    RsnaParameters(Prof.FULL, Order.WPA1, (2,)),
]


def talked(parameters: RsnaParameters) -> Link:
    """Return a link that was established and used, with a group key that was renewed."""
    link = Link(
        parameters, server=EapPskServer({IDENTITY: EAP_PSK}), tag_options={"application": lambda data: data[::-1]}
    )
    assert link.connect()
    link.ap.send(ID, b"to the tag", 10)
    link.ap.send_group(b"to everyone")
    link.run()
    link.ap.rekey_group()
    link.run()
    link.ap.send_group(b"to everyone again")
    link.run()
    return link


def pmk_of(link: Link) -> Secret:
    assert link.tag._bond.pmk is not None
    return link.tag._bond.pmk


def shown(link: Link) -> list[bytes]:
    view = WifiView(MAC, link.parameters, AA, {ID: SPA}, {ID: pmk_of(link)})
    return [mpdu for message in link.air if (mpdu := view.mpdu(message)) is not None]


def dissected(frames: list[bytes], pmk: bytes, folder: Path) -> list[tuple[str, bytes]]:
    """Return what tshark says of each frame, and the data that it sees in it."""
    path = folder / "frames.pcap"
    wrpcap(str(path), frames, linktype=IEEE_802_11)
    command = ["tshark", "-r", str(path), "-o", "wlan.enable_decryption:TRUE"]
    command += [
        "-o",
        f'uat:80211_keys:"wpa-psk","{pmk.hex()}"',
        "-T",
        "fields",
        "-e",
        "_ws.col.Info",
        "-e",
        "data.data",
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    lines = [line.partition("\t") for line in told.splitlines()]
    return [(info, bytes.fromhex(data)) for info, _, data in lines]


@pytest.mark.parametrize("parameters", VARIANTS, ids=lambda p: f"{p.prof.name}-{p.order.value}-akm{p.akms[0]}")
def test_tshark_names_the_frames_and_decrypts_the_data(parameters: RsnaParameters, tmp_path: Path) -> None:
    """R4.2, R4.9, R4.13, R4.15, R4.19: from beacon to data; CCMP opens with nothing but the PMK."""
    link = talked(parameters)
    frames = shown(link)
    assert len(frames) == len(link.air)
    found = dissected(frames, pmk_of(link).expose(), tmp_path)
    infos = [info for info, _ in found]
    assert infos[0].startswith("Beacon") and 'SSID="ampt"' in infos[0]
    assert [info.split(",")[0] for info in infos[1:5]] == [
        "Authentication",
        "Authentication",
        "Association Request",
        "Association Response",
    ]
    keys = [info.partition("[")[0] for info in infos if info.startswith("Key")]
    assert keys == (FOUR_WAY + GROUP if parameters.order is Order.RSN else FOUR_WAY + 2 * GROUP)
    data = [octets for _, octets in found if octets]
    unicast = [b"to the tag", b"gat eht ot"]
    if parameters.order is Order.RSN:
        assert data == [*unicast, b"to everyone", b"to everyone again"]
        assert not any("Malformed" in info for info in infos)
    else:  # the group key of the seed's order is no KDE, and the dissector looks for one (page 7.3)
        assert [octets for octets in data if octets in unicast] == unicast
    if parameters.akms[0] in (1, 5):
        assert [info for info in infos if "EAP-PSK" in info or "Identity" in info or info == "Success"][-1] == "Success"
        assert sum("EAP-PSK" in info for info in infos) == 4


def test_tshark_sees_nothing_without_the_pmk(tmp_path: Path) -> None:
    """R4.19: the data is under CCMP."""
    link = talked(VARIANTS[0])
    found = dissected(shown(link), bytes(32), tmp_path)
    assert all(b"everyone" not in octets and b"tag" not in octets for _, octets in found)


def test_no_nonce_serves_twice() -> None:
    """CCMP and the AMP frame that it shows are under one key: their packet numbers differ, in the highest bit."""
    link = talked(VARIANTS[0])
    sealed = [frame for frame in shown(link) if frame[1] & 0x40]
    numbers = [bytes([frame[at] for at in (31, 30, 29, 28, 25, 24)]) for frame in sealed]
    said = [message.payload[1:7] for message in link.air if message.msg in (19, 20, 21)]
    assert numbers == [bytes([0x80 | number[0]]) + number[1:] for number in said] and not set(numbers) & set(said)


@pytest.mark.parametrize("order", [Order.SEED, Order.RSN])
def test_lite_and_full_are_the_same_frames(order: Order) -> None:
    """Page 5.4: the lite encoding is lossless: what it elides is rebuilt, MICs and all."""
    lite, full = (talked(RsnaParameters(prof, order, (5,))) for prof in (Prof.LITE, Prof.FULL))
    assert shown(lite) == shown(full)
    assert sum(len(message.payload) for message in lite.air) < sum(len(message.payload) for message in full.air)


def test_a_beacon_says_the_suites() -> None:
    """R4.3 to R4.5: as scapy reads them."""
    beacon = Dot11(shown(talked(VARIANTS[0]))[0])
    elements = {}
    part = beacon.getlayer(Dot11Elt)
    while part is not None:
        elements[part.ID] = part
        part = part.payload.getlayer(Dot11Elt)
    assert elements[0].info == b"ampt"
    rsn = elements[48]
    assert (rsn.group_cipher_suite.cipher, rsn.pairwise_cipher_suites[0].cipher, rsn.akm_suites[0].suite) == (4, 4, 6)


def test_two_stations_and_repetitions() -> None:
    """A view keeps the stations apart, and follows replay counters past what was lost."""
    link = Link()
    link.add(OTHER_ID, OTHER_SPA, SeededEntropy(9))
    view = WifiView(MAC, link.parameters, AA, {ID: SPA, OTHER_ID: OTHER_SPA})
    view.know(ID, Secret(PMK))
    view.know(OTHER_ID, Secret(PMK))
    assert link.connect(uplink=losing(14, times=2))
    assert link.connect(station_id=OTHER_ID)
    for station_id in (ID, OTHER_ID):
        link.ap.send(station_id, b"data")
    link.run()
    assert all(view.mpdu(message) is not None for message in link.air)
    link.ap.deauthenticate(OTHER_ID)
    link.run()
    assert view.mpdu(link.air[-1]) is not None and link.air[-1].msg == 22


def test_what_cannot_be_shown() -> None:
    """Unknown stations and messages, broken ones, and data under keys that are not known: None, and nothing raised."""
    link = talked(VARIANTS[0])
    view = WifiView(MAC, link.parameters, AA, {ID: SPA})
    for message in link.air:
        shown_frame = view.mpdu(message)
        assert (shown_frame is None) == (message.msg in (19, 20, 21))
        for octets in range(len(message.payload)):
            view.mpdu(replace(message, payload=message.payload[:octets]))
    assert view.mpdu(replace(link.air[0], station_id=1)) is None
    assert view.mpdu(Message(4, 31, 1, ID, b"")) is None
    knowing = WifiView(MAC, link.parameters, AA, {ID: SPA}, {ID: Secret(bytes(32))})
    assert [message.msg for message in link.air if knowing.mpdu(message) is None] == [19, 20, 21, 21]
