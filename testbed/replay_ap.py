"""An AP's recording through the receivers of its windows: active at any rate and offset, mono-static.

Coded uplinks are received from the stream; the others from the samples of their window, once it is over.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ampradio.phy.ap_receiver import ApReceiver
from ampradio.phy.backscatter_batch import receive_mono_static
from ampradio.phy.frame_check import check_holds
from ampradio.phy.modulate import ppdu
from ampradio.phy.noise_floor import NoiseFloor
from ampradio.phy.non_amp import carrier
from ampradio.phy.reception import Reception, placed_fields
from ampradio.phy.sample_buffer import SampleBuffer
from ampradio.phy.uncoded_batch import UncodedBatch
from ampradio.profile import Profile
from ampradio.profile.airtime import uplink_is_coded
from ampradio.vectors import Listen, PpduKind, RxVector, TxVector
from testbed.capture import Recording
from testbed.capture.own_ppdu import OwnPpdu

_NS_PER_S = 1_000_000_000
_WINDOW_NS_MAX = 50_000_000
_PIECE = 1 << 16
_FLOOR_BLOCK = 64
_FAINTEST = 1e-30
_QUIETEST = 1e-10  # power below this part of another is called 100 dB down


class ReplayAp:
    """All receivers that a recording's windows need, fed together; a recording without windows is searched blindly."""

    def __init__(self, recording: Recording, profile: Profile) -> None:
        """Prepare; ValueError for a window that nothing here receives, or a sample rate that does not fit."""
        self.counters: Counter[str] = Counter()
        self._profile = profile
        self._rate_sps = recording.sample_rate_sps
        self._coded: dict[int, ApReceiver] = {}
        self._waiting: list[_Window] = []
        self._buffer: SampleBuffer[np.complex64] = SampleBuffer(np.complex64)
        if not recording.windows:
            self._coded[0] = ApReceiver(profile, self._rate_sps, blind=True)
        for window in recording.windows:
            if window.kind is PpduKind.UL_ACTIVE and uplink_is_coded(profile, window.kind, window.rate_bps):
                offset_hz = window.channel_offset_hz
                receiver = self._coded.setdefault(offset_hz, ApReceiver(profile, self._rate_sps))
                receiver.listen(replace(window, channel_offset_hz=0))
            else:
                self._waiting.append(_Window(profile, self._rate_sps, window, recording.own))

    def feed(self, items: npt.NDArray[np.complex64]) -> list[Reception]:
        """Take the next samples (n,) and return the PPDUs that they complete."""
        received: list[Reception] = []
        for begin in range(0, items.size, _PIECE):
            piece = items[begin : begin + _PIECE]
            received += self._from_stream(piece)
            received += self._from_windows(piece)
        return sorted(received, key=lambda each: each.rxvector.end_ns)

    def blank(self, start: int, stop: int) -> None:
        """Ignore the samples from ``start`` up to ``stop``: the AP transmits there."""
        self._buffer.blank(start, stop)
        for receiver in self._coded.values():
            receiver.blank(start, stop)

    def _from_stream(self, piece: npt.NDArray[np.complex64]) -> list[Reception]:
        received = []
        for offset_hz, receiver in self._coded.items():
            moved = piece
            if offset_hz:
                turn = carrier(-offset_hz, piece.size, self._rate_sps, self._buffer.stop)
                moved = (piece * turn).astype(np.complex64)
            for each in receiver.feed(moved):
                received.append(replace(each, rxvector=replace(each.rxvector, channel_offset_hz=offset_hz)))
            self.counters.update(receiver.counters)
            receiver.counters.clear()
        return received

    def _from_windows(self, piece: npt.NDArray[np.complex64]) -> list[Reception]:
        self._buffer.append(np.ascontiguousarray(piece, np.complex64))
        received = []
        for window in [each for each in self._waiting if each.stop <= self._buffer.stop]:
            self._waiting.remove(window)
            reception = window.read(self._buffer.between(window.start, window.stop)[0])
            if reception is not None:
                received.append(reception)
                self.counters["psdus"] += 1
                self.counters["fcs_failed"] += not check_holds(self._profile.mac, reception.psdu)
        self._buffer.drop_before(min((each.start for each in self._waiting), default=self._buffer.stop))
        return received


@dataclass(frozen=True)
class _Found:
    """A PSDU in the samples of a window: its first sync edge, received over nominal duration, carrier offset."""

    psdu: bytes
    start: float
    stretch: float
    cfo_hz: float


