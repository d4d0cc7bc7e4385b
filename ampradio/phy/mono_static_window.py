"""A mono-static reply at the AP: read with the whole of the AP's own PPDU, when the last sample of that is in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ampradio.phy.backscatter_batch import receive_mono_static, starts
from ampradio.phy.backscatter_leak import WipedOff, wipe_off
from ampradio.phy.fields import ppdu_fields
from ampradio.phy.modulate import ppdu
from ampradio.phy.reception import Reception
from ampradio.profile.model import Profile
from ampradio.vectors import Listen, TxVector

_NS_PER_S = 1_000_000_000
_LEARNT_NS = 6_000_000  # before the window, at the most, tells the leak; no PPDU of the draft is as long


@dataclass(frozen=True)
class OwnPpdu:
    """A PPDU that the AP itself sends; its sample 0 is at ``start_sample`` of the receive stream."""

    psdu: bytes
    vector: TxVector
    start_sample: int


class MonoStaticWindow:
    """A mono-static reply, read with the AP's own PPDU that it reflects, or a long one's end: ``start`` to ``stop``.

    ``earliest_sample`` is where the window opens.
    """

    def __init__(self, profile: Profile, rate_sps: int, listen: Listen, own: Iterable[OwnPpdu]) -> None:
        """Find the PPDU of ``own`` in which the window lies; ValueError if none, or if it is too long."""
        if rate_sps != profile.preamble.sample_rate_sps:
            raise ValueError(f"a mono-static reply is received at {profile.preamble.sample_rate_sps} sample/s")
        self.earliest_sample = begin = listen.start_ns * rate_sps // _NS_PER_S
        for each in own:
            self._excitation = ppdu(profile, each.psdu, each.vector)
            begun, self.stop = each.start_sample, each.start_sample + self._excitation.size
            if begun <= begin < self.stop:
                break
        else:
            raise ValueError("nothing tells the excitation of a mono-static reply")
        fields = ppdu_fields(profile, len(each.psdu), each.vector)
        self.start = max(begun, begin - _LEARNT_NS * rate_sps // _NS_PER_S)
        self._excitation = self._excitation[self.start - begun :]
        data_end = next(field.stop_sample for field in fields if field.name == "AMP-Data")
        self._data_end = data_end - (self.start - begun)
        latest = profile.timing.t1_ns * (1 + profile.timing.t1_tolerance) * rate_sps / _NS_PER_S
        self._delayed = begin - self.start - self._data_end > latest
        self._profile = profile
        self._rate_sps = rate_sps
        self._rate_bps = listen.rate_bps

    def read(self, samples: npt.NDArray[np.complex64]) -> Reception | None:
        """Return the reply in ``samples`` from ``start`` up to ``stop``, if there is one."""
        (reply,) = receive_mono_static(
            self._profile,
            samples[np.newaxis],
            self._excitation,
            self._rate_bps,
            data_end_sample=self._data_end,
            delayed=self._delayed,
        )
        if reply is None:
            return None
        rx, before_ns = reply.reception.rxvector, self.start * _NS_PER_S // self._rate_sps
        placed = replace(
            rx,
            start_ns=rx.start_ns + before_ns,
            end_ns=rx.end_ns + before_ns,
            start_sample=rx.start_sample + self.start,
            isolation_db=reply.leak.isolation_db,
            residual_db=reply.leak.residual_db,
        )
        fields = tuple(
            replace(field, start_sample=field.start_sample + self.start, stop_sample=field.stop_sample + self.start)
            for field in reply.reception.fields
        )
        return Reception(reply.reception.psdu, placed, fields)

    def wiped_off(self, samples: npt.NDArray[np.complex64]) -> WipedOff:
        """Return ``samples`` from ``start`` up to ``stop`` as ``read`` takes them: without leak, the excitation off."""
        first, _ = starts(self._profile, self._data_end, self._delayed)
        return wipe_off(samples[np.newaxis], self._excitation, int(first))
