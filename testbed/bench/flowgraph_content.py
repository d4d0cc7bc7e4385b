"""What the flowgraphs of the bench are fed with: PPDUs of both downlink rates in noise, a stretch that repeats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.channel.noise import awgn
from ampradio.phy.fields import ppdu_fields
from ampradio.phy.modulate import ppdu
from ampradio.profile import load_profile
from ampradio.vectors import PpduKind, TxVector
from flowgraphs.entities import receiver_for
from testbed.bench.per_modes import psdus
from testbed.bench.unmeasured import Unmeasured

STRETCH_NS = 200_000_000
NOISE_POWER = 0.1  # ON is 1
EDGE_NS = 2_000_000
STEP_SAMPLES = 100
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class Placed:
    """One PPDU in the stretch: samples ``start`` up to ``stop``, signal extension included; data to ``data_stop``."""

    psdu: bytes
    start: int
    data_stop: int
    stop: int


@dataclass(frozen=True, eq=False)
class Content:
    """``samples`` (n,) complex64 and the PPDUs in it, in order."""

    samples: npt.NDArray[np.complex64]
    ppdus: tuple[Placed, ...]


def content(ppdus_per_s: int, seed: int, stretch_ns: int = STRETCH_NS) -> Content:
    """Return a stretch of noise with so many PPDUs a second, 250 kb/s and 1 Mb/s in turn, each somewhere in its share.

    Raises ValueError when they do not fit.
    """
    profile = load_profile()
    rate_sps = profile.preamble.sample_rate_sps
    rng = np.random.default_rng((seed, ppdus_per_s))
    count = ppdus_per_s * stretch_ns // _NS_PER_S
    size, edge = (ns * rate_sps // _NS_PER_S for ns in (stretch_ns, EDGE_NS))
    samples = np.zeros(size, np.complex64)
    placed = []
    rates = (profile.downlink.rate_low_bps, profile.downlink.rate_high_bps)
    for index, octets in enumerate(psdus(count, rng) if count else ()):
        psdu = octets.tobytes()
        vector = TxVector(PpduKind.DL_TYPE1, rates[index % 2])
        wave = ppdu(profile, psdu, vector)
        data = next(field for field in ppdu_fields(profile, len(psdu), vector) if field.name == "AMP-Data")
        low, high = edge + (size - 2 * edge) * index // count, edge + (size - 2 * edge) * (index + 1) // count
        if high - low <= 2 * wave.size:
            raise ValueError(f"{ppdus_per_s} PPDUs a second do not fit")
        start = int(rng.integers(low, high - wave.size))
        samples[start : start + wave.size] = wave
        placed.append(Placed(psdu, start, start + data.stop_sample, start + wave.size))
    return Content(awgn(samples, NOISE_POWER, rng), tuple(placed))


def stream_latencies(fed: Content) -> tuple[list[int], list[int]]:
    """Return how many samples after the last of each PPDU, and after the last of its data, the receiver has the PSDU.

    It is fed ``STEP_SAMPLES`` at a time. Negative: before padding and signal extension are over. Raises Unmeasured if
    not all PPDUs are received.
    """
    profile = load_profile()
    receiver = receiver_for("tag", profile, profile.preamble.sample_rate_sps)
    after_ppdu, after_data = [], []
    waiting = list(fed.ppdus)
    for begin in range(0, fed.samples.size, STEP_SAMPLES):
        for reception in receiver.feed(fed.samples[begin : begin + STEP_SAMPLES]):
            if not waiting or reception.psdu != waiting[0].psdu:
                raise Unmeasured("the receiver returned what was not sent")
            sent, fed_samples = waiting.pop(0), begin + STEP_SAMPLES
            after_ppdu.append(fed_samples - sent.stop)
            after_data.append(fed_samples - sent.data_stop)
    if waiting:
        raise Unmeasured(f"{len(waiting)} PPDUs were not received")
    return after_ppdu, after_data
