"""A tag whose timing is off by more than edges can mend finds the bits again, with the accelerator and without."""

from __future__ import annotations

import numpy as np
import pytest

from ampradio import accelerator
from ampradio.channel.multipath import multipath, multipath_taps
from ampradio.channel.noise import awgn
from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.envelope_chips import EnvelopeChips, bits_of
from ampradio.phy.envelope_contest import widest
from ampradio.phy.modulate import ppdus
from ampradio.phy.running_sum import running_sum
from ampradio.phy.square_law import square_law
from ampradio.profile import airtime
from ampradio.vectors import PpduKind, TxVector
from tests.phy.streams import PROFILE

RATE_SPS = 20_000_000
PACKETS = 48
LEAD = 200
RATES_BPS = (PROFILE.downlink.rate_low_bps, PROFILE.downlink.rate_high_bps)
SIG_BITS = 8 * PROFILE.downlink.sig_octets


def heard(rate_bps: int, rng: np.random.Generator, model: str = "") -> np.ndarray:
    """Running sums of the power of PPDUs in a little noise, after a TGn channel if there is one."""
    samples = ppdus(PROFILE, rng.integers(0, 256, (PACKETS, 16), np.uint8), TxVector(PpduKind.DL_TYPE1, rate_bps))
    samples = np.pad(samples, ((0, 0), (LEAD, LEAD)))
    if model:
        samples = multipath(samples, multipath_taps(model, RATE_SPS, rng, PACKETS))
    return running_sum(square_law(awgn(samples, np.full(PACKETS, 1e-2), rng), decimation=1), np.float64)


def sync_at() -> float:
    """Where the AMP-Sync of an undelayed PPDU begins, in samples."""
    return LEAD + airtime.non_amp_ns(PROFILE) * RATE_SPS / 1e9


@pytest.mark.parametrize("rate_bps", RATES_BPS)
@pytest.mark.parametrize("gained", [-0.8, 0.8])
def test_a_clock_wrong_after_the_sync_is_found_out(rate_bps: int, gained: float) -> None:
    """As echoes bend it: right in the middle of the sync, most of a data chip off at the end of the AMP-SIG."""
    chips = EnvelopeChips(PROFILE, rate_bps, RATE_SPS, 1)
    sums = heard(rate_bps, np.random.default_rng(5))
    true = ChipTiming(np.full(PACKETS, sync_at()), np.ones(PACKETS))
    middle = 0.5 * chips.sync_length
    turned = gained * chips.data_chip / (chips.data_end(2 * SIG_BITS) - middle)
    off = ChipTiming(true.start - turned * middle, true.stretch + turned)
    right, _ = bits_of(sums, true, chips, SIG_BITS)
    assert (bits_of(sums, off, chips, SIG_BITS)[0] != right).any(axis=1).all()
    found = widest(sums, off, chips, SIG_BITS, 0)
    assert (bits_of(sums, found, chips, SIG_BITS)[0] == right).all()


@pytest.mark.parametrize("rate_bps", RATES_BPS)
def test_a_clock_that_gains_a_chip_is_found_out(rate_bps: int) -> None:
    """A clock right over the AMP-SIG but off by a chip after as many bits again as there were."""
    chips = EnvelopeChips(PROFILE, rate_bps, RATE_SPS, 1)
    sums = heard(rate_bps, np.random.default_rng(6))
    true = ChipTiming(np.full(PACKETS, sync_at()), np.ones(PACKETS))
    bits, middle = 3 * SIG_BITS, 0.5 * chips.data_end(2 * SIG_BITS)
    turned = chips.data_chip / (chips.data_end(2 * bits) - middle)
    off = ChipTiming(true.start - turned * middle, true.stretch + turned)
    right, _ = bits_of(sums, true, chips, bits)
    assert (bits_of(sums, off, chips, bits)[0] != right).any(axis=1).all()
    found = widest(sums, off, chips, bits, SIG_BITS)
    assert (bits_of(sums, found, chips, bits)[0] == right).all()


@pytest.mark.parametrize("rate_bps", RATES_BPS)
def test_a_right_timing_is_kept(rate_bps: int) -> None:
    """Where bits are decided nothing else is tried, not even to gain a little."""
    chips = EnvelopeChips(PROFILE, rate_bps, RATE_SPS, 1)
    true = ChipTiming(np.full(PACKETS, sync_at() + 0.4), np.ones(PACKETS))
    kept = widest(heard(rate_bps, np.random.default_rng(7)), true, chips, SIG_BITS, 0)
    assert np.array_equal(kept.start, true.start) and np.array_equal(kept.stretch, true.stretch)


@pytest.mark.parametrize("rate_bps", RATES_BPS)
@pytest.mark.parametrize("done_bits", [0, SIG_BITS])
def test_the_accelerator_chooses_alike(rate_bps: int, done_bits: int) -> None:
    """Through model D, from timings all over the place: the same choice but for rounding."""
    chips = EnvelopeChips(PROFILE, rate_bps, RATE_SPS, 1)
    rng = np.random.default_rng(8)
    sums = heard(rate_bps, rng, "D")
    start = sync_at() + rng.uniform(-1, 1, PACKETS) * chips.data_chip
    given = ChipTiming(start, 1 + rng.uniform(-0.01, 0.01, PACKETS))
    assert accelerator.is_on()
    compiled = widest(sums, given, chips, 3 * SIG_BITS, done_bits)
    with accelerator.off():
        plain = widest(sums, given, chips, 3 * SIG_BITS, done_bits)
    assert (compiled.start != start).any()
    assert np.allclose(compiled.start, plain.start, rtol=0, atol=1e-6)
    assert np.allclose(compiled.stretch, plain.stretch, rtol=0, atol=1e-12)
