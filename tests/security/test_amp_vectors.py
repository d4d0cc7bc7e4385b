"""S1 against the reference vectors, octet for octet: keys, payloads, bodies, AAD, MIC input, MIC, nonce, sizes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ampradio.mac.shim import fragments
from ampradio.security.amp import AmpParameters, Msg
from ampradio.security.amp.infrastructure.keys import pairwise_key, pmk1_of, transient_key
from ampradio.security.amp.infrastructure.messages import SecTrigger
from ampradio.security.amp.infrastructure.protection import additional_data, ccm_nonce, transcript
from ampradio.security.amp.tag.keys import address_of
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from tests.conftest import SHARED
from tests.security import reference_s1
from tests.security.interference import Scripted
from tests.security.two_ends import ID, MAC, TwoEnds

ALL = json.loads((SHARED / "vectors" / "amp_security.json").read_text())["vectors"]
S1 = {vector["name"]: vector for vector in ALL if vector["name"].startswith("S1 ") and vector["messages"]}
LIVE = {vector["name"]: vector for vector in json.loads((SHARED / "vectors" / "vectors.json").read_text())}


def of(vector: dict[str, Any], group: str, name: str) -> bytes:
    return bytes.fromhex(vector[group][name])


def parameters_of(vector: dict[str, Any]) -> AmpParameters:
    inputs = vector["inputs"]
    return AmpParameters(
        prof=inputs["prof"],
        nonce_octets=len(inputs["an"]) // 2,
        modifier_octets=len(inputs["modifier"]) // 2,
        mic_octets=inputs.get("mic", 8),
        encrypt=inputs.get("enc", True),
        flow=4 if "ul4" in inputs else 3,
    )


def ends_of(vector: dict[str, Any]) -> TwoEnds:
    """Return both ends as the vector has them, nonces included."""
    inputs = vector["inputs"]
    assert inputs["id16"] == ID
    trigger = of(vector, "inputs", "trigger")
    return TwoEnds(
        parameters=parameters_of(vector),
        psk=of(vector, "inputs", "psk"),
        pmkv=of(vector, "inputs", "pmkv") or None,
        version=1 if inputs["pmkv"] else 0,
        aa=of(vector, "inputs", "aa"),
        spa=of(vector, "inputs", "spa"),
        ap_entropy=Scripted(of(vector, "inputs", "an")),
        tag_entropy=Scripted(of(vector, "inputs", "sn")),
        server_entropy=Scripted(bytes.fromhex(inputs.get("unonce", ""))),
        readings=[of(vector, "inputs", "ul2")] if inputs["ul2"] else [],
        ap_options={"trigger_for": lambda station, octets: trigger},
    )


def talk(vector: dict[str, Any]) -> TwoEnds:
    """Run the vector's exchange between the two state machines."""
    ends = ends_of(vector)
    inputs = vector["inputs"]
    if "update" in inputs:
        order = ends.server.derive(inputs["ver"], ends.modifier, ends.aa)
        ends.ap.request_update(ID, order)
    ends.begin(dl_data=of(vector, "inputs", "dl1"), command=of(vector, "inputs", "dl3"))
    ends.round()
    if "ul4" in inputs:
        ends.queue.put(of(vector, "inputs", "ul4"))
    ends.run()
    return ends


def test_both_profiles_have_every_kind_of_exchange() -> None:
    """Six exchanges with each PROF, so that the tests below cannot silently run on none."""
    assert sorted(vector["inputs"]["prof"] for vector in S1.values()) == [1] * 6 + [2] * 6


