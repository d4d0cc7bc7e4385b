"""The streaming receiver of mono-static and of sub-1 GHz commands: whatever the cut, the clock and the garbage."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from ampradio.channel.clock import sample_clock_offset
from ampradio.phy.command_format import mono_static, sub1ghz
from ampradio.phy.modulate import ppdu
from ampradio.phy.mono_tag_receiver import MonoTagReceiver
from ampradio.phy.reception import Reception
from ampradio.vectors import PpduKind, TxVector
from tests.phy.streams import PROFILE, random_psdu, with_noise

RATES = {PpduKind.DL_TYPE2: 20_000_000, PpduKind.DL_TYPE3: 20_000_000, PpduKind.DL_SUB1GHZ: 4_000_000}
NS_PER_S = 1_000_000_000
BEFORE_SYNC = {PpduKind.DL_TYPE2: 640 + 20_000, PpduKind.DL_TYPE3: 640, PpduKind.DL_SUB1GHZ: 0}  # page, section 2
CHIP = {PpduKind.DL_TYPE2: 40, PpduKind.DL_TYPE3: 40, PpduKind.DL_SUB1GHZ: 32}


def receiver(kind: PpduKind, **more: bool) -> MonoTagReceiver:
    form = sub1ghz(PROFILE) if kind is PpduKind.DL_SUB1GHZ else mono_static(PROFILE)
    return MonoTagReceiver(PROFILE, RATES[kind], 2, form=form, **more)


def sent(kind: PpduKind, psdu: bytes) -> npt.NDArray[np.complex64]:
    rate_bps = 62_500 if kind is PpduKind.DL_SUB1GHZ else 250_000
    return ppdu(PROFILE, psdu, TxVector(kind, rate_bps, excitation_ns=120_000))


def in_pieces(
    kind: PpduKind, samples: npt.NDArray[np.complex64], sizes: npt.NDArray[np.intp] | None = None
) -> list[Reception]:
    """Return what comes out of ``samples`` fed in pieces of ``sizes``, its promises checked on the way."""
    machine = receiver(kind, squares=True)
    received: list[Reception] = []
    cuts = [0, samples.size] if sizes is None else [0, *np.cumsum(sizes).tolist(), samples.size]
    promised = 0
    for start, stop in pairwise(cuts):
        for each in machine.feed(samples[start:stop]):
            assert each.rxvector.end_ns * RATES[kind] // NS_PER_S >= promised
            received.append(each)
        assert machine.earliest_end() >= promised
        promised = machine.earliest_end()
    return received


@pytest.mark.parametrize("clock_ppm", [-100_000.0, 0.0, 100_000.0])
@pytest.mark.parametrize("kind", RATES, ids=lambda kind: kind.name)
def test_stream_of_commands(kind: PpduKind, clock_ppm: float) -> None:
    """All of them, in order, where they are and of the kind they are, under any clock and however the stream is cut."""
    rng = np.random.default_rng((kind.value, int(clock_ppm) + 100_000))
    psdus = [random_psdu(rng, octets) for octets in (11, 4 if kind is PpduKind.DL_SUB1GHZ else 8, 31)]
    parts, starts, now = [], [], 0
    for psdu in psdus:
        gap, body = int(rng.integers(2000, 4000)), sent(kind, psdu)
        parts += [np.zeros(gap, np.complex64), body]
        starts.append(now + gap)
        now += gap + body.size
    stream = np.concatenate((*parts, np.zeros(2000, np.complex64)))
    stretch = 1 + clock_ppm * 1e-6
    if clock_ppm:
        stream = sample_clock_offset(stream[np.newaxis], clock_ppm)[0]
    stream = with_noise(rng, stream, 0.01)
    received = in_pieces(kind, stream, rng.integers(1, 5000, 40))
    assert [each.psdu for each in received] == psdus
    for each, start, psdu in zip(received, starts, psdus, strict=True):
        rx = each.rxvector
        assert (rx.kind, each.fields[-1].name) == (kind, "AMP-Data")
        assert abs(rx.start_sample - start * stretch) <= 2
        data_end = start + BEFORE_SYNC[kind] + (8 + 16 * len(psdu)) * CHIP[kind]
        assert abs(rx.end_ns * RATES[kind] / NS_PER_S - data_end * stretch) <= 2
        assert rx.clock_ppm == pytest.approx(clock_ppm, abs=200)
        assert rx.rssi_dbfs == pytest.approx(0.0, abs=0.7)
    assert in_pieces(kind, stream) == received


@pytest.mark.parametrize("kind", [PpduKind.DL_TYPE3, PpduKind.DL_SUB1GHZ], ids=lambda kind: kind.name)
def test_every_command_comes_out_and_nothing_else(kind: PpduKind) -> None:
    """Most syncs found amid data are false: none of them becomes a frame, no command is lost to one."""
    rng = np.random.default_rng((kind.value, 12))
    machine = receiver(kind, squares=True)
    psdus, heard = [random_psdu(rng, int(rng.integers(8, 40))) for _ in range(40)], []
    for psdu in psdus:
        samples = np.pad(sent(kind, psdu), (1500, 500)) * np.complex64(np.exp(2j * np.pi * rng.random()))
        heard += [each.psdu for each in machine.feed(with_noise(rng, samples, 0.01))]
    heard += [each.psdu for each in machine.feed(with_noise(rng, np.zeros(60_000, np.complex64), 0.01))]
    assert heard == psdus
    assert machine.counters["syncs"] > machine.counters["psdus"] == len(psdus)


def test_power_and_samples_give_the_same() -> None:
    """The envelope's power, or the samples to be squared."""
    rng = np.random.default_rng(5)
    psdu = random_psdu(rng, 20)
    samples = with_noise(rng, np.pad(sent(PpduKind.DL_TYPE3, psdu), (3000, 1000)), 0.02)
    parts = samples.view(np.float32).reshape(-1, 4)
    power = np.einsum("ij,ij->i", parts, parts)
    (heard,) = receiver(PpduKind.DL_TYPE3).feed(power)
    assert [heard] == receiver(PpduKind.DL_TYPE3, squares=True).feed(samples)
    assert heard.psdu == psdu


