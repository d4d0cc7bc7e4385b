"""The time that the receivers take for one frame, beside how long it is on the air.

CPU time of the receiver's thread; on an idle machine that is the time on the wall. Decoding is from the AMP-Sync that
was found to the PSDU and its RXVECTOR; beside it stands all that a streaming receiver does which has run before and is
given the PPDU with noise around it at once. At the AP decoding is what a window does from the sync on, at a tag what
the receiver does when it is given the rest of the PPDU. A batch receiver given one packet is not taken apart: decoding
is all that it does. Every figure is the median over several frames.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ampradio.phy.ap_receiver import ApReceiver
from ampradio.phy.listen_window import ListenWindows
from ampradio.phy.tag_receiver import TagReceiver
from ampradio.profile import load_profile
from ampradio.psdu import crc8
from ampradio.vectors import Listen
from testbed.bench.detectors import DECIMATION, envelope
from testbed.bench.packet_link import PacketLink, Randomness, data_frames, randomness
from testbed.bench.packet_modes import ECN0_DB, SEED_INDEX, PacketMode
from testbed.bench.unmeasured import Unmeasured

SETTLE_NS = 3_000_000
SETTLE_EVERY = 20  # frames
DRAWS = 5  # frames, each with a carrier and noise of its own, for the time hangs on where its AMP-Sync is in a block
WEAK_ECN0_DB = 9.0  # where the bits of no uplink are clear: coded ones are read with ease, uncoded ones hardly
_STEP = 64 * DECIMATION  # samples at once up to the AMP-Sync
_NS_PER_S = 1_000_000_000
_Samples = npt.NDArray[np.complex64]


@dataclass(frozen=True)
class FrameTime:
    """The median time of decoding a frame of ``octets``, and its time on the air.

    ``receive_s`` is that of everything, buffers, noise floor and search, in the noise before the PPDU too; of uplinks
    ``weak_s`` is that of everything of a frame at ``WEAK_ECN0_DB``.
    """

    mode: PacketMode
    octets: int
    decode_s: float
    receive_s: float
    air_s: float
    weak_s: float | None

    @property
    def air_times(self) -> float:
        """How many air times decoding takes."""
        return self.decode_s / self.air_s

    @property
    def air_times_in_all(self) -> float:
        """How many air times everything takes."""
        return self.receive_s / self.air_s

    def figures(self) -> dict[str, Any]:
        """Return it as it goes into ``phy.json``."""
        times = {"decode_ms": self.decode_s * 1e3, "receive_ms": self.receive_s * 1e3, "air_ms": self.air_s * 1e3}
        if self.weak_s is not None:
            times["weak_ms"] = self.weak_s * 1e3
        ratios = {"air_times": self.air_times, "air_times_in_all": self.air_times_in_all}
        return {"mode": self.mode.name, "octets": self.octets, **times, **ratios}


def measure(mode: PacketMode, repeat: int, seed: int) -> list[FrameTime]:
    """Return the times of the shortest frame and of a Data frame, medians of ``repeat`` times ``DRAWS``.

    Raises Unmeasured if one is not received.
    """
    draw = randomness((seed, mode.rate_bps))
    mac = load_profile().mac
    ack = bytes([mac.type_ack, *range(1, mac.short_frame_octets - 1)])
    short = np.frombuffer(ack + bytes([crc8(ack)]), np.uint8)[np.newaxis]
    return [_measured(mode, sent, repeat, draw) for sent in (short, data_frames(1, draw.rng))]


def _measured(mode: PacketMode, sent: npt.NDArray[np.uint8], repeat: int, draw: Randomness) -> FrameTime:
    clear, weak_power = PacketLink(mode), mode.noise_power * 10 ** ((ECN0_DB - WEAK_ECN0_DB) / 10)
    faint = PacketLink(mode, weak_power)
    decoding: list[float] = []
    everything: list[float] = []
    weak: list[float] = []
    for _ in range(DRAWS):
        noisy = clear.through_the_air(clear.modulated(sent), draw)[0].copy()
        everything += _all_s(clear, mode.noise_power, noisy, sent, repeat, draw)
        if not mode.streams:
            decoding = everything
        elif mode.is_uplink:
            decoding += [_from_sync_s(mode, noisy, sent) for _ in range(repeat)]
        else:
            decoding += _rest_s(mode, noisy, sent, repeat, draw)
        if mode.is_uplink:
            noisy = faint.through_the_air(faint.modulated(sent), draw)[0].copy()
            weak += _all_s(faint, weak_power, noisy, None, repeat, draw)
    octets = sent.shape[1]
    times = float(np.median(decoding)), float(np.median(everything)), mode.air_ns(octets) / _NS_PER_S
    return FrameTime(mode, octets, *times, float(np.median(weak)) if weak else None)


def _must_be(mode: PacketMode, psdus: list[bytes | None], sent: npt.NDArray[np.uint8] | None) -> None:
    """Raise Unmeasured if something was ``sent`` (1, octets) and ``psdus`` are not that."""
    if sent is not None and psdus != [sent.tobytes()]:
        raise Unmeasured(f"{mode.name}: the receiver did not receive the PPDU")


def _all_s(
    link: PacketLink,
    noise_power: float,
    noisy: _Samples,
    sent: npt.NDArray[np.uint8] | None,
    repeat: int,
    draw: Randomness,
) -> list[float]:
    """Return how long all of ``noisy`` (n,) took, given at once, ``repeat`` times."""
    mode = link.mode
    spent_s: list[float] = []
    ear = _Ear(mode, noise_power, draw) if mode.streams else None
    for turn in range(repeat + 1):
        if ear is None:
            begun_s = time.thread_time()
            psdus = list(link.received(noisy[np.newaxis]).psdus)
            spent_s.append(time.thread_time() - begun_s)
        else:
            if turn % SETTLE_EVERY == 0:
                ear.settle()
            ear.expect(noisy.size)
            psdus, took_s = ear.hear(noisy)
            spent_s.append(took_s)
        _must_be(mode, psdus, sent)
    return spent_s[1:]


def _from_sync_s(mode: PacketMode, noisy: _Samples, sent: npt.NDArray[np.uint8]) -> float:
    """Return how long the AP took in its window over ``noisy`` (n,), from the sync that it had found on."""
    stop_ns = noisy.size * _NS_PER_S // mode.rate_sps
    window = _windows(mode.rate_sps).open(Listen(mode.kind, mode.rate_bps, SEED_INDEX, 0, stop_ns))
    spent_s, floor = 0.0, mode.noise_power
    psdus: list[bytes | None] = []
    while not window.over and window.needs <= noisy.size:
        is_decoding, first = window.counted["syncs"] > 0, window.needed_from
        samples = noisy[np.newaxis, first : max(window.needs, min(window.uses, noisy.size))]
        begun_s = time.thread_time()
        reception = window.take(samples, floor)
        spent_s += (time.thread_time() - begun_s) if is_decoding else 0.0
        psdus += [] if reception is None else [reception.psdu]
    _must_be(mode, psdus, sent)
    return spent_s


@lru_cache(maxsize=8)
def _windows(rate_sps: int) -> ListenWindows:
    return ListenWindows(load_profile(), rate_sps)


def _rest_s(
    mode: PacketMode, noisy: _Samples, sent: npt.NDArray[np.uint8], repeat: int, draw: Randomness
) -> list[float]:
    """Return how long what of ``noisy`` (n,) comes after the AMP-Sync was found took, ``repeat`` times."""
    ear = _Ear(mode, mode.noise_power, draw)
    cut = ear.found_within(noisy)
    spent_s: list[float] = []
    for turn in range(repeat):
        if turn % SETTLE_EVERY == 0:
            ear.settle()
        before, (psdus, took_s) = ear.hear(noisy[:cut])[0], ear.hear(noisy[cut:])
        _must_be(mode, before + psdus, sent)
        spent_s.append(took_s)
    return spent_s


class _Ear:
    """The streaming receiver of a mode, timed."""

    def __init__(self, mode: PacketMode, noise_power: float, draw: Randomness) -> None:
        profile = load_profile()
        self._mode, self._position = mode, 0
        self._ap, self._tag = ApReceiver(profile, mode.rate_sps), TagReceiver(profile, mode.rate_sps, DECIMATION)
        silence = np.zeros(SETTLE_NS * mode.rate_sps // _NS_PER_S, np.complex64)
        self._quiet = draw.noise.added_to(silence, noise_power)

    def settle(self) -> None:
        """Have it hear noise."""
        self.hear(self._quiet)

    def expect(self, samples: int) -> None:
        """Tell the AP that a PPDU is due in the next ``samples``."""
        if self._mode.is_uplink:
            start_ns = self._position * _NS_PER_S // self._mode.rate_sps
            stop_ns = (self._position + samples) * _NS_PER_S // self._mode.rate_sps
            self._ap.listen(Listen(self._mode.kind, self._mode.rate_bps, SEED_INDEX, start_ns, stop_ns))

    def hear(self, samples: _Samples) -> tuple[list[bytes | None], float]:
        """Return the PSDUs that ``samples`` complete, and how long that took."""
        given: Any = samples if self._mode.is_uplink else envelope(samples)
        receiver: Any = self._ap if self._mode.is_uplink else self._tag
        begun_s = time.thread_time()
        receptions = receiver.feed(given)
        spent_s = time.thread_time() - begun_s
        self._position += samples.size
        return [each.psdu for each in receptions], spent_s

    def found_within(self, noisy: _Samples) -> int:
        """Return how many of the samples (n,) it needs until it has found the AMP-Sync."""
        counters = (self._ap if self._mode.is_uplink else self._tag).counters
        self.settle()
        self.expect(noisy.size)
        before, found = counters["syncs"], noisy.size
        for begin in range(0, noisy.size, _STEP):
            self.hear(noisy[begin : begin + _STEP])
            if counters["syncs"] > before:
                found = min(found, begin + _STEP)
        return found
