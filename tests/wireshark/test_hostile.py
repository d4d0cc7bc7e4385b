"""Whatever a frame holds, tshark ends well: every truncation, flipped bits, lengths that lie, broken headers."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from ampradio.mac.header import Header, seal
from ampradio.vectors import PpduKind
from testbed.capture.pcapng import LINKTYPE_AMP, Interface, PcapngWriter
from testbed.capture.radio_header import HEADER_OCTETS, Seen
from tests.wireshark.corpus import MAC, Sample, write
from tests.wireshark.tshark import FILTER, tshark

FLIPS_EACH = 10


def complaints(path: Path) -> list[set[str]]:
    """Return per packet which of our complaints tshark has; none may be a defect of the dissector."""
    kinds = ("fcs", "short", "long", "length", "unknown", "reserved", "fragment", "header", "defect")
    wanted = [word for kind in kinds for word in ("-e", f"{FILTER}.expert.{kind}")]
    told = tshark(path, "-T", "fields", *wanted)
    found = [{kind for kind, value in zip(kinds, line.split("\t"), strict=True) if value} for line in told.splitlines()]
    assert not any("defect" in each for each in found)
    return found


def kinds_of(corpus: list[Sample]) -> list[Sample]:
    """Return one sample of each frame type, message and length."""
    return list({(each.psdu[0], each.psdu[5:7], len(each.psdu), each.parameters): each for each in corpus}.values())


def test_every_truncation_is_flagged(corpus: list[Sample], tmp_path: Path) -> None:
    cut = [
        replace(each, psdu=each.psdu[:size]) for each in kinds_of(corpus) for size in range(1, len(each.psdu))
    ]
    found = complaints(write(tmp_path / "cut.pcapng", cut))
    assert len(found) == len(cut) > 2000
    assert all(found), [sample.psdu.hex() for sample, kinds in zip(cut, found, strict=True) if not kinds][:5]


def test_every_flipped_bit_is_flagged(corpus: list[Sample], tmp_path: Path) -> None:
    """The FCS finds them all, but where they make another frame size: then the length does."""
    rng, flipped = random.Random(1), []
    for each in kinds_of(corpus):
        for place in rng.sample(range(8 * len(each.psdu)), min(FLIPS_EACH, 8 * len(each.psdu))):
            octets = bytearray(each.psdu)
            octets[place // 8] ^= 1 << place % 8
            flipped.append(replace(each, psdu=bytes(octets)))
    found = complaints(write(tmp_path / "flipped.pcapng", flipped))
    assert len(found) == len(flipped) > 800
    assert all(kinds & {"fcs", "length", "short"} for kinds in found)


def test_bodies_that_lie_under_a_right_fcs(corpus: list[Sample], tmp_path: Path) -> None:
    """Random bodies and cut ones, sealed anew: nothing is left unsaid about what does not fit, and nothing crashes."""
    rng, made = random.Random(2), []
    for number in range(16):
        if number in (MAC.type_ack, MAC.type_excitation):
            continue
        for size in (1, 2, 5, 6, 7, 20, 64):
            made.append(Sample("random", seal(MAC, Header(number, rng.randrange(1 << 16)), rng.randbytes(size))))
    for proto in range(8):
        for msg in range(32):
            body = bytes([proto << 5 | msg, rng.randrange(256)]) + rng.randbytes(rng.randrange(62))
            made.append(Sample("random message", seal(MAC, Header(MAC.type_authentication, 1, True), body)))
    start = len(made)
    for each in kinds_of(corpus):
        if each.psdu[0] & 15 == MAC.type_authentication and len(each.psdu) > 10:
            header = Header(MAC.type_authentication, 0x0234, True)
            made.append(replace(each, psdu=seal(MAC, header, each.psdu[5:-2][: rng.randrange(3, len(each.psdu) - 7)])))
    found = complaints(write(tmp_path / "made.pcapng", made))
    assert len(found) == len(made) > 350
    shorter = [kinds for kinds in found[start:] if kinds & {"short", "unknown", "fragment", "reserved"}]
    assert len(shorter) > (len(made) - start) // 3  # a shorter data field is as good as a longer one


def test_radio_headers_that_lie(corpus: list[Sample], tmp_path: Path) -> None:
    """Cut at every octet, every octet changed: flagged, left to the data dissector, or read; never a crash."""
    extra = {"parameters": ((1, 16),), "decrypted": (b"\1\3abcxyz",)}
    seen = Seen("ap", True, False, PpduKind.UL_ACTIVE, 250_000, 1, 2, 3, **extra)
    whole, rng = seen.encode() + corpus[0].psdu, random.Random(3)
    packets = [whole[:size] for size in range(len(whole))]
    packets += [whole[:at] + bytes([rng.randrange(256)]) + whole[at + 1 :] for at in range(len(whole))]
    path = tmp_path / "headers.pcapng"
    with PcapngWriter(path, Interface(LINKTYPE_AMP, "bad")) as writer:
        for octets in packets:
            writer.write(0, octets)
    found = complaints(path)
    assert len(found) == len(packets)
    assert all(kinds for kinds in found[HEADER_OCTETS : len(seen.encode()) + 1])
