"""The vectors of S2 come out of the state machines, octet for octet (protocols page 3.4, rules 10 to 15)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ampradio.security.agreement import x25519, x25519_public
from ampradio.security.hpke import hpke_open
from ampradio.security.provisioning import Life, Prof, ProvisioningParameters
from ampradio.security.provisioning.backhaul import Accept
from tests.security.interference import Scripted
from tests.security.provisioning import reference
from tests.security.provisioning.world import GWID, MAC, SERVER_PRIVATE, VECTORS, Device, World, bodies

VARIANTS = {"L": Prof.LITERAL, "A": Prof.HARDENED, "B": Prof.IDENTITY_HIDING}
FULL = ["S2-L provisioning and data", "S2-A provisioning and data"]


def of(vector: dict[str, Any], name: str) -> bytes:
    return bytes.fromhex(vector["inputs"][name])


def world_of(vector: dict[str, Any]) -> tuple[World, Device]:
    """Return a world in which every random choice is the vector's."""
    parameters = ProvisioningParameters(VARIANTS[vector["inputs"]["variant"]])
    assert (of(vector, "gwid"), of(vector, "as_priv")) == (GWID, SERVER_PRIVATE)
    nonce = of(vector, "tk_nonce")
    epoch = int.from_bytes(nonce[:8], "big") if parameters.hardened else 7
    gateway = Scripted(of(vector, "gwn")) if "gwn" in vector["inputs"] else Scripted()
    server = Scripted(nonce[8:] if parameters.hardened else nonce)
    world = World(parameters, gateway_entropy=gateway, server_entropy=server)
    if "eph_priv" in vector["inputs"]:
        tag = Scripted(of(vector, "eph_priv"), bytes.fromhex("5aa5"))
    else:
        tag = Scripted(of(vector, "dev_nonce"))
    answer = bytes.fromhex(vector["inputs"].get("data", ""))
    device = world.make(tag, sensor=lambda command: answer, serial=of(vector, "sn"), private=of(vector, "a_priv"))
    world.store.put(replace(device.made.record, epoch=epoch - 1))
    return world, device


def talk(vector: dict[str, Any]) -> World:
    world, device = world_of(vector)
    address = world.onboard(device)
    assert address == vector["inputs"]["addr"]
    if "cmd" in vector["inputs"]:
        inputs = vector["inputs"]
        world.gateway.request(address, of(vector, "cmd"), len(of(vector, "data")))
        world.run()
        world.gateway.rekey(address, inputs["new_x"], inputs["new_cntr"], Life(inputs["life"]))
        world.run()
        world.server_options = {}
        world.server = world.new_server(Scripted(bytes(range(16))[: 8 if world.parameters.hardened else 16]))
        world.gateway.scan(device.made.qr)
        world.round(downlink=lambda message: [message] if message.msg == 6 else [])
    return world


