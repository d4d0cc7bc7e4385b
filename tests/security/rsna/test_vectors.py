"""The vectors of S4 come out of state machines and handshakes, octet for octet (protocols page 5.4, rules 20-23)."""

from __future__ import annotations

from typing import Any

import pytest

from ampradio.security.eax import eax_open
from ampradio.security.entropy import NonceSource
from ampradio.security.rsna import Order, Prof, RsnaParameters
from ampradio.security.rsna.infrastructure.elements import default_suites, encode_element
from ampradio.security.rsna.infrastructure.handshake import GroupKey
from ampradio.security.rsna.infrastructure.handshake import Handshake as ApHandshake
from ampradio.security.rsna.infrastructure.keys import pairwise_key
from ampradio.security.rsna.profiles import Msg
from ampradio.security.rsna.tag.eap_psk import EapPskPeer, session_keys, setup_keys
from ampradio.security.rsna.tag.handshake import Handshake as TagHandshake
from ampradio.security.rsna.tag.keys import TransientKeys
from ampradio.security.rsna.tag.protection import Protection
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from tests.security.interference import Scripted
from tests.security.rsna import eap_psk_server
from tests.security.rsna.link import AA, ID, LIVE, MAC, PMK, SPA, VECTORS, Link, bodies

HANDSHAKES = [name for name in VECTORS if name != "S4 data after OPEN"]
SEED_6 = "S4 order=seed AKM 6 (default)"
FOUR_WAYS = [name for name in LIVE if name.startswith("live 4-way")]
STEPS = {
    "m1": Msg.PAIRWISE_1,
    "m2": Msg.PAIRWISE_2,
    "m3": Msg.PAIRWISE_3,
    "m4": Msg.PAIRWISE_4,
    "g1": Msg.GROUP_1,
    "g2": Msg.GROUP_2,
}


def of(vector: dict[str, Any], name: str) -> bytes:
    return bytes.fromhex(vector["inputs"][name])


def expected(vector: dict[str, Any], encoding: str) -> dict[str, dict[str, Any]]:
    return {m["name"].split()[1]: m for m in vector["messages"] if m["name"].startswith(encoding)}


