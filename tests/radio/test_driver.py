"""The PlutoSDR driver through real libiio, on a real radio or an emulated one: settings, counter, exact bursts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pytest

from ampradio.radio.errors import RadioSettingError
from ampradio.radio.interface import Codes, Loopback, LossCount, SampleBlock, Samples
from ampradio.radio.pluto import PlutoRadio
from tests.radio.conftest import BLOCK, RATE_SPS, OpenRadio, settings

DAC = 32767
ATTEMPTS = 6
T = TypeVar("T")


def noise(count: int, seed: int) -> Samples:
    """Samples of no structure, within full scale."""
    rng = np.random.default_rng(seed)
    return (0.9 * rng.uniform(-0.7, 0.7, (count, 2))).astype(np.float32).view(np.complex64)[:, 0]


def looped(samples: Samples) -> Codes:
    """What the chip's digital loopback makes of ``samples``: 16 bits to the transmitter, the upper 12 back."""
    return np.rint(samples.view(np.float32).reshape(-1, 2) * DAC).astype(np.int16) >> 4


class Disturbed(Exception):  # noqa: N818 – reads as what it is
    """The machine lost samples, which the radio told."""


def heard(radio: PlutoRadio, until: int) -> tuple[Codes, int]:
    """Read up to sample ``until``; return it and the counter of its first sample. A gap has to be told: Disturbed."""
    blocks: list[SampleBlock] = [radio.receive()]
    while blocks[-1].end < until:
        blocks.append(radio.receive())
        if blocks[-1].first != blocks[-2].end or blocks[-1].lost:
            assert radio.losses().overflows or radio.losses().underflows
            raise Disturbed
    return np.concatenate([block.codes for block in blocks]), blocks[0].first


def undisturbed(radio: PlutoRadio, attempt: Callable[[], T], *, transmit: bool = True, restart: bool = True) -> T:
    """Return what ``attempt`` gives with the radio started, of the first time that the machine loses no sample."""
    for _ in range(ATTEMPTS):
        if restart:
            radio.start(transmit=transmit)
        before = radio.losses()
        with contextlib.suppress(Disturbed):
            made, after = attempt(), radio.losses()
            if (after.overflows, after.underflows) == (before.overflows, before.underflows):
                return made
    raise AssertionError(f"samples were lost in each of {ATTEMPTS} attempts")


def test_settings_are_read_back_and_the_gain_is_manual(radio_uri: str, opened: OpenRadio) -> None:
    radio = opened(radio_uri)
    for rate in (600_000, 1_000_000, 4_000_000, 20_000_000):  # the first two only with the FIR
        applied = radio.configure(
            settings(rate_sps=rate, rx_gain_db=33.0, tx_attenuation_db=10.25, bandwidth_hz=3_000_000)
        )
        assert (applied.rate_sps, applied.rx_gain_db, applied.tx_attenuation_db) == (rate, 33.0, 10.25)
        assert abs(applied.bandwidth_hz - 3_000_000) < 100_000
    assert radio._board.sdr.gain_control_mode_chan0 == "manual"
    assert radio._board.sdr.sample_rate == 20_000_000
    radio.configure(settings(carrier_ppm=10.0))  # an oscillator that is high is tuned low
    assert abs(radio._board.sdr.rx_lo - 2_437_000_000 / (1 + 10e-6)) < 10


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"centre_hz": 50_000_000}, "50000000"),
        ({"tx_centre_hz": 7_000_000_000}, "7000000000"),
        ({"rx_gain_db": 90.0}, "receive gain of 90"),
        ({"tx_attenuation_db": -1.0}, "attenuation of -1"),
        ({"rate_sps": 70_000_000}, "61440000"),
        ({"rate_sps": 500_000}, "521000"),
        ({"rx_gain_db": float("nan")}, "finite"),
    ],
)
def test_what_the_radio_cannot_is_refused_with_a_fix(
    wrong: dict[str, object], said: str, radio_uri: str, opened: OpenRadio
) -> None:
    radio = opened(radio_uri)
    with pytest.raises(RadioSettingError, match=said) as caught:
        radio.configure(settings(**wrong))
    assert caught.value.fix


def test_received_samples_are_counted_without_a_gap(radio_uri: str, opened: OpenRadio) -> None:
    radio = opened(radio_uri)
    blocks = undisturbed(radio, lambda: [radio.receive() for _ in range(12)], transmit=False)
    assert [block.first for block in blocks] == list(range(0, 12 * BLOCK, BLOCK))
    assert not any(block.lost for block in blocks) and radio.losses() == LossCount()
    assert blocks[0].samples.dtype == np.complex64 and blocks[0].samples.shape == (BLOCK,)


