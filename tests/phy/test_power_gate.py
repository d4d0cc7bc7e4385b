"""The gate before the search: same frames with it and without, whatever the air does, and what it costs in theory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from ampradio.phy.modulate import ppdu
from ampradio.phy.noise_floor import HISTORY
from ampradio.phy.reception import Reception
from ampradio.phy.tag_receiver import TagReceiver
from ampradio.vectors import PpduKind, TxVector
from tests.phy.streams import DECIMATION, PROFILE, RATE_SPS, random_psdu, with_noise

BLOCK = 500  # samples: 25 µs
SETTLED = HISTORY * BLOCK
Stream = npt.NDArray[np.complex64]


def received(samples: Stream, *, gated: bool = True) -> tuple[list[Reception], TagReceiver]:
    receiver = TagReceiver(PROFILE, RATE_SPS, DECIMATION, squares=True, gated=gated)
    return receiver.feed(samples), receiver


def sparse_stream(rng: np.random.Generator, count: int, gap: int, snr_db: float) -> tuple[Stream, list[bytes]]:
    """Return unit noise with a PPDU of either rate about every ``gap`` samples, the first once the floor is known."""
    sent, parts = [], [np.zeros(SETTLED, np.complex64)]
    for index in range(count):
        sent.append(random_psdu(rng, int(rng.choice((4, 8, 13, 30, 71)))))
        wave = ppdu(PROFILE, sent[-1], TxVector(PpduKind.DL_TYPE1, (250_000, 1_000_000)[index % 2]))
        parts += [np.zeros(int(rng.integers(gap // 2, gap)), np.complex64), wave * np.float32(10 ** (snr_db / 20))]
    return with_noise(rng, np.concatenate([*parts, np.zeros(4000, np.complex64)]), 1.0), sent


@pytest.mark.parametrize("snr_db", [-3.0, 0.0, 3.0, 10.0, 30.0])
def test_the_gate_changes_no_reception(snr_db: float) -> None:
    """Where every second PPDU fails and where all hold: PSDU, times, SNR and clock are bit for bit the ungated ones."""
    rng = np.random.default_rng(int(snr_db) + 50)
    samples, _ = sparse_stream(rng, 24, 40_000, snr_db)
    gated, receiver = received(samples)
    ungated, other = received(samples, gated=False)
    assert gated == ungated
    assert len(gated) >= (24 if snr_db > 3 else 6)
    assert receiver.counters["blocks_searched"] < 0.8 * other.counters["blocks_searched"]
