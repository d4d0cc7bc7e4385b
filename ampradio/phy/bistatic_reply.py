"""A bistatic reply brought to what an active uplink is, a keyed carrier: channel, excitation wiped off, path fitted.

The reply lies in the half of the channel into which the tag shifts the excitation (rule 22). Its ON chips are the
excitation's symbol, known from the direct path but for the way over the tag, which the AMP-Sync tells.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.excitation_reference import LEARNT_SYMBOLS, PATH_MAX_NS, Excitation, peak_delay, symbol_spectrum
from ampradio.phy.front_end_faults import FrontEndFaults
from ampradio.phy.running_sum import running_sum
from ampradio.phy.uncoded_frame import KeyedCarrier, finer
from ampradio.phy.uncoded_reader import UncodedReader
from ampradio.phy.uplink_channel import DECIMATION, UplinkChannel
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_follow import follow_data, follow_sync
from ampradio.phy.uplink_frame import derotated
from ampradio.phy.uplink_sync_hits import UplinkSyncHits
from ampradio.profile.model import Profile

_PASS_HZ = 8.0e6  # the excitation's 16 carriers either side, the chips' keying and the clock's error about them
_STOP_HZ = 12.0e6
_CARRIER_LIMIT_HZ = 300e3  # shift clock and what the direct path leaves unknown
_SOFTLY = 0.5  # of the excitation's mean power: below that it is rather multiplied than divided by
_EARLY = 1.0  # samples by which the direct path may have been found too late
_NS_PER_S = 1_000_000_000


class BistaticReply:
    """The two halves of a 40 MHz channel and the reply in one of them."""

    carrier_limit_hz = _CARRIER_LIMIT_HZ

    def __init__(self, profile: Profile, rate_bps: int, rate_sps: int, shift_upwards: bool, chips: UplinkChips) -> None:
        """Prepare for replies shifted upwards, from the lower half into the upper, or downwards.

        ``chips`` are those at the rate of a half. Raises ValueError when a half does not fit ``rate_sps``.
        """
        half_hz = float(profile.preamble.half_offset_hz) * (1 if shift_upwards else -1)
        self.reply = UplinkChannel(half_hz, rate_sps, _PASS_HZ, _STOP_HZ)
        self.direct = UplinkChannel(-half_hz, rate_sps, _PASS_HZ, _STOP_HZ)
        self.rate_sps = self.reply.rate_sps
        self.spectrum = symbol_spectrum(profile, self.rate_sps, upper=not shift_upwards)
        self.learnt = LEARNT_SYMBOLS * self.spectrum.size
        self.rate_bps = rate_bps
        self._chips = chips
        self._path_max = PATH_MAX_NS * self.rate_sps / _NS_PER_S
        power = np.abs(np.fft.ifft(self.spectrum) * self.spectrum.size) ** 2
        self._level = 1 / float(np.mean(power / (power + _SOFTLY)))
        self.wiped_noise = self.reply.noise_gain * self._level**2 * float(np.mean(power / (power + _SOFTLY) ** 2))

    @property
    def usual_path(self) -> float:
        """How many samples later than the direct path a reply is looked for before its own path is known."""
        return 0.25 * self._path_max

    def faults(self, stream: npt.NDArray[np.complex64], origin: int, first: int) -> FrontEndFaults:
        """Return the front end's faults as the ``learnt`` samples from ``first`` on, without a reply, tell them.

        ``stream`` (packets, n) begins at stream sample ``origin``.
        """
        stop = first + self.learnt

        def halves(
            centred: npt.NDArray[np.complex64],
        ) -> tuple[npt.NDArray[np.complex64], npt.NDArray[np.complex64]]:
            begin = DECIMATION * first
            return self.direct.samples(centred, begin, first, stop), self.reply.samples(centred, begin, first, stop)

        return FrontEndFaults.in_halves(stream[:, DECIMATION * first - origin : DECIMATION * stop - origin], halves)

    def wiped(
        self, excitation: Excitation, reply: npt.NDArray[np.complex64], first: npt.NDArray[np.intp]
    ) -> npt.NDArray[np.complex64]:
        """Return ``reply`` (packets, n), which begins at samples ``first``, as nearly the keyed carrier there is.

        The excitation is divided out, but where it is weak no more than multiplied: chips that differ in energy look
        less like the word. ``wiped_noise`` is what becomes of white noise of power 1 in the stream.
        """
        wiped: npt.NDArray[np.complex64] = reply * self._evenly(excitation.wave(first, reply.shape[1]))
        return wiped

    def _evenly(self, wave: npt.NDArray[np.complex64]) -> npt.NDArray[np.complex64]:
        power = wave.real * wave.real + wave.imag * wave.imag
        factor: npt.NDArray[np.complex64] = wave.conj() * (np.float32(self._level) / (power + np.float32(_SOFTLY)))
        return factor

    def keyed(
        self,
        reader: UncodedReader,
        excitation: Excitation,
        reply: npt.NDArray[np.complex64],
        first: npt.NDArray[np.intp],
        hits: UplinkSyncHits,
        sync_sample: int,
    ) -> KeyedCarrier:
        """Return timing and carrier over the sync and a short frame's bits of ``reply``, arguments as ``over_the_tag``.

        They are followed where ON chips are alike; what is read is each chip weighed with the excitation in it. The
        reply is as wide as its half and the excitation half of that, so finer samples are made before they meet.
        """
        chips, rate_sps = reader.chips, reader.rate_sps
        excitation = self.over_the_tag(excitation, reply, first, hits, sync_sample)
        fine, turn = finer(reply, reader.finer), hits.carrier_hz / rate_sps
        wave = excitation.wave(first, reply.shape[1], reader.finer)
        timing = ChipTiming(np.full(first.size, float(sync_sample * reader.finer)), hits.timing.stretch)
        track = follow_sync(derotated(fine * self._evenly(wave), turn), timing, chips)
        track = follow_data(track, chips, 8 * reader.short_octets)
        energy = running_sum((wave.real * wave.real + wave.imag * wave.imag).astype(np.float64), np.float64)
        return KeyedCarrier(replace(track, sums=derotated(fine * wave.conj(), turn)), energy, reader.leak)

    def over_the_tag(
        self,
        excitation: Excitation,
        reply: npt.NDArray[np.complex64],
        first: npt.NDArray[np.intp],
        hits: UplinkSyncHits,
        sync_sample: int,
    ) -> Excitation:
        """Return the direct path's ``excitation`` as it comes over the tag, whose sync begins at ``sync_sample``.

        ``reply`` (packets, n) begins at samples ``first``; of ``hits`` only clock and carrier count.
        """
        size, chips = self.spectrum.size, self._chips
        count = int(np.ceil(sync_sample + chips.sync.size * chips.chip * float(hits.timing.stretch.max())))
        place = (np.arange(count) + 0.5 - sync_sample) / (chips.chip * hits.timing.stretch[:, np.newaxis])
        chip = np.clip(place.astype(np.intp), 0, chips.sync.size - 1)
        keyed = (place >= 0) & (chips.sync[chip] > 0)
        turn = excitation.turn + hits.carrier_hz / self.rate_sps
        heard = np.zeros((reply.shape[0], -(-count // size) * size), np.complex128)
        held = reply[:, :count]
        heard[:, : held.shape[1]] = held * keyed[:, : held.shape[1]]
        # each chip by itself is coherent whatever is left of the carrier, and so are a few: sums over a symbol are
        heard *= np.exp(-2j * np.pi * turn[:, np.newaxis] * (first[:, np.newaxis] + np.arange(heard.shape[1])))
        carriers = np.fft.fft(heard.reshape(reply.shape[0], -1, size), axis=2)
        index = np.fft.fftfreq(size, 1 / size)
        begun = excitation.delay + excitation.drift * (first + 0.5 * count) - first
        product = np.add.reduce(carriers, axis=1) * self.spectrum.conj()
        product *= np.exp(2j * np.pi * np.outer(begun, index) / size)
        path, _ = peak_delay(product, -_EARLY, self._path_max)
        return excitation.later(path)
