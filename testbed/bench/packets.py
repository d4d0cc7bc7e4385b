"""How many packets a second one core takes through each part of the link simulation, mode by mode.

A packet is a PPDU of 16 octets between two stretches of noise, at 20 MS/s. Whoever does not decode what was sent is no
measure, so every decoded PSDU is compared with the one sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ampradio.channel.noise import awgn
from ampradio.channel.offset import carrier_offset
from ampradio.phy.ap_batch import ApBatch
from ampradio.phy.ap_receiver import ApReceiver
from ampradio.phy.modulate import ppdus
from ampradio.phy.tag_batch import TagBatch
from ampradio.phy.tag_receiver import TagReceiver
from ampradio.profile import airtime, load_profile
from ampradio.vectors import Listen, PpduKind, TxVector
from testbed.bench.detectors import DECIMATION, envelope
from testbed.bench.per_modes import OCTETS, SEED_INDEX, Mode, psdus
from testbed.bench.stopwatch import medians_s

ECN0_DB = 20.0
LEAD_NS, TAIL_NS = 20_000, 16_000
SETTLE_NS = 5_000_000
FRAMES_A_TURN = 5
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class Rates:
    """Packets per second of each part by batch size, and what the time of one frame alone is."""

    mode: Mode
    samples: int
    per_s: dict[str, dict[int, float]]
    frame_s: float
    air_s: float
    decoded: float

    def best(self, part: str) -> float:
        """Packets per second of ``part`` at its best batch."""
        return max(self.per_s[part].values())

    def best_batch(self, part: str) -> int:
        """The batch at which that is."""
        return max(self.per_s[part], key=self.per_s[part].__getitem__)

    def over_single(self, part: str) -> float:
        """How much faster ``part`` is at its best batch than a packet at a time."""
        return self.best(part) / self.per_s[part][1]


class Link:
    """Sender, channel and batch receiver of one mode."""

    def __init__(self, mode: Mode, seed: int) -> None:
        self._profile = load_profile()
        self.mode = mode
        self.rate_sps = self._profile.preamble.sample_rate_sps
        self.noise_power = mode.freedom / 10 ** (ECN0_DB / 10)
        self.vector = TxVector(mode.kind, mode.rate_bps, seed_index=SEED_INDEX)
        self.rng = np.random.default_rng((seed, mode.rate_bps, mode.kind.value))
        self._pads = tuple(ns * self.rate_sps // _NS_PER_S for ns in (LEAD_NS, TAIL_NS))
        up = self._profile.uplink
        self._carrier_limit_hz = up.carrier_hz * up.carrier_tolerance_ppm * 1e-6
        self._tag = TagBatch(self._profile, self.rate_sps, DECIMATION)
        self._ap = ApBatch(self._profile, mode.rate_bps, self.rate_sps) if self._is_uplink else None

    @property
    def _is_uplink(self) -> bool:
        return self.mode.kind is PpduKind.UL_ACTIVE

    @property
    def air_ns(self) -> int:
        """TXTIME of a packet."""
        if self._is_uplink:
            return airtime.uplink_active_ns(self._profile, OCTETS, self.mode.rate_bps)
        return airtime.downlink_type1_ns(self._profile, OCTETS, self.mode.rate_bps, protected=False)

    def modulated(self, sent: npt.NDArray[np.uint8]) -> npt.NDArray[np.complex64]:
        """Return the PPDUs that carry ``sent`` (packets, octets), silence around each."""
        samples = ppdus(self._profile, sent, self.vector)
        size = sum(self._pads) + samples.shape[1]
        rows = np.zeros((samples.shape[0], size + size % DECIMATION), np.complex64)
        rows[:, self._pads[0] : self._pads[0] + samples.shape[1]] = samples
        return rows

    def through_the_air(self, samples: npt.NDArray[np.complex64]) -> npt.NDArray[np.complex64]:
        """Return ``samples`` (packets, n) each under a carrier offset of its own, plus noise."""
        packets = samples.shape[0]
        cfo_hz = self.rng.uniform(-self._carrier_limit_hz, self._carrier_limit_hz, packets)
        turned = carrier_offset(samples, cfo_hz, self.rate_sps, self.rng.uniform(0, 2 * np.pi, packets))
        return awgn(turned, self.noise_power, self.rng)

    def received(self, samples: npt.NDArray[np.complex64]) -> tuple[bytes | None, ...]:
        """Return what the batch receiver of this direction reads from each row."""
        floor = np.full(samples.shape[0], self.noise_power)
        if self._ap is not None:
            return self._ap.receive(samples, floor, SEED_INDEX).psdus
        return self._tag.receive(envelope(samples), DECIMATION * floor).psdus


def measure(mode: Mode, batches: tuple[int, ...], repeat: int, seed: int) -> Rates:
    """Return the rates of ``mode``, medians of ``repeat``; ``batches`` begin with 1."""
    link = Link(mode, seed)
    works: dict[tuple[str, int], Callable[[], Any]] = {}
    counts = {"right": 0, "all": 0}
    for batch in batches:
        sent = psdus(batch, link.rng)
        noisy = link.through_the_air(link.modulated(sent))
        works["modulate", batch] = partial(link.modulated, sent)
        works["receive", batch] = partial(_counted, counts, sent, partial(link.received, noisy))
        works["noise only", batch] = partial(awgn, np.zeros_like(noisy), link.noise_power, link.rng)
        works["full chain", batch] = partial(_counted, counts, sent, partial(_chain, link, sent))
    per_s: dict[str, dict[int, float]] = {}
    for (part, batch), seconds in medians_s(works, repeat).items():
        per_s.setdefault(part, {})[batch] = batch / seconds
    frame_s = single_frame_s(link, FRAMES_A_TURN * repeat)
    return Rates(mode, noisy.shape[1], per_s, frame_s, link.air_ns / _NS_PER_S, counts["right"] / counts["all"])


def single_frame_s(link: Link, repeat: int) -> float:
    """Return the median time that the streaming receiver takes for a PPDU with the noise around it.

    Raises RuntimeError if it does not receive it.
    """
    profile = load_profile()
    sent = psdus(1, link.rng)
    noisy = link.through_the_air(link.modulated(sent))[0]
    quiet = awgn(np.zeros(SETTLE_NS * link.rate_sps // _NS_PER_S, np.complex64), link.noise_power, link.rng)
    if link.mode.kind is PpduKind.UL_ACTIVE:
        receiver: Any = ApReceiver(profile, link.rate_sps)
        items, settle = noisy, quiet
    else:
        receiver = TagReceiver(profile, link.rate_sps, DECIMATION)
        items, settle = envelope(noisy), envelope(quiet)
    position, seconds = 0, []
    for _ in range(repeat + 1):
        receiver.feed(settle)
        position += quiet.size
        if link.mode.kind is PpduKind.UL_ACTIVE:
            start_ns, stop_ns = (at * _NS_PER_S // link.rate_sps for at in (position, position + noisy.size))
            receiver.listen(Listen(link.mode.kind, link.mode.rate_bps, SEED_INDEX, start_ns, stop_ns))
        begun_s = time.perf_counter()
        receptions = receiver.feed(items)
        seconds.append(time.perf_counter() - begun_s)
        position += noisy.size
        if [each.psdu for each in receptions] != [sent.tobytes()]:
            raise RuntimeError(f"{link.mode.name}: the streaming receiver did not receive the PPDU")
    return float(np.median(seconds[1:]))


def _chain(link: Link, sent: npt.NDArray[np.uint8]) -> tuple[bytes | None, ...]:
    return link.received(link.through_the_air(link.modulated(sent)))


def _counted(
    counts: dict[str, int], sent: npt.NDArray[np.uint8], read: Callable[[], tuple[bytes | None, ...]]
) -> None:
    counts["all"] += sent.shape[0]
    counts["right"] += sum(psdu == each.tobytes() for psdu, each in zip(read(), sent, strict=True))
