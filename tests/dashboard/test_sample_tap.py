"""What is shown of a receive stream: truths are tones and noise of known power, and the rule that a run never waits."""

from __future__ import annotations

import time

import numpy as np
import pytest

from testbed.live.messages import LEVEL_FLOOR_DB, LEVEL_STEP_DB, Piece, Row
from testbed.live.sample_tap import BINS, SampleTap, spectrum

RATE_SPS = 20_000_000


def decibels(levels: bytes) -> np.ndarray:
    return np.frombuffer(levels, np.uint8) * LEVEL_STEP_DB + LEVEL_FLOOR_DB


def shown(tap: SampleTap, samples: np.ndarray, cuts: list[int]) -> tuple[list[Piece], list[Row]]:
    for start, stop in zip([0, *cuts], [*cuts, samples.size], strict=True):
        tap.take(samples[start:stop], start)
    tap.finish()
    return tap.gathered()


@pytest.mark.parametrize("offset_bins", [-100, 0, 37])
def test_a_tone_is_where_and_as_strong_as_it_is(offset_bins: int) -> None:
    """A complex tone of amplitude A in the middle of a bin has the power A² there, and its envelope is A²."""
    turns = offset_bins / BINS * np.arange(64_000)
    tone = (0.1 * np.exp(2j * np.pi * turns)).astype(np.complex64)
    pieces, rows = shown(SampleTap(RATE_SPS, share_max=float("inf")), tone, [])
    assert len(rows) == 10
    for row in rows:
        levels = decibels(row.levels)
        assert levels.argmax() == BINS // 2 + offset_bins
        assert levels.max() == pytest.approx(-20.0, abs=0.5)
    assert decibels(pieces[0].levels) == pytest.approx(-20.0, abs=0.5)
    assert sum(len(piece.levels) for piece in pieces) == 640  # one each 5 µs of 3.2 ms


def test_noise_has_its_power_spread_over_the_band() -> None:
    """Parseval: white noise of power P has P/N times the window's noise bandwidth, 1.5 bins, in each of N bins."""
    rng = np.random.default_rng(5)
    noise = (rng.normal(size=(198_400, 2)) @ [1, 1j] / np.sqrt(2)).astype(np.complex64)
    seen = np.mean([spectrum(part) for part in noise.reshape(-1, 6400)], axis=0)
    assert seen.mean() == pytest.approx(1.5 / BINS, rel=0.03)


def test_how_the_stream_is_cut_makes_no_difference() -> None:
    rng = np.random.default_rng(7)
    samples = (rng.normal(size=50_000) + 1j * rng.normal(size=50_000)).astype(np.complex64)
    whole = shown(SampleTap(RATE_SPS, share_max=float("inf")), samples, [])
    cuts = sorted(rng.integers(1, 50_000, 40).tolist())
    assert shown(SampleTap(RATE_SPS, share_max=float("inf")), samples, cuts) == whole


def test_a_gap_is_a_new_piece() -> None:
    tap = SampleTap(RATE_SPS, share_max=float("inf"))
    tap.take(np.ones(6400, np.complex64), 0)
    tap.take(np.ones(6400, np.complex64), 1_000_000)
    pieces, rows = tap.gathered()
    assert [piece.first for piece in pieces] == [row.first for row in rows] == [0, 1_000_000]


def test_bad_samples_do_no_harm() -> None:
    bad = np.full(6400, complex(np.nan, np.inf), np.complex64)
    with np.errstate(invalid="ignore"):
        pieces, rows = shown(SampleTap(RATE_SPS, share_max=float("inf")), bad, [])
    assert len(pieces[0].levels) == 64 and len(rows) == 1


def test_looking_takes_no_more_than_its_share_of_the_time() -> None:
    """Fed more than it has time for, it skips and counts rather than hold its caller up."""
    tap = SampleTap(RATE_SPS, share_max=0.05)
    samples = np.ones(1 << 16, np.complex64)
    began, spent, first = time.perf_counter(), 0.0, 0
    while time.perf_counter() - began < 1.0:
        entered = time.thread_time()
        tap.take(samples, first)
        spent += time.thread_time() - entered
        first += samples.size
        tap.gathered()
        time.sleep(0.0005)  # what the receiver takes
    assert tap.skipped > 0 and tap.received == first
    assert spent < 0.05 + 0.02 + 0.03  # the share, what it may be ahead, and being asked two thousand times
