"""The AP's receiver of uncoded uplinks where it hurts: front ends, gain steps, collisions, cut frames, Wi-Fi."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from ampradio.channel.agc import agc_steps
from ampradio.channel.wifi_interference import WifiTraffic, wifi_interference
from ampradio.phy.theory import wilson_interval
from ampradio.phy.uncoded_batch import UncodedBatch
from ampradio.phy.uncoded_frame import Detector
from ampradio.vectors import PpduKind, TxVector
from testbed.bench.uplink_links import Link, uplink_link
from tests.phy.lone_chips import needed_db, noise_power
from tests.phy.spoiled import FRONT_ENDS, Checked, front_end, passes
from tests.phy.streams import CARRIER_LIMIT_HZ, PROFILE, random_psdu

OCTETS = 16
PACKETS = 64
NON_COHERENT_DB = 11.08  # ½·exp(−γ/2) at 10 % PER (performance page, section 1)
MODES = {  # vector, MS/s, samples in a chip, carrier
    "active 4 Mb/s": (TxVector(PpduKind.UL_ACTIVE, 4_000_000, seed_index=1), 40, 5, CARRIER_LIMIT_HZ),
    "bistatic chips 250 kb/s": (TxVector(PpduKind.UL_BISTATIC, 250_000), 20, 40, 2e5),
}

Samples = npt.NDArray[np.complex64]
modes = pytest.mark.parametrize("mode", MODES)


def frames(rng: np.random.Generator, count: int = PACKETS) -> npt.NDArray[np.uint8]:
    return np.array([list(random_psdu(rng, OCTETS)) for _ in range(count)], np.uint8)


def heard(rng: np.random.Generator, mode: str, psdus: npt.NDArray[np.uint8], ecn0_db: float) -> Link:
    vector, rate_msps, _, carrier_hz = MODES[mode]
    return uplink_link(vector, psdus, rate_msps * 1_000_000, 10_000.0, ecn0_db, rng, carrier_hz)


def received(mode: str, samples: Samples, noise: float) -> list[bytes | None]:
    vector, rate_msps, _, carrier_hz = MODES[mode]
    batch = UncodedBatch(PROFILE, vector, rate_msps * 1_000_000, Detector.NON_COHERENT, carrier_hz)
    return list(batch.receive(samples, np.full(len(samples), noise)).psdus)


def wrong(got: list[bytes | None], psdus: npt.NDArray[np.uint8]) -> int:
    return sum(psdu != each.tobytes() for psdu, each in zip(got, psdus, strict=True))


@modes
@pytest.mark.parametrize("name", [*FRONT_ENDS, "DC 20 dB below ON"])
def test_an_impaired_front_end_costs_what_it_costs_lone_chips(name: str, mode: str) -> None:
    """Fewer than 10 % lost 1 dB above what lone chips so impaired need: 0.3 dB is the bar, the rest the test's size."""
    rng, size = np.random.default_rng(1), MODES[mode][2]
    symbol = np.ones(size, np.complex64)
    needed = needed_db(lambda noise: front_end(name, noise), symbol, NON_COHERENT_DB, coherent=True) + 1
    psdus, noise = frames(rng), noise_power(size, needed)
    got = received(mode, front_end(name, noise)(heard(rng, mode, psdus, needed).samples), noise)
    assert wrong(got, psdus) < 0.1 * PACKETS


@modes
@pytest.mark.parametrize("step_db", [-3.0, 3.0])
def test_gain_steps_inside_frames(step_db: float, mode: str) -> None:
    """3 dB at a random chip of each PPDU's data, 9 dB over the bound: nothing is lost."""
    rng, size = np.random.default_rng(2), MODES[mode][2]
    psdus = frames(rng)
    link = heard(rng, mode, psdus, NON_COHERENT_DB + 9)
    at = link.start_sample[:, np.newaxis] + size * rng.integers(50, 48 + 16 * OCTETS, (PACKETS, 1))
    stepped = agc_steps(link.samples, at.astype(np.intp), np.full((PACKETS, 1), step_db))
    assert wrong(received(mode, stepped, noise_power(size, NON_COHERENT_DB + 9)), psdus) == 0


@modes
@pytest.mark.parametrize("above_db", [0.0, 10.0])
def test_collisions(above_db: float, mode: str) -> None:
    """Frames that were never sent pass as often as chance has it; the first one, if 10 dB stronger, is read in 90 %.

    An error needs a chip in which the other's whole amplitude is against it while its OFF chip is filled: 0.32 of ON
    against 1 − 0.32.
    """
    rng, size, checked, read = np.random.default_rng(3), MODES[mode][2], Checked(), 0
    for _ in range(3):
        strong, weak = frames(rng), frames(rng)
        first, second = heard(rng, mode, strong, 30.0).samples, heard(rng, mode, weak, 60.0).samples
        late = size * int(rng.integers(10, 250))
        second = np.pad(second, ((0, 0), (late, 0)))[:, : first.shape[1]]
        both = (first + 10 ** (-above_db / 20) * second).astype(np.complex64)
        got = received(mode, both, noise_power(size, 30.0))
        read += PACKETS - wrong(got, strong)
        for psdu, *pair in zip(got, strong, weak, strict=True):
            if psdu is not None and psdu not in {each.tobytes() for each in pair}:
                checked.add(psdu)
    assert checked.no_more_than_chance()
    if above_db:
        assert wilson_interval(read, 3 * PACKETS)[1] > 0.9


@modes
def test_a_ppdu_cut_off(mode: str) -> None:
    """The tag falls silent at any chip: no frame that was not sent is passed."""
    rng, size = np.random.default_rng(4), MODES[mode][2]
    psdus = frames(rng)
    link, quiet = heard(rng, mode, psdus, 25.0), noise_power(size, 25.0)
    for row, start in zip(link.samples, link.start_sample, strict=True):
        stop = int(start) + size * int(rng.integers(0, 48 + 16 * OCTETS - 8))
        noise = rng.standard_normal((2, row.size - stop)) * np.sqrt(quiet / 2)
        row[stop:] = noise[0] + 1j * noise[1]
    got = received(mode, link.samples, quiet)
    assert not [psdu for psdu, each in zip(got, psdus, strict=True) if psdu and passes(psdu) and psdu != each.tobytes()]


@modes
def test_wifi_below_the_signal_is_noise(mode: str) -> None:
    """Bursts half of the time that leave, with the noise, 4 dB more than the bound asks for: 2 % are lost at most.

    In a chip's own band a burst is stronger than over all of the sampled band, by as much as that is wider than 20 MHz.
    """
    _, rate_msps, size, _ = MODES[mode]
    rng = np.random.default_rng(5)
    psdus, each_db = frames(rng, 96), NON_COHERENT_DB + 7
    link = heard(rng, mode, psdus, each_db)
    burst_db = 10 * np.log10(noise_power(size, each_db) * 20 / rate_msps)
    traffic = WifiTraffic(0.5, 6, 60)
    bursts = wifi_interference(traffic, burst_db, link.samples.shape[1], rate_msps * 1e6, rng, (96,))
    assert wrong(received(mode, link.samples + bursts, noise_power(size, each_db)), psdus) <= 0.02 * 96
