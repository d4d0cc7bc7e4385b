"""Packets from PSDU to PSDU over arrays: modulate, carrier offset and noise, receive, with noise before and after.

What becomes of a lot of packets depends on its key alone, so that any number of processes finds the same.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.channel.offset import carrier_offset
from ampradio.channel.quick_noise import QuickNoise
from ampradio.phy.ap_batch import ApBatch, UplinkBatch
from ampradio.phy.modulate import ppdus
from ampradio.phy.tag_batch import DownlinkBatch, TagBatch
from ampradio.phy.uncoded_batch import UncodedBatch
from ampradio.profile import load_profile
from ampradio.psdu import fcs
from ampradio.vectors import PpduKind
from testbed.bench.detectors import DECIMATION, envelope
from testbed.bench.packet_modes import SEED_INDEX, PacketMode

OCTETS = 16
LEAD_NS, TAIL_NS = 20_000, 16_000
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class Outcome:
    """How many packets there were, how many were read as sent, and a check sequence.

    ``check`` is over every PSDU read and every estimate of where it began, to the last bit.
    """

    packets: int
    right: int
    check: int


@dataclass(frozen=True)
class Randomness:
    """Random numbers for all but the noise, and the noise."""

    rng: np.random.Generator
    noise: QuickNoise


class PacketLink:
    """The two stations of a mode and the air between them."""

    def __init__(self, mode: PacketMode, noise_power: float | None = None) -> None:
        """Prepare the receiver of ``mode`` for ``noise_power`` a sample, by default that of the mode."""
        self.mode = mode
        self._noise_power = mode.noise_power if noise_power is None else noise_power
        self._rate_sps, self._vector = mode.rate_sps, mode.vector
        self._profile = load_profile()
        self._pads = tuple(ns * mode.rate_sps // _NS_PER_S for ns in (LEAD_NS, TAIL_NS))
        up = self._profile.uplink
        self._carrier_limit_hz = up.carrier_hz * up.carrier_tolerance_ppm * 1e-6
        self._tag = TagBatch(self._profile, self._profile.preamble.sample_rate_sps, DECIMATION)
        self._coded = ApBatch(self._profile, mode.rate_bps, mode.rate_sps) if mode.is_coded else None
        uncoded = mode.is_uplink and not mode.is_coded
        self._uncoded = UncodedBatch(self._profile, mode.vector, mode.rate_sps) if uncoded else None
        self._rows = np.zeros((0, 0), np.complex64)

    def modulated(self, sent: npt.NDArray[np.uint8]) -> npt.NDArray[np.complex64]:
        """Return the PPDUs that carry ``sent`` (packets, octets), silence around each; the next ones lie there too."""
        samples = ppdus(self._profile, sent, self._vector)
        lead, size = self._pads[0], sum(self._pads) + samples.shape[1]
        rows = self._rows
        if rows.shape != (sent.shape[0], size + size % DECIMATION):
            rows = self._rows = np.zeros((sent.shape[0], size + size % DECIMATION), np.complex64)
        rows[:, :lead], rows[:, lead + samples.shape[1] :] = 0, 0
        rows[:, lead : lead + samples.shape[1]] = samples
        if self.mode.kind is PpduKind.UL_BISTATIC:  # what a tag reflects is weaker than a carrier of its own
            rows *= np.float32(1 / np.abs(samples[0]).max())
        return rows

    def through_the_air(
        self, samples: npt.NDArray[np.complex64], draw: Randomness
    ) -> npt.NDArray[np.complex64]:
        """Return ``samples`` (packets, n), changed in place: each under a carrier offset of its own, plus noise."""
        packets = samples.shape[0]
        cfo_hz = draw.rng.uniform(-self._carrier_limit_hz, self._carrier_limit_hz, packets)
        phase_rad = draw.rng.uniform(0, 2 * np.pi, packets)
        turned = carrier_offset(samples, cfo_hz, self._rate_sps, phase_rad, out=samples)
        return draw.noise.added_to(turned, self._noise_power, out=turned)

    def received(self, samples: npt.NDArray[np.complex64]) -> DownlinkBatch | UplinkBatch:
        """Return what the batch receiver of this direction reads from each row of ``samples`` (packets, n)."""
        floor = np.full(samples.shape[0], self._noise_power)
        if self._coded is not None:
            return self._coded.receive(samples, floor, SEED_INDEX)
        if self._uncoded is not None:
            return self._uncoded.receive(samples, floor)
        return self._tag.receive(envelope(samples), DECIMATION * floor)

    def outcome(self, packets: int, key: Sequence[int]) -> Outcome:
        """Return what becomes of ``packets`` new ones; ``key`` gives all that is random."""
        draw = randomness(key)
        sent = data_frames(packets, draw.rng)
        read = self.received(self.through_the_air(self.modulated(sent), draw))
        right = sum(psdu == each.tobytes() for psdu, each in zip(read.psdus, sent, strict=True))
        places = np.stack((read.start_sample, read.stretch)).tobytes()
        return Outcome(packets, right, zlib.crc32(repr(list(read.psdus)).encode(), zlib.crc32(places)))


def randomness(key: Sequence[int]) -> Randomness:
    """Return what ``key``, numbers that are not negative, gives."""
    seeds = np.random.SeedSequence(list(key)).spawn(2)
    word = int(seeds[1].generate_state(1, np.uint64)[0])
    return Randomness(np.random.Generator(np.random.SFC64(seeds[0])), QuickNoise(word))


def data_frames(count: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Return random Data frames (count, ``OCTETS``) with a right header and FCS."""
    mac = load_profile().mac
    frames = rng.integers(0, 256, (count, OCTETS), np.uint8)
    frames[:, 0], frames[:, 3], frames[:, 4] = mac.type_data, OCTETS - mac.header_octets - mac.fcs_octets - 1, 0
    for frame in frames:
        frame[-mac.fcs_octets :] = tuple(fcs(frame[: -mac.fcs_octets].tobytes()))
    return frames
