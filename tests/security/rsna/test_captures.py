"""Both ends against the air between a real hostapd and a real wpa_supplicant (vectors/rsn; protocols page 7.3)."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag

from ampradio.security.prf import psk_of
from ampradio.security.primitives import aes_unwrap
from ampradio.security.rsna import (
    Authenticator,
    Credential,
    EapFromServer,
    Order,
    Port,
    Prof,
    RsnaParameters,
    Supplicant,
)
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from tests.security.interference import Scripted
from tests.security.rsna.captures import KEYS, Eapol, ccmp_open, eapol, element, mpdus, protected
from tests.security.rsna.link import EAP_PSK, ID, LIVE, MAC

AKM = {"wpa1psk": 2, "wpa1eap": 1, "rsnpsk256": 6, "badpsk": 2}
ORDER = {"wpa1psk": Order.WPA1, "wpa1eap": Order.WPA1, "rsnpsk256": Order.RSN, "badpsk": Order.RSN}
CONNECTED = ["wpa1psk", "wpa1eap", "rsnpsk256"]
PASSPHRASE = "ambient-power-psk"


def hexed(name: str, key: str) -> bytes:
    value = KEYS[name][key]
    return bytes.fromhex(value if isinstance(value, str) else value[0])


def parameters_of(name: str) -> RsnaParameters:
    return RsnaParameters(Prof.FULL, ORDER[name], (AKM[name],), b"amp-" + name.encode())


def key_frames(name: str, from_ap: bool) -> list[bytes]:
    return [one.octets for one in eapol(name) if one.is_key and one.from_ap == from_ap]


def nonce_of(frame: bytes) -> bytes:
    return frame[17:49]


def msg_of(frame: Eapol, earlier: int) -> int:
    """Return the message number that a frame of the capture has on our air; ``earlier`` EAP requests came before."""
    if not frame.is_key:
        if frame.octets[4] == 3:
            return 12
        return 6 + 2 * min(earlier, 2)
    info = int.from_bytes(frame.octets[5:7], "big")
    if not info & 0x0008:
        return 17
    return 15 if info & 0x0040 else 13


def wrapped_key_data(name: str) -> list[bytes]:
    """Return what the captured KEK opens of every wrapped Key Data of the AP, by `cryptography` alone."""
    opened = []
    for frame in key_frames(name, True):
        info = int.from_bytes(frame[5:7], "big")
        if info & 0x1000 or not info & 0x0008:
            opened.append(aes_unwrap(hexed(name, "KEK"), frame[99:]))
    return [found for found in opened if found is not None]


def supplicant_of(name: str) -> Supplicant:
    """Return a tag that makes the real station's random choices."""
    said = [one.octets for one in eapol(name) if not one.from_ap]
    rand_p = [octets[26:42] for octets in said if octets[1] == 0 and octets[8] == 47][:1]
    snonces = list(dict.fromkeys(nonce_of(frame) for frame in key_frames(name, False) if any(nonce_of(frame))))
    psk = psk_of(PASSPHRASE if name != "badpsk" else "wrong-passphrase", b"amp-" + name.encode())
    aa, spa = hexed(name, "AA"), hexed(name, "SPA")
    credential = Credential(ID, spa, aa, Secret(psk), Secret(EAP_PSK), b"psk@amp.test")
    source = Scripted(*rand_p, *snonces)
    return Supplicant(MAC, parameters_of(name), credential, source, element=element(name, 0))


def associate(name: str, tag: Supplicant) -> None:
    """Bring a tag through discovery and association: the captured AP's element, our management bodies."""
    ap = Authenticator(
        MAC,
        parameters_of(name),
        hexed(name, "AA"),
        Scripted(bytes(range(16)), bytes(range(32))),
        element=element(name, 8),
    )
    ap.enroll(ID, hexed(name, "SPA"), Secret(bytes(32)))
    ap.begin(ID)
    for _ in range(2):
        tag.receive(ap.messages_to_send(0)[0], 0)
        ap.receive(tag.messages_to_send(0)[0], 0)
    if AKM[name] in (1, 5):
        tag.receive(ap.messages_to_send(0)[0], 0)
    else:
        tag.receive(Message(4, 5, 2, ID, bytes.fromhex("1000 0000 0100")), 0)


def played(name: str, tag: Supplicant) -> list[bytes]:
    """Play the captured AP's frames to a tag and return what it answers."""
    said, requests = [], 0
    for frame in eapol(name):
        if not frame.from_ap:
            continue
        tag.receive(Message(4, msg_of(frame, requests), 2, ID, frame.octets), 0)
        requests += not frame.is_key
        said += [message.payload for message in tag.messages_to_send(0)]
    return said


