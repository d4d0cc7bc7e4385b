"""The radio header octet by octet: what the table of docs/wireshark.md says lies where, written and read."""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from typing import Any

import pytest

from ampradio.vectors import PpduKind
from testbed.capture.radio_header import RadioHeaderError, Seen, decode
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "wireshark.md").read_text()
CODES = {"uint8": "B", "uint16": "H", "uint32": "I", "int32": "i", "int64": "q", "uint64": "Q", "float": "f"}
ROWS = re.findall(r"^\| (\d+) \| \d+ \| (\w+) \| ([^|:,(]+)[^|]*\| ([^|]+) \|$", PAGE, re.MULTILINE)
AT = {field.strip(): (int(offset), CODES[kind], known.strip()) for offset, kind, field, known in ROWS if kind in CODES}
PLAIN = Seen("ap", True, False, PpduKind.UL_ACTIVE, 250_000, 1_000, 2_000)
MEASURES = [
    ("Start sample of the receiver's stream", "start_sample", 1 << 40),
    ("SNR", "snr_db", 20.5),
    ("RSSI", "rssi_dbfs", -40.25),
    ("Clock offset of the sender", "clock_ppm", -10_000.0),
    ("Carrier offset", "cfo_hz", 48_000.0),
    ("Isolation", "isolation_db", -42.5),
    ("Residual", "residual_db", -80.0),
    ("Partial ID of AMP-SIG", "partial_id", 63),
    ("Scrambler seed index", "seed_index", 15),
]
SENT = [
    ("Data rate", "rate_bps", 4_000_000),
    ("Start", "start_ns", -5),
    ("End", "end_ns", 1 << 50),
    ("Carrier", "carrier_hz", 2_437_000_000),
    ("Channel offset", "channel_offset_hz", -5_000_000),
    ("STA ID of U-SIG", "sta_id", 2047),
    ("WUP-Excitation", "wup_ns", 64_000),
    ("Excitation", "excitation_ns", 3_200_000),
    ("When the transmitter dies", "cut_off_ns", 200_000),
    ("Session ID of U-SIG", "session_id", 255),
]


def value_at(header: bytes, field: str) -> Any:
    offset, code, _ = AT[field]
    return struct.unpack_from(f"<{code}", header, offset)[0]


def test_the_page_knows_them_all() -> None:
    told = {field for field, *_ in (*MEASURES, *SENT)} | {"Version", "PPDU kind", "Header length", "Flags"}
    assert told == AT.keys()


@pytest.mark.parametrize(("field", "name", "value"), MEASURES, ids=[name for _, name, _ in MEASURES])
def test_a_measure_lies_in_its_place_under_its_flag(field: str, name: str, value: float) -> None:
    """Known, it has its flag and no other; zero, it is known too; not known, the flag is not there."""
    flag = int(AT[field][2].removeprefix("flag "), 16)
    for known in (value, type(value)(0)):
        seen = replace(PLAIN, **{name: known})
        assert value_at(seen.encode(), "Flags") == 0x4 | flag
        assert value_at(seen.encode(), field) == known
        assert decode(seen.encode() + b"psdu") == (seen, b"psdu")
    assert value_at(PLAIN.encode(), "Flags") == 0x4 and getattr(decode(PLAIN.encode())[0], name) is None


@pytest.mark.parametrize(("field", "name", "value"), SENT, ids=[name for _, name, _ in SENT])
def test_what_is_always_there_lies_in_its_place(field: str, name: str, value: int) -> None:
    seen = replace(PLAIN, **{name: value})
    assert value_at(seen.encode(), field) == value
    assert decode(seen.encode()) == (seen, b"")


def test_flags_length_and_kind() -> None:
    """0x1 sent, 0x2 downlink, 0x4 at the AP; TLVs behind octet 96: 1 the node, 2 lengths, 3 what was decrypted."""
    seen = replace(PLAIN, ap=False, sent=True, kind=PpduKind.DL_TYPE1, parameters=((1, 16), (3, 8)), decrypted=(b"on",))
    header = seen.encode()
    assert (value_at(header, "Flags"), value_at(header, "PPDU kind")) == (0x3, PpduKind.DL_TYPE1.value)
    assert header[96:] == b"\1\0\2\0ap" + b"\2\0\4\0\1\x10\3\x08" + b"\3\0\2\0on"
    assert value_at(header, "Header length") == len(header)
    with pytest.raises(RadioHeaderError, match="version 1"):
        decode(header[:4] + b"\2" + header[5:])