@pytest.mark.parametrize("name", S1)
def test_the_two_ends_say_the_vector_s_octets(name: str) -> None:
    """R1.7, R1.13, R1.14, R1.17, R1.28, rules 3 to 9: payload, body with shim, and frame size of every message."""
    vector = S1[name]
    ends = talk(vector)
    assert [Msg(message.msg).name.replace("_", "-") for message in ends.air] == [m["name"] for m in vector["messages"]]
    for message, expected in zip(ends.air, vector["messages"], strict=True):
        assert message.payload.hex() == expected["payload"], expected["name"]
        assert bodies(message) == expected["bodies"]
        overhead = MAC.header_octets + MAC.fcs_octets
        assert [len(body) // 2 + overhead for body in bodies(message)] == expected["frame_octets"]
    assert ends.heard("tag", "authenticated", "mutual") == [True]
    wanted = [value for key in ("ul2", "ul4") if (value := vector["inputs"].get(key))]
    assert ends.heard("ap", "uplink_data", "data_hex") == wanted
    assert ends.heard("tag", "command", "data_hex") == [value for value in [vector["inputs"]["dl3"]] if value]


def bodies(message: Message) -> list[str]:
    return [(shim.encode() + piece).hex() for shim, piece in fragments(MAC, message)]


@pytest.mark.parametrize("name", S1)
def test_keys_are_the_vector_s(name: str) -> None:
    """R1.6, R1.9, R1.12, R1.35: ROOT, PMK1, PTK, KCK, TK (rule 4)."""
    vector = S1[name]
    aa, spa, an, sn = (of(vector, "inputs", key) for key in ("aa", "spa", "an", "sn"))
    root = ends_of(vector).record(of(vector, "inputs", "psk")).root
    assert root.expose() == of(vector, "keys", "root")
    pmk1 = pmk1_of(root, of(vector, "inputs", "modifier"), aa)
    assert pmk1.expose() == of(vector, "keys", "pmk1")
    assert pairwise_key(pmk1, aa, spa, an, sn, 256) == of(vector, "keys", "ptk")
    key = transient_key(pmk1, aa, spa, an, sn)
    assert (key.kck.expose(), key.tk.expose()) == (of(vector, "keys", "kck"), of(vector, "keys", "tk"))
    assert "Secret(16 octets)" in repr(key) and of(vector, "keys", "kck").hex() not in repr(key)


@pytest.mark.parametrize("name", S1)
def test_mic_input_and_nonce_are_the_vector_s(name: str) -> None:
    """Rules 2, 5, 6: AAD, what the MIC covers, and the CTR nonce of every secured message."""
    vector = S1[name]
    parameters = parameters_of(vector)
    spa, sn = of(vector, "inputs", "spa"), of(vector, "inputs", "sn")
    payload = bytes.fromhex(vector["messages"][0]["payload"])
    nonce_end = 6 + parameters.nonce_octets
    modifier_end = nonce_end + parameters.modifier_octets
    frame1 = SecTrigger(payload[:6], payload[6:nonce_end], payload[nonce_end:modifier_end], payload[modifier_end:])
    for expected in vector["messages"][1:]:
        payload, mic = bytes.fromhex(expected["payload"]), bytes.fromhex(expected["mic"])
        msg = Msg[expected["name"].replace("-", "_")]
        aad = additional_data(MAC, parameters.prof, ID, msg)
        unsigned = payload[: -parameters.mic_octets]
        assert aad.hex() == expected["aad"]
        assert (aad + transcript(parameters, frame1, sn) + unsigned).hex() == expected["mic_input"]
        assert payload[-parameters.mic_octets :] == mic
        pn = 0 if msg == Msg.SEC_RESPONSE else payload[1]
        assert ccm_nonce(msg, spa, pn).hex() == expected["nonce"]


@pytest.mark.parametrize("name", [name for name, vector in S1.items() if "pmkv_new" in vector["keys"]])
def test_updated_keys_are_the_vector_s(name: str) -> None:
    """R1.25, R1.26, rule 9: the new PMKv at the tag, the new PMK1 that the server gave the AP, the update key."""
    vector = S1[name]
    inputs = vector["inputs"]
    order = ends_of(vector).server.derive(inputs["ver"], of(vector, "inputs", "modifier"), of(vector, "inputs", "aa"))
    assert order.pmk1.expose() == of(vector, "keys", "pmk1_new")
    ends = talk(vector)
    record = ends.nvm.read()
    assert record.version == inputs["ver"]
    assert record.pmkv == Secret(of(vector, "keys", "pmkv_new"))
    if "upd_key" in vector["keys"]:
        ver = inputs["ver"].to_bytes(2, "big")
        update_key = of(vector, "keys", "upd_key")
        assert reference_s1.kdf(of(vector, "inputs", "psk"), b"AMP UPD", ver, 128) == update_key
        assert order.content[16:] == reference_s1.cmac(update_key, ver + of(vector, "inputs", "unonce"))[:8]


def test_spa_of_a_tag_without_an_eui_48() -> None:
    """Protocols page 1.1: local, individual, from the permanent ID."""
    vector = next(vector for vector in ALL if vector["name"] == "S1 SPA from permanent ID")
    assert address_of(of(vector, "inputs", "permanent_id")) == of(vector, "keys", "spa")


@pytest.mark.parametrize("capture", ["rsnpsk256", "rsneap256"])
def test_with_32_octet_nonces_and_384_bits_it_is_akm_6(capture: str) -> None:
    """R1.3: an existing 802.11 protocol, seen between a real hostapd and a real wpa_supplicant."""
    live = LIVE[f"live 4-way {capture}"]
    aa, spa, an, sn = (bytes.fromhex(live[key]) for key in ("aa", "spa", "anonce", "snonce"))
    assert len(an) == 32
    assert pairwise_key(Secret(bytes.fromhex(live["pmk"])), aa, spa, an, sn, 384).hex() == live["ptk"]
    assert pairwise_key(Secret(bytes.fromhex(live["pmk"])), spa, aa, sn, an, 384).hex() == live["ptk"]
