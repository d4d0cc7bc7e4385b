"""Clear uncoded uplinks are read without interpolation: nothing is lost, and nothing given that is not there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ampradio import accelerator
from ampradio.channel.noise import awgn
from ampradio.channel.offset import carrier_offset
from ampradio.phy import uncoded_clear
from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.modulate import ppdus
from ampradio.phy.uncoded_batch import UncodedBatch
from ampradio.phy.uncoded_reader import UncodedReader
from ampradio.profile import airtime
from ampradio.psdu import fcs
from ampradio.vectors import PpduKind, TxVector
from tests.phy.streams import PROFILE

RATE_SPS = 40_000_000
VECTOR = TxVector(PpduKind.UL_ACTIVE, 4_000_000, seed_index=1)
FRAMES, OCTETS, LEAD = 48, 16, 400


def sent_frames(rng: np.random.Generator, right: bool = True) -> np.ndarray:
    """Data frames, their FCS right or not (rules 2 and 6)."""
    mac = PROFILE.mac
    plain = rng.integers(0, 256, (FRAMES, OCTETS), np.uint8)
    plain[:, 0], plain[:, 3], plain[:, 4] = mac.type_data, OCTETS - mac.header_octets - mac.fcs_octets - 1, 0
    for each in plain:
        each[-2:] = tuple(fcs(each[:-2].tobytes()))
        each[-1] ^= 0 if right else 0x10
    return plain


def heard(plain: np.ndarray, ecn0_db: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Their samples under clocks and carriers of all tags, and the noise power."""
    clock = rng.uniform(-10_000, 10_000, FRAMES)
    samples = np.pad(ppdus(PROFILE, plain, VECTOR, clock_ppm=clock), ((0, 0), (LEAD, 400)))
    samples = carrier_offset(samples, rng.uniform(-2e6, 2e6, FRAMES), RATE_SPS, rng.uniform(0, 6, FRAMES))
    chip = airtime.uplink_chip_ns(PROFILE, VECTOR.kind, VECTOR.rate_bps) * RATE_SPS / 1e9
    power = np.full(FRAMES, chip / 10 ** (ecn0_db / 10))
    return awgn(samples, power, rng), power


@pytest.mark.parametrize("ecn0_db", [11.5, 14.0, 20.0])
def test_nothing_is_lost(ecn0_db: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read with every frame taken for unclear is read with clear ones taken as they are, as well placed."""
    rng = np.random.default_rng(int(ecn0_db * 10))
    plain = sent_frames(rng)
    samples, power = heard(plain, ecn0_db, rng)
    receiver = UncodedBatch(PROFILE, VECTOR, RATE_SPS)
    read = receiver.receive(samples, power)
    monkeypatch.setattr(uncoded_clear, "_COARSELY_CLEAR", 2.0)  # nothing is as clear as that
    reads = UncodedReader.read
    at_length: list[Any] = []

    def spied_on(self: UncodedReader, *given: Any) -> Any:
        at_length.append(reads(self, *given))
        return at_length[-1]

    monkeypatch.setattr(UncodedReader, "read", spied_on)
    again = UncodedBatch(PROFILE, VECTOR, RATE_SPS).receive(samples, power)
    assert accelerator.is_on() and len(at_length) == np.count_nonzero(again.found)
    assert np.array_equal(read.found, again.found)
    sent = [each.tobytes() for each in plain]
    right, before = (
        np.array([psdu == each for psdu, each in zip(some.psdus, sent, strict=True)]) for some in (read, again)
    )
    assert np.all(right | ~before)
    both = right & before
    assert both.sum() > FRAMES // 2
    errors = [np.std(some.start_sample[both] - LEAD) for some in (read, again)]
    assert errors[0] < 1.15 * errors[1]


def test_only_whole_frames_whose_check_holds_are_clear() -> None:
    """By the loop and by arrays: no octets of a frame that lacks its last chips, nor of one whose FCS is wrong."""
    rng = np.random.default_rng(7)
    for right in (True, False):
        plain = sent_frames(rng, right)
        samples, _ = heard(plain, 24.0, rng)
        samples = np.ascontiguousarray(samples)
        reader = UncodedBatch(PROFILE, VECTOR, RATE_SPS)._reader.clear
        size = samples.shape[1] - 400
        for cut, there in ((samples.shape[1], right), (size - 40, False)):
            hits = UncodedBatch(PROFILE, VECTOR, RATE_SPS).receive(samples, np.full(FRAMES, 0.02))
            turn, room = hits.cfo_hz / RATE_SPS, np.full(FRAMES, cut)
            each = reader.read_each(samples, ChipTiming(hits.start_sample.copy(), hits.stretch.copy()), turn, room)
            assert [psdu is not None for psdu in each.psdus] == [there] * FRAMES
            alone = [
                reader.read(samples[row, :cut].copy(), hits.start_sample[row], hits.stretch[row], turn[row])[0]
                for row in range(FRAMES)
            ]
            assert alone == each.psdus
            if there:
                assert alone == [frame.tobytes() for frame in plain]
