"""Windows of an AP's recording whose reply is read at once, when their last sample is in: mono-static and uncoded."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ampradio.phy.backscatter_batch import receive_mono_static
from ampradio.phy.bistatic_batch import BistaticBatch
from ampradio.phy.fields import ppdu_fields
from ampradio.phy.modulate import ppdu
from ampradio.phy.noise_floor import NoiseFloor
from ampradio.phy.reception import Reception, placed_fields
from ampradio.phy.uncoded_batch import UncodedBatch
from ampradio.profile import Profile
from ampradio.vectors import Listen, PpduKind, RxVector, TxVector
from testbed.capture.own_ppdu import OwnPpdu

_NS_PER_S = 1_000_000_000
_WINDOW_NS_MAX = 50_000_000
_BEFORE_BISTATIC_NS = 80_000  # of the excitation, which the receiver learns there
_FLOOR_BLOCK = 64
_FAINTEST = 1e-30
_QUIETEST = 1e-10  # power below this part of another is called 100 dB down


def _bounds(listen: Listen, rate_sps: int) -> tuple[int, int]:
    if listen.stop_ns - listen.start_ns > _WINDOW_NS_MAX:
        raise ValueError(f"a window of {(listen.stop_ns - listen.start_ns) / 1e6:g} ms is too long")
    return listen.start_ns * rate_sps // _NS_PER_S, -(-listen.stop_ns * rate_sps // _NS_PER_S)


class MonoStaticWindow:
    """A mono-static reply, read with the whole of the AP's own PPDU that it reflects."""

    def __init__(self, profile: Profile, rate_sps: int, listen: Listen, own: tuple[OwnPpdu, ...]) -> None:
        """Find the PPDU of ``own`` in which the window lies; ValueError if none, or if it is too long."""
        if rate_sps != profile.preamble.sample_rate_sps:
            raise ValueError(f"a mono-static reply is received at {profile.preamble.sample_rate_sps} sample/s")
        begin, _ = _bounds(listen, rate_sps)
        for each in own:
            self._excitation = ppdu(profile, each.psdu, each.vector)
            self.start, self.stop = each.start_sample, each.start_sample + self._excitation.size
            if self.start <= begin < self.stop:
                break
        else:
            raise ValueError("nothing tells the excitation of a mono-static reply")
        fields = ppdu_fields(profile, len(each.psdu), each.vector)
        self._data_end = next(field.stop_sample for field in fields if field.name == "AMP-Data")
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


class UncodedWindow:
    """An active reply at 4 Mb/s, or a bistatic one."""

    def __init__(self, profile: Profile, rate_sps: int, listen: Listen) -> None:
        """Prepare; ValueError for a kind or rate that is coded, a sample rate that does not fit, a long window."""
        self.start, self.stop = _bounds(listen, rate_sps)
        self._vector = TxVector(
            listen.kind, listen.rate_bps, seed_index=listen.seed_index, shift_upwards=listen.shift_upwards
        )
        self._receiver: UncodedBatch | BistaticBatch
        self._bistatic = listen.kind is PpduKind.UL_BISTATIC
        if self._bistatic:
            self._receiver = BistaticBatch(profile, self._vector, rate_sps)
            early = _BEFORE_BISTATIC_NS * rate_sps // _NS_PER_S
            self.start = max(self.start - early, 0)
        else:
            self._receiver = UncodedBatch(profile, self._vector, rate_sps)
        self._profile = profile
        self._rate_sps = rate_sps

    def read(self, samples: npt.NDArray[np.complex64]) -> Reception | None:
        """Return the reply in ``samples`` from ``start`` up to ``stop``, if there is one."""
        floor = 0.0 if self._bistatic else _floor(samples)  # beside the energizer no sample is quiet
        batch = self._receiver.receive(samples[np.newaxis], np.array([floor]))
        psdu = batch.psdus[0]
        if psdu is None:
            return None
        start, stretch = float(batch.start_sample[0]), float(batch.stretch[0])
        fields = placed_fields(
            self._profile, len(psdu), self._vector, self._rate_sps, self.start + start, stretch
        )
        first, last = fields[0].start_sample, fields[-1].stop_sample
        signal, noise = self._powers(samples, max(first - self.start, 0), last - self.start)
        rxvector = RxVector(
            kind=self._vector.kind,
            rate_bps=self._vector.rate_bps,
            start_ns=round(first * _NS_PER_S / self._rate_sps),
            end_ns=round(last * _NS_PER_S / self._rate_sps),
            start_sample=first,
            snr_db=10 * math.log10(signal / max(noise, _QUIETEST * signal)),
            rssi_dbfs=10 * math.log10(signal),
            clock_ppm=(stretch - 1) * 1e6,
            cfo_hz=float(batch.cfo_hz[0]),
            seed_index=None if self._bistatic else self._vector.seed_index,
        )
        return Reception(psdu, rxvector, fields)

    def _powers(self, samples: npt.NDArray[np.complex64], first: int, last: int) -> tuple[float, float]:
        """Return ON and noise power, of a bistatic reply in its half of the channel alone."""
        if self._bistatic:
            offset_hz = self._profile.preamble.half_offset_hz * (1 if self._vector.shift_upwards else -1)
            samples = _one_half(samples, offset_hz, self._rate_sps)
        noise = _floor(samples)
        half = float(np.mean(np.abs(samples[first:last]) ** 2, dtype=np.float64)) - noise  # as much of it is OFF as ON
        return max(2 * half, _FAINTEST), noise


def _one_half(samples: npt.NDArray[np.complex64], offset_hz: float, rate_sps: int) -> npt.NDArray[np.complex64]:
    """Return what of ``samples`` lies on one side of the centre, by a brick wall over all of them."""
    spectrum = np.fft.fft(samples)
    spectrum[np.fft.fftfreq(samples.size, 1 / rate_sps) * offset_hz <= 0] = 0
    half: npt.NDArray[np.complex64] = np.fft.ifft(spectrum).astype(np.complex64)
    return half


def _floor(samples: npt.NDArray[np.complex64]) -> float:
    """Return the noise power per sample of a window, part of which is quiet; 0 when it is too short to tell."""
    blocks = samples[: samples.size // _FLOOR_BLOCK * _FLOOR_BLOCK].reshape(-1, _FLOOR_BLOCK)
    floor = NoiseFloor(float(_FLOOR_BLOCK))
    floor.add(np.mean(np.abs(blocks) ** 2, axis=1, dtype=np.float64))
    return floor.power
