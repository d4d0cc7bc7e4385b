"""GNU Radio's air path and the vectorised channel are the same channel."""

from __future__ import annotations

import numpy as np
import pytest
from gnuradio import blocks, gr

from ampradio.channel.multipath import multipath_taps
from ampradio.channel.path import Path
from flowgraphs.blocks.air_path import AirPath

FS = 20_000_000
N = 20_000
OSCILLATOR = 5e-4  # GNU Radio's fixed-point oscillator is interpolated from a table


def through_gnuradio(path: AirPath, samples: np.ndarray) -> np.ndarray:
    top = gr.top_block()
    source = blocks.vector_source_c(samples.tolist(), False)
    sink = blocks.vector_sink_c()
    top.connect(source, path, sink)
    top.run()
    return np.array(sink.data(), np.complex64)


def through_channel(path: Path, samples: np.ndarray) -> np.ndarray:
    return path.apply(samples, FS, np.random.default_rng(0))


@pytest.fixture
def signal() -> np.ndarray:
    rng = np.random.default_rng(5)
    return (rng.normal(size=N) + 1j * rng.normal(size=N)).astype(np.complex64)


@pytest.mark.parametrize("model", ["B", "D"])
@pytest.mark.parametrize("cfo_hz", [0.0, 2.44e6, -123_456.7])
def test_gain_delay_multipath_and_carrier(signal: np.ndarray, model: str, cfo_hz: float) -> None:
    """Equal to single precision without a carrier offset, to the oscillator's 5e-4 with one."""
    taps = multipath_taps(model, FS, np.random.default_rng(6))
    radio = through_gnuradio(AirPath(FS, gain_db=-3.5, delay_samples=7, taps=taps.tolist(), cfo_hz=cfo_hz), signal)
    numpy = through_channel(Path(gain_db=-3.5, delay_s=7 / FS, taps=taps, cfo_hz=cfo_hz), signal)
    assert N - 32 < radio.size <= numpy.size
    tolerance = (OSCILLATOR if cfo_hz else 2e-6) * float(np.max(np.abs(numpy)))
    assert np.max(np.abs(radio - numpy[: radio.size])) < tolerance


# GNU Radio's interpolator begins with its fourth sample, so that much of the sender's time is missing at the start.
HALF_STEP = 0.5 / 128  # of its positions between two samples
RATE_ROUNDING = 2.0**-24  # samples a sample: it counts in single precision


@pytest.mark.parametrize("frequency", [0.01, 0.05, -0.1])
@pytest.mark.parametrize("ppm", [10_000.0, -10_000.0, 100.0])
def test_clock_offset(frequency: float, ppm: float) -> None:
    """The same stretched tone, at every sample within half a step of GNU Radio's interpolator (-58 dB at 1 MHz)."""
    tone = np.exp(2j * np.pi * frequency * np.arange(N)).astype(np.complex64)
    radio = through_gnuradio(AirPath(FS, clock_ppm=ppm), tone)
    numpy = through_channel(Path(clock_ppm=ppm), tone)
    size = min(radio.size, numpy.size) - 50
    assert size > 0.98 * N
    tolerance = 2 * np.pi * abs(frequency) * (HALF_STEP + N * RATE_ROUNDING)
    assert np.max(np.abs(radio[50:size] - numpy[50:size])) < tolerance + 2e-4
