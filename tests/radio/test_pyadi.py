"""pyadi-iio's unmodified adi.Pluto between emulated radios; what one radio does by itself is in test_hw_pyadi."""

from __future__ import annotations

import time

import iio
import numpy as np
import pytest

from ampradio.radio.emulator.air import FlatAir
from ampradio.radio.emulator.network import boards
from tests.radio.plutos import BLOCK, LO_HZ, RATE_SPS, fresh, network, peak_cycles, pluto, rms_dbfs, tone


def test_an_ad9363_is_not_opened_up() -> None:
    with network() as radios, pluto(radios.uris[0]) as radio:
        for setting, value in (("rx_lo", 70_000_000), ("tx_lo", 6_000_000_000), ("rx_hardwaregain_chan0", 72)):
            with pytest.raises(OSError, match="22"):
                setattr(radio, setting, value)


def test_below_2083333_samples_per_second_the_filter_has_to_be_on() -> None:
    """25 MS/s, the slowest the converter runs, through half-band filters of 12: UG-570."""
    with network() as radios:
        context = iio.Context(radios.uris[0])
        phy = context.find_device("ad9361-phy")
        rate = phy.find_channel("voltage0").attrs["sampling_frequency"]
        with pytest.raises(OSError, match="22"):
            rate.value = "2083332"
        rate.value = "2083333"
        with pytest.raises(OSError, match="22"):  # none loaded
            phy.find_channel("out").attrs["voltage_filter_fir_en"].value = "1"
        del rate, phy, context


def test_what_one_sends_another_hears_at_the_level_of_the_link_budget() -> None:
    """7 dBm at full scale, 60 dB of loss, 4 dBm - gain fills the receiver: so are the levels."""
    with network(2) as radios, pluto(radios.uris[0]) as sender, pluto(radios.uris[1]) as receiver:
        sender.tx_cyclic_buffer = True
        sender.tx(tone(700))  # half of full scale
        for tx_db, rx_db in ((0, 30), (-10, 30), (-10, 40)):
            sender.tx_hardwaregain_chan0, receiver.rx_hardwaregain_chan0 = tx_db, rx_db
            block = fresh(receiver)
            assert peak_cycles(block) == 700
            assert rms_dbfs(block) == pytest.approx(7 - 6.02 + tx_db - 60 - (4 - rx_db), abs=0.1)


def test_a_receiver_tuned_elsewhere_hears_nothing() -> None:
    with network(2) as radios, pluto(radios.uris[0]) as sender, pluto(radios.uris[1]) as receiver:
        silence = rms_dbfs(fresh(receiver))
        sender.tx_cyclic_buffer = True
        sender.tx(tone(700))
        loud = rms_dbfs(fresh(receiver))
        receiver.rx_lo = LO_HZ + 2_000_000
        assert loud > silence + 20
        assert rms_dbfs(fresh(receiver)) == pytest.approx(silence, abs=0.3)
        receiver.rx_lo = LO_HZ + 250_000  # half within: a tone at 85 kHz comes out 250 kHz lower
        shifted = fresh(receiver)
        assert peak_cycles(shifted) == round((700 / BLOCK * RATE_SPS - 250_000) * BLOCK / RATE_SPS)


def test_a_shifted_carrier_keeps_its_phase_from_block_to_block() -> None:
    """All of a tone's power but the noise is in one bin of the spectrum of four blocks in a row."""
    with network(2) as radios, pluto(radios.uris[0]) as sender, pluto(radios.uris[1]) as receiver:
        sender.tx_cyclic_buffer = True
        sender.tx(tone(0))
        cycles = BLOCK // 2 + 1  # in four blocks: not a whole number in one
        receiver.rx_lo = LO_HZ - round(cycles * RATE_SPS / (4 * BLOCK))
        fresh(receiver)
        row = np.concatenate([receiver.rx() for _ in range(4)])
    power = abs(np.fft.fft(row)) ** 2
    assert np.argmax(power) == cycles
    assert power.max() / power.sum() > 0.95  # the synthesiser may be a few hertz off, a bin is 30


def test_the_transmitter_has_twelve_bits() -> None:
    with network(2, air=FlatAir(path_loss_db=0)) as radios:
        near, far = radios.uris
        with pluto(near) as sender, pluto(far) as receiver:
            silence = rms_dbfs(fresh(receiver))
            for code, louder in ((15, False), (16, True), (31, True)):
                sender.tx_destroy_buffer()
                sender.tx_cyclic_buffer = True
                sender.tx(np.full(BLOCK, code * (1 + 1j)))
                level = rms_dbfs(fresh(receiver))
                assert (level > silence + 10) == louder
                if louder:  # 31 is 16 to the converter
                    expected = 7 + 10 * np.log10(2 * 16**2 / 32768**2) - (4 - 30)
                    assert level == pytest.approx(expected, abs=0.4)


def test_noise_is_thermal_and_rises_with_the_gain() -> None:
    """-174 dBm/Hz and 3 dB of noise figure over 1 MHz, against 4 dBm - gain at full scale."""
    with network() as radios, pluto(radios.uris[0], block=65536) as radio:
        for gain_db in (60, 65, 71):
            radio.rx_hardwaregain_chan0 = gain_db
            assert rms_dbfs(fresh(radio)) == pytest.approx(-173.98 + 3 + 60 - 4 + gain_db, abs=0.4)


