"""A bistatic reply brought to what an active uplink is, a keyed carrier: channel, excitation wiped off, path fitted.

The reply lies in the half of the channel into which the tag shifts the excitation (rule 22). Its ON chips are the
excitation's symbol, known from the direct path but for the way over the tag, which the AMP-Sync tells.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.excitation_reference import PATH_MAX_NS, Excitation, peak_delay, symbol_spectrum
from ampradio.phy.uplink_channel import UplinkChannel
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_sync_hits import UplinkSyncHits
from ampradio.profile.model import Profile

_PASS_HZ = 8.0e6  # the excitation's 16 carriers either side, the chips' keying and the clock's error about them
_STOP_HZ = 12.0e6
_CARRIER_LIMIT_HZ = 300e3  # shift clock and what the direct path leaves unknown
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
        self.rate_bps = rate_bps
        self._chips = chips
        self._path_max = PATH_MAX_NS * self.rate_sps / _NS_PER_S

    @property
    def usual_path(self) -> float:
        """How many samples later than the direct path a reply is looked for before its own path is known."""
        return 0.25 * self._path_max

    def wiped(
        self, excitation: Excitation, reply: npt.NDArray[np.complex64], first: npt.NDArray[np.intp]
    ) -> npt.NDArray[np.complex64]:
        """Return ``reply`` (packets, n), which begins at samples ``first``, with the excitation wiped off."""
        wiped: npt.NDArray[np.complex64] = reply * excitation.wave(first, reply.shape[1]).conj()
        return wiped

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
        begun = np.exp(2j * np.pi * np.outer(excitation.delay - first, index) / size)
        product = np.add.reduce(carriers, axis=1) * self.spectrum.conj() * begun
        path, _ = peak_delay(product, -_EARLY, self._path_max)
        return excitation.later(path)
