"""What an experiment's channel does badly, through libiio's buffers: one air, an impairment for each receiver."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from ampradio.channel.front_end import image_rejection_db
from ampradio.radio.emulator import EmulatedNetwork
from ampradio.radio.emulator.network import boards
from testbed.emulated_air import AirPlan, IndoorAir, Way, emulated_network
from testbed.emulated_air.imperfection import Imperfection
from testbed.emulated_air.wandering import Wandering
from testbed.emulated_air.wifi import Wifi
from tests.radio.plutos import BLOCK, LO_HZ, RATE_SPS, Samples, fresh, pluto, tone

BLOCKS = 16
CYCLES = 1000  # of the tone, in a block
GAIN_DB, LOSS_DB, FAR_DB = 30, 45.0, 300.0
LEVEL_DBM = 7 - 6.02 - LOSS_DB  # half of full scale, from the data sheet's 7 dBm
SCALE = 2048 * 10 ** ((GAIN_DB - 4) / 20)  # codes in a √mW
AMPLITUDE = 10 ** (LEVEL_DBM / 20)
LEAK, CLEAN, PHASE, BURSTS, STEPS, MIXER, OFFSET, COARSE = range(8)  # the sender hears itself
DRIFT_DB, DRIFT_RAD, LINEWIDTH_HZ, STEP_DB, PERIOD = 10.0, 30.0, 200.0, 6.0, 3000
DUTY, WIFI_DBM = 0.4, -60.0
FULL_SCALE, BITS = 4 * AMPLITUDE, 4


def plan() -> AirPlan:
    way = Way(LOSS_DB)
    ways = {(LEAK, receiver): way for receiver in range(8)}
    ways[LEAK, PHASE] = replace(way, wandering=Wandering(5, LINEWIDTH_HZ))
    ways[LEAK, BURSTS] = Way(FAR_DB)
    leak = replace(way, wandering=Wandering(6, drift_db=DRIFT_DB, drift_rad=DRIFT_RAD))
    del ways[LEAK, LEAK]
    air = IndoorAir(Way(FAR_DB), leak, ways, wifi={BURSTS: Wifi(7, DUTY, WIFI_DBM, LO_HZ)})
    imperfections = {
        STEPS: Imperfection(agc_step_db=STEP_DB, agc_period_s=PERIOD / RATE_SPS),
        MIXER: Imperfection(iq_gain_db=1.0, iq_phase_deg=5.0),
        OFFSET: Imperfection(dc_offset=0.1 * AMPLITUDE, dc_phase_rad=0.7),
        COARSE: Imperfection(adc_bits=BITS, adc_full_scale=FULL_SCALE),
    }
    return AirPlan(boards(8), air, 3, imperfections)


@pytest.fixture(scope="module")
def air() -> Iterator[EmulatedNetwork]:
    with emulated_network(plan(), elastic=True) as radios:
        yield radios


@pytest.fixture(scope="module")
def heard(air: EmulatedNetwork) -> Iterator[Callable[..., Samples]]:
    """A stretch of what a receiver gives, while the sender repeats its tone."""
    with pluto(air.uris[LEAK], gain_db=GAIN_DB) as sender:
        sender.tx_cyclic_buffer = True
        sender.tx(tone(CYCLES))

        def listen(receiver: int, shift_hz: int = 0) -> Samples:
            with pluto(air.uris[receiver], gain_db=GAIN_DB) as radio:
                if receiver == LEAK:
                    radio = sender
                radio.rx_lo = LO_HZ + shift_hz
                fresh(radio)
                row = np.concatenate([radio.rx() for _ in range(BLOCKS)])
                radio.rx_destroy_buffer()
                return row

        yield listen


def detuned(row: Samples) -> Samples:
    """The tone taken off."""
    return row * np.exp(-2j * np.pi * CYCLES / BLOCK * np.arange(row.size))


def variance(walk: np.ndarray, lag: int) -> float:
    return float(np.var(walk[lag::lag] - walk[:-lag:lag]))


def spectrum(row: Samples) -> np.ndarray:
    return np.mean(abs(np.fft.fft(row.reshape(-1, BLOCK)) / BLOCK) ** 2, axis=0)


def test_a_receiver_without_any_is_clean(heard: Callable[..., Samples]) -> None:
    """What the others are measured against: the tone's power at its place, and no line anywhere else."""
    lines = spectrum(heard(CLEAN))
    assert math.sqrt(lines[CYCLES]) == pytest.approx(AMPLITUDE * SCALE, rel=0.02)
    lines[CYCLES] = 0
    assert lines.max() < 1e-6 * (AMPLITUDE * SCALE) ** 2


