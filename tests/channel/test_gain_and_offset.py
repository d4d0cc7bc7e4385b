"""Gain and carrier offset, against what they are by definition."""

from __future__ import annotations

import numpy as np
import pytest

from ampradio.channel.gain import gain
from ampradio.channel.offset import carrier_offset
from tests.channel.tones import tone, worst_db

FS = 20e6


def test_gain_is_of_power() -> None:
    signal = tone(0.1, 100)
    assert np.mean(np.abs(gain(signal, -20.0)) ** 2) == pytest.approx(0.01, rel=1e-5)
    both = gain(np.stack([signal, signal]), np.array([0.0, 6.0]))
    assert np.array_equal(both[0], signal) and both.dtype == np.complex64
    assert np.mean(np.abs(both[1]) ** 2) == pytest.approx(3.9811, rel=1e-4)


@pytest.mark.parametrize("cfo_hz", [2.44e6, -2.44e6, 1.0, -9.99e6])
def test_carrier_offset_of_a_whole_ppdu(cfo_hz: float) -> None:
    """Up to the ±1000 ppm of the uplink's carrier; exact over 3 ms, so phase does not creep."""
    steady = np.full(60_001, 1.0, np.complex64)
    expected = np.exp(2j * np.pi * cfo_hz / FS * np.arange(steady.size) + 0.7j)
    assert worst_db(carrier_offset(steady, cfo_hz, FS, phase_rad=0.7) - expected) < -120


def test_carrier_offset_moves_a_tone() -> None:
    assert worst_db(carrier_offset(tone(0.05, 5000), 0.1 * FS, FS) - tone(0.15, 5000)) < -115


def test_each_packet_its_carrier_and_phase() -> None:
    offsets, phases = np.array([[1e5, -2e5]]), np.array([[0.0, 1.0]])
    turned = carrier_offset(np.ones((1, 2, 100), np.complex64), offsets, FS, phases)
    for packet in (0, 1):
        alone = carrier_offset(np.ones(100, np.complex64), offsets[0, packet], FS, phases[0, packet])
        assert np.array_equal(turned[0, packet], alone)
    assert turned.dtype == np.complex64 and not np.allclose(turned[0, 0], turned[0, 1])


def test_wrong_numbers_are_refused() -> None:
    signal = np.ones((2, 8), np.complex64)
    for wrong in (float("nan"), np.zeros(3)):
        with pytest.raises(ValueError, match="cfo_hz"):
            carrier_offset(signal, wrong, FS)
        with pytest.raises(ValueError, match="gain_db"):
            gain(signal, wrong)
    with pytest.raises(ValueError, match="sample_rate_sps"):
        carrier_offset(signal, 1.0, 0.0)
    with pytest.raises(ValueError, match="axis"):
        gain(np.complex64(1.0), 0.0)