@pytest.mark.parametrize("encoding", ["lite", "full"])
@pytest.mark.parametrize("name", HANDSHAKES)
def test_both_handshakes_say_the_vector_s_octets(name: str, encoding: str) -> None:
    """R4.12 to R4.15, rules 20 and 21: AKM 5 and 6, both orders, a replay counter that crosses 255."""
    vector = VECTORS[name]
    inputs = vector["inputs"]
    parameters = RsnaParameters(Prof[encoding.upper()], Order(inputs["order"]), (inputs["akm"],))
    element = encode_element(parameters.order, default_suites((inputs["akm"],)))
    pmk, nonces = Secret(of(vector, "pmk")), Scripted(of(vector, "sn"))
    ends = (parameters, inputs["akm"], of(vector, "aa"), of(vector, "spa"))
    ap = ApHandshake(*ends, pmk, of(vector, "an"), (element, element), b"", inputs["rc0"])
    tag = TagHandshake(parameters, inputs["akm"], (ends[2], ends[3]), pmk, (element, element), nonces.octets)
    given = GroupKey(inputs["gtk_id"], Secret(of(vector, "gtk")), int.from_bytes(of(vector, "rsc"), "little"))
    at_m3 = GroupKey(given.key_id, given.key, 0)
    said: dict[str, bytes] = {"m1": ap.message_1()}
    said["m2"] = tag.message_2(said["m1"], b"")
    ap.take_message_2(said["m2"], ())
    said["m3"] = ap.message_3(at_m3)
    said["m4"], _, fresh = tag.message_4(said["m3"])
    tag.install()
    ap.take_message_4(said["m4"])
    said["g1"] = ap.group_1(given)
    said["g2"], found = tag.group_2(said["g1"])
    ap.take_group_2(said["g2"], given)
    assert fresh and found == (given.key_id, given.key, given.pn)
    for step, message in expected(vector, encoding).items():
        assert said[step].hex() == message["payload"], step
        around = Message(4, int(STEPS[step]), int(parameters.prof), ID, said[step])
        assert bodies(around) == message["bodies"]
        assert [len(body) // 2 + 7 for body in bodies(around)] == message["frame_octets"]
    assert set(said) == set(expected(vector, encoding))


@pytest.mark.parametrize("encoding", ["lite", "full"])
@pytest.mark.parametrize("name", [SEED_6, "S4 order=rsn AKM 6"])
def test_the_sessions_say_the_vector_s_octets(name: str, encoding: str) -> None:
    """R4.12 to R4.16: the same, from the advert to the open port."""
    vector = VECTORS[name]
    inputs = vector["inputs"]
    parameters = RsnaParameters(Prof[encoding.upper()], Order(inputs["order"]))
    link = Link(
        parameters,
        Scripted(of(vector, "gtk"), of(vector, "an")),
        Scripted(of(vector, "sn")),
        ap_options={"first_replay": inputs["rc0"]},
        psk=of(vector, "pmk"),
    )
    if parameters.order is Order.SEED:
        for _ in range(int.from_bytes(of(vector, "rsc"), "little")):
            link.ap.send_group(b"")
        link.ap.messages_to_send(0)
    assert (of(vector, "aa"), of(vector, "spa")) == (AA, SPA)
    assert link.connect()
    wanted = expected(vector, encoding)
    steps = [step for step in wanted if link.said(int(STEPS[step]))]
    assert steps == (list(wanted) if parameters.order is Order.SEED else ["m1", "m2", "m3", "m4"])
    for step in steps:
        assert [message.payload.hex() for message in link.said(int(STEPS[step]))] == [wanted[step]["payload"]]


@pytest.mark.parametrize("name", HANDSHAKES)
def test_keys_are_the_vector_s(name: str) -> None:
    """R4.12: KCK, KEK, TK at both ends."""
    vector = VECTORS[name]
    args = [Secret(of(vector, "pmk")), *(of(vector, key) for key in ("aa", "spa", "an", "sn"))]
    for keys in (
        pairwise_key(vector["inputs"]["akm"], *args),  # type: ignore[arg-type]
        TransientKeys.derive(vector["inputs"]["akm"], *args),  # type: ignore[arg-type]
    ):
        assert [key.expose().hex() for key in (keys.kck, keys.kek, keys.tk)] == [
            vector["keys"][part] for part in ("kck", "kek", "tk")
        ]
        assert vector["keys"]["tk"] not in repr(keys)


@pytest.mark.parametrize("name", [*FOUR_WAYS, "802.11 J.7 pairwise key"])
def test_keys_of_annex_j_and_of_live_handshakes(name: str) -> None:
    """R4.12, 7.3: AKM 1, 2, 5, 6 and WPA1, and IEEE 802.11 J.7."""
    vector = LIVE[name]
    akm = int(vector["akm"].rstrip(")").rsplit(":", 1)[1]) if "akm" in vector else 2
    args = [bytes.fromhex(vector[key]) for key in ("aa", "spa", "anonce", "snonce")]
    ptk = vector.get("ptk") or vector["kck"] + vector["kek"] + vector["tk"]
    pmk = Secret(bytes.fromhex(vector["pmk"]))
    for keys in (pairwise_key(akm, pmk, *args), TransientKeys.derive(akm, pmk, *args)):
        assert (keys.kck.expose() + keys.kek.expose() + keys.tk.expose()).hex() == ptk


def open_link() -> Link:
    vector = VECTORS["S4 data after OPEN"]
    link = Link(
        ap_entropy=Scripted(of(vector, "gtk"), of(vector, "an")),
        tag_entropy=Scripted(of(vector, "sn")),
        psk=of(vector, "pmk"),
    )
    for _ in range(5):
        link.ap.send_group(b"")
    link.ap.messages_to_send(0)
    assert link.connect()
    return link


def test_data_after_open_is_the_vector_s() -> None:
    """R4.19, rule 23: unicast both ways and group; what one end opens the other end seals to the same octets."""
    messages = {m["name"]: bytes.fromhex(m["payload"]) for m in VECTORS["S4 data after OPEN"]["messages"]}
    link = open_link()
    down, group = messages["data unicast DL"], messages["data group"]
    link.tag.receive(Message(4, 19, 1, ID, down), 0)
    link.tag.receive(Message(4, 21, 1, 0xFFFF, group), 0)
    first, second = (bytes.fromhex(data) for data in link.heard("tag", "data", "data_hex"))
    link = open_link()
    link.ap.send(ID, first)
    link.ap.send_group(second)
    assert [message.payload for message in link.ap.messages_to_send(0)] == [down, group]
    for name, pn in (("data unicast UL", 1), ("data unicast UL, PN 0x10000", 0x10000)):
        link.ap.receive(Message(4, 20, 1, ID, messages[name]), 0)
        data = bytes.fromhex(link.heard("ap", "uplink_data", "data_hex")[-1])
        assert link.tag._bond.tk is not None
        assert Protection(MAC, 1, AA, SPA).seal(link.tag._bond.tk.key, pn, data, ID) == messages[name]
    assert link.heard("ap", "uplink_data", "pn") == [1, 0x10000] and link.refusals("ap") == []


def test_eap_psk_of_a_live_session() -> None:
    """R4.9, 7.1: AK, KDK, TEK, MSK, MAC_P and what the protected channel holds, against eapol_test and hostapd."""
    vector = LIVE["EAP-PSK (RFC 4764) live session"]
    psk, rand_s, rand_p = (bytes.fromhex(vector[key]) for key in ("psk", "rand_s", "rand_p"))
    ak, kdk = setup_keys(Secret(psk))
    assert (ak.hex(), kdk.hex()) == (vector["ak"], vector["kdk"])
    derived = session_keys(kdk, rand_p)
    assert (derived.tek.expose().hex(), derived.msk.expose().hex()) == (vector["tek"], vector["msk"])
    assert eap_psk_server.derive(psk, rand_p)[2:] == (bytes.fromhex(vector["msk"]), bytes.fromhex(vector["emsk"]))
    peer = EapPskPeer(Secret(psk), vector["id_p"].encode(), NonceSource(Scripted(rand_p)))
    name = vector["id_s"].encode()
    first = bytes([1, 7]) + (22 + len(name)).to_bytes(2, "big") + b"\x2f\x00" + rand_s + name
    assert peer.respond(first)[33:49].hex() == vector["mac_p"]
    channel = bytes.fromhex(vector["pchannel_s"])
    opened = 0
    for identifier in range(256):  # the log does not tell the identifier, which the tag covers
        third = bytes([1, identifier, 0, 59, 47, 0x80]) + rand_s + bytes.fromhex(vector["mac_s"]) + channel
        if eax_open(derived.tek.expose(), bytes(16), channel[20:] + channel[4:20], third[:22]) is None:
            continue
        opened += 1
        assert peer.respond(third)[17:].hex() == vector["pchannel_p"]
    assert opened == 1 and peer.msk is not None and peer.msk.expose().hex() == vector["msk"]


def test_every_vector_is_used() -> None:
    assert len(HANDSHAKES) == 3 and len(FOUR_WAYS) == 6 and len(VECTORS) == 4
    assert PMK.hex() == VECTORS[SEED_6]["inputs"]["pmk"]
