"""What the figures show of samples, against theory and against what was sent."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from ampradio.profile import load_profile
from testbed.capture import Recording, open_captures
from testbed.report.chips import PER_CHIP, Chips, chips_of
from testbed.report.envelope import envelope_of
from testbed.report.receptions import heard_in
from testbed.report.source import read_source
from testbed.report.spectrum import BINS, density, spectrogram_of
from tests.report.conftest import Recorded

RATE_SPS = 20_000_000


def recording(samples: np.ndarray, folder: Path) -> Recording:
    """Write samples as a plain SigMF recording and open it."""
    (folder / "x.sigmf-data").write_bytes(samples.astype("<c8").tobytes())
    facts = {"core:datatype": "cf32_le", "core:sample_rate": RATE_SPS, "core:version": "1.2.0"}
    document = {"global": facts, "captures": [{"core:sample_start": 0}], "annotations": []}
    (folder / "x.sigmf-meta").write_text(json.dumps(document))
    return open_captures(folder / "x.sigmf-meta")[0]


def test_power_density_of_noise_and_of_a_tone(tmp_path: Path) -> None:
    """White noise of variance v has v/f_s in every hertz; a tone of power p has p, about its bin."""
    rng = np.random.default_rng(1)
    count, variance, tone_bin = 400 * BINS, 0.02, 37
    noise = math.sqrt(variance / 2) * (rng.normal(size=count) + 1j * rng.normal(size=count))
    got = density(recording(noise, tmp_path), np.arange(0, count, BINS))
    assert np.max(np.abs(10 * np.log10(got * RATE_SPS / variance))) < 1.2
    assert np.sum(got) * RATE_SPS / BINS == pytest.approx(variance, rel=0.02)
    tone = 0.5 * np.exp(2j * np.pi * tone_bin / BINS * np.arange(count))
    got = density(recording(tone, tmp_path), np.arange(0, count, BINS))
    assert int(np.argmax(got)) == BINS // 2 + tone_bin
    assert np.sum(got) * RATE_SPS / BINS == pytest.approx(0.25, rel=0.001)


def test_envelope_and_spectrogram_have_their_place_in_time(tmp_path: Path) -> None:
    """A burst is where it was put, as strong as it was made, however few samples of a column are looked at."""
    samples = np.zeros(6_000_000, np.complex64)
    samples[2_400_000:3_900_000] = 0.5
    made = recording(samples, tmp_path)
    got, image = envelope_of(made, 0, samples.size), spectrogram_of(made)
    inside = (got.times_s > 0.121) & (got.times_s < 0.194)
    outside = (got.times_s < 0.119) | (got.times_s > 0.196)
    assert got.decimated and image.decimated
    assert got.mean[inside] == pytest.approx(0.25) and got.peak[inside] == pytest.approx(0.25)
    assert not got.peak[outside].any()
    loud = image.times_s[image.density_db.max(axis=0) > -100]
    assert loud[0] == pytest.approx(0.12, abs=0.001) and loud[-1] == pytest.approx(0.195, abs=0.001)


@pytest.fixture(scope="module")
def chips(over_zmq: Recorded) -> dict[str, tuple[Chips, Recording]]:
    found = {}
    for each in read_source(over_zmq.path, "run").recordings:
        got = chips_of(each, load_profile())
        assert isinstance(got, Chips)
        found[each.role] = got, each
    return found


def test_soft_halves_of_a_downlink_are_its_bits(chips: dict[str, tuple[Chips, Recording]]) -> None:
    """Manchester: a bit is 1 when its second half is ON. The bits are those of the PSDUs, each octet's lowest first."""
    got, made = chips["tag"]
    octets = b"".join(each.reception.psdu for each in heard_in(made) if not each.is_ack)
    halves = got.soft.real.reshape(-1, 2)
    assert not got.coherent and got.ppdus == got.of
    assert np.packbits(halves[:, 1] > halves[:, 0], bitorder="little").tobytes() == octets


def test_uplink_chips_lie_on_the_real_axis_at_0_and_1(chips: dict[str, tuple[Chips, Recording]]) -> None:
    """On and OFF as often as each other, as Manchester has it, and as far apart as 30 dB of SNR make them."""
    got, _ = chips["ap"]
    on = got.soft.real > 0.5
    assert got.coherent and np.mean(on) == 0.5
    assert abs(np.mean(got.soft[on]) - 1) < 0.02 and abs(np.mean(got.soft[~on])) < 0.02
    assert max(np.std(got.soft[on]), np.std(got.soft[~on])) < 0.05
    assert np.array_equal(on[::2], ~on[1::2])


@pytest.mark.parametrize("role", ["ap", "tag"])
def test_the_eye_is_open_in_the_middle_of_a_chip(chips: dict[str, tuple[Chips, Recording]], role: str) -> None:
    """Edges are where the receiver followed them: of a bit one half is ON, and the edge lies half-way."""
    eye = chips[role][0].eye
    first, second = eye[:, PER_CHIP], eye[:, 2 * PER_CHIP]
    assert not np.any((eye[:, [PER_CHIP, 2 * PER_CHIP]] > 0.25) & (eye[:, [PER_CHIP, 2 * PER_CHIP]] < 0.6))
    assert np.array_equal(first > 0.5, second < 0.5)
    edge = eye[:, 3 * PER_CHIP // 2]  # between the halves of a bit, where every bit has one
    assert np.median(edge) == pytest.approx(0.5, abs=0.25)


def test_charging_takes_the_time_that_the_harvest_needs(simulated: dict[str, Recorded]) -> None:
    """Dark, a tag only harvests: from the off to the on threshold it needs usable energy over harvested power."""
    power = load_profile().power
    events = [json.loads(line) for line in (simulated["powered"].path / "events.jsonl").read_text().splitlines()]
    [dark_ns] = [event["t_ns"] for event in events if event["kind"] == "brown_out"]
    [back_ns] = [event["t_ns"] for event in events if event["kind"] == "power_on"]
    usable_j = power.store_f * (power.on_v**2 - power.off_v**2) / 2
    harvest_w = power.harvester_efficiency * 10 ** (-14 / 10) * 1e-3
    assert (back_ns - dark_ns) / 1e9 == pytest.approx(usable_j / harvest_w, rel=1e-6)
    levels = {event["t_ns"]: event["stored_v"] for event in events if event["kind"] == "energy"}
    assert (levels[dark_ns], levels[back_ns]) == pytest.approx((power.off_v, power.on_v))
    assert all(power.off_v - 1e-9 <= volts <= power.on_v + 1e-9 for volts in levels.values())
