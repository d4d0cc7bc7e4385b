"""The window that hears what a ``Listen`` asks for, by kind, rate, channel offset and the receiver's sample rate."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.bistatic_window import BistaticWindow, ReplyReceiver
from ampradio.phy.channel_window import ChannelWindow
from ampradio.phy.coded_extent import coded_extent
from ampradio.phy.coded_frame import CodedLoop, coded_loop
from ampradio.phy.reception import Itself, Reception
from ampradio.phy.uncoded_frame import Detector
from ampradio.phy.uncoded_reader import UncodedReader
from ampradio.phy.uncoded_window import UncodedWindow
from ampradio.phy.uplink_channel import DECIMATION, UplinkChannel
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_sync import UplinkSync
from ampradio.phy.uplink_sync_hits import CLEAR, EXPECTED, Strictness
from ampradio.phy.uplink_window import UplinkWindow
from ampradio.profile.model import Profile
from ampradio.vectors import Listen, PpduKind, TxVector

_PASS_HZ = 8.5e6  # a channel's carrier tolerance and the keying of its shortest chips
_STOP_HZ = 11.5e6
_NS_PER_S = 1_000_000_000


class Window(Protocol):
    """What a receiver asks of a window: see ``UplinkWindow``."""

    @property
    def counted(self) -> Counter[str]:
        """What happened since this was cleared."""

    @property
    def over(self) -> bool:
        """Whether the window has had its PPDU, or can have none any more."""

    @property
    def needed_from(self) -> int:
        """The first stream position this window still reads."""

    @property
    def needs(self) -> int:
        """The stream position up to which samples are wanted next."""

    @property
    def uses(self) -> int:
        """The stream position up to which samples are of use now, ``needs`` or more."""

    def earliest_end(self) -> int:
        """Return the sample before which no PPDU of this window can end; it never goes back."""

    def take(self, samples: npt.NDArray[np.complex64], floor: float) -> Reception | None:
        """Read on with ``samples``, from ``needed_from`` to ``needs`` or more; return a PPDU once complete."""


class ListenWindows:
    """Opens windows for a receiver at one sample rate.

    At 20 MS/s: active Tx at 250 kb/s and 1 Mb/s in the channel's centre. At 40 MS/s also 4 Mb/s, the channel offsets
    and bistatic replies (rules 20 and 22).
    """

    def __init__(
        self,
        profile: Profile,
        sample_rate_sps: int,
        strictness: Strictness = EXPECTED,
        detector: Detector = Detector.NON_COHERENT,
    ) -> None:
        """Prepare; ``strictness`` is for the sync of coded PPDUs, ``detector`` for uncoded bits.

        Raises ValueError when the chips do not fit the sample rate.
        """
        self._profile, self._own = profile, Itself(profile)
        self._rate_sps = sample_rate_sps
        self._wide = sample_rate_sps >= profile.uplink.wide_sample_rate_sps
        self._detector = detector
        self._strictness = strictness
        self._coded: dict[tuple[int, int], tuple[UplinkSync, UplinkChips]] = {}
        self._readers: dict[int, tuple[UncodedReader, UplinkSync]] = {}  # of 4 Mb/s, by scrambler seed
        self._replies: dict[tuple[int, bool], ReplyReceiver] = {}
        for rate_bps in (profile.uplink.rate_low_bps, profile.uplink.rate_mid_bps):
            self._coded_parts(rate_bps, sample_rate_sps)

    def open(self, listen: Listen) -> Window:
        """Return the window that ``listen`` asks for.

        Raises ValueError for what this receiver does not hear, a seed that does not exist, or no duration.
        """
        up = self._profile.uplink
        if listen.kind is PpduKind.UL_ACTIVE and not 0 <= listen.seed_index < len(up.scrambler_seeds):
            raise ValueError(f"no scrambler seed {listen.seed_index}")
        if listen.stop_ns <= listen.start_ns:
            raise ValueError("a window stops after it starts")
        start = max(listen.start_ns * self._rate_sps // _NS_PER_S, 0)
        stop = -(-listen.stop_ns * self._rate_sps // _NS_PER_S)
        coded = listen.kind is PpduKind.UL_ACTIVE and listen.rate_bps in (up.rate_low_bps, up.rate_mid_bps)
        vector = TxVector(
            listen.kind, listen.rate_bps, seed_index=listen.seed_index, shift_upwards=listen.shift_upwards
        )
        if coded and listen.channel_offset_hz == 0:
            return self.coded(listen.rate_bps, (listen.seed_index,), start, stop)
        if self._wide and coded and abs(listen.channel_offset_hz) == up.channel_offset_hz:
            return self._off_centre(listen, start, stop)
        uncoded = vector.kind is PpduKind.UL_ACTIVE and vector.rate_bps == up.rate_high_bps
        if self._wide and uncoded and listen.channel_offset_hz == 0:
            return self._uncoded(vector, start, stop)
        if self._wide and vector.kind is PpduKind.UL_BISTATIC:
            return self._bistatic(vector, start, stop)
        raise ValueError(
            f"this receiver does not hear {listen.kind.name} at {listen.rate_bps} b/s and "
            f"{listen.channel_offset_hz} Hz at {self._rate_sps} S/s"
        )

    def coded(self, rate_bps: int, seeds: tuple[int, ...], start: int, stop: int | None) -> UplinkWindow:
        """Return a window for coded PPDUs in the centre, over samples ``start`` to ``stop``; None: for ever."""
        search, chips = self._coded_parts(rate_bps, self._rate_sps)
        loop = self._loop(chips, seeds, self._rate_sps)
        return UplinkWindow(self._profile, search, chips, self._rate_sps, seeds, start, stop, loop)

    def _uncoded(self, vector: TxVector, start: int, stop: int) -> UncodedWindow:
        seed, rate_sps = vector.seed_index, self._rate_sps
        if seed not in self._readers:
            search = UplinkSync(self._profile, vector.rate_bps, rate_sps, CLEAR, vector.kind)
            self._readers[seed] = UncodedReader(self._profile, vector, rate_sps, self._detector), search
        return UncodedWindow(self._profile, *self._readers[seed], rate_sps, start, stop)

    def _bistatic(self, vector: TxVector, start: int, stop: int) -> BistaticWindow:
        key = vector.rate_bps, vector.shift_upwards
        if key not in self._replies:
            self._replies[key] = ReplyReceiver(self._profile, vector, self._rate_sps, self._detector)
        return BistaticWindow(self._profile, self._replies[key], start, stop)

    def _off_centre(self, listen: Listen, start: int, stop: int) -> ChannelWindow:
        channel = UplinkChannel(listen.channel_offset_hz, self._rate_sps, _PASS_HZ, _STOP_HZ)
        search, chips = self._coded_parts(listen.rate_bps, channel.rate_sps)
        first, last = start // DECIMATION, -(-stop // DECIMATION)
        seeds = (listen.seed_index,)
        loop = self._loop(chips, seeds, channel.rate_sps)
        inner = UplinkWindow(self._profile, search, chips, channel.rate_sps, seeds, first, last, loop)
        return ChannelWindow(channel, inner, listen.channel_offset_hz)

    def _loop(self, chips: UplinkChips, seeds: tuple[int, ...], rate_sps: int) -> CodedLoop | None:
        """Return what reads frames at once: where the seed is known and the accelerator is on."""
        if len(seeds) != 1 or not accelerator.is_on():
            return None
        return coded_loop(self._own, chips, seeds[0], coded_extent(self._own, chips, rate_sps), rate_sps)

    def _coded_parts(self, rate_bps: int, rate_sps: int) -> tuple[UplinkSync, UplinkChips]:
        if (rate_bps, rate_sps) not in self._coded:
            search = UplinkSync(self._profile, rate_bps, rate_sps, self._strictness)
            self._coded[rate_bps, rate_sps] = (search, UplinkChips(self._profile, rate_bps, rate_sps))
        return self._coded[rate_bps, rate_sps]