class _Window:
    """One window and the samples that it needs: for a mono-static reply, those of the whole PPDU that it reflects."""

    def __init__(self, profile: Profile, rate_sps: int, listen: Listen, own: tuple[OwnPpdu, ...]) -> None:
        if listen.stop_ns - listen.start_ns > _WINDOW_NS_MAX:
            raise ValueError(f"a window of {(listen.stop_ns - listen.start_ns) / 1e6:g} ms is too long")
        self._profile = profile
        self._rate_sps = rate_sps
        self._listen = listen
        self.start = listen.start_ns * rate_sps // _NS_PER_S
        self.stop = -(-listen.stop_ns * rate_sps // _NS_PER_S)
        self._excitation: npt.NDArray[np.complex64] | None = None
        if listen.kind is PpduKind.UL_MONO_STATIC:
            self._reflect(own)
        elif listen.kind is PpduKind.UL_ACTIVE:
            vector = TxVector(listen.kind, listen.rate_bps, seed_index=listen.seed_index)
            self._uncoded = UncodedBatch(profile, vector, rate_sps)
        else:
            raise ValueError(f"nothing here receives {listen.kind.name}")

    def read(self, samples: npt.NDArray[np.complex64]) -> Reception | None:
        """Return the PPDU in ``samples`` from ``start`` up to ``stop``, if there is one."""
        if self._excitation is not None:
            return self._mono_static(samples)
        batch = self._uncoded.receive(samples[np.newaxis], np.array([_floor(samples)]))
        psdu = batch.psdus[0]
        if psdu is None:
            return None
        found = _Found(psdu, float(batch.start_sample[0]), float(batch.stretch[0]), float(batch.cfo_hz[0]))
        return self._reception(samples, found)

    def _reflect(self, own: tuple[OwnPpdu, ...]) -> None:
        """Take the samples of the own PPDU in which the window lies as the excitation."""
        if self._rate_sps != self._profile.preamble.sample_rate_sps:
            raise ValueError(f"a mono-static reply is received at {self._profile.preamble.sample_rate_sps} sample/s")
        for each in own:
            excitation = ppdu(self._profile, each.psdu, each.vector)
            if each.start_sample <= self.start < each.start_sample + excitation.size:
                self._excitation = excitation
                self._data_end = self.start - each.start_sample
                self.start, self.stop = each.start_sample, each.start_sample + excitation.size
                return
        raise ValueError("nothing tells the excitation of a mono-static reply")

    def _mono_static(self, samples: npt.NDArray[np.complex64]) -> Reception | None:
        assert self._excitation is not None
        (reply,) = receive_mono_static(
            self._profile, samples[np.newaxis], self._excitation, self._listen.rate_bps, data_end_sample=self._data_end
        )
        if reply is None:
            return None
        rx, leak, before_ns = reply.reception.rxvector, reply.leak, self.start * _NS_PER_S // self._rate_sps
        placed = replace(
            rx,
            start_ns=rx.start_ns + before_ns,
            end_ns=rx.end_ns + before_ns,
            start_sample=rx.start_sample + self.start,
            isolation_db=leak.isolation_db,
            residual_db=leak.residual_db,
        )
        fields = tuple(
            replace(field, start_sample=field.start_sample + self.start, stop_sample=field.stop_sample + self.start)
            for field in reply.reception.fields
        )
        return Reception(reply.reception.psdu, placed, fields)

    def _reception(self, samples: npt.NDArray[np.complex64], found: _Found) -> Reception:
        listen, rate_sps = self._listen, self._rate_sps
        vector = TxVector(listen.kind, listen.rate_bps, seed_index=listen.seed_index)
        sync = self.start + found.start
        fields = placed_fields(self._profile, len(found.psdu), vector, rate_sps, sync, found.stretch)
        first, last = fields[0].start_sample - self.start, fields[-1].stop_sample - self.start
        noise = _floor(samples)
        signal = max(2 * (float(np.mean(np.abs(samples[first:last]) ** 2)) - noise), _FAINTEST)  # half of it is OFF
        rxvector = RxVector(
            kind=listen.kind,
            rate_bps=listen.rate_bps,
            start_ns=round(fields[0].start_sample * _NS_PER_S / rate_sps),
            end_ns=round(fields[-1].stop_sample * _NS_PER_S / rate_sps),
            start_sample=fields[0].start_sample,
            snr_db=10 * math.log10(signal / max(noise, _QUIETEST * signal)),
            rssi_dbfs=10 * math.log10(signal),
            clock_ppm=(found.stretch - 1) * 1e6,
            cfo_hz=found.cfo_hz,
            seed_index=listen.seed_index,
        )
        return Reception(found.psdu, rxvector, fields)


def _floor(samples: npt.NDArray[np.complex64]) -> float:
    """Return the noise power per sample of a window, part of which is quiet; 0 when it is too short to tell."""
    blocks = samples[: samples.size // _FLOOR_BLOCK * _FLOOR_BLOCK].reshape(-1, _FLOOR_BLOCK)
    floor = NoiseFloor(float(_FLOOR_BLOCK))
    floor.add(np.mean(np.abs(blocks) ** 2, axis=1, dtype=np.float64))
    return floor.power
