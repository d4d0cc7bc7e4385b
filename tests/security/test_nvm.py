"""The two-slot record: whatever row write is cut, however far it got, the old or the new record is read afterwards."""

from __future__ import annotations

import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ampradio.security import meter
from ampradio.security.meter import FailAt, PowerLost, Primitive, Tally
from ampradio.security.nvm import ROW_OCTETS, MemoryRows, TwoSlot

RECORD_OCTETS_MAX = 50


def record() -> tuple[MemoryRows, TwoSlot]:
    rows = MemoryRows(1 + TwoSlot.rows_needed(RECORD_OCTETS_MAX))
    return rows, TwoSlot(rows, 1, RECORD_OCTETS_MAX)


def test_the_newest_record_is_read() -> None:
    _, slots = record()
    assert slots.read() is None
    for octets in (b"one", b"a longer record, over two rows", b"3"):
        slots.commit(octets)
        assert slots.read() == octets


@given(st.lists(st.binary(min_size=1, max_size=RECORD_OCTETS_MAX), min_size=1, max_size=4), st.data())
def test_a_cut_at_any_row_after_any_octet_leaves_the_old_or_the_new(before: list[bytes], data: st.DataObject) -> None:
    rows, slots = record()
    for octets in before:
        slots.commit(octets)
    new = data.draw(st.binary(min_size=1, max_size=RECORD_OCTETS_MAX))
    writes = 2 + -(-len(new) // ROW_OCTETS)
    call = data.draw(st.integers(0, writes - 1))
    torn = data.draw(st.integers(0, ROW_OCTETS - 1))
    with meter.metered(FailAt(call, torn)), pytest.raises(PowerLost):
        slots.commit(new)
    survivor = TwoSlot(rows, 1, RECORD_OCTETS_MAX)
    assert survivor.read() == before[-1]
    survivor.commit(new)
    assert survivor.read() == new


def test_the_commit_row_whole_is_the_commit() -> None:
    """Power that fails after the last octet of the last row loses nothing."""
    rows, slots = record()
    slots.commit(b"old")
    with meter.metered(FailAt(2, ROW_OCTETS)), pytest.raises(PowerLost):
        slots.commit(b"new")
    assert TwoSlot(rows, 1, RECORD_OCTETS_MAX).read() == b"new"


def test_versions_wrap() -> None:
    """2³² commits are out of reach: the version before the wrap is written by hand, CRC by its definition."""
    rows, slots = record()
    slots.commit(b"x")
    slots.commit(b"y")
    old = rows.read(1)
    assert old[:4] == (1).to_bytes(4, "big")
    head = b"\xff\xff\xff\xff" + old[4:6]
    rows.write(1, head + binascii.crc_hqx(head + b"x", 0xFFFF).to_bytes(2, "big") + old[8:])
    rows.write(1 + 5, bytes(ROW_OCTETS))
    assert slots.read() == b"x"
    slots.commit(b"after the wrap")
    assert slots.read() == b"after the wrap"
    slots.commit(b"again")
    assert slots.read() == b"again"


def test_a_spoilt_slot_counts_no_more() -> None:
    rows, slots = record()
    slots.commit(b"old")
    slots.commit(b"new")
    second = 1 + TwoSlot.rows_needed(RECORD_OCTETS_MAX) // 2
    rows.write(second + 1, bytes(ROW_OCTETS))
    assert slots.read() == b"old"


def test_rows_are_metered_and_survive() -> None:
    rows, slots = record()
    tally = Tally()
    with meter.metered(tally):
        slots.commit(bytes(17))
    assert tally.units == {Primitive.NVM_ROW: 4}
    assert rows.writes == 4


@pytest.mark.parametrize("octets", [b"", bytes(RECORD_OCTETS_MAX + 1)])
def test_sizes_out_of_range(octets: bytes) -> None:
    _, slots = record()
    with pytest.raises(ValueError, match="record has"):
        slots.commit(octets)


def test_callers_mistakes() -> None:
    rows = MemoryRows(2)
    with pytest.raises(ValueError, match="at least one row"):
        MemoryRows(0)
    with pytest.raises(ValueError, match="row 2 of"):
        rows.read(2)
    with pytest.raises(ValueError, match="16 octets"):
        rows.write(0, b"")
    with pytest.raises(ValueError, match="65535"):
        TwoSlot(rows, 0, 0)
