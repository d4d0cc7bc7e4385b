"""pyadi-iio's unmodified adi.Pluto on the radio under test, real or emulated, in the wall's time.

Nothing radiates: samples stay in the chip's digital loopback, or the transmitter sends none.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from ampradio.radio.radio_uri import radio_uri as taken_apart
from tests.radio.plutos import LO_HZ, RATE_SPS, fresh, peak_cycles, pluto

STATUS = 0x80000088
BLOCK = 32768  # 33 ms
PERIOD = 65536
PATIENCE_S = 10
ATTEMPTS = 20  # as long as the machine is busy with something else


@pytest.fixture
def address(radio_uri: str) -> str:
    """What libiio calls the radio under test."""
    return taken_apart(radio_uri).libiio


@pytest.fixture
def radio(address: str) -> Iterator[Any]:
    """It, opened, in digital loopback."""
    with pluto(address, block=BLOCK) as each:
        each.tx_hardwaregain_chan0 = -89.75
        each.loopback = 1
        yield each
        each.disable_dds()
        each.loopback = 0


def counted() -> npt.NDArray[np.complex128]:
    """Samples that tell their number in the upper 12 bits of each branch."""
    number = np.arange(PERIOD)
    return 16.0 * ((number >> 6) + 1j * (number & 63))


def numbers(block: npt.NDArray[np.complex128]) -> npt.NDArray[np.intp]:
    """Undo ``counted``, after loopback."""
    return block.real.astype(int) * 64 + block.imag.astype(int)


def steps(blocks: list[npt.NDArray[np.complex128]]) -> npt.NDArray[np.intp]:
    """How far each number in a row of blocks is from the one before; 1 where nothing was lost."""
    return np.diff(numbers(np.concatenate(blocks))) % PERIOD


def test_every_property_is_read_and_keeps_what_is_written(address: str) -> None:
    with pluto(address) as radio:
        assert "sample_rate" in repr(radio)  # reads them all
        for rate in (600_000, 1_000_000, 2_083_333, 3_000_000, 20_000_000, 61_440_000):
            radio.sample_rate = rate
            assert radio.sample_rate == rate
            assert rate == int(radio._ctrl.attrs["tx_path_rates"].value.split("TXSAMP:")[1])
        for lo in (325_000_000, 868_000_000, 1_299_999_999, 2_437_000_000, 3_800_000_000):
            radio.rx_lo = radio.tx_lo = lo
            assert abs(radio.rx_lo - lo) <= 3 and abs(radio.tx_lo - lo) <= 3
        for mode in ("slow_attack", "fast_attack", "hybrid", "manual"):
            radio.gain_control_mode_chan0 = mode
            assert radio.gain_control_mode_chan0 == mode
        for attenuation in (0, -0.25, -10.5, -89.75):
            radio.tx_hardwaregain_chan0 = attenuation
            assert radio.tx_hardwaregain_chan0 == attenuation
        radio.rx_rf_bandwidth, radio.tx_rf_bandwidth = 4_000_000, 100_000_000
        assert (radio.rx_rf_bandwidth, radio.tx_rf_bandwidth) == (4_000_000, 20_000_000)
        for mode in (1, 2, 0):
            radio.loopback = mode
            assert radio.loopback == mode


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("rx_lo", 30_000_000),
        ("tx_lo", 7_000_000_000),
        ("sample_rate", 61_440_001),
        ("gain_control_mode_chan0", "loud"),
        ("rx_hardwaregain_chan0", 90),
        ("rx_hardwaregain_chan0", -14),
        ("tx_hardwaregain_chan0", 0.5),
        ("tx_hardwaregain_chan0", -90),
        ("loopback", 3),
    ],
)
def test_what_no_ad936x_can_is_refused(setting: str, value: object, address: str) -> None:
    with pluto(address) as radio:
        before = getattr(radio, setting)
        with pytest.raises(OSError, match="22"):
            setattr(radio, setting, value)
        assert getattr(radio, setting) == before or setting == "sample_rate"


@pytest.mark.parametrize("cyclic", [True, False])
def test_digital_loopback_gives_back_the_upper_12_bits(cyclic: bool, radio: Any) -> None:
    sent = np.random.default_rng(1).integers(-32768, 32768, (BLOCK, 2))
    kept = sent >> 4
    radio.tx_cyclic_buffer = cyclic
    radio.rx()
    radio.tx(sent[:, 0] + 1j * sent[:, 1])
    heard = np.concatenate([radio.rx() for _ in range(8)])
    codes = np.stack([heard.real, heard.imag], axis=1).astype(int)
    starts = np.flatnonzero((codes == kept[0]).all(axis=1))
    assert starts.size >= 1
    assert (codes[starts[0] :][:BLOCK] == kept[: len(codes) - starts[0]][:BLOCK]).all()
    after = codes[starts[0] + BLOCK :][:100]
    assert (after == (kept[:100] if cyclic else 0)).all()


def test_a_second_of_samples_without_one_missing(radio: Any) -> None:
    radio.tx_cyclic_buffer = True
    radio.tx(counted())
    radio._rxadc.set_kernel_buffers_count(16)  # half a second: this machine may be busy with something else
    for _ in range(ATTEMPTS):
        fresh(radio, stale=18)
        radio._rxadc.reg_write(STATUS, 4)
        blocks = [radio.rx() for _ in range(RATE_SPS // BLOCK)]
        if not radio._rxadc.reg_read(STATUS) & 4:
            break
    else:
        raise AssertionError(f"samples were lost in each of {ATTEMPTS} seconds")
    assert (steps(blocks) == 1).all()


@pytest.mark.parametrize("frequency_hz", [100_000, -100_000])
def test_a_tone_of_the_generators(frequency_hz: int, radio: Any) -> None:
    radio.dds_single_tone(frequency_hz, 0.5)
    block = fresh(radio)
    assert peak_cycles(block) == round(frequency_hz * BLOCK / RATE_SPS)
    assert abs(block).mean() == pytest.approx(1024, abs=2)
    radio.disable_dds()
    assert not fresh(radio).any()


def test_two_tones_of_the_generators(radio: Any) -> None:
    radio.dds_dual_tone(125_000, 0.25, 250_000, 0.5)
    power = abs(np.fft.fft(fresh(radio))) / BLOCK
    assert power[BLOCK // 8] == pytest.approx(512, abs=2)
    assert power[BLOCK // 4] == pytest.approx(1024, abs=2)
    assert np.sort(power)[-3] < 5


def test_kernel_buffers_hold_old_samples_then_a_gap_that_the_status_tells(radio: Any) -> None:
    """Whoever pauses finds one old block less than there are kernel buffers, then a gap; the status remembers."""
    radio.tx_cyclic_buffer = True
    radio.tx(counted())
    radio._rxadc.set_kernel_buffers_count(3)
    blocks = [radio.rx()]
    radio._rxadc.reg_write(STATUS, 4)
    time.sleep(5.3 * BLOCK / RATE_SPS)
    blocks += [radio.rx() for _ in range(3)]
    edges = steps(blocks)[BLOCK - 1 :: BLOCK]
    assert (edges[:2] == 1).all() and edges[2] != 1
    assert radio._rxadc.reg_read(STATUS) & 4
    for _ in range(ATTEMPTS):  # nobody reads: the next block that finds no room says so again
        radio._rxadc.reg_write(STATUS, 4)
        if not radio._rxadc.reg_read(STATUS) & 4:
            return
    raise AssertionError("it is not forgotten")


def test_one_kernel_buffer_leaves_a_gap_before_every_block(radio: Any) -> None:
    radio.tx_cyclic_buffer = True
    radio.tx(counted())
    radio._rxadc.set_kernel_buffers_count(1)
    jumps = np.flatnonzero(steps([radio.rx() for _ in range(6)]) != 1)
    assert jumps.tolist() == [BLOCK * block - 1 for block in range(1, 6)]


def test_a_transmitter_that_runs_dry_says_so(radio: Any) -> None:
    radio._txdac.reg_write(STATUS, 1)
    assert radio._txdac.reg_read(STATUS) & 1 == 0
    radio.tx(counted())
    until = time.monotonic() + PATIENCE_S
    while not radio._txdac.reg_read(STATUS) & 1:
        assert time.monotonic() < until
    radio._txdac.reg_write(STATUS, 1)
    assert radio._txdac.reg_read(STATUS) & 1 == 0  # until it runs dry again


def test_one_buffer_at_a_time_and_again_after_it_is_closed(radio: Any, address: str) -> None:
    with pluto(address, block=BLOCK) as second:
        radio.rx()
        with pytest.raises(OSError, match="16"):
            second.rx()
        assert abs(second.rx_lo - LO_HZ) <= 3  # settings are open to both
        radio.rx_destroy_buffer()
        assert second.rx().size == BLOCK