@pytest.mark.parametrize("name", CONNECTED)
def test_the_tag_says_what_the_real_station_said(name: str) -> None:
    """R4.9, R4.12 to R4.15, 7.3: every EAP and EAPOL-Key frame, MICs included; the port is open at the end."""
    tag = supplicant_of(name)
    associate(name, tag)
    said = played(name, tag)
    captured = [one.octets for one in eapol(name) if not one.from_ap]
    assert [frame for frame in said if frame in captured] == captured
    # hostapd repeated a group message 1 before its answer came; the tag answers both (rule 22)
    extra = [frame for frame in said if frame not in captured]
    assert len(extra) == (1 if ORDER[name] is Order.WPA1 else 0) and all(frame[1] == 3 for frame in extra)
    assert tag.port is Port.OPEN and tag.counters["refused"] == 0


@pytest.mark.parametrize("name", CONNECTED)
def test_the_tag_holds_the_real_keys(name: str) -> None:
    """7.3: TK and the last group key are those the AP logged; the group key was installed once for each value."""
    tag = supplicant_of(name)
    associate(name, tag)
    played(name, tag)
    bond = tag._bond
    assert bond.tk is not None and bond.tk.key.expose() == hexed(name, "TK")
    logged = [bytes.fromhex(key) for key in KEYS[name]["GTK"]]
    groups = {index: held.key.expose() for index, held in bond.groups.items()}
    assert set(groups.values()) <= set(logged) and groups
    assert tag.counters["group_key_installed"] == len(set(group_keys(name)))


def group_keys(name: str) -> list[bytes]:
    """Return the group keys delivered in a capture, in order."""
    if ORDER[name] is Order.WPA1:
        return [bytes(data) for data in wrapped_key_data(name)]
    marker = bytes.fromhex("dd16000fac01")
    return [data[data.index(marker) + 8 :][:16] for data in wrapped_key_data(name)]


@pytest.mark.parametrize("name", CONNECTED)
def test_group_keys_unwrap_to_what_the_ap_logged(name: str) -> None:
    """R4.14, 7.3: AES key unwrap with the KEK of the log."""
    assert set(group_keys(name)) <= {bytes.fromhex(key) for key in KEYS[name]["GTK"]}
    if KEYS[name]["IGTK"]:
        marker = bytes.fromhex("dd1c000fac09")
        found = {data[data.index(marker) + 14 :][:16] for data in wrapped_key_data(name)}
        assert found <= {bytes.fromhex(key) for key in KEYS[name]["IGTK"]}


@pytest.mark.parametrize("name", CONNECTED)
def test_every_protected_frame_opens(name: str) -> None:
    """R4.19, 7.3: CCMP, unicast under TK and multicast under the group keys."""
    keys = [hexed(name, "TK"), *(bytes.fromhex(key) for key in KEYS[name]["GTK"])]
    opened = 0
    for mpdu in protected(name):
        for key in keys:
            try:
                ccmp_open(mpdu, key)
            except InvalidTag:
                continue
            opened += 1
            break
    assert opened == len(protected(name)) > 20


def test_ccmp_of_annex_j() -> None:
    """802.11 J.6.4: what the captures are opened with is CCMP."""
    vector = LIVE["802.11 J.6.4 CCMP"]
    header, clear = bytes.fromhex(vector["mpdu"])[:24], bytes.fromhex(vector["mpdu"])[24:]
    sealed = header[:1] + bytes([header[1] | 0x40]) + header[2:]
    sealed += bytes.fromhex(vector["ccmp_header"]) + bytes.fromhex(vector["ct_mic"])
    assert ccmp_open(sealed, bytes.fromhex(vector["tk"])) == clear


def authenticator_of(name: str) -> Authenticator:
    """Return an AP that makes the real AP's random choices."""
    frames = key_frames(name, True)
    keys = list(dict.fromkeys(group_keys(name)))
    igtks = [bytes.fromhex(key) for key in KEYS[name]["IGTK"]]
    igtk = bool(igtks)
    delivered = [data for data in wrapped_key_data(name)]
    pairs = []
    for key in keys:
        pairs.append(key)
        if igtk:
            data = next(data for data in delivered if key in data)
            pairs.append(next(one for one in igtks if one in data))
    own = 2 if igtk else 1
    source = Scripted(*pairs[:own], nonce_of(frames[0]), *pairs[own:])
    ap = Authenticator(
        MAC,
        parameters_of(name),
        hexed(name, "AA"),
        source,
        element=element(name, 8),
        igtk=igtk,
        first_identifier=0x71,
    )
    ap.enroll(ID, hexed(name, "SPA"), Secret(psk_of(PASSPHRASE, b"amp-" + name.encode())))
    return ap


