"""The dissector against the independent vectors: every frame type, every message of the five systems, every field."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ampradio.mac.frame import parse_frame
from ampradio.mac.payload import Authentication, Data
from ampradio.profile import DEFAULT, load_profile
from testbed.wireshark.layout import Carried, Elements
from testbed.wireshark.tables import DISSECTOR, all_messages, dissector, tables
from tests.wireshark.corpus import MAC, Sample, write
from tests.wireshark.tshark import Shown, dissected

ONLY_RECEIVED = {"start_sample", "snr", "rssi", "clock", "cfo", "isolation", "residual"}
OF_OTHER_KINDS = {"sta_id", "wup", "excitation", "cut_off", "session_id", "seed_index"}
ONLY_DECRYPTED = {"s1.clear", "s2.clear", "s2.life", "s2.life_seconds", "s2.life_amount", "s3.clear", "s4.clear",
                  "s4.key_data", "s5.suite", "s5.key", "s5.signal"}  # fmt: skip
CARRIED = {
    (each.proto, each.msg, prof)
    for each in all_messages()
    for prof in each.profs
    if any(isinstance(part, (Carried, Elements)) for part in each.parts)
}


def test_the_committed_dissector_is_what_the_layouts_say() -> None:
    assert DISSECTOR.read_text(encoding="utf-8") == dissector(load_profile(DEFAULT)), (
        "python -m testbed.wireshark.tables"
    )


def test_every_frame_is_named_and_has_the_values_that_it_was_made_of(corpus: list[Sample], seen: list[Shown]) -> None:
    """Vectors: types, IDs, parameters, nonces, MICs and Gen2 bits as they state them; right FCS; no complaint."""
    assert len(seen) == len(corpus) > 300
    for sample, shown in zip(corpus, seen, strict=True):
        for name, value in sample.fields.items():
            assert shown.values.get(name) == [value], (sample.origin, name)
        assert not sample.name or shown.one("name") == sample.name, sample.origin
        assert shown.one("fcs_good") == "1" and not shown.experts, (sample.origin, shown.experts)


def test_every_frame_type_and_message_is_there(seen: list[Shown]) -> None:
    types = {int(shown.one("type")) for shown in seen}
    assert types == set(range(14))
    shimmed = [shown for shown in seen if shown.values.get("proto", ["0"]) != ["0"]]
    messages = {tuple(int(shown.one(key)) for key in ("proto", "msg", "prof")) for shown in shimmed}
    assert messages == {(each.proto, each.msg, prof) for each in all_messages() for prof in each.profs}


def test_every_declared_field_is_shown_somewhere(seen: list[Shown]) -> None:
    declared = {str(each["f"]) for each in tables(load_profile(DEFAULT))["fields"]}
    shown = {name for each in seen for name in each.values}
    elsewhere = {f"radio.{name}" for name in ONLY_RECEIVED | OF_OTHER_KINDS} | ONLY_DECRYPTED | {"s4.rsn_pmkids"}
    assert not declared - shown - elsewhere


def test_fields_tile_the_psdu(corpus: list[Sample], seen: list[Shown]) -> None:
    """No octet of a PSDU is without a field, and only bits share one with the octet they are in."""
    tiled = 0
    for sample, shown in zip(corpus, seen, strict=True):
        frame = parse_frame(MAC, sample.psdu)
        if isinstance(frame, (Authentication, Data)):
            shim = frame.shim
            if (shim.proto, shim.msg, shim.prof) in CARRIED or shim.more or shim.fragment:
                continue
        header = int(shown.one("radio.length"))
        covered = set()
        for name, at, size in shown.spans:
            if at >= header and not name.startswith("radio."):
                covered |= set(range(at, at + size))
        assert covered == set(range(header, header + len(sample.psdu))), sample.origin
        tiled += 1
    assert tiled > 200


def test_lengths_are_a_preference_where_a_capture_does_not_say_them(corpus: list[Sample], tmp_path: Path) -> None:
    compact = [each for each in corpus if (1, 8) in each.parameters and (3, 4) in each.parameters]
    path = write(tmp_path / "silent.pcapng", [replace(each, parameters=()) for each in compact])
    lengths = {"nonce": 8, "modifier": 4, "mic": 4}
    told = [word for name, octets in lengths.items() for word in ("-o", f"amp11bp.s1_{name}:{octets}")]
    for sample, shown in zip(compact, dissected(path, *told), strict=True):
        assert all(shown.values.get(name) == [value] for name, value in sample.fields.items()) and not shown.experts
    assert any(shown.experts for shown in dissected(path))


def test_whole_messages_of_others_are_theirs(corpus: list[Sample], seen: list[Shown]) -> None:
    """S4's whole frames go to Wireshark's EAPOL dissector, S5's to its MIH dissector, fragments put together."""
    names = {name for each in seen for name in each.values}
    assert {"wlan_rsna_eapol.keydes.nonce", "eapol.version", "mih.version", "mih.action_id"} <= names
    whole = [shown for shown in seen if "reassembled" in shown.values]
    assert whole and all(int(shown.one("reassembled")) > 62 for shown in whole)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("type", "Trigger (5)"),
        ("proto", "S3 Ambient IoT solution #9 (3)"),
        ("trigger.access_kind", "random id only (2)"),
        ("trigger.channel_offset", "+5 MHz (2)"),
        ("ul_rate", "4000 kb/s (2)"),
        ("s3.mac_length", "8 octets (2)"),
        ("s5.code", "PREREG-REQ (1)"),
        ("s1.status", "committed (0)"),
        ("id", "(broadcast)"),
        ("trigger.slot_units", "µs)"),
    ],
)
def test_values_come_in_words(name: str, words: str, seen: list[Shown]) -> None:
    assert any(words in text for each in seen for text in each.words.get(name, []))
