"""S5's reference vectors, octet for octet, through MN, SPoS, TPoS and GM."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ampradio.mac.shim import fragments
from ampradio.security.handover import (
    Association,
    Delivery,
    HandoverParameters,
    IdType,
    KeyTree,
    Link,
    Prf,
    Reading,
)
from ampradio.security.handover.pos import keys as pos_keys
from ampradio.security.handover.pos import mis
from ampradio.security.handover.tag import schedule
from ampradio.security.secret import Secret
from tests.conftest import SHARED
from tests.security.handover.world import MAC, STATION, Scripted, World

VECTORS = {
    vector["name"]: vector
    for vector in json.loads((SHARED / "vectors" / "amp_security.json").read_text())["vectors"]
    if vector["name"].startswith("S5")
}
FLOWS = [vector for vector in VECTORS.values() if vector["messages"]]
VARIANTS = {"legacy": Delivery.LEGACY, "R1": Delivery.REMEDY_1, "R2": Delivery.REMEDY_2}


def world_of(inputs: dict[str, Any]) -> World:
    """Set everybody up so that the vector's secrets and nonces are drawn where they are drawn."""
    octets = {name: bytes.fromhex(value) for name, value in inputs.items() if name in _HEX}
    delivery = VARIANTS[inputs["variant"]]
    parameters = HandoverParameters(
        delivery,
        prf=Prf(inputs.get("prf", "hmac")),
        reading=Reading(inputs.get("mode", "as-sent")),
        suite=inputs["suite"],
        key_lifetime_s=inputs["life"],
    )
    mn, spos, tpos = octets["mn"], octets["spos"], octets["tpos"]
    legacy = delivery is Delivery.LEGACY
    node = octets.get("node", b"\x08\x00\x05")
    fixed = {(node[0], int.from_bytes(node[1:], "big")): Secret(octets["node_key"])} if "node_key" in octets else {}
    world = World(
        parameters,
        served=False,
        tree=KeyTree(parameters.tree_depth, Secret(bytes(range(16))), fixed),
        keys={frozenset((spos, tpos)): octets["k_stpos"]} if legacy else {},
        mn_entropy=Scripted(octets["nt"]),
        pos_entropy={
            spos: Scripted(*([octets["k"], octets["nn"]] if legacy else [octets["k"]])),
            tpos: Scripted(octets["nn"]),
        },
        gm_entropy=Scripted(octets["k"]),
        gm_options={
            "first_group": int.from_bytes(octets.get("group", b"\1"), "big"),
            "first_seq": inputs.get("seq", 1),
        },
    )
    key = Secret(octets["k_spos"] if legacy else octets["miek"])
    said = inputs.get("said", 1).to_bytes(2, "big")
    world.pos[spos].install(Association(mn, said, key, IdType.EAP))
    world.mn.install(Link(spos, said, Secret(key.expose()), IdType.EAP), 0)
    world.mn._awake(0)._tid = inputs["tid"] - 1
    assert (inputs["id16"], mn) == (STATION, b"\x01\x01")
    return world


_HEX = ("mn", "spos", "tpos", "k", "nt", "nn", "miek", "k_spos", "k_stpos", "node_key", "group", "node")


@pytest.mark.parametrize("vector", FLOWS, ids=lambda vector: str(vector["name"]))
def test_flow(vector: dict[str, Any]) -> None:
    """R5.1, R5.44, R5.61: all messages of a handover, on the air and in their fragments."""
    world = world_of(vector["inputs"])
    tpos = bytes.fromhex(vector["inputs"]["tpos"])
    world.mn.request_handover(0)  # the vectors name no TPoS: the SPoS chooses its nearest partner
    world.run(to=tpos)
    assert world.served_at(tpos)
    assert world.same_keys(tpos)
    expected = vector["messages"]
    assert [m.payload.hex() for m in world.air][: len(expected)] == [m["payload"] for m in expected]
    for message, found in zip(expected, world.air, strict=False):
        pieces = [shim.encode() + piece for shim, piece in fragments(MAC, found)]
        assert [piece.hex() for piece in pieces] == message["bodies"]
        overhead = MAC.header_octets + MAC.fcs_octets
        assert [len(piece) + overhead for piece in pieces] == message["frame_octets"]


@pytest.mark.parametrize("vector", [v for v in VECTORS.values() if "misk" in v["keys"]], ids=lambda v: str(v["name"]))
def test_keys(vector: dict[str, Any]) -> None:
    """R5.39, R5.59: MISK at both ends, written twice."""
    inputs, keys = vector["inputs"], vector["keys"]
    parameters = HandoverParameters(VARIANTS[inputs["variant"]], suite=inputs["suite"])
    k, nt, nn = (bytes.fromhex(inputs[name]) for name in ("k", "nt", "nn"))
    mn, tpos = bytes.fromhex(inputs["mn"]), bytes.fromhex(inputs["tpos"])
    misk = pos_keys.session_keys(parameters, Secret(k), (nt, nn), mn, tpos)
    assert misk.miak.expose().hex() == keys["miak"]
    assert misk.miik.expose().hex() == keys["miik"]
    assert misk.miek.expose().hex() == keys["miek"]
    miak, miek = schedule.derive(parameters, Secret(k), nt, nn, mn, tpos)
    assert (miak.expose().hex(), miek.expose().hex()) == (keys["miak"], keys["miek"])


def test_confirm_key() -> None:
    """Rule 24: the key of MIC5."""
    vector = VECTORS["S5 confirm key"]
    parameters = HandoverParameters(suite=vector["inputs"]["suite"])
    k, nt = (bytes.fromhex(vector["inputs"][name]) for name in ("k", "nt"))
    for made in (pos_keys.confirm_key(parameters, Secret(k), nt), schedule.confirmation(parameters, Secret(k), nt)):
        assert made.expose().hex() == vector["keys"]["mic5_key"]


@pytest.mark.parametrize("name", [name for name in VECTORS if "legacy" in name])
def test_payload_for_the_tpos(name: str) -> None:
    """R5.43: MNID, Nonce-T, Nonce-N and K xor PRF on the backhaul, and the mask for the MN (R5.44)."""
    vector = VECTORS[name]
    inputs, keys = vector["inputs"], vector["keys"]
    world = world_of(inputs)
    world.mn.request_handover(0)
    world.run(to=bytes.fromhex(inputs["tpos"]))
    request = mis.parse(world.wire[0][1].octets)
    assert request.kind == mis.N2N_REQUEST
    tlvs = mis.decode_tlvs(request.service)
    values = {kind: [value for k, value in tlvs if k == kind] for kind, _ in tlvs}
    payload = mis.lite_id(values[52][0]) + values[102][0] + values[102][1] + values[103][0]
    assert payload.hex() == keys["tpos_payload"]
    parameters = world.parameters
    k_spos, tpos, nt, nn = (bytes.fromhex(inputs[n]) for n in ("k_spos", "tpos", "nt", "nn"))
    mask = pos_keys.mask_for_mn(parameters, Secret(k_spos), tpos, nt, nn)
    assert mask.hex() == keys["mn_mask"]
    masked = pos_keys.exclusive_or(mask, bytes.fromhex(inputs["k"]))
    found = schedule.unmask(parameters, Secret(k_spos), tpos, nt, nn, masked)
    assert found.expose().hex() == keys["mn_recovers"]
