"""The tag's receiver where it hurts: impaired front ends, gain steps, frames that touch, collide or end, Wi-Fi."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from ampradio.channel.agc import agc_steps
from ampradio.channel.wifi_interference import WifiTraffic, wifi_interference
from ampradio.phy.modulate import ppdu, ppdus
from ampradio.phy.on_symbol import on_symbol
from ampradio.phy.tag_batch import TagBatch
from ampradio.phy.tag_receiver import TagReceiver
from ampradio.phy.theory import ber_energy, per, required_ebn0_db, wilson_interval
from ampradio.vectors import PpduKind, TxVector
from tests.phy.lone_chips import needed_db, noise_power
from tests.phy.spoiled import FRONT_ENDS, Checked, front_end, passes
from tests.phy.streams import DECIMATION, PROFILE, RATE_SPS, downlink_stream, envelope, random_psdu, with_noise

OCTETS = 16
BITS = 8 * OCTETS
CHIP_SAMPLES = {250_000: 40, 1_000_000: 10}
CHIP_NS = {250_000: 2000, 1_000_000: 500}
WIFI_PREAMBLE = 560 + 160  # samples of a PPDU that tell the tag nothing: see the field list of the page, section 1
ALLOWED_DB = 1.0  # at 10 % PER beyond what lone chips lose: 0.3 dB is the receiver's bar, the rest the test's size

Samples = npt.NDArray[np.complex64]


def receive(samples: Samples) -> tuple[list[bytes], TagReceiver]:
    receiver = TagReceiver(PROFILE, RATE_SPS, DECIMATION)
    return [each.psdu for each in receiver.feed(envelope(samples))], receiver


def bar_db(rate_bps: int) -> float:
    """The Ec/N0 of an energy comparison at 10 % PER (performance page, section 1)."""
    freedom = CHIP_SAMPLES[rate_bps]
    return required_ebn0_db(0.1, lambda gamma: float(per(ber_energy(gamma, freedom), BITS)))


def stream_of(rng: np.random.Generator, psdus: list[bytes], rate_bps: int, gap: int) -> Samples:
    """Return PPDUs with a silence of ``gap`` samples before each and after the last."""
    silence = np.zeros(gap, np.complex64)
    vector = TxVector(PpduKind.DL_TYPE1, rate_bps, 5)
    parts = [part for psdu in psdus for part in (silence, ppdu(PROFILE, psdu, vector))]
    return np.concatenate([*parts, silence, np.zeros(4000, np.complex64)])


@pytest.mark.parametrize("rate_bps", CHIP_SAMPLES)
@pytest.mark.parametrize("name", [*FRONT_ENDS, "DC 20 dB below ON"])
def test_an_impaired_front_end_costs_what_it_costs_lone_chips(name: str, rate_bps: int) -> None:
    """Fewer than 10 % lost ``ALLOWED_DB`` above the Ec/N0 at which lone chips, so impaired, are told at 10 % PER."""
    symbol = on_symbol(PROFILE.downlink, CHIP_NS[rate_bps], RATE_SPS)
    ecn0_db = needed_db(lambda noise: front_end(name, noise), symbol, bar_db(rate_bps)) + ALLOWED_DB
    noise = noise_power(symbol.size, ecn0_db)
    rng = np.random.default_rng((1, rate_bps))
    psdus = [random_psdu(rng, OCTETS) for _ in range(60)]
    clean = stream_of(rng, psdus, rate_bps, 900)
    received, _ = receive(front_end(name, noise)(with_noise(rng, clean, noise)))
    lost = len(psdus) - len(set(received) & set(psdus))
    assert lost < 0.1 * len(psdus)


def test_back_to_back() -> None:
    """PPDUs whose silent signal extension is all that parts them: every one is read, 20 dB over the noise."""
    rng = np.random.default_rng(2)
    sent = [random_psdu(rng, int(octets)) for octets in rng.choice((4, 8, 13, 30, 71), 40)]
    rates = rng.choice((250_000, 1_000_000), len(sent))
    vectors = [TxVector(PpduKind.DL_TYPE1, int(rate)) for rate in rates]
    parts = [ppdu(PROFILE, psdu, vector) for psdu, vector in zip(sent, vectors, strict=True)]
    samples = np.concatenate([np.zeros(700, np.complex64), *parts, np.zeros(4000, np.complex64)])
    received, receiver = receive(with_noise(rng, samples, 0.01))
    assert received == sent
    assert receiver.counters["fcs_failed"] == 0


def test_gain_steps_between_frames() -> None:
    """±20 dB in every pause, noise and all: nothing is lost."""
    rng = np.random.default_rng(3)
    samples, sent = downlink_stream(rng, 30, 0.01)
    at = [(before.stop + after.start) // 2 for before, after in pairwise(sent)]
    steps_db = [20.0 if place % 2 else -20.0 for place in range(len(at))]
    received, _ = receive(agc_steps(samples, at, steps_db))
    assert received == [each.psdu for each in sent]


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("rate_bps", CHIP_SAMPLES)
def test_gain_steps_inside_frames(rate_bps: int, sign: int) -> None:
    """One step of 6 dB at a random sample of each AMP portion, ON 10 dB over the noise: nothing is lost.

    Noise in an OFF chip 6 dB up still has 4 dB less power than an ON chip that is not: of the M = 10 degrees of freedom
    of the shortest chip that is five standard deviations.
    """
    rng = np.random.default_rng((4, rate_bps))
    psdus = [random_psdu(rng, int(octets)) for octets in rng.choice((8, 13, 30), 30)]
    samples = with_noise(rng, stream_of(rng, psdus, rate_bps, 900), 0.1)
    at, place = [], 0
    for psdu in psdus:
        size = ppdu(PROFILE, psdu, TxVector(PpduKind.DL_TYPE1, rate_bps, 5)).size
        at += [place + int(rng.integers(900 + WIFI_PREAMBLE, 900 + size)), place + 900 + size]
        place += 900 + size
    received, _ = receive(agc_steps(samples, at, [sign * 6.0, -sign * 6.0] * len(psdus)))
    assert received == psdus


@pytest.mark.parametrize("above_db", [0.0, 3.0, 10.0])
def test_collisions(above_db: float) -> None:
    """Two PPDUs at any offset, one ``above_db`` stronger: frames that were never sent pass as often as chance has it.

    10 dB under a frame the other is noise to it, 10 dB over what the bar needs: a frame that begins first and is the
    stronger is read in 99 % (the noise-like power's own error rate is below 1e-3).
    """
    rng = np.random.default_rng((5, int(above_db)))
    vector, batch, checked = TxVector(PpduKind.DL_TYPE1, 250_000, 5), TagBatch(PROFILE, RATE_SPS, DECIMATION), Checked()
    weaker_won = stronger_first = read = 0
    for _ in range(40):
        pairs = [[random_psdu(rng, OCTETS) for _ in range(2)] for _ in range(32)]
        octets = np.array([[list(psdu) for psdu in pair] for pair in pairs], np.uint8)
        waves = ppdus(PROFILE, octets.reshape(-1, OCTETS), vector).reshape(32, 2, -1)
        late = rng.integers(-waves.shape[2] + 4000, waves.shape[2] - 4000, 32)
        rows = np.zeros((32, 2 * waves.shape[2] + 4000), np.complex64)
        for row, shift in enumerate(late):
            strong, weak = 500 + max(-shift, 0), 500 + max(shift, 0)
            rows[row, strong : strong + waves.shape[2]] += waves[row, 0]
            turned = waves[row, 1] * np.exp(2j * np.pi * rng.random()) * 10 ** (-above_db / 20)
            rows[row, weak : weak + waves.shape[2]] += turned
        noisy = with_noise(rng, rows.reshape(-1), 1e-3).reshape(rows.shape)
        got = batch.receive(envelope(noisy), np.full(32, DECIMATION * 1e-3)).psdus
        for psdu, pair, shift in zip(got, pairs, late, strict=True):
            first = shift > 0 and above_db == 10
            stronger_first += first
            read += first and psdu == pair[0]
            weaker_won += psdu == pair[1] and abs(shift) < 4000
            if psdu is not None and psdu not in pair:
                checked.add(psdu)
    assert checked.no_more_than_chance()
    if above_db == 10:
        assert weaker_won == 0
        assert wilson_interval(read, stronger_first)[1] > 0.99


@pytest.mark.parametrize("rate_bps", CHIP_SAMPLES)
def test_wifi_bursts_below_the_signal_are_noise(rate_bps: int) -> None:
    """Bursts half of the time, as strong as noise would have to be for the bar, less 6 dB: fewer than 2 % are lost.

    Wi-Fi is nearly Gaussian, so a burst costs no more than noise of its power; both together lie 5 dB over the bar.
    """
    rng = np.random.default_rng((6, rate_bps))
    psdus = [random_psdu(rng, OCTETS) for _ in range(60)]
    clean = stream_of(rng, psdus, rate_bps, 900)
    noise = noise_power(CHIP_SAMPLES[rate_bps], bar_db(rate_bps) + 12)
    burst_db = float(10 * np.log10(noise_power(CHIP_SAMPLES[rate_bps], bar_db(rate_bps) + 6)))
    bursts = wifi_interference(WifiTraffic(0.5, 6, 60), burst_db, clean.size, RATE_SPS, rng)
    received, _ = receive(with_noise(rng, clean + bursts, noise))
    assert len(set(psdus) - set(received)) <= 0.02 * len(psdus)


def test_wifi_bursts_above_the_signal_take_what_they_cover() -> None:
    """Bursts 10 dB over the PPDUs: what no burst touches is read, and no frame that was not sent is passed."""
    rng = np.random.default_rng(7)
    samples, sent = downlink_stream(rng, 60, 0.0, octets=(8, 13))
    bursts = wifi_interference(WifiTraffic(0.2, 6, 100), 10.0, samples.size, RATE_SPS, rng)
    received, receiver = receive(with_noise(rng, samples + bursts, 1e-3))
    clear = [each.psdu for each in sent if not bursts[each.start - 2000 : each.stop].any()]
    assert len(clear) > 10
    assert set(clear) <= set(received)
    assert not [psdu for psdu in received if passes(psdu) and psdu not in {each.psdu for each in sent}]
    assert receiver.counters["psdus"] == len(received)


def test_a_ppdu_cut_off_costs_no_more_than_itself() -> None:
    """The sender falls silent at any sample of the AMP portion; the PPDU after where that should have ended is read."""
    rng = np.random.default_rng(8)
    vector = TxVector(PpduKind.DL_TYPE1, 250_000, 5)
    for _ in range(25):
        cut, whole = random_psdu(rng, 30), random_psdu(rng, 13)
        wave = ppdu(PROFILE, cut, vector)
        stop = int(rng.integers(WIFI_PREAMBLE, wave.size - 1500))
        wave[stop:] = 0
        samples = np.concatenate([np.zeros(900, np.complex64), wave, np.zeros(300, np.complex64)])
        samples = np.concatenate([samples, ppdu(PROFILE, whole, vector), np.zeros(4000, np.complex64)])
        received, receiver = receive(with_noise(rng, samples, 0.01))
        assert received[-1] == whole
        assert not [psdu for psdu in received[:-1] if passes(psdu)]
        assert receiver.counters["fcs_failed"] == len(received) - 1
