"""`amp replay --check`: any difference between live and replayed frames is found and named (issue item 8)."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from testbed.compare_frames import Frame, differences

A = Frame("0634125a", 1000, 250_000, "DL_TYPE1")
B = Frame("1d34020b", 32_000, 250_000, "UL_ACTIVE")
FRAMES = st.lists(
    st.builds(
        Frame,
        st.sampled_from(["00", "01", "0203"]),
        st.integers(0, 20),
        st.sampled_from([250_000, 1_000_000]),
        st.sampled_from(["DL_TYPE1", "UL_ACTIVE"]),
    ),
    max_size=8,
)


def test_the_same_frames_have_no_difference() -> None:
    """Order of the lists does not matter, the air's does."""
    assert differences([A, B], [B, A]) == []


def test_missing_extra_and_changed() -> None:
    """Each kind of difference, with what it is about, in order of time."""
    later = replace(B, start_sample=90_000)
    changed = replace(A, psdu_hex="0634125b", rate_bps=1_000_000)
    found = differences([A, B], [changed, later])
    assert [(each.what, each.start_sample) for each in found] == [
        ("changed", 1000),
        ("missing", 32_000),
        ("extra", 90_000),
    ]
    assert "psdu 0634125a → 0634125b, rate_bps 250000 → 1000000" in str(found[0])
    assert str(found[1]).startswith("missing at sample 32000: UL_ACTIVE")
    assert found[2].as_dict()["live"] is None and found[2].as_dict()["replayed"]["psdu"] == "1d34020b"


def test_one_sample_off_is_a_difference() -> None:
    """Sample for sample: one sample off is missing and extra, or changed when a shift is allowed for pairing."""
    off = replace(A, start_sample=1001)
    assert [each.what for each in differences([A], [off])] == ["missing", "extra"]
    (found,) = differences([A], [off], shift_samples=2)
    assert found.what == "changed" and "start_sample 1000 → 1001" in str(found)


@given(FRAMES, FRAMES)
def test_no_difference_means_equal_and_nothing_is_lost(live: list[Frame], replayed: list[Frame]) -> None:
    """None found exactly when the lists hold the same frames; every frame is paired once or named once."""
    found = differences(live, replayed)
    order = [sorted(each, key=repr) for each in (live, replayed)]
    assert (not found) == (order[0] == order[1])
    named_live = sum(each.live is not None for each in found)
    named_replayed = sum(each.replayed is not None for each in found)
    assert len(live) - named_live == len(replayed) - named_replayed >= 0