@pytest.mark.parametrize("name", CONNECTED)
def test_the_ap_says_what_the_real_ap_said(name: str) -> None:
    """R4.9, R4.13 to R4.15, 7.3: EAP relayed, messages 1, 3 and every group message 1, the repetition too."""
    ap, tag = authenticator_of(name), supplicant_of(name)
    captured = eapol(name)
    ap.begin(ID)
    for _ in range(2):
        tag.receive(ap.messages_to_send(0)[0], 0)
        ap.receive(tag.messages_to_send(0)[0], 0)
    now, said = 0, []
    for at, frame in enumerate(captured):
        if frame.from_ap:
            expected = frame.octets
            if int.from_bytes(expected[65:73], "little") == 1:
                ap.send_group(b"one frame under the group key")
            if frame.is_key and int.from_bytes(expected[5:7], "big") & 0x0008 == 0 and ap.port(ID) is Port.OPEN:
                ap.rekey_group()
            elif at and captured[at - 1].from_ap and frame.is_key and captured[at - 1].is_key:
                now = ap.next_deadline_ns() or 0
                ap.handle_deadline(now)
            said += [message.payload for message in ap.messages_to_send(now) if message.msg not in (5, 21)]
        else:
            number = {0: 7, 1: 9, 2: 11}.get(sum(1 for one in captured[:at] if not one.is_key and not one.from_ap), 11)
            info = int.from_bytes(frame.octets[5:7], "big")
            if frame.is_key:
                number = 18 if not info & 0x0008 else 14 if any(nonce_of(frame.octets)) else 16
            ap.receive(Message(4, number, 2, ID, frame.octets), now)
            for asked in ap.backhaul_to_send(now):
                answer = captured[at + 1].octets[4:]
                msk = Secret(hexed(name, "PMK") + bytes(32)) if answer[0] == 3 else None
                ap.backhaul_received(
                    EapFromServer(asked.conversation, asked.request_id, answer, accepted=msk is not None, msk=msk), now
                )
    assert said == [one.octets for one in captured if one.from_ap]
    assert ap.port(ID) is Port.OPEN and ap.counters["refused"] == 0


def test_a_wrong_psk_never_connects() -> None:
    """7.3, `badpsk`: an invalid MIC in message 2 is discarded in silence; message 1 goes out four times, no more."""
    name = "badpsk"
    ap = authenticator_of_bad()
    tag = supplicant_of(name)
    ap.begin(ID)
    for _ in range(2):
        tag.receive(ap.messages_to_send(0)[0], 0)
        ap.receive(tag.messages_to_send(0)[0], 0)
    captured = [one for one in eapol(name) if one.is_key][:8]
    now, waits = 0, []
    for frame in captured:
        if frame.from_ap:
            assert [message.payload for message in ap.messages_to_send(now) if message.msg == 13] == [frame.octets]
        else:
            ap.receive(Message(4, 14, 2, ID, frame.octets), now)
            deadline = ap.next_deadline_ns()
            assert deadline is not None
            waits.append(deadline - now)
            now = deadline
            ap.handle_deadline(now)
    assert waits == [100_000_000, 1_000_000_000, 1_000_000_000, 1_000_000_000]
    assert [message.msg for message in ap.messages_to_send(now)] == [22]
    assert ap.counters["bad_mic"] == 4 and ap.port(ID) is Port.BLOCKED and ap.next_deadline_ns() is None


def authenticator_of_bad() -> Authenticator:
    name = "badpsk"
    source = Scripted(bytes(range(16)), nonce_of(key_frames(name, True)[0]))
    ap = Authenticator(MAC, parameters_of(name), hexed(name, "AA"), source, element=element(name, 8))
    ap.enroll(ID, hexed(name, "SPA"), Secret(hexed(name, "PMK")))
    return ap


def test_the_captures_are_there() -> None:
    """The page's sizes of 7.3, so that none of the tests above runs on nothing."""
    sizes = {name: [len(frame) for frame in key_frames(name, True)] for name in KEYS}
    assert sizes["wpa1psk"][:3] == sizes["wpa1eap"][:3] == [99, 123, 123]
    assert sizes["rsnpsk256"] == [99, 187, 163, 163]
    assert set(sizes["badpsk"]) == {99}
    assert all(len(mpdus(name)) > 100 for name in KEYS)
