"""The time that the streaming receivers take for one frame, beside how long it is on the air.

CPU time of the receiver's thread, with all of the PPDU and the noise around it given at once; on an idle machine that
is the time on the wall. The receiver has run before and has a noise floor. Beside it for uplinks: what the search for
the AMP-Sync takes of it, over the noise before the PPDU too, and how long a weak one takes, which has no clear bits.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ampradio.phy.ap_receiver import ApReceiver
from ampradio.phy.tag_receiver import TagReceiver
from ampradio.phy.uplink_search import first_sync
from ampradio.phy.uplink_sync import UplinkSync
from ampradio.phy.uplink_sync_hits import CLEAR, EXPECTED
from ampradio.profile import load_profile
from ampradio.psdu import crc8
from ampradio.vectors import Listen
from testbed.bench.detectors import DECIMATION, envelope
from testbed.bench.packet_link import PacketLink, Randomness, data_frames, randomness
from testbed.bench.packet_modes import ECN0_DB, SEED_INDEX, PacketMode
from testbed.bench.stopwatch import medians_s
from testbed.bench.unmeasured import Unmeasured

SETTLE_NS = 3_000_000
SETTLE_EVERY = 20  # frames
WEAK_ECN0_DB = 9.0  # where the bits of no uplink are clear: coded ones are read with ease, uncoded ones hardly
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class FrameTime:
    """The median time of decoding a frame of ``octets``, and its time on the air.

    Of uplinks also that of the search in it alone, and of a frame at ``WEAK_ECN0_DB``.
    """

    mode: PacketMode
    octets: int
    decode_s: float
    air_s: float
    search_s: float | None
    weak_s: float | None

    @property
    def air_times(self) -> float:
        """How many air times decoding takes."""
        return self.decode_s / self.air_s

    def figures(self) -> dict[str, Any]:
        """Return it as it goes into ``phy.json``."""
        times = {"decode_ms": self.decode_s * 1e3, "air_ms": self.air_s * 1e3, "air_times": self.air_times}
        for name, seconds in (("search_ms", self.search_s), ("weak_ms", self.weak_s)):
            if seconds is not None:
                times[name] = seconds * 1e3
        return {"mode": self.mode.name, "octets": self.octets, **times}


def measure(mode: PacketMode, repeat: int, seed: int) -> list[FrameTime]:
    """Return the times of the shortest frame and of a Data frame, medians of ``repeat`` frames each.

    Raises Unmeasured if one is not received.
    """
    draw = randomness((seed, mode.rate_bps))
    mac = load_profile().mac
    ack = bytes([mac.type_ack, *range(1, mac.short_frame_octets - 1)])
    short = np.frombuffer(ack + bytes([crc8(ack)]), np.uint8)[np.newaxis]
    return [_measured(mode, sent, repeat, draw) for sent in (short, data_frames(1, draw.rng))]


def _measured(mode: PacketMode, sent: npt.NDArray[np.uint8], repeat: int, draw: Randomness) -> FrameTime:
    link = PacketLink(mode)
    noisy = link.through_the_air(link.modulated(sent), draw)[0]
    decode_s = _decoding_s(link, mode.noise_power, noisy, sent, repeat, draw)
    search_s = weak_s = None
    if mode.is_uplink:
        search_s = _search_s(mode, noisy, repeat)
        weak_power = mode.noise_power * 10 ** ((ECN0_DB - WEAK_ECN0_DB) / 10)
        link = PacketLink(mode, weak_power)
        weak = link.through_the_air(link.modulated(sent), draw)[0]
        weak_s = _decoding_s(link, weak_power, weak, None, repeat, draw)
    octets = sent.shape[1]
    return FrameTime(mode, octets, decode_s, mode.air_ns(octets) / _NS_PER_S, search_s, weak_s)


def _decoding_s(
    link: PacketLink,
    noise_power: float,
    noisy: npt.NDArray[np.complex64],
    sent: npt.NDArray[np.uint8] | None,
    repeat: int,
    draw: Randomness,
) -> float:
    """Return the median time of decoding ``noisy`` (n,); Unmeasured if that does not give ``sent`` (1, octets)."""
    mode = link.mode
    silence = np.zeros(SETTLE_NS * mode.rate_sps // _NS_PER_S, np.complex64)
    quiet = draw.noise.added_to(silence, noise_power)
    feed, expect = _receiver(mode) if mode.streams else _batch_receiver(link)
    position = 0
    seconds: list[float] = []
    for turn in range(repeat + 1):
        if turn % SETTLE_EVERY == 0:
            feed(quiet)
            position += quiet.size
        expect(position, position + noisy.size)
        given = feed(noisy, seconds)
        position += noisy.size
        if sent is not None and given != [sent.tobytes()]:
            raise Unmeasured(f"{mode.name}: the streaming receiver did not receive the PPDU")
    return float(np.median(seconds[1:]))


def _search_s(mode: PacketMode, noisy: npt.NDArray[np.complex64], repeat: int) -> float:
    """Return the median time of the search for an AMP-Sync from the first of ``noisy`` (n,) on."""
    strictness = EXPECTED if mode.is_coded else CLEAR
    sync = UplinkSync(load_profile(), mode.rate_bps, mode.rate_sps, strictness, mode.kind)
    rows, floor, begin = noisy[np.newaxis], np.array([mode.noise_power]), np.zeros(1, np.intp)
    return medians_s({"search": lambda: first_sync(sync, rows, floor, begin)}, repeat)["search"]


def _receiver(mode: PacketMode) -> tuple[Callable[..., list[bytes | None]], Callable[[int, int], None]]:
    """Return how a receiver of ``mode`` is fed complex samples, timed, and told of a window of them."""
    profile = load_profile()
    ap, tag = ApReceiver(profile, mode.rate_sps), TagReceiver(profile, mode.rate_sps, DECIMATION)

    def feed(samples: npt.NDArray[np.complex64], seconds: list[float] | None = None) -> list[bytes | None]:
        given: Any = samples if mode.is_uplink else envelope(samples)
        receiver: Any = ap if mode.is_uplink else tag
        begun_s = time.thread_time()
        receptions = receiver.feed(given)
        if seconds is not None:
            seconds.append(time.thread_time() - begun_s)
        return [each.psdu for each in receptions]

    def expect(start: int, stop: int) -> None:
        if mode.is_uplink:
            start_ns, stop_ns = (at * _NS_PER_S // mode.rate_sps for at in (start, stop))
            ap.listen(Listen(mode.kind, mode.rate_bps, SEED_INDEX, start_ns, stop_ns))

    return feed, expect


def _batch_receiver(link: PacketLink) -> tuple[Callable[..., list[bytes | None]], Callable[[int, int], None]]:
    """Return the same for a batch receiver given one packet; it has no stream, and no floor to settle."""

    def feed(samples: npt.NDArray[np.complex64], seconds: list[float] | None = None) -> list[bytes | None]:
        if seconds is None:
            return []
        begun_s = time.thread_time()
        read = list(link.received(samples[np.newaxis]).psdus)
        seconds.append(time.thread_time() - begun_s)
        return read

    return feed, lambda start, stop: None
