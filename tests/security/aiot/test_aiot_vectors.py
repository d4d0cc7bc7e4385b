"""S3's reference vectors, octet for octet, through both state machines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ampradio.mac.shim import fragments
from ampradio.security.aiot import AiotParameters, Process, Prof
from ampradio.security.aiot.device import schedule
from ampradio.security.aiot.network import keys
from ampradio.security.secret import Secret
from tests.conftest import SHARED
from tests.security.aiot.area import PROFILE, Area, Scripted

VECTORS = [
    vector
    for vector in json.loads((SHARED / "vectors" / "amp_security.json").read_text())["vectors"]
    if vector["name"].startswith("S3")
]
PROFS = {"L": Prof.LITERAL, "F": Prof.FLOOR, "H": Prof.HARDENED}
PROCESSES = {"auth": Process.AUTHENTICATION, "command": Process.COMMAND, "both": Process.BOTH}


def test_there_are_vectors_of_every_process() -> None:
    assert len(VECTORS) == 7
    assert {vector["inputs"].get("run", "both") for vector in VECTORS} == set(PROCESSES)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
def test_vector(vector: dict[str, Any]) -> None:
    inputs = vector["inputs"]
    octets = {name: bytes.fromhex(inputs[name]) for name in ("nn", "dn", "nn2", "dn2", "cmd", "rsp") if name in inputs}
    parameters = AiotParameters(PROFS[inputs["variant"]], inputs["mode"])
    area = Area(
        parameters,
        network_entropy=Scripted([octets[name] for name in ("nn", "nn2") if name in octets]),
        device_entropy=Scripted([octets[name] for name in ("dn", "dn2") if name in octets], [inputs["id16"]]),
    )
    area.tag._execute = lambda command: octets["rsp"]  # the vector's application
    process = PROCESSES[inputs.get("run", "both")]
    answer = area.operate(process, payload=octets.get("cmd", b""), policy=inputs["policy"])
    assert [message.payload.hex() for message in area.air] == [message["payload"] for message in vector["messages"]]
    for message, expected in zip(area.air, vector["messages"], strict=True):
        pieces = [shim.encode() + piece for shim, piece in fragments(PROFILE.mac, message)]
        assert [piece.hex() for piece in pieces] == expected["bodies"]
        overhead = PROFILE.mac.header_octets + PROFILE.mac.fcs_octets
        assert [len(piece) + overhead for piece in pieces] == expected["frame_octets"]
    assert answer.cause is None
    assert answer.payload == octets.get("rsp")


def test_kdf_shape_of_ts_33_220(monkeypatch: pytest.MonkeyPatch) -> None:
    """R3.11: with FC 0x20 the KDF is the one that RFC 5448 tests; the device's is the AIoTF's under 0xF0."""
    (vector,) = [
        vector for vector in json.loads((SHARED / "vectors" / "vectors.json").read_text()) if "33.220" in vector["name"]
    ]
    octets = bytes.fromhex(vector["S"])  # FC, P0, L0, P1, L1
    key, name, sqn = Secret(bytes.fromhex(vector["key"])), octets[1:5], octets[7:13]
    assert keys.derive(key, name, sqn) == schedule.expand(key, name, [sqn])
    monkeypatch.setattr(keys, "_FUNCTION_CODE", octets[:1])
    assert keys.derive(key, name, sqn).hex() == vector["ck_prime"] + vector["ik_prime"]
