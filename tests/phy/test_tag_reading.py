"""A tag's frame read by one compiled call: what numpy reads step by step, however the stream is cut."""

from __future__ import annotations

import numpy as np
import pytest

from ampradio import accelerator
from ampradio.phy.modulate import ppdu
from ampradio.phy.tag_receiver import TagReceiver
from ampradio.vectors import PpduKind, TxVector
from tests.phy.streams import DECIMATION, PROFILE, RATE_SPS, envelope, random_psdu, with_noise

NOISE = 0.3  # of ON: Ec/N0 21 dB at 250 kb/s, clear; 15 dB at 1 Mb/s, where bits are wrong now and then


def stream(rng: np.random.Generator, count: int) -> tuple[np.ndarray, list[bytes]]:
    """PPDUs of either rate and all sizes, every fifth falling silent within its sync, its AMP-SIG or its header."""
    parts, sent = [], []
    for number in range(count):
        rate_bps = int(rng.choice((250_000, 1_000_000)))
        psdu = random_psdu(rng, int(rng.choice((4, 8, 16, 25, 40, 71))))
        wave = ppdu(PROFILE, psdu, TxVector(PpduKind.DL_TYPE1, rate_bps, 5))
        if number % 5 == 4:
            wave[int(rng.integers(1500, min(4000, wave.size))) :] = 0
        parts += [np.zeros(int(rng.integers(600, 2000)), np.complex64), wave]
        sent.append(psdu)
    return with_noise(rng, np.concatenate([*parts, np.zeros(4000, np.complex64)]), NOISE), sent


def heard(power: np.ndarray, pieces: int, blanks: dict[int, tuple[int, int]] | None = None) -> tuple[list, list, dict]:
    """What a new receiver makes of ``power`` in so many pieces; before piece k it blanks samples ``blanks[k]``."""
    receiver = TagReceiver(PROFILE, RATE_SPS, DECIMATION)
    found, promised = [], []
    for number, piece in enumerate(np.array_split(power, pieces)):
        if blanks and number in blanks:
            receiver.blank(*blanks[number])
        for each in receiver.feed(piece):
            vector = each.rxvector
            about = (vector.kind, vector.partial_id, round(vector.snr_db, 3), round(vector.clock_ppm, 3))
            found.append((each.psdu, each.fields, about))
        promised.append(receiver.earliest_end())
    return found, promised, dict(receiver.counters)


@pytest.fixture(scope="module")
def power_and_sent() -> tuple[np.ndarray, list[bytes]]:
    """Envelope power of a stream, and the PSDUs in it."""
    samples, sent = stream(np.random.default_rng(3), 60)
    return envelope(samples), sent


@pytest.mark.parametrize("pieces", [1, 700])
def test_the_loop_reads_what_numpy_reads(power_and_sent: tuple[np.ndarray, list[bytes]], pieces: int) -> None:
    """The same PSDUs, fields, estimates, promises and counters; false syncs and failed checks among them."""
    power, sent = power_and_sent
    assert accelerator.is_on()
    compiled = heard(power, pieces)
    with accelerator.off():
        plain = heard(power, pieces)
    assert compiled == plain
    found, _, counters = compiled
    assert len([each for each in found if each[0] in sent]) > len(sent) // 2
    assert counters["amp_sig_failed"] > 0 and counters["fcs_failed"] > 0


def test_one_call_or_many(power_and_sent: tuple[np.ndarray, list[bytes]]) -> None:
    """Whether a frame is there whole or comes in pieces, it is read to the last digit as it would be."""
    power, _ = power_and_sent
    whole, cut = heard(power, 1), heard(power, 333)
    assert whole[0] == cut[0] and whole[2] == cut[2]


def test_what_is_blanked_behind_is_read_anew() -> None:
    """Silence from within an AMP-Sync that was read already: loop and numpy see the same sync without it."""
    rng = np.random.default_rng(4)
    psdu = random_psdu(rng, 40)
    wave = ppdu(PROFILE, psdu, TxVector(PpduKind.DL_TYPE1, 250_000, 5))
    samples = np.concatenate([np.zeros(1000, np.complex64), wave, np.zeros(2000, np.complex64)])
    power = envelope(with_noise(rng, samples, 0.02))
    blanks = {5: (1000 + 640 + 400, 1000 + 640 + 900)}
    compiled, as_it_was = heard(power, 10, blanks), heard(power, 10)
    with accelerator.off():
        plain = heard(power, 10, blanks)
    assert compiled == plain
    assert compiled[0] != as_it_was[0]


@pytest.mark.parametrize("rate_bps", [250_000, 1_000_000])
def test_an_amp_sig_with_a_bit_that_nobody_can_tell_is_mended(rate_bps: int) -> None:
    """A faded bit that looks wrong is found by the check octet; a bit that is clearly wrong makes it no AMP-SIG.

    Air-interface page, section 2: after 32 µs and an AMP-Sync of 80 µs sixteen bits of two chips.
    """
    rng = np.random.default_rng(5)
    psdu = random_psdu(rng, 13)
    chip = {250_000: 40, 1_000_000: 10}[rate_bps]
    clean = ppdu(PROFILE, psdu, TxVector(PpduKind.DL_TYPE1, rate_bps, 37))
    first = (32 + 80) * RATE_SPS // 1_000_000
    for bit in range(16):
        halves = [slice(at, at + chip) for at in (first + 2 * bit * chip, first + (2 * bit + 1) * chip)]
        on, off = sorted(halves, key=lambda half: -float(np.abs(clean[half]).sum()))
        faded, wrong = clean.copy(), clean.copy()
        faded[on], faded[off] = clean[on] * np.sqrt(0.1), np.sqrt(0.2)
        wrong[on], wrong[off] = clean[off], clean[on]
        for wave, partial_ids in ((faded, [37]), (wrong, [])):
            samples = np.concatenate([np.zeros(1000, np.complex64), wave, np.zeros(3000, np.complex64)])
            power = envelope(with_noise(rng, samples, 0.003))
            assert [about[1] for _, _, about in heard(power, 1)[0]] == partial_ids
            with accelerator.off():
                assert [about[1] for _, _, about in heard(power, 1)[0]] == partial_ids
