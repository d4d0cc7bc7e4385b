"""The time that the receivers take for one frame, beside how long it is on the air.

CPU time of the receiver's thread; on an idle machine that is the time on the wall. A streaming receiver has run before
and has a noise floor; it is given samples up to where it has found the AMP-Sync, then the rest of the PPDU and noise at
once, which is the decoding. Of a batch receiver given one packet decoding is all that it does. A weak frame, which has
no clear bits, is given at once. Every figure is the median over several frames.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ampradio.phy.ap_receiver import ApReceiver
from ampradio.phy.tag_receiver import TagReceiver
from ampradio.profile import load_profile
from ampradio.psdu import crc8
from ampradio.vectors import Listen
from testbed.bench.detectors import DECIMATION, envelope
from testbed.bench.packet_link import PacketLink, Randomness, data_frames, randomness
from testbed.bench.packet_modes import ECN0_DB, SEED_INDEX, PacketMode

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

    ``receive_s`` is that of everything: of a stream also the noise floor and the search, in the noise before the PPDU
    too. Of uplinks ``weak_s`` is that of a frame at ``WEAK_ECN0_DB``.
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

    Raises RuntimeError if one is not received.
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
        for until_sync_s, after_s in _spent(clear, mode.noise_power, noisy, sent, repeat, draw):
            decoding.append(after_s)
            everything.append(until_sync_s + after_s)
        if mode.is_uplink:
            noisy = faint.through_the_air(faint.modulated(sent), draw)[0].copy()
            weak += [sum(spent) for spent in _spent(faint, weak_power, noisy, None, repeat, draw)]
    octets = sent.shape[1]
    times = float(np.median(decoding)), float(np.median(everything)), mode.air_ns(octets) / _NS_PER_S
    return FrameTime(mode, octets, *times, float(np.median(weak)) if weak else None)


def _spent(
    link: PacketLink,
    noise_power: float,
    noisy: _Samples,
    sent: npt.NDArray[np.uint8] | None,
    repeat: int,
    draw: Randomness,
) -> list[tuple[float, float]]:
    """Return how long ``noisy`` (n,) took, ``repeat`` times: until its AMP-Sync was found, and then.

    Where that is not told apart, all of it is then: with a batch receiver, and where there is nothing ``sent`` that
    must be received. Raises RuntimeError if ``sent`` (1, octets) is not.
    """
    if not link.mode.streams:
        return [(0.0, _batch_s(link, noisy, sent)) for _ in range(repeat + 1)][1:]
    ear = _Ear(link.mode, noise_power, draw)
    cut = 0 if sent is None else ear.found_within(noisy)
    spent = []
    for turn in range(repeat + 1):
        if turn % SETTLE_EVERY == 0:
            ear.settle()
        ear.expect(noisy.size)
        parts = [ear.hear(part) for part in (noisy[:cut], noisy[cut:])]
        _must_be(link.mode, [psdu for psdus, _ in parts for psdu in psdus], sent)
        spent.append((parts[0][1], parts[1][1]))
    return spent[1:]


def _must_be(mode: PacketMode, psdus: list[bytes | None], sent: npt.NDArray[np.uint8] | None) -> None:
    if sent is not None and psdus != [sent.tobytes()]:
        raise RuntimeError(f"{mode.name}: the receiver did not receive the PPDU")


def _batch_s(link: PacketLink, noisy: _Samples, sent: npt.NDArray[np.uint8] | None) -> float:
    begun_s = time.thread_time()
    read = link.received(noisy[np.newaxis])
    spent_s = time.thread_time() - begun_s
    _must_be(link.mode, list(read.psdus), sent)
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