def test_phase_noise_is_a_walk_of_the_linewidth(heard: Callable[..., Samples]) -> None:
    """Demir: the phase's variance after t is 2π·linewidth·t; the amplitude stays."""
    row = detuned(heard(PHASE))
    for lag in (128, 512):
        expected = 2 * np.pi * LINEWIDTH_HZ * lag / RATE_SPS
        assert variance(np.unwrap(np.angle(row)), lag) == pytest.approx(expected, rel=0.35)
    assert np.std(abs(row)) < 0.02 * np.mean(abs(row))


def test_a_leak_drifts_in_gain_and_phase(heard: Callable[..., Samples]) -> None:
    row, lag = detuned(heard(LEAK)), 512
    seconds = lag / RATE_SPS
    assert variance(np.unwrap(np.angle(row)), lag) == pytest.approx(DRIFT_RAD**2 * seconds, rel=0.35)
    assert variance(20 * np.log10(abs(row)), lag) == pytest.approx(DRIFT_DB**2 * seconds, rel=0.35)


def test_wifi_is_on_for_its_duty_with_its_power_on_its_channel(heard: Callable[..., Samples]) -> None:
    """A receiver of 1 MHz in the middle of 52 carriers over 16.25 MHz, the one at zero left out, gets its share."""
    power = np.convolve(abs(heard(BURSTS)) ** 2, np.ones(32) / 32, "same")
    quiet = np.mean(abs(heard(BURSTS, 40_000_000)) ** 2)
    on = power > 8 * quiet
    assert np.mean(on) == pytest.approx(DUTY, abs=0.15)
    carriers = 2  # of 52 that are 312.5 kHz apart, within ± 500 kHz; more where the filter ends
    share_db = 10 * np.log10(carriers / 52)
    heard_dbm = 10 * np.log10(np.mean(power[on]) / SCALE**2)
    assert heard_dbm == pytest.approx(WIFI_DBM + share_db, abs=1.5)
    assert quiet < 4


def test_gain_steps_up_and_down_by_turns(heard: Callable[..., Samples]) -> None:
    level_db = 20 * np.log10(abs(heard(STEPS)) / AMPLITUDE / SCALE)
    assert np.mean(abs(level_db) < 0.5) == pytest.approx(0.5, abs=0.03)
    assert np.mean(abs(level_db - STEP_DB) < 0.5) == pytest.approx(0.5, abs=0.03)
    edges = np.flatnonzero(np.diff(level_db > STEP_DB / 2))
    assert set(np.diff(edges)) == {PERIOD}


def test_branches_that_differ_make_an_image(heard: Callable[..., Samples]) -> None:
    lines = 10 * np.log10(spectrum(heard(MIXER)))
    assert lines[CYCLES] - lines[-CYCLES] == pytest.approx(float(image_rejection_db(1.0, 5.0)), abs=0.2)


def test_an_offset_is_a_line_at_zero(heard: Callable[..., Samples]) -> None:
    mean = np.mean(heard(OFFSET))
    assert abs(mean) == pytest.approx(0.1 * AMPLITUDE * SCALE, rel=0.02)
    assert np.angle(mean) == pytest.approx(0.7, abs=0.02)


def test_a_converter_of_few_bits_has_few_codes(heard: Callable[..., Samples]) -> None:
    row = heard(COARSE)
    step = FULL_SCALE / 2 ** (BITS - 1) * SCALE
    codes = np.unique(np.concatenate((row.real, row.imag)))
    assert 3 < codes.size <= 2**BITS
    assert abs(codes / step - np.rint(codes / step)).max() < 0.5 / step + 1e-9
