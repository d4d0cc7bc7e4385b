"""PHY-SAP octets: the layout that docs/phy-sap.md promises, and what a wrong peer may send."""

from __future__ import annotations

import contextlib
import re
import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ampradio.sap.codec import MESSAGE_OCTETS_MAX, TYPES, decode, encode
from ampradio.sap.messages import (
    NEVER,
    AttachConfirm,
    AttachRequest,
    ErrorIndication,
    Grant,
    ListenRequest,
    RxIndication,
    SapError,
    SapMessage,
    StopConfirm,
    StopRequest,
    TimeIndication,
    TxConfirm,
    TxRequest,
)
from ampradio.vectors import Listen, PpduKind, RxVector, TxVector
from tests.conftest import ROOT

RX = RxVector(PpduKind.UL_ACTIVE, 250_000, 628_000, 1_340_000, 12_560, 20.5, -3.25, 120.0, -2.0e6, None, 2)
REPLY = RxVector(
    PpduKind.UL_MONO_STATIC, 250_000, 1, 2, 3, 20.5, -3.25, 9e4, isolation_db=20.25, residual_db=-41.5
)
COMMAND = TxVector(
    PpduKind.DL_TYPE2,
    250_000,
    multi_txop=True,
    session_id=2,
    sta_id=0xADE,
    wup_ns=1_500_000,
    excitation_ns=776_000,
    cut_off_ns=123_456,
)
MESSAGES: list[SapMessage] = [
    AttachRequest("11bp-2026.09"),
    TxRequest(7, 1_000_000, TxVector(PpduKind.DL_TYPE1, 250_000, 42, True, 0), bytes.fromhex("06efbeb1")),
    ListenRequest(Listen(PpduKind.UL_ACTIVE, 1_000_000, 3, 628_000, 1_340_000)),
    Grant(5_000, NEVER),
    StopRequest(9_000_000),
    AttachConfirm(1, 20_000_000, 0),
    TxConfirm(7, 0, 1_000_000, 1_618_000),
    RxIndication(b"\x09\xfe\x7f", RX),
    RxIndication(b"\x06", RxVector(PpduKind.DL_TYPE1, 1_000_000, 0, 186_000, 0, 9.0, 0.0, 0.0, None, 63, None)),
    TimeIndication(123),
    StopConfirm(9_000_000, 180_000, (("bad_sig_crc", 2), ("tx_late", 0))),
    ErrorIndication(2, "another MAC is attached"),
    TxRequest(8, 0, COMMAND, b"\x0a"),
    TxRequest(9, 0, TxVector(PpduKind.DL_TYPE4, 250_000, excitation_ns=1_600_000, upper_half=True), b"\x0b"),
    TxRequest(10, 0, TxVector(PpduKind.UL_ACTIVE, 250_000, seed_index=3, channel_offset_hz=-5_000_000), b"\x09"),
    TxRequest(11, 0, TxVector(PpduKind.UL_BISTATIC, 1_000_000, shift_upwards=False), b"\x09"),
    ListenRequest(Listen(PpduKind.UL_ACTIVE, 250_000, 1, 5, 6, channel_offset_hz=5_000_000)),
    ListenRequest(Listen(PpduKind.UL_BISTATIC, 250_000, 0, 5, 6, shift_upwards=False)),
    RxIndication(b"\x0a", REPLY),
    RxIndication(b"\x09", replace(RX, channel_offset_hz=-5_000_000)),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_every_message_comes_back(message: SapMessage) -> None:
    assert decode(encode(message, 0xDEADBEEF)) == (message, 0xDEADBEEF)


def test_octets_of_the_documented_example() -> None:
    """The example of docs/phy-sap.md, written out here from the page's table, not from the codec."""
    expected = (
        b"AMPS" + bytes([2, 0x02, 0, 0]) + (5).to_bytes(4, "little")
        + (7).to_bytes(4, "little") + (1_000_000).to_bytes(8, "little")
        + bytes([1, 1, 42, 0]) + (250_000).to_bytes(4, "little") + bytes(20)
        + (4).to_bytes(2, "little") + bytes.fromhex("06efbeb1")
    )
    assert encode(MESSAGES[1], 5) == expected
    page = (ROOT / "docs/phy-sap.md").read_text()
    assert expected.hex(" ") in page


def test_octets_of_a_type_2_request() -> None:
    """The fields of U-SIG and the excitations at the offsets of the page's table."""
    octets = encode(TxRequest(8, 0, COMMAND, b"\x0a"), 0)[12:]
    assert (octets[12], octets[13], octets[38]) == (2, 0b10, 2)
    assert struct.unpack_from("<iIIIH", octets, 20) == (0, 1_500_000, 776_000, 123_456, 0xADE)
    assert struct.unpack_from("<H", octets, 40) == (1,) and octets[42:] == b"\x0a"


OUTSIDE = {
    "partial ID": (14, b"\x40"),
    "seed index": (15, b"\x04"),
    "channel offset above": (20, struct.pack("<i", 100_000_001)),
    "channel offset below": (20, struct.pack("<i", -(2**31))),
    "WUP-Excitation": (24, b"\xff\xff\xff\xff"),
    "excitation": (28, b"\xff\xff\xff\xff"),
    "cut-off": (32, b"\xff\xff\xff\xff"),
    "STA ID": (36, b"\x00\x10"),
    "Session ID": (38, b"\x04"),
}


@pytest.mark.parametrize(("offset", "value"), OUTSIDE.values(), ids=OUTSIDE)
def test_a_txvector_out_of_range_is_refused(offset: int, value: bytes) -> None:
    octets = bytearray(encode(TxRequest(8, 0, COMMAND, b"\x0a"), 0))
    octets[12 + offset : 12 + offset + len(value)] = value
    with pytest.raises(SapError, match="out of range"):
        decode(bytes(octets))


def test_offsets_out_of_range_are_refused_elsewhere_too() -> None:
    window = bytearray(encode(MESSAGES[2], 0))
    window[12 + 24 : 12 + 28] = struct.pack("<i", 2**31 - 1)
    heard = bytearray(encode(MESSAGES[7], 0))
    heard[12 + 80 : 12 + 84] = struct.pack("<i", -(2**31))
    for octets in (window, heard):
        with pytest.raises(SapError, match="out of range"):
            decode(bytes(octets))


def test_the_page_names_every_type() -> None:
    page = (ROOT / "docs/phy-sap.md").read_text()
    named = {int(code, 16): name for code, name in re.findall(r"\| `0x([0-9a-f]{2})` \| (\w+) \|", page)}
    assert named == {code: kind.__name__ for kind, code in TYPES.items()}


def test_sizes_on_the_page_are_the_sizes_sent() -> None:
    """The fixed part of each body, in octets, as the page's headings give it."""
    page = (ROOT / "docs/phy-sap.md").read_text()
    sizes = {name: int(size) for name, size in re.findall(r"^### (\w+) \((\d+) octets", page, re.M)}
    variable = {"AttachRequest": 12, "TxRequest": 4, "RxIndication": 3, "StopConfirm": 0, "ErrorIndication": 23}
    for message in MESSAGES[:8] + MESSAGES[9:10] + [StopConfirm(1, 2, ()), MESSAGES[11]]:
        name = type(message).__name__
        assert len(encode(message, 0)) - 12 == sizes[name] + variable.get(name, 0), name


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", "0 octets"),
        (b"AMPS", "4 octets"),
        (b"XXXX" + bytes(8), "magic"),
        (b"AMPS\x01" + bytes(7), "version 1"),
        (b"AMPS\x02\x77" + bytes(6), "0x77"),
        (encode(MESSAGES[1], 1)[:-1], "octets where"),
        (encode(MESSAGES[1], 1) + b"\0", "octets where"),
        (encode(Grant(1, 2), 1)[:-1], "type 0x04"),
        (bytes(MESSAGE_OCTETS_MAX + 1), "octets"),
    ],
)
def test_bad_messages_are_refused_with_a_reason(octets: bytes, reason: str) -> None:
    with pytest.raises(SapError, match=reason):
        decode(octets)


@pytest.mark.parametrize("offset", [32, 40, 48, 56, 64, 72])
def test_not_a_number_is_refused(offset: int) -> None:
    octets = bytearray(encode(MESSAGES[7], 0))
    octets[12 + offset : 20 + offset] = struct.pack("<d", float("nan"))
    with pytest.raises(SapError, match="finite"):
        decode(bytes(octets))


def test_a_field_that_does_not_fit_is_the_callers_mistake() -> None:
    with pytest.raises(SapError, match="TimeIndication"):
        encode(TimeIndication(2**63), 0)


@given(st.binary(max_size=200))
def test_garbage_is_refused_never_raised(octets: bytes) -> None:
    for candidate in (octets, b"AMPS\x02" + octets):
        try:
            message, seq = decode(candidate)
        except SapError:
            continue
        assert encode(message, seq)[:4] == b"AMPS"


@given(st.sampled_from(MESSAGES), st.integers(0, 200), st.integers(0, 255))
def test_a_changed_octet_never_crashes(message: SapMessage, position: int, value: int) -> None:
    octets = bytearray(encode(message, 1))
    octets[position % len(octets)] = value
    with contextlib.suppress(SapError):
        decode(bytes(octets))
