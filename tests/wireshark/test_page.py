"""docs/wireshark.md says of each octet of the radio header what the code does."""

from __future__ import annotations

import re

from ampradio.security import key_log
from testbed.capture import radio_header
from testbed.wireshark.key_file import LABELS
from testbed.wireshark.parameters import PARAMETERS
from testbed.wireshark.radio_layout import FIELDS
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "wireshark.md").read_text()


def test_the_table_of_the_radio_header() -> None:
    rows = re.findall(r"^\| (\d+) \| (\d+) \| (\w+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)
    shown = {int(at): (int(octets), kind, known.strip()) for at, octets, kind, _, known in rows}
    assert shown.pop(0) == (4, "text", "always")
    flags = {"start_sample": radio_header.HAS_SAMPLE}
    for field in FIELDS:
        octets, kind, known = shown.pop(field.offset)
        assert (octets, kind) == (field.octets, field.type), field.name
        present = field.present or flags.get(field.name.partition(".")[2], 0)
        if present:
            assert known == f"flag 0x{present:X}".replace("0X", "0x"), field.name
        else:
            assert known in ("always", "sent"), field.name
    assert not shown
    assert f"| {radio_header.HEADER_OCTETS} | | | TLVs | |" in PAGE


def test_numbers_of_lengths_and_labels_of_keys() -> None:
    for each in PARAMETERS:
        assert re.search(rf"\b{each.number} {each.system} ", PAGE), each.name
    assert set(re.findall(r"^\| `(AMP_\w+)` \|", PAGE, re.MULTILINE)) == set(LABELS)
    assert {value for name, value in vars(key_log).items() if name.startswith("S") and name[1].isdigit()} == set(LABELS)