def test_a_burst_is_heard_at_exactly_the_sample_it_was_asked_for(radio_uri: str, opened: OpenRadio) -> None:
    """In the chip's digital loopback, bit for bit, wherever block edges are; silence around it."""
    radio = opened(radio_uri, lead_blocks=3)

    def attempt() -> tuple[Codes, Codes]:
        begin = radio.earliest() + 2 * BLOCK
        edge = -(-begin // BLOCK) * BLOCK
        sent = {edge - 40: noise(100, 1), edge + 1000: noise(1, 2), edge + 5000: noise(2 * BLOCK + 17, 3)}
        if not all([radio.burst(samples, at).on_time for at, samples in sent.items()]):
            raise Disturbed
        codes, first = heard(radio, edge + 4 * BLOCK)
        expected = np.zeros_like(codes)
        for at, samples in sent.items():
            expected[at - first : at - first + samples.size] = looped(samples)
        return codes, expected

    assert np.array_equal(*undisturbed(radio, attempt))


def test_a_late_burst_is_counted_and_not_sent(radio_uri: str, opened: OpenRadio) -> None:
    radio = opened(radio_uri, lead_blocks=3)

    def attempt() -> Codes:
        block = radio.receive()
        outcome = radio.burst(noise(500, 1), block.end)
        assert not outcome.on_time and 0 < outcome.late_by <= radio.earliest() - block.end
        return heard(radio, block.end + 6 * BLOCK)[0]

    assert not undisturbed(radio, attempt).any()
    assert radio.losses() == LossCount(late_bursts=1)


def test_what_repeats_is_in_phase_with_the_counter_and_bursts_cut_into_it(radio_uri: str, opened: OpenRadio) -> None:
    radio = opened(radio_uri, lead_blocks=3)
    carrier, burst = noise(1000, 1), noise(300, 2)

    def attempt() -> tuple[Codes, Codes]:
        radio.cyclic(carrier)
        at = radio.earliest() + 2 * BLOCK + 77
        if not radio.burst(burst, at).on_time:
            raise Disturbed
        codes, first = heard(radio, at + BLOCK)
        place = np.arange(at - 5000, at + 5000)
        expected = looped(carrier)[place % 1000]
        expected[5000:5300] = looped(burst)
        return codes[place[0] - first :][: place.size], expected

    assert np.array_equal(*undisturbed(radio, attempt))


def test_the_radio_repeats_by_itself_while_it_only_receives(radio_uri: str, opened: OpenRadio) -> None:
    radio = opened(radio_uri)
    repeated = noise(5000, 4)
    radio.start(transmit=False)
    radio.cyclic(repeated)
    for _ in range(6):
        block = radio.receive()
    at = int(np.flatnonzero((block.codes == looped(repeated)[0]).all(axis=1))[0])
    assert np.array_equal(block.codes[at : at + 15000], np.tile(looped(repeated), (3, 1)))


def test_a_whole_exchange_in_burst_operation_at_20_megasamples(radio_uri: str, opened: OpenRadio) -> None:
    radio = opened(radio_uri, also={"rate_sps": 20_000_000, "bandwidth_hz": 20_000_000})
    sent = np.concatenate((np.zeros(3000, np.complex64), noise(60_000, 5)))
    capture = radio.exchange(sent, after=20_000)
    assert np.array_equal(capture.codes[capture.sent_at :][: sent.size], looped(sent))
    assert not capture.codes[capture.sent_at + sent.size :][:20_000].any()
    assert not capture.codes[: capture.sent_at].any()


def test_a_new_rate_restarts_the_counter_and_bursts_are_exact_again(radio_uri: str, opened: OpenRadio) -> None:
    radio = opened(radio_uri, lead_blocks=3)
    sent = noise(1000, 6)
    rates = iter([RATE_SPS // 2, RATE_SPS] * ATTEMPTS)

    def attempt() -> Codes:
        radio.receive()
        radio.configure(settings(rate_sps=next(rates)))
        at = radio.earliest() + 2 * BLOCK
        assert radio.receive().first == 0
        if not radio.burst(sent, at).on_time:
            raise Disturbed
        codes, first = heard(radio, at + BLOCK)
        return codes[at - first :][:1000]

    assert np.array_equal(undisturbed(radio, attempt), looped(sent))


@pytest.mark.parametrize(
    "samples", [np.zeros(0, np.complex64), np.full(5, 1.1, np.complex64), np.full(5, np.nan, np.complex64)]
)
def test_samples_that_cannot_be_sent_are_the_callers_mistake(
    samples: Samples, radio_uri: str, opened: OpenRadio
) -> None:
    radio = opened(radio_uri)
    radio.start()
    with pytest.raises(ValueError):
        radio.burst(samples, radio.earliest() + BLOCK)


def test_in_digital_loopback_the_transmitter_is_off(radio_uri: str, opened: OpenRadio) -> None:
    radio = opened(radio_uri)
    powered_down = radio._board.sdr._ctrl.find_channel("altvoltage1", True).attrs["powerdown"]
    assert powered_down.value == "1"
    radio.configure(settings(loopback=Loopback.OFF))
    assert powered_down.value == "0"
