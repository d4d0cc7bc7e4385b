"""MIS frames judged by somebody who did not write them: tshark's MIH dissector (protocols page 7.4)."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from ampradio.security.handover import UDP_PORT, Delivery, Encoding, HandoverParameters
from tests.security.handover.world import GM, MN, A, B, World, of

VARIANTS = [of("legacy"), of("remedy-1"), of("remedy-2")]


FIELDS = ("version", "service_id", "opcode", "action_id", "tid", "pay_len", "tlv_type", "tlv_length", "mihf_id")
# a TLV of 101 to 255 is shown as text, and one with a zero octet in it is remarked on; that is no fault of the frame
HARMLESS = {"", "Trailing stray characters"}


def dissect(frames: list[bytes], folder: Path) -> list[dict[str, list[str]]]:
    """Return tshark's view of UDP payloads: all values of each field of the MIH layer, one dictionary a frame.

    Fails when tshark calls a frame malformed or complains of anything but text that is none.
    """
    dump, capture = folder / "frames.txt", folder / "frames.pcap"
    lines = []
    for octets in frames:
        lines += [f"{at:06x} {octets[at : at + 16].hex(' ')}" for at in range(0, len(octets), 16)] + [""]
    dump.write_text("\n".join(lines) + "\n")
    ports = f"{UDP_PORT},{UDP_PORT}"
    subprocess.run(["text2pcap", "-q", "-u", ports, str(dump), str(capture)], check=True, capture_output=True)
    command = ["tshark", "-r", str(capture), "-T", "fields", "-E", "separator=|", "-E", "aggregator=;"]
    for name in ("_ws.malformed", "_ws.expert.message", *(f"mih.{field}" for field in FIELDS)):
        command += ["-e", name]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    layers = []
    for line in shown.splitlines():
        malformed, remarks, *values = line.split("|")
        assert malformed == ""
        assert set(remarks.split(";")) <= HARMLESS, remarks
        layers.append({field: value.split(";") for field, value in zip(FIELDS, values, strict=True)})
    assert len(layers) == len(frames)
    return layers


def numbers(layer: dict[str, list[str]], field: str) -> list[int]:
    return [int(value, 0) for value in layer[field]]


def names(pairs: list[tuple[bytes, bytes]]) -> list[list[str]]:
    return [[f"{one.hex()}@amp21.test" for one in pair] for pair in pairs]


@pytest.mark.parametrize("parameters", VARIANTS, ids=lambda parameters: str(parameters.delivery.value))
def test_backhaul(parameters: HandoverParameters, tmp_path: Path) -> None:
    """R5.13, R5.17, R5.18, R5.22, R5.25: header, SID, opcode, AID, TID, length and IDs of every datagram."""
    world = World(parameters)
    assert world.handover(B)
    frames = [datagram.octets for _, datagram in world.wire]
    layers = dissect(frames, tmp_path)
    for octets, layer in zip(frames, layers, strict=True):
        assert numbers(layer, "version")[0] == 1
        assert numbers(layer, "service_id") == [3]
        assert numbers(layer, "pay_len") == [len(octets) - 8]
        assert numbers(layer, "tid") == [int.from_bytes(octets[4:6], "big")]
        assert numbers(layer, "tlv_type")[:2] == [1, 2]
        assert numbers(layer, "tlv_length")[:2] == [16, 16]
    pushed = parameters.delivery is Delivery.REMEDY_2
    assert [numbers(layer, "action_id")[0] for layer in layers] == ([101, 102, 102, 102] if pushed else [14, 14])
    assert [numbers(layer, "opcode")[0] for layer in layers] == ([1, 1, 2, 1] if pushed else [1, 2])
    legs = [(A, GM), (GM, B), (B, GM), (GM, A)] if pushed else [(A, B), (B, A)]
    assert [layer["mihf_id"][:2] for layer in layers] == names(legs)
    if parameters.delivery is Delivery.LEGACY:
        assert numbers(layers[0], "tlv_type")[2:] == [52, 103, 102, 102, 104]
        assert numbers(layers[1], "tlv_type")[2:] == [3]


@pytest.mark.parametrize("parameters", VARIANTS, ids=lambda parameters: str(parameters.delivery.value))
def test_air(parameters: HandoverParameters, tmp_path: Path) -> None:
    """R5.13, R5.18, R5.21: in the full encoding the four messages of the air are MIS frames too."""
    world = World(replace(parameters, encoding=Encoding.FULL))
    assert world.handover(B)
    layers = dissect([message.payload for message in world.air], tmp_path)
    pushed = parameters.delivery is Delivery.REMEDY_2
    assert [numbers(layer, "action_id")[0] for layer in layers] == [13, 102 if pushed else 13, 9, 9]
    assert [numbers(layer, "opcode")[0] for layer in layers] == [1, 1 if pushed else 2, 1, 2]
    assert [numbers(layer, "service_id")[0] for layer in layers] == [3, 3, 1, 1]
    assert [layer["mihf_id"][:2] for layer in layers] == names([(MN, A), (A, MN), (MN, B), (B, MN)])


def test_a_frame_that_is_wrong_is_called_wrong(tmp_path: Path) -> None:
    """The judge can say no."""
    world = World(of("legacy"))
    world.handover(B)
    octets = world.wire[0][1].octets
    with pytest.raises(AssertionError):
        dissect([octets[:9] + bytes([0x40]) + octets[10:30]], tmp_path)
