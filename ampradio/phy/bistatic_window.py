"""A stretch of a 40 MHz stream in which the AP looks for a bistatic reply: excitation first, then as any uplink."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from ampradio.phy.bistatic_reply import BistaticReply
from ampradio.phy.channel_window import in_stream
from ampradio.phy.excitation_reference import LEARNT_SYMBOLS, Excitation, heard_directly
from ampradio.phy.frame_check import check_holds
from ampradio.phy.front_end_faults import FrontEndFaults
from ampradio.phy.reception import Reception
from ampradio.phy.running_sum import integral_to
from ampradio.phy.uncoded_frame import Detector, KeyedCarrier
from ampradio.phy.uncoded_reader import UncodedReader
from ampradio.phy.uncoded_stream import UncodedFrame
from ampradio.phy.uncoded_window import UncodedWindow
from ampradio.phy.uplink_channel import DECIMATION
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_sync import UplinkSync
from ampradio.phy.uplink_sync_hits import UNEVEN, FoundSync
from ampradio.phy.uplink_window import Frame
from ampradio.profile.model import Profile
from ampradio.vectors import TxVector

_STRADDLE = 2.0  # samples of the half left out at the edges of chips when noise is measured
_PIECES = 4  # of the stretch before the window, the quietest of which has no other tag's reply in it


class BistaticFrame(UncodedFrame):
    """A frame read off its excitation, whose way over the tag the sync tells."""

    def __init__(
        self,
        profile: Profile,
        reader: UncodedReader,
        reply: BistaticReply,
        excitation: Excitation,
        sync_sample: int,
        sync: FoundSync,
    ) -> None:
        """Begin at the ``sync`` found at ``sync_sample`` under the ``excitation`` as heard directly."""
        super().__init__(profile, reader, reply.rate_sps, sync_sample, sync)
        self._reply = reply
        self.excitation = excitation

    _is_constant = False

    def _begun(self, samples: npt.NDArray[np.complex64]) -> KeyedCarrier:
        first = np.array([self.origin])
        return self._reply.keyed(self._reader, self.excitation, samples, first, self._sync.as_hits(), self._lead)

    def _deliver_stepwise(self, samples: npt.NDArray[np.complex64], carrier: KeyedCarrier, psdu: bytes) -> None:
        carrier_hz = self._sync.carrier_hz + float(self.excitation.turn[0]) * self._reply.rate_sps
        how = check_holds(self._profile.mac, psdu), carrier_hz, self._reader.place(carrier), self._powers(carrier)
        self._hand_up(psdu, *how)

    def _powers(self, carrier: KeyedCarrier) -> tuple[float, float]:
        """Return ON power and noise power per sample of the half, from the AMP-Sync.

        By the excitation's own energy in each chip. Of OFF chips the insides count: next to an edge there is as much
        of the ON chip beside it, through the filters, as there is noise 19 dB below that.
        """
        assert carrier.energy is not None
        chips, finer = self._reader.chips, self._reader.finer
        edges, on = carrier.track.timing.at(chips.edges(0))[0], chips.sync > 0
        energy = np.diff(integral_to(carrier.energy, edges[np.newaxis]))[0]
        signal = abs(np.sum(chips.turned(carrier.track, 0)[0, on])) / np.sum(energy[on])
        within = np.stack((edges[:-1][~on] + _STRADDLE * finer, edges[1:][~on] - _STRADDLE * finer))
        heard = np.diff(integral_to(carrier.track.sums, within.reshape(1, -1)).reshape(within.shape), axis=0)
        inside = np.diff(integral_to(carrier.energy, within.reshape(1, -1)).reshape(within.shape), axis=0)
        noise = np.sum(heard.real**2 + heard.imag**2) / (finer * np.sum(inside))
        return max(float(signal) ** 2, 1e-30), float(noise)


class ReplyWindow(UncodedWindow):
    """Looks for a reply in the half it is in, under an excitation that has been heard."""

    def __init__(
        self,
        profile: Profile,
        reader: UncodedReader,
        reply: BistaticReply,
        excitation: Excitation,
        search: UplinkSync,
        start: int,
        stop: int,
    ) -> None:
        """Open the window from ``start`` to ``stop``, samples of the half."""
        super().__init__(profile, reader, search, reply.rate_sps, start, stop)
        self._reply = reply
        self._excitation = excitation

    @property
    def is_reading(self) -> bool:
        """Whether a sync has been found and its frame is due."""
        return self._frame is not None

    def follow(self, excitation: Excitation) -> None:
        """Read on under ``excitation``, which has been heard for longer."""
        if isinstance(self._frame, BistaticFrame):
            self._frame.excitation = excitation

    def _look(self, samples: npt.NDArray[np.complex64], floor: float) -> None:
        usual = self._excitation.later(self._reply.usual_path)
        super()._look(self._reply.wiped(usual, samples, np.array([self._position])), floor)

    def _frame_at(self, sample: int, sync: FoundSync) -> Frame:
        return BistaticFrame(self._profile, self._reader, self._reply, self._excitation, sample, sync)


class ReplyReceiver:
    """What windows for replies of one rate and shift read with, which takes a millisecond to prepare."""

    def __init__(
        self, profile: Profile, vector: TxVector, rate_sps: int, detector: Detector = Detector.NON_COHERENT
    ) -> None:
        """Prepare for replies of ``vector``'s rate and shift; errors as ``BistaticBatch``."""
        chips = UplinkChips(profile, vector.rate_bps, rate_sps // DECIMATION, vector.kind)
        self.reply = reply = BistaticReply(profile, vector.rate_bps, rate_sps, vector.shift_upwards, chips)
        self.reader = UncodedReader(profile, vector, reply.rate_sps, detector)
        limit_hz = reply.carrier_limit_hz
        self.search = UplinkSync(profile, vector.rate_bps, reply.rate_sps, UNEVEN, vector.kind, limit_hz)


class BistaticWindow:
    """Looks for one reply from sample ``start`` to ``stop`` of the wide stream; calls as of ``UplinkWindow``."""

    def __init__(self, profile: Profile, receiver: ReplyReceiver, start: int, stop: int) -> None:
        """Open the window for the replies of ``receiver``."""
        self.counted: Counter[str] = Counter()
        self._without = False
        self._profile = profile
        self._reply, self._receiver = receiver.reply, receiver
        chips = receiver.reader.coarse
        self._start, self._stop = start // DECIMATION, -(-stop // DECIMATION)
        learnt = self._reply.learnt
        self._learn_to = max(self._start - int(UncodedReader.LEAD_CHIPS * chips.chip), learnt)
        self._learn_from = self._learn_to - learnt
        self._floor = 0.0
        self._faults = FrontEndFaults(*np.zeros((2, 1), np.complex64))
        self._inner: ReplyWindow | None = None
        # until the excitation is known the promise is that of a window under one that is not there
        self._excitation = Excitation(self._reply.spectrum, np.zeros(1, np.bool_), *np.zeros((3, 1)))
        self._unheard = self._window(self._excitation)

    @property
    def over(self) -> bool:
        """Whether the window has had its PPDU, or can have none any more."""
        return self._without or (self._inner is not None and self._inner.over)

    @property
    def needed_from(self) -> int:
        """The first stream position this window still reads."""
        first = self._learn_from if self._inner is None else self._inner.needed_from
        return max(0, self._reply.reply.reads_from(first))

    @property
    def needs(self) -> int:
        """The stream position up to which samples are wanted next."""
        return self._reply.reply.reads_to(self._learn_to if self._inner is None else self._inner.needs)

    @property
    def uses(self) -> int:
        """The stream position up to which samples are of use now: no more than it needs."""
        return self.needs

    def earliest_end(self) -> int:
        """Return the sample before which no PPDU of this window can end; it never goes back."""
        return DECIMATION * (self._unheard if self._inner is None else self._inner).earliest_end()

    def take(self, samples: npt.NDArray[np.complex64], floor: float) -> Reception | None:
        """Read on with ``samples`` (1, needs − needed_from); return a PPDU once complete.

        The stream's ``floor`` is that of the excitation, so the noise is measured in the other half.
        """
        if self._inner is None:
            self._learn(samples)
            return None
        samples = self._faults.taken_off(samples)
        reply = self._reply.reply
        if self._inner.is_reading:
            self._follow(samples, self._inner)
        half = reply.samples(samples, self.needed_from, self._inner.needed_from, self._inner.needs)
        reception = self._inner.take(half, self._floor)
        self.counted.update(self._inner.counted)
        self._inner.counted.clear()
        return None if reception is None else in_stream(reception, reply, 0)

    def _learn(self, samples: npt.NDArray[np.complex64]) -> None:
        self._faults = self._reply.faults(samples, self.needed_from, self._learn_from)
        samples = self._faults.taken_off(samples)
        direct = self._reply.direct.samples(samples, self.needed_from, self._learn_from, self._learn_to)
        quiet = self._reply.reply.samples(samples, self.needed_from, self._learn_from, self._learn_to)
        pieces = quiet.reshape(_PIECES, -1)
        self._floor = float(np.min(np.mean(pieces.real * pieces.real + pieces.imag * pieces.imag, axis=1)))
        self._excitation = heard_directly(self._reply.spectrum, direct).later(float(self._learn_from))
        if self._excitation.heard[0]:
            self._inner = self._window(self._excitation)
        else:
            self.counted["no_excitation"] += 1
            self._without = True

    def _follow(self, samples: npt.NDArray[np.complex64], inner: ReplyWindow) -> None:
        """Tell ``inner`` how the excitation has drifted up to the last of ``samples``, by the energizer's own clock."""
        size = self._reply.spectrum.size
        count = min(LEARNT_SYMBOLS, (inner.needs - inner.needed_from) // size) * size
        direct = self._reply.direct.samples(samples, self.needed_from, inner.needs - count, inner.needs)
        late = heard_directly(self._reply.spectrum, direct).later(float(inner.needs - count))
        middle = 0.5 * (self._learn_from + self._learn_to)
        inner.follow(self._excitation.drifting(late, middle, inner.needs - 0.5 * count - middle))

    def _window(self, excitation: Excitation) -> ReplyWindow:
        with_ = self._receiver.reader, self._reply, excitation, self._receiver.search
        return ReplyWindow(self._profile, *with_, self._start, self._stop)
