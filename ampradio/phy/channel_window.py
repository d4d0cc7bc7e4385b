"""A window on one channel of a wider stream: what an inner window asks for is channelised as it asks (rule 20)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ampradio.phy.reception import Reception
from ampradio.phy.uplink_channel import DECIMATION, UplinkChannel
from ampradio.phy.uplink_window import UplinkWindow


class ChannelWindow:
    """An ``UplinkWindow`` at the channel's rate, for a receiver at the stream's; the same calls."""

    def __init__(self, channel: UplinkChannel, inner: UplinkWindow, channel_offset_hz: int) -> None:
        """Let ``inner`` hear ``channel``, which is called ``channel_offset_hz`` in what it receives."""
        self._channel = channel
        self._inner = inner
        self._offset_hz = channel_offset_hz

    @property
    def counted(self) -> Counter[str]:
        """What happened since this was cleared."""
        return self._inner.counted

    @property
    def over(self) -> bool:
        """Whether the window has had its PPDU, or can have none any more."""
        return self._inner.over

    @property
    def needed_from(self) -> int:
        """The first stream position this window still reads."""
        return max(0, self._channel.reads_from(self._inner.needed_from))

    @property
    def needs(self) -> int:
        """The stream position up to which samples are wanted next."""
        return self._channel.reads_to(self._inner.needs)

    @property
    def uses(self) -> int:
        """The stream position up to which samples are of use now: no more than it needs."""
        return self.needs

    def earliest_end(self) -> int:
        """Return the sample before which no PPDU of this window can end; it never goes back."""
        return DECIMATION * self._inner.earliest_end()

    def take(self, samples: npt.NDArray[np.complex64], floor: float) -> Reception | None:
        """Read on with ``samples`` (1, needs − needed_from), noise power ``floor``; return a PPDU once complete."""
        first, stop = self._inner.needed_from, self._inner.needs
        channel = self._channel.samples(samples, self.needed_from, first, stop)
        reception = self._inner.take(channel, floor * self._channel.noise_gain)
        return None if reception is None else in_stream(reception, self._channel, self._offset_hz)


def in_stream(reception: Reception, channel: UplinkChannel, channel_offset_hz: int) -> Reception:
    """Return ``reception`` from ``channel`` with its places in the stream and its SNR over the stream's band."""
    fields = tuple(
        replace(field, start_sample=DECIMATION * field.start_sample, stop_sample=DECIMATION * field.stop_sample)
        for field in reception.fields
    )
    rxvector = replace(
        reception.rxvector,
        start_sample=fields[0].start_sample,
        snr_db=reception.rxvector.snr_db + 10 * float(np.log10(channel.noise_gain)),
        channel_offset_hz=channel_offset_hz,
    )
    return Reception(reception.psdu, rxvector, fields)
