"""The air in GNU Radio is the channel of ``ampradio.channel``, and the same to the bit however it is scheduled."""

from __future__ import annotations

import numpy as np
import pytest
from gnuradio import analog, blocks, gr

from ampradio.channel.streaming import Stage, applied
from flowgraphs.blocks.air_path import AirPath
from flowgraphs.blocks.air_stages import AirStages
from testbed.runner.impairments import Impairments, leak_stages, receiver_stages, way_stages

FS = 20_000_000
N = 20_000


def through(path: AirPath | AirStages, samples: np.ndarray, chunk: int = 2048) -> np.ndarray:
    top = gr.top_block()
    source = blocks.vector_source_c(samples.tolist(), False)
    sink = blocks.vector_sink_c()
    top.connect(source, path, sink)
    top.start(chunk)
    top.wait()
    return np.array(sink.data(), np.complex64)


@pytest.fixture
def signal() -> np.ndarray:
    rng = np.random.default_rng(5)
    return (rng.normal(size=N) + 1j * rng.normal(size=N)).astype(np.complex64)


def test_a_neutral_path_changes_nothing(signal: np.ndarray) -> None:
    out = through(AirPath(FS), signal)
    assert np.array_equal(out, signal[: out.size]) and out.size > N - 32


def test_gain_and_delay(signal: np.ndarray) -> None:
    out = through(AirPath(FS, gain_db=-6.0, delay_samples=7), signal)
    assert np.allclose(out[7:], signal[: out.size - 7] * 10 ** (-6 / 20), atol=1e-6)
    assert not out[:7].any()


def test_multipath_is_a_convolution(signal: np.ndarray) -> None:
    taps = [0.8 + 0.1j, 0.0, -0.3j]
    out = through(AirPath(FS, taps=taps), signal)
    assert np.allclose(out, np.convolve(signal, taps)[: out.size], atol=1e-5)


def test_carrier_offset(signal: np.ndarray) -> None:
    """The full ±2.44 MHz of the uplink; phase exact to the fixed-point oscillator's 1e-3 rad."""
    out = through(AirPath(FS, cfo_hz=-2.44e6), signal)
    expected = signal[: out.size] * np.exp(-2j * np.pi * 2.44e6 * np.arange(out.size) / FS)
    assert np.max(np.abs(out - expected)) < 5e-3 * np.max(np.abs(signal))


def test_sample_clock_offset_stretches_time() -> None:
    """A receiver whose clock is 1 % fast sees 1 % more samples, and a tone 1 % lower."""
    tone = np.exp(2j * np.pi * 0.05 * np.arange(N)).astype(np.complex64)
    out = through(AirPath(FS, clock_ppm=10_000.0), tone)
    assert abs(out.size - N * 1.01) < 64
    cycles = np.unwrap(np.angle(out[100:-100]))
    assert np.polyfit(np.arange(cycles.size), cycles, 1)[0] / (2 * np.pi) == pytest.approx(0.05 / 1.01, rel=1e-5)


@pytest.mark.parametrize("chunk", [333, 2048, 8192])
def test_the_scheduler_does_not_show(signal: np.ndarray, chunk: int) -> None:
    def path() -> AirPath:
        return AirPath(FS, gain_db=-3.0, taps=[0.9, 0.2 - 0.1j], cfo_hz=123_456.0, clock_ppm=250.0)

    reference = through(path(), signal, 1024)
    out = through(path(), signal, chunk)
    size = min(out.size, reference.size)
    assert size > N - 100 and np.array_equal(out[:size], reference[:size])


EVERYTHING = Impairments(
    run_seed=5, direction="uplink", multipath="D", ways="bistatic", doppler_hz=3000.0, air_time_s=0.01,
    phase_noise_hz=500.0, wifi_duty=0.5, wifi_db=3.0, wifi_offset_hz=1e6, leak_db=10.0, leak_drift_db=20.0,
    leak_drift_rad=20.0, agc_step_db=3.0, agc_period_s=2e-5, iq_gain_db=0.5, iq_phase_deg=2.0, dc_offset=0.2,
    adc_bits=7, adc_full_scale=3.0,
)  # fmt: skip
PLACES = {"way": way_stages, "receiver": receiver_stages, "leak": leak_stages}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("chunk", [77, 2048, 8192])
def test_impairments_do_not_show_the_scheduler(signal: np.ndarray, place: str, chunk: int) -> None:
    """In GNU Radio, in whatever pieces, they are to the bit what they are on the whole array."""

    def stages() -> list[Stage]:
        return PLACES[place](EVERYTHING, FS)

    block = AirPath(FS, way=stages()) if place == "way" else AirStages(stages())
    out = through(block, signal, chunk)
    assert out.size > N - 32
    assert np.array_equal(out, applied(stages(), signal, 0)[: out.size])
    assert not np.array_equal(out, signal[: out.size])


def test_what_is_switched_off_passes_or_is_silent(signal: np.ndarray) -> None:
    """No stages: the stream itself; a leak that is not there neither sounds nor waits for what would leak."""
    assert np.array_equal(through(AirStages(), signal), signal)
    top, sink = gr.top_block(), blocks.vector_sink_c()
    head = blocks.head(gr.sizeof_gr_complex, 100)
    never = blocks.vector_source_c([], False)
    top.connect(never, AirStages((), True), head, sink)
    top.run()
    assert list(sink.data()) == [0] * 100


def test_noise_has_the_power_asked_for() -> None:
    """The air's noise source: amplitude² is the power of the complex sample."""
    top = gr.top_block()
    source = analog.noise_source_c(analog.GR_GAUSSIAN, 0.25, 3)
    head = blocks.head(gr.sizeof_gr_complex, 200_000)
    sink = blocks.vector_sink_c()
    top.connect(source, head, sink)
    top.run()
    power = float(np.mean(np.abs(np.array(sink.data())) ** 2))
    assert power == pytest.approx(0.0625, rel=5 / np.sqrt(200_000))
