"""Loopback without noise: 1000 of 1000 random PSDUs in each direction, rate and corner of clock and carrier."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from ampradio.channel.clock import sample_clock_offset
from ampradio.channel.offset import carrier_offset
from ampradio.phy.ap_batch import ApBatch
from ampradio.phy.modulate import ppdus
from ampradio.phy.tag_batch import TagBatch
from ampradio.vectors import PpduKind, TxVector
from tests.phy.streams import CARRIER_LIMIT_HZ, DECIMATION, PROFILE, RATE_SPS, envelope, random_psdu

PSDUS = 1000
LENGTHS = ((4, 150), (8, 250), (13, 300), (16, 150), (27, 100), (71, 50))  # octets and how many of that size
AT_ONCE = 50
CORNERS_PPM = (-10_000.0, 0.0, 10_000.0)
CARRIERS_HZ = (-CARRIER_LIMIT_HZ, 0.0, CARRIER_LIMIT_HZ)


def batches(rng: np.random.Generator) -> Iterator[npt.NDArray[np.uint8]]:
    """Yield random frames, 50 of one size at a time, 1000 in all."""
    assert sum(count for _, count in LENGTHS) == PSDUS
    for octets, count in LENGTHS:
        for _ in range(count // AT_ONCE):
            yield np.array([list(random_psdu(rng, octets)) for _ in range(AT_ONCE)], np.uint8)


@pytest.mark.parametrize("clock_ppm", CORNERS_PPM)
@pytest.mark.parametrize("rate_bps", [250_000, 1_000_000])
def test_downlink(rate_bps: int, clock_ppm: float) -> None:
    """Type 1 through the tag's envelope receiver, the tag's sample clock off by ``clock_ppm``."""
    rng = np.random.default_rng((rate_bps, int(clock_ppm) + 10_000))
    receiver = TagBatch(PROFILE, RATE_SPS, DECIMATION)
    right = 0
    for sent in batches(rng):
        vector = TxVector(PpduKind.DL_TYPE1, rate_bps, int(rng.integers(64)))
        start = int(rng.integers(100, 140))
        samples = np.pad(ppdus(PROFILE, sent, vector), ((0, 0), (start, 400)))
        heard = sample_clock_offset(samples, clock_ppm) if clock_ppm else samples
        received = receiver.receive(envelope(heard), np.zeros(AT_ONCE))
        right += sum(psdu == each.tobytes() for psdu, each in zip(received.psdus, sent, strict=True))
        assert np.all(received.rate_bps == rate_bps)
        assert np.all(np.abs((received.stretch - 1) * 1e6 - clock_ppm) < 100)
        assert np.all(np.abs(received.start_sample - start * (1 + clock_ppm * 1e-6)) < 0.5)
    assert right == PSDUS


@pytest.mark.parametrize("clock_ppm", CORNERS_PPM)
@pytest.mark.parametrize("rate_bps", [250_000, 1_000_000])
def test_uplink(rate_bps: int, clock_ppm: float) -> None:
    """Active uplink through the AP's receiver, the carrier in each batch at −2.44, 0 and +2.44 MHz by turns."""
    rng = np.random.default_rng((rate_bps, int(clock_ppm) + 10_000, 1))
    receiver = ApBatch(PROFILE, rate_bps, RATE_SPS)
    right = 0
    for sent in batches(rng):
        vector = TxVector(PpduKind.UL_ACTIVE, rate_bps, seed_index=int(rng.integers(4)))
        start = int(rng.integers(10, 60))
        samples = np.pad(ppdus(PROFILE, sent, vector, clock_ppm=clock_ppm), ((0, 0), (start, 300)))
        cfo_hz = np.resize(CARRIERS_HZ, AT_ONCE)
        heard = carrier_offset(samples, cfo_hz, RATE_SPS, rng.uniform(0, 2 * np.pi, AT_ONCE))
        received = receiver.receive(heard, np.zeros(AT_ONCE), vector.seed_index)
        right += sum(psdu == each.tobytes() for psdu, each in zip(received.psdus, sent, strict=True))
        assert np.all(np.abs(received.start_sample - start) < 1)
        assert np.all(np.abs((received.stretch - 1) * 1e6 - clock_ppm) < 100)
        assert np.all(np.abs(received.cfo_hz - cfo_hz) < 100)
    assert right == PSDUS
