"""On/off-keyed Manchester at waveform level with known timing: this testbed's pieces beside Sionna's on one core.

250 kb/s at 4 MS/s, 128 bits, white noise, chips integrated over their nominal time, the half with more energy decides.
Both are held against the same law, ½·exp(−γ/2): then it was the same work.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ampradio.channel.quick_noise import QuickNoise
from ampradio.phy.keying import keyed
from ampradio.phy.manchester import chips_of
from ampradio.phy.running_sum import integral_to, running_sum
from testbed.bench.stopwatch import medians_s

BITS, SAMPLES_PER_CHIP, GAMMA = 128, 8, 10.0
PYTHON = Path(__file__).parents[2] / ".venv-sionna/bin/python"
SIONNA_BAR = 1.3
PATIENCE_S = 300.0


@dataclass(frozen=True)
class WaveformRates:
    """Packets per second by batch, and the bit error rate that was met."""

    name: str
    per_s: dict[int, float]
    ber: float

    @property
    def best(self) -> float:
        """Packets per second at the best batch."""
        return max(self.per_s.values())

    @property
    def best_batch(self) -> int:
        """The batch at which that is."""
        return max(self.per_s, key=self.per_s.__getitem__)

    def figures(self) -> dict[str, Any]:
        """Return it as it goes into ``phy.json``."""
        per_s = {str(batch): rate for batch, rate in self.per_s.items()}
        return {"name": self.name, "packets_per_s": per_s, "ber": self.ber}


class WaveformLink:
    """The link of this testbed: keyed carrier, channel noise, chip integrals from a running sum."""

    def __init__(self, seed: int) -> None:
        """Begin a stream of random bits and noise."""
        self._rng = np.random.Generator(np.random.SFC64(seed))
        self._noise = QuickNoise(seed)
        self._edges = np.arange(2 * BITS + 1) * float(SAMPLES_PER_CHIP)

    def wrong_bits(self, packets: int) -> int:
        """Return how many bits of ``packets`` new packets are decided wrongly."""
        sent = self._rng.integers(0, 2, (packets, BITS), np.uint8)
        clean = keyed(chips_of(sent), SAMPLES_PER_CHIP).astype(np.complex64)
        noisy = self._noise.added_to(clean, SAMPLES_PER_CHIP / GAMMA, out=clean)
        at = integral_to(running_sum(noisy, np.complex128), np.broadcast_to(self._edges, (packets, self._edges.size)))
        chips = at[:, 1:] - at[:, :-1]
        energy = chips.real * chips.real + chips.imag * chips.imag
        return int(np.count_nonzero((energy[:, 1::2] > energy[:, ::2]) != sent))


def theory_ber() -> float:
    """Return the bit error rate of non-coherent detection of orthogonal halves, ½·exp(−γ/2)."""
    return float(0.5 * np.exp(-GAMMA / 2))


def measure(batches: tuple[int, ...], packets: int, repeat: int, seed: int) -> WaveformRates:
    """Return our rates, medians of ``repeat``, over ``packets`` for each of ``batches``."""
    link = WaveformLink(seed)
    per_s = {}
    for batch in batches:
        calls = max(1, packets // (repeat * batch))
        seconds = medians_s({batch: partial(_called, link, batch, calls)}, repeat)[batch]
        per_s[batch] = calls * batch / seconds
    lots = -(-packets // batches[0])
    wrong = sum(link.wrong_bits(batches[0]) for _ in range(lots))
    return WaveformRates("this testbed", per_s, wrong / (lots * batches[0] * BITS))


def measure_sionna(batches: tuple[int, ...], packets: int, repeat: int) -> WaveformRates | str:
    """Return Sionna's rates under the same conditions, or why there are none."""
    if not PYTHON.exists():
        return "it is not installed: testbed/bootstrap/sionna.sh installs it"
    given = {"bits": BITS, "samples_per_chip": SAMPLES_PER_CHIP, "gamma": GAMMA}
    given |= {"batches": list(batches), "repeat": repeat, "packets": packets}
    command = [str(PYTHON), str(Path(__file__).with_name("sionna_link.py")), json.dumps(given)]
    alone = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    alone |= {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    try:
        done = subprocess.run(command, env=alone, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
        got = json.loads(done.stdout.splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        said = getattr(error, "stderr", None) or str(error)
        return f"it did not run: {said.strip()[-200:]}"
    per_s = {int(key): rate for key, rate in got["packets_per_s"].items()}
    return WaveformRates(f"Sionna {got['version']}, PyTorch {got['torch']}", per_s, got["ber"])


def _called(link: WaveformLink, packets: int, calls: int) -> None:
    for _ in range(calls):
        link.wrong_bits(packets)