@pytest.mark.parametrize("name", [*FULL, "S2-B provisioning"])
def test_the_ends_say_the_vector_s_octets(name: str) -> None:
    """R2.28, R2.36 to R2.38, R2.42, R2.48, R2.49: payload, body with shim, frame size of every message."""
    vector = VECTORS[name]
    said = talk(vector).air
    for message, expected in zip(said, vector["messages"], strict=False):
        assert message.payload.hex() == expected["payload"], expected["name"]
        assert bodies(message) == expected["bodies"]
        around = MAC.header_octets + MAC.fcs_octets
        assert [len(body) // 2 + around for body in bodies(message)] == expected["frame_octets"]
    assert len(said) >= len(vector["messages"])


@pytest.mark.parametrize("name", FULL)
def test_the_keys_are_the_vector_s(name: str) -> None:
    """R2.36, R2.37, R2.38, R2.40, R2.42: the TKs that the server hands over, and what follows by the reference."""
    vector = VECTORS[name]
    inputs, keys = vector["inputs"], vector["keys"]
    world = talk(vector)
    accepted = next(one for one in world.backhaul if isinstance(one, Accept))
    assert accepted.tk1.expose().hex() == keys["tk1"]
    assert accepted.tk2.expose().hex() == keys["tk2"]
    assert reference.session(accepted.tk1.expose(), inputs["cntr"]).hex() == keys["ek"]
    assert reference.session(accepted.tk2.expose(), inputs["new_cntr"]).hex() == keys["ek_new"]
    assert keys["tk1"] not in repr(accepted)


@pytest.mark.parametrize("name", FULL)
def test_the_reference_agrees_with_the_vectors(name: str) -> None:
    """The attackers of the other tests derive what the vectors say."""
    vector = VECTORS[name]
    keys, inputs = vector["keys"], vector["inputs"]
    material = of(vector, "sn") + bytes.fromhex(keys["as_pub"] + keys.get("z", ""))
    prk = reference.extract(b"", material)
    assert prk.hex() == keys["prk"]
    assert reference.expand(prk, b"ADM").hex() == keys["k_adm"]
    prof = int(VARIANTS[inputs["variant"]])
    payload = reference.prov(prk, prof, bytes.fromhex(keys["h"]), GWID, of(vector, "tk_nonce"), inputs["addr"])
    assert payload.hex() == vector["messages"][0]["payload"]
    asked = vector["messages"][2]["payload"]
    assert reference.req(bytes.fromhex(keys["ek"]), prof, inputs["addr"], 1, 0, 1, of(vector, "cmd")).hex() == asked


@pytest.mark.parametrize("name", FULL)
def test_a_session_key_seeds_the_next_prk(name: str) -> None:
    """R2.47, rule 14: PRK' is the vector's, from the next PROV whose LOCAL_ADDR has b15."""
    vector = VECTORS[name]
    world, device = world_of(vector)
    world.onboard(device)
    world.server = world.new_server(Scripted(bytes(range(1, 9 if world.parameters.hardened else 17))))
    device.tag._nonces._entropy.script.append(bytes(range(8)))  # type: ignore[attr-defined]
    address = world.onboard(device, seed=True)
    assert address and address != vector["inputs"]["addr"]
    prov = world.sent(1)[-1].payload
    sent = int.from_bytes(prov[28:30], "big")
    assert sent == address | 0x8000
    prk_next = bytes.fromhex(vector["keys"]["prk_next"])
    prof = int(world.parameters.prof)
    assert prov == reference.prov(prk_next, prof, device.made.qr[:8], GWID, prov[12:28], sent)
    world.ask(address, b"?")
    assert world.readings() == [of(vector, "data")]


def test_hpke_message_is_the_vector_s() -> None:
    """Rule 15, R2.16: the serial number sealed to AS_pubk, opened by the library's HPKE; no certificate anywhere."""
    vector = VECTORS["S2-B HPKE message 2 alone"]
    world, device = world_of(VECTORS["S2-B provisioning"])
    world.onboard(device)
    sealed = world.sent(2)[0].payload
    assert sealed.hex() == vector["messages"][0]["payload"]
    assert sealed[:32].hex() == vector["keys"]["enc"]
    info = of(vector, "h") + of(vector, "gwid") + of(vector, "gwn")
    assert hpke_open(SERVER_PRIVATE, info, sealed) == of(vector, "sn")


def test_keys_of_the_identity_hiding_variant() -> None:
    """Rule 15: Z, PRK and the TKs of S2-B."""
    vector = VECTORS["S2-B provisioning"]
    world, device = world_of(vector)
    world.onboard(device)
    accepted = next(one for one in world.backhaul if isinstance(one, Accept))
    assert (accepted.tk1.expose().hex(), accepted.tk2.expose().hex()) == (vector["keys"]["tk1"], vector["keys"]["tk2"])
    z = device.made.identity.z
    assert z is not None and z.expose().hex() == vector["keys"]["z"]
    assert z.expose() == x25519(SERVER_PRIVATE, x25519_public(of(vector, "a_priv")))


def test_every_vector_is_used() -> None:
    assert set(VECTORS) == {*FULL, "S2-B provisioning", "S2-B HPKE message 2 alone"}
