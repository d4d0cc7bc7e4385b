"""Bistatic replies where it hurts: front ends, gain steps, collisions, Wi-Fi, an energizer of its own, shaky shifts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pytest

from ampradio import accelerator
from ampradio.channel.agc import agc_steps
from ampradio.channel.front_end import dc_offset, iq_imbalance
from ampradio.channel.quantisation import quantise
from ampradio.channel.wifi_interference import WifiTraffic, wifi_interference
from ampradio.phy import theory
from ampradio.phy.ap_receiver import ApReceiver
from ampradio.phy.bistatic_batch import BistaticBatch
from ampradio.phy.excitation_theory import bit_error_rates, chip_energies, packet_error_rate
from ampradio.vectors import Listen, PpduKind, TxVector
from testbed.bench.uplink_links import bistatic_link
from tests.phy.lone_chips import noise_power
from tests.phy.spoiled import Checked
from tests.phy.streams import PROFILE, random_psdu, with_noise

WIDE_SPS = 40_000_000
NS_PER_SAMPLE = 25
SYMBOL = 128  # samples of the excitation's symbol at 40 MS/s (rule 18)
PACKETS, OCTETS = 32, 16
CHIP = {250_000: 80, 1_000_000: 20}  # samples at 40 MS/s (air-interface page, section 3)
NON_COHERENT_DB = 11.08  # ½·exp(−γ/2) at 10 % PER (performance page, section 1)
DIRECT_DB = 40.0
DIRECT = 10 ** (DIRECT_DB / 20)
SILENT_DB = 120.0

Samples = npt.NDArray[np.complex64]
rates = pytest.mark.parametrize("rate_bps", CHIP)


@dataclass(frozen=True, eq=False)
class Heard:
    """Replies of amplitude 1 without noise, apart from the excitation 40 dB above them as it is heard directly."""

    sent: npt.NDArray[np.uint8]
    reply: Samples
    direct: Samples
    start: npt.NDArray[np.float64]
    stretch: npt.NDArray[np.float64]

    def noisy(self, rng: np.random.Generator, ecn0_db: float, rate_bps: int, reply: Samples | None = None) -> Samples:
        """Return both in noise; ``reply`` in place of its own."""
        both = self.direct + (self.reply if reply is None else reply)
        noise = noise_power(CHIP[rate_bps], ecn0_db)
        return with_noise(rng, both.reshape(-1), noise).reshape(both.shape)


@lru_cache(maxsize=4)
def heard(
    rate_bps: int, seed: int = 1, energizer_ppm: float = 0.0, octets: int = OCTETS, packets: int = PACKETS
) -> Heard:
    """Return replies at the worst clock, each with its own delay, path, carrier and phases."""
    vector = TxVector(PpduKind.UL_BISTATIC, rate_bps)
    rng = np.random.default_rng(seed)
    sent = np.array([list(random_psdu(rng, octets)) for _ in range(packets)], np.uint8)
    both, alone = (
        bistatic_link(
            vector, sent, 10_000.0, SILENT_DB, np.random.default_rng((seed, rate_bps)), above_db,
            energizer_ppm=energizer_ppm,
        )
        for above_db in (DIRECT_DB, -300.0)
    )  # fmt: skip
    return Heard(sent, alone.samples, both.samples - alone.samples, alone.start_sample, alone.stretch)


def replies_to_the_same(rate_bps: int, order: npt.NDArray[np.intp]) -> Samples:
    """Return what ``heard`` has for reply, of other frames: those in ``order``, on the same excitations."""
    vector, rng = TxVector(PpduKind.UL_BISTATIC, rate_bps), np.random.default_rng((1, rate_bps))
    return bistatic_link(vector, heard(rate_bps).sent[order], 10_000.0, SILENT_DB, rng, -300.0).samples


def received(rate_bps: int, samples: Samples, ecn0_db: float) -> list[bytes | None]:
    batch = BistaticBatch(PROFILE, TxVector(PpduKind.UL_BISTATIC, rate_bps), WIDE_SPS)
    floor = np.full(len(samples), noise_power(CHIP[rate_bps], ecn0_db))
    return list(batch.receive(samples.astype(np.complex64), floor).psdus)


def wrong(got: list[bytes | None], sent: npt.NDArray[np.uint8]) -> int:
    return sum(psdu != each.tobytes() for psdu, each in zip(got, sent, strict=True))


def test_the_limit_under_an_excitation() -> None:
    """Chips of one energy give the known laws; drawn chips of the excitation's energies give its own, at 1 Mb/s.

    A bit's energy is that of 0.5 µs of the wave twice: 0.66 to 1.23 of the mean, by sums over the finely drawn symbol.
    """
    flat = np.ones((3, 2))
    assert bit_error_rates(12.0, flat, True) == pytest.approx(np.full(3, theory.ber_coherent(12.0)))
    assert bit_error_rates(12.0, flat, False) == pytest.approx(np.full(3, theory.ber_noncoherent(12.0)))
    settings = PROFILE.downlink
    values = np.array([*settings.bistatic_lower, 0, *settings.bistatic_upper])
    time_us = (np.arange(6400) + 0.5) / 2000  # 3.2 µs
    power = np.abs(values @ np.exp(2j * np.pi * 0.3125 * np.outer(np.arange(-16, 17), time_us))) ** 2
    sums = np.concatenate(([0.0], np.cumsum(np.tile(power / power.mean(), 2))))
    begin = np.arange(6400)
    pairs = np.stack([(sums[begin + stop] - sums[begin + stop - 1000]) / 1000 for stop in (1000, 2000)], axis=1)
    energies = chip_energies(PROFILE, 1_000_000)
    assert energies.mean() == pytest.approx(1)
    for edge in (np.min, np.max):
        assert edge(energies.mean(axis=1)) == pytest.approx(edge(pairs.mean(axis=1)), abs=2e-3)
    rng, gamma = np.random.default_rng(1), 10 ** (NON_COHERENT_DB / 10)
    pairs = pairs[rng.integers(0, 6400, 400_000)]
    ones, noise = rng.integers(0, 2, 400_000), rng.standard_normal((2, *pairs.shape))
    on = np.stack((1 - ones, ones), axis=1)
    chips = np.sqrt(gamma) * pairs * on + np.sqrt(pairs / 2) * (noise[0] + 1j * noise[1])
    size = np.abs(chips) - 0.5 * np.sqrt(gamma) * pairs
    drawn = int(np.count_nonzero((size[:, 1] > size[:, 0]) != ones))
    low, high = theory.wilson_interval(drawn, 400_000)
    assert low < bit_error_rates(gamma, energies, False).mean() < high
    assert packet_error_rate(gamma, energies, True, 128) < packet_error_rate(gamma, energies, False, 128)


SPOILT = {
    "IQ 1 dB and 5 degrees": lambda x: iq_imbalance(x, 1.0, 5.0),
    "offset as strong as the excitation": lambda x: dc_offset(x, 1j * DIRECT),
    "both": lambda x: dc_offset(iq_imbalance(x, 1.0, 5.0), 0.5 * DIRECT),
    "12 bits": lambda x: quantise(x, 12, 4 * DIRECT),
}


@rates
@pytest.mark.parametrize("name", SPOILT)
def test_an_imperfect_front_end_under_the_excitation(name: str, rate_bps: int) -> None:
    """Fewer than 10 % lost 1.6 dB above the bound, 40 dB of excitation beside it: 1 dB is what that may cost.

    The image of the excitation lies upon the reply, 16 dB above it. 12 bits with 12 dB of headroom leave noise
    62 dB below the excitation, 22 dB below an ON chip's power in 40 MHz: none to speak of.
    """
    here, ecn0_db = heard(rate_bps), NON_COHERENT_DB + 1.6
    samples = SPOILT[name](here.noisy(np.random.default_rng(2), ecn0_db, rate_bps))
    assert theory.wilson_interval(wrong(received(rate_bps, samples, ecn0_db), here.sent), PACKETS)[0] < 0.1


@rates
def test_numpy_alone_reads_the_same(rate_bps: int) -> None:
    """At 10 % PER: the same octets, right or wrong, with the accelerator and without."""
    here = heard(rate_bps)
    some = here.noisy(np.random.default_rng(8), NON_COHERENT_DB + 0.5, rate_bps)[:8]
    fast = received(rate_bps, some, NON_COHERENT_DB + 0.5)
    with accelerator.off():
        assert received(rate_bps, some, NON_COHERENT_DB + 0.5) == fast
    assert any(psdu is not None for psdu in fast)


@pytest.mark.parametrize("step_db", [-3.0, 3.0])
@rates
def test_gain_steps(rate_bps: int, step_db: float) -> None:
    """3 dB at any chip of sync or data, 9 dB over the bound: nothing is lost.

    The excitation is 40 dB above the reply at 250 kb/s, 30 dB at 1 Mb/s: its own step of 0.41 rings in the other half,
    10 MHz off, as 0.41/(2π·10 MHz) times its amplitude, which at 40 dB is more than a chip of 0.5 µs.
    """
    rng, here = np.random.default_rng(3), heard(rate_bps)
    at = here.start[:, np.newaxis] + CHIP[rate_bps] * rng.integers(0, 48 + 16 * OCTETS, (PACKETS, 1))
    if rate_bps == 1_000_000:
        here = replace(here, direct=(here.direct * 10 ** (-10 / 20)).astype(np.complex64))
    noisy = here.noisy(rng, NON_COHERENT_DB + 9, rate_bps)
    stepped = agc_steps(noisy, at.astype(np.intp), np.full((PACKETS, 1), step_db))
    assert wrong(received(rate_bps, stepped, NON_COHERENT_DB + 9), here.sent) == 0


@pytest.mark.parametrize("energizer_ppm", [-40.0, 40.0])
def test_an_energizer_with_a_clock_of_its_own(energizer_ppm: float) -> None:
    """The longest frame at 250 kb/s, 4 dB over the bound: all are read, in rows and in a stream however it is cut.

    20 ppm is what 802.11 allows either end: in 2.4 ms symbols move by 96 ns, the time in which all carriers turn apart.
    """
    rng, rate_bps = np.random.default_rng(4), 250_000
    here, ecn0_db = heard(rate_bps, 5, energizer_ppm, 71, 6), NON_COHERENT_DB + 4
    noisy = here.noisy(rng, ecn0_db, rate_bps)
    assert wrong(received(rate_bps, noisy, ecn0_db), here.sent) == 0
    row = np.concatenate((noisy[0], np.zeros(4000, np.complex64)))
    start_ns, stop_ns = NS_PER_SAMPLE * int(here.start[0] - 150), NS_PER_SAMPLE * noisy.shape[1]
    results = []
    for piece in (row.size, 3001):
        receiver = ApReceiver(PROFILE, WIDE_SPS)
        receiver.listen(Listen(PpduKind.UL_BISTATIC, rate_bps, 0, start_ns, stop_ns))
        results.append([each for at in range(0, row.size, piece) for each in receiver.feed(row[at : at + piece])])
    assert [each.psdu for each in results[0]] == [here.sent[0].tobytes()]
    assert results[1] == results[0]


@rates
def test_a_shift_that_starts_before_it_is_steady(rate_bps: int) -> None:
    """9 dB over the bound nothing is lost: 500 ppm settling in 50 µs when the sync begins, Γ_OFF 20 dB below Γ_ON.

    So the shift is heard from the first sample on, and in OFF chips; in the sync its carrier moves by up to 10 kHz.
    """
    rng, here, packets = np.random.default_rng(5), heard(rate_bps), PACKETS
    time_s = np.arange(here.reply.shape[1]) / WIDE_SPS
    shift_hz = 20e6 / here.stretch[:, np.newaxis]
    since_s = time_s - here.start[:, np.newaxis] / WIDE_SPS
    turns = shift_hz * 500e-6 * 50e-6 * (1 - np.exp(-np.maximum(since_s, 0) / 50e-6))
    idle = 0.1 / DIRECT * here.direct * np.exp(2j * np.pi * (shift_hz * time_s + rng.random((packets, 1))))
    shaky = (here.reply + idle) * np.exp(2j * np.pi * turns)
    noisy = here.noisy(rng, NON_COHERENT_DB + 9, rate_bps, shaky.astype(np.complex64))
    assert wrong(received(rate_bps, noisy, NON_COHERENT_DB + 9), here.sent) == 0


@pytest.mark.parametrize("above_db", [0.0, 10.0])
@rates
def test_two_replies_at_once(rate_bps: int, above_db: float) -> None:
    """Frames that were never sent pass as often as chance has it; the first one, if 10 dB stronger, is read in 90 %."""
    rng, here, checked, read = np.random.default_rng(6), heard(rate_bps), Checked(), 0
    order = np.roll(np.arange(PACKETS), 1)
    other = replies_to_the_same(rate_bps, order)
    for _ in range(3):
        late = SYMBOL * int(rng.integers(4, 250_000 * 60 // rate_bps))
        second = np.pad(other, ((0, 0), (late, 0)))[:, : other.shape[1]]
        both = here.reply + 1j * 10 ** (-above_db / 20) * second
        got = received(rate_bps, here.noisy(rng, 30.0, rate_bps, both.astype(np.complex64)), 30.0)
        read += PACKETS - wrong(got, here.sent)
        for psdu, *pair in zip(got, here.sent, here.sent[order], strict=True):
            if psdu is not None and psdu not in {each.tobytes() for each in pair}:
                checked.add(psdu)
    assert checked.no_more_than_chance()
    if above_db:
        assert theory.wilson_interval(read, 3 * PACKETS)[1] > 0.9


@rates
def test_wifi_on_the_channel_of_the_reply_is_noise(rate_bps: int) -> None:
    """Bursts half of the time, as strong in a hertz as the noise, 7 dB over the bound: 2 % are lost at most."""
    rng, here, ecn0_db = np.random.default_rng(7), heard(rate_bps), NON_COHERENT_DB + 7
    lost, rounds = 0, 3
    count = here.reply.shape[1]
    for _ in range(rounds):
        burst_db = 10 * np.log10(noise_power(CHIP[rate_bps], ecn0_db) * 20e6 / WIDE_SPS)
        bursts = wifi_interference(WifiTraffic(0.5, 6, 60), burst_db, count, WIDE_SPS, rng, (PACKETS,))
        bursts = bursts * np.exp(2j * np.pi * 10e6 / WIDE_SPS * np.arange(count))
        lost += wrong(received(rate_bps, here.noisy(rng, ecn0_db, rate_bps) + bursts, ecn0_db), here.sent)
    assert lost <= 0.02 * rounds * PACKETS
