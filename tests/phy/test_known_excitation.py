"""What a radio learns of the AP's excitation from a command: it goes on as the AP does, on its carrier and clock."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from ampradio.channel.path import Path
from ampradio.phy.known_excitation import KnownExcitation, RadioClocks, known_excitation
from ampradio.phy.modulate import ppdu
from ampradio.phy.mono_tag_receiver import MonoTagReceiver
from ampradio.phy.reception import Reception
from ampradio.vectors import PpduKind, TxVector
from tests.phy.streams import PROFILE, random_psdu, with_noise

RATE_SPS = 20_000_000
T3 = 2 * RATE_SPS // 1000  # air-interface page, section 4: 2 ms
REPLY = 12_000  # 0.6 ms, the longest of an exchange
SILENCE = 3000


def arrived(rng: np.random.Generator, kind: PpduKind, cfo_hz: float, clock_ppm: float) -> npt.NDArray[np.complex64]:
    """A command and its excitation at the tag's radio, 0.4 samples late, in a phase of its own."""
    vector = TxVector(kind, 250_000, excitation_ns=2_900_000)
    sent = np.pad(ppdu(PROFILE, random_psdu(rng, 26), vector), (SILENCE, 1000))
    path = Path(delay_s=0.4 / RATE_SPS, cfo_hz=cfo_hz, clock_ppm=clock_ppm)
    turned: npt.NDArray[np.complex64] = path.apply(sent, RATE_SPS, rng) * np.complex64(
        np.exp(2j * np.pi * rng.random())
    )
    return turned


def received(samples: npt.NDArray[np.complex64]) -> Reception:
    (command,) = MonoTagReceiver(PROFILE, RATE_SPS, squares=True).feed(samples)
    return command


def residual(known: KnownExcitation, clean: npt.NDArray[np.complex64], first: int) -> tuple[float, float]:
    """How alike what goes on and what was learnt are (1 is the same), and how many Hz their carriers are apart."""
    product = clean[first : first + REPLY] * known.wave(first, REPLY).conj()
    parts = product.reshape(6, -1).sum(axis=1)
    slope = np.polyfit(np.arange(6) * REPLY / 6 / RATE_SPS, np.unwrap(np.angle(parts)), 1)[0]
    power = np.sum(np.abs(clean[first : first + REPLY]) ** 2) * REPLY
    return float(np.abs(product.sum()) / np.sqrt(power)), float(slope / (2 * np.pi))


@pytest.mark.parametrize(
    ("kind", "cfo_hz", "clock_ppm"),
    [
        (PpduKind.DL_TYPE2, 0.0, 0.0),
        (PpduKind.DL_TYPE2, 121_850.0, 50.0),  # two PlutoSDRs, 25 ppm each, one crystal for both
        (PpduKind.DL_TYPE3, -97_480.0, -40.0),
    ],
)
def test_it_goes_on_as_the_ap_does(kind: PpduKind, cfo_hz: float, clock_ppm: float) -> None:
    """T3 later the replica is 97 % alike or more, within 20 Hz: a receiver of replies bears a kilohertz."""
    rng = np.random.default_rng((kind.value, int(cfo_hz) + 200_000))
    clean = arrived(rng, kind, cfo_hz, clock_ppm)
    heard = with_noise(rng, clean, 0.1)
    known = known_excitation(PROFILE, received(heard), heard, 0, RATE_SPS)
    assert known is not None
    first = int(known.data_end) + T3
    alike, apart_hz = residual(known, clean, first)
    assert alike > 0.97 and abs(apart_hz) < 20
    assert known.clocks.turn * RATE_SPS == pytest.approx(cfo_hz, abs=20)
    assert (1 / known.clocks.stretch - 1) * -1e6 == pytest.approx(clock_ppm, abs=2)


def test_earlier_commands_help_a_short_one() -> None:
    """A crystal does not change from one command to the next: the sample clock is known better each time."""
    rng = np.random.default_rng(7)
    clocks, errors = RadioClocks(), []
    for _ in range(6):
        heard = with_noise(rng, arrived(rng, PpduKind.DL_TYPE3, 48_740.0, 20.0), 0.3)
        known = known_excitation(PROFILE, received(heard), heard, 0, RATE_SPS, clocks)
        assert known is not None and known.clocks.weight > clocks.weight
        clocks = known.clocks
        errors.append(abs((clocks.stretch - 1) * 1e6 - 20.0))
    assert errors[-1] < 1.5


def test_what_tells_nothing_is_no_excitation() -> None:
    """Another PPDU, a command of which the beginning is gone, and samples that are not the command's."""
    rng = np.random.default_rng(8)
    heard = with_noise(rng, arrived(rng, PpduKind.DL_TYPE2, 0.0, 0.0), 0.1)
    command = received(heard)
    active = replace(command, rxvector=replace(command.rxvector, kind=PpduKind.DL_TYPE1))
    assert known_excitation(PROFILE, active, heard, 0, RATE_SPS) is None
    assert known_excitation(PROFILE, command, heard[SILENCE + 2000 :], SILENCE + 2000, RATE_SPS) is None
    noise = with_noise(rng, np.zeros(heard.size, np.complex64), 1.0)
    assert known_excitation(PROFILE, command, noise, 0, RATE_SPS) is None
    spoilt = heard.copy()
    spoilt[SILENCE + 5000] = np.nan
    assert known_excitation(PROFILE, command, spoilt, 0, RATE_SPS) is None