def test_gain_control_leaves_headroom_where_a_fixed_gain_clips() -> None:
    with network(2) as radios, pluto(radios.uris[0]) as sender, pluto(radios.uris[1], gain_db=71) as receiver:
        sender.tx_cyclic_buffer = True
        sender.tx(tone(700))
        clipped = fresh(receiver)
        assert {clipped.real.max(), clipped.real.min()} == {2047.0, -2048.0}
        receiver.gain_control_mode_chan0 = "slow_attack"
        assert -15 < rms_dbfs(fresh(receiver)) < -9
        assert receiver.rx_hardwaregain_chan0 < 71


def test_rf_loopback_sends_out_what_comes_in() -> None:
    with network(3) as radios:
        first, second, third = radios.uris
        with pluto(first) as sender, pluto(second) as repeater, pluto(third) as receiver:
            sender.tx_cyclic_buffer = True
            sender.tx(tone(700))
            repeater.tx_lo = receiver.rx_lo = LO_HZ + 40_000_000
            nothing = rms_dbfs(fresh(receiver))
            repeater.rx_hardwaregain_chan0, repeater.loopback = 50, 2
            block = fresh(receiver)
            assert peak_cycles(block) == 700
            arriving_dbfs = 7 - 6.02 - 60 - (4 - 50)  # at the repeater's converter, thence to full scale of 7 dBm
            assert rms_dbfs(block) == pytest.approx(7 + arriving_dbfs - 60 - (4 - 30), abs=0.3)
            assert rms_dbfs(block) > nothing + 10


def test_a_chip_that_is_off_neither_sends_nor_hears() -> None:
    with network(2) as radios, pluto(radios.uris[0]) as sender, pluto(radios.uris[1]) as receiver:
        silence = rms_dbfs(fresh(receiver))
        sender.tx_cyclic_buffer = True
        sender.tx(tone(700))
        loud = rms_dbfs(fresh(receiver))
        switches = {
            "alert": lambda on: setattr(sender._ctrl.attrs["ensm_mode"], "value", "fdd" if on else "alert"),
            "powerdown": lambda on: setattr(
                sender._ctrl.find_channel("TX_LO", True).attrs["powerdown"], "value", "0" if on else "1"
            ),
        }
        for switch in switches.values():
            switch(False)
            assert rms_dbfs(fresh(receiver)) == pytest.approx(silence, abs=0.3)
            switch(True)
            assert rms_dbfs(fresh(receiver)) == pytest.approx(loud, abs=0.3)
        receiver._ctrl.attrs["ensm_mode"].value = "sleep"
        assert not fresh(receiver).any()


def test_decimation_by_eight_in_the_fpga() -> None:
    with network() as radios, pluto(radios.uris[0]) as radio:
        radio.sample_rate = 8_000_000
        radio.rx_dec8_filter_en = radio.tx_int8_filter_en = True
        assert radio.sample_rate == 8_000_000
        radio.loopback = 1
        radio.dds_single_tone(100_000, 0.5)
        assert peak_cycles(fresh(radio)) == round(100_000 * BLOCK / 1_000_000)


def test_a_rate_that_changes_under_an_open_buffer() -> None:
    with network(2) as radios, pluto(radios.uris[0]) as sender, pluto(radios.uris[1]) as receiver:
        sender.tx_cyclic_buffer = True
        sender.tx(tone(0))
        assert peak_cycles(fresh(receiver)) == 0
        sender.tx_destroy_buffer()
        sender.sample_rate = receiver.sample_rate = 2_500_000
        sender.tx(tone(700))
        assert peak_cycles(fresh(receiver)) == 700


def test_carrier_error_of_a_board() -> None:
    with network(boards(2, carrier_ppm=[10.0, 0.0])) as radios:  # 24 kHz at 2.4 GHz
        first, second = radios.uris
        with pluto(first) as sender, pluto(second) as receiver:
            sender.tx_cyclic_buffer = True
            sender.tx(tone(0))
            assert peak_cycles(fresh(receiver)) == round(24_000 * BLOCK / RATE_SPS)


def test_blocks_queued_in_time_follow_each_other_without_a_seam() -> None:
    with network() as radios, pluto(radios.uris[0]) as radio:
        radio.loopback = 1
        radio.rx()
        for index in range(3):
            radio.tx(tone(16, BLOCK, 100.0 * 16 * (index + 1)))
        heard = np.concatenate([radio.rx() for _ in range(9)])
    levels = np.rint(abs(heard) / 100)
    assert [int((levels == step).sum()) for step in (1, 2, 3)] == [BLOCK] * 3
    assert (np.diff(levels[levels > 0]) >= 0).all()


def test_real_time_is_the_walls() -> None:
    with network(elastic=False) as radios, pluto(radios.uris[0]) as radio:
        radio.rx()
        began = time.monotonic()
        for _ in range(40):
            radio.rx()
        seconds = time.monotonic() - began
    assert seconds > (40 - 4) * BLOCK / RATE_SPS  # four may have been full already