def test_a_wrong_check_sequence_does_not_come_out() -> None:
    """Nothing but the FCS confirms a sync: a spoiled command is counted, and the one behind it is heard."""
    rng = np.random.default_rng(6)
    spoiled, good = bytearray(random_psdu(rng, 12)), random_psdu(rng, 12)
    spoiled[7] ^= 0x10
    stream = [np.pad(sent(PpduKind.DL_TYPE3, bytes(each)), (2500, 500)) for each in (spoiled, good)]
    machine = receiver(PpduKind.DL_TYPE3, squares=True)
    heard = machine.feed(with_noise(rng, np.concatenate(stream), 0.01))
    assert [each.psdu for each in heard] == [good]
    assert machine.counters["fcs_failed"] >= 1 and machine.counters["psdus"] == 1


def test_a_mono_static_tag_is_never_acknowledged() -> None:
    """Section 4: no DL Ack in mono-static; what looks like one is data that happens to pass 8 bits of check."""
    rng = np.random.default_rng(9)
    samples = with_noise(rng, np.pad(sent(PpduKind.DL_TYPE3, random_psdu(rng, 4)), (2500, 500)), 0.01)
    machine = receiver(PpduKind.DL_TYPE3, squares=True)
    assert machine.feed(samples) == [] and machine.counters["not_a_command"] >= 1


def test_own_answer_is_not_heard() -> None:
    """What is blanked is silence."""
    rng = np.random.default_rng(7)
    samples = with_noise(rng, np.pad(sent(PpduKind.DL_TYPE3, random_psdu(rng, 12)), (2500, 500)), 0.01)
    machine = receiver(PpduKind.DL_TYPE3, squares=True)
    machine.blank(2500, samples.size)
    assert machine.feed(samples) == []


@pytest.mark.parametrize("kind", [PpduKind.DL_TYPE3, PpduKind.DL_SUB1GHZ], ids=lambda kind: kind.name)
def test_noise_and_garbage_give_nothing(kind: PpduKind) -> None:
    """Noise, bursts, steps, saturation, not-a-numbers: counted, survived, and the next command is heard."""
    rng = np.random.default_rng(8)
    noise = with_noise(rng, np.zeros(200_000, np.complex64), 1.0)
    bursts = noise * np.repeat(rng.choice([0.0, 1.0, 30.0], 2000), 100).astype(np.float32)
    broken = noise[:5000].copy()
    broken[::7] = np.nan
    broken[1::11] = np.inf
    machine = receiver(kind, squares=True)
    for part in (noise, bursts, broken):
        assert machine.feed(part.astype(np.complex64)) == []
    assert machine.counters["bad_samples"] > 1000
    psdu = random_psdu(rng, 9)
    after = with_noise(rng, np.pad(sent(kind, psdu), (20_000, 4000)) * np.float32(20), 0.1)
    assert [each.psdu for each in machine.feed(after)] == [psdu]


def test_refuses_what_it_cannot_take() -> None:
    """A caller's mistake raises."""
    with pytest.raises(ValueError, match="quarter"):
        MonoTagReceiver(PROFILE, 20_000_000, 7)
    with pytest.raises(ValueError, match="real"):
        receiver(PpduKind.DL_TYPE3).feed(np.zeros(4, np.complex64))
    with pytest.raises(ValueError, match="complex"):
        receiver(PpduKind.DL_TYPE3, squares=True).feed(np.zeros(4, np.float32))


@pytest.mark.parametrize("clock_ppm", [0.0, 30_000.0])
@pytest.mark.parametrize("snr_db", [10.0, 25.0])
def test_the_snr_is_the_channel_s(snr_db: float, clock_ppm: float) -> None:
    """Power of ON chips over that of noise, as the channel was told, to half a decibel: chips begin within samples."""
    rng = np.random.default_rng(12)
    for late in (0, 7):
        exact = ppdu(PROFILE, random_psdu(rng, 13), TxVector(PpduKind.DL_TYPE2, 250_000, excitation_ns=100_000))
        fast = sample_clock_offset(exact, clock_ppm) if clock_ppm else exact
        stream = with_noise(rng, np.pad(fast, (30_000 + late, 6000)), 10 ** (-snr_db / 10))
        (command,) = MonoTagReceiver(PROFILE, 20_000_000, squares=True).feed(stream)
        assert command.rxvector.snr_db == pytest.approx(snr_db, abs=0.5)
