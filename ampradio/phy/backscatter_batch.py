"""Mono-static replies at the AP, many at once: its leak taken off, the reply found after T1 and decoded.

The AP knows what it sends, so a reply is received coherently: the excitation is wiped off, and the phase and size of
the reflection are fitted to the chips. Air-interface page, sections 3 and 4, rules 16 and 20 to 24.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.backscatter_chips import ReplyChips, ReplyTrack
from ampradio.phy.backscatter_frame import finish, follow_data, follow_sync
from ampradio.phy.backscatter_leak import WipedOff, wipe_off
from ampradio.phy.backscatter_sync import BackscatterSync
from ampradio.phy.edge_timing import PPM
from ampradio.phy.reception import Reception, placed_fields
from ampradio.profile.model import Profile
from ampradio.psdu import SIZING_OCTETS, frame_octets, octets_of
from ampradio.vectors import PpduKind, RxVector, TxVector

_NS_PER_S = 1_000_000_000
_GUARD_NS = 200  # between what teaches the leak and the earliest reply, and around the starts searched
_QUIETEST = 1e-10  # power below this part of another is called 100 dB down
_FAINTEST = 1e-30


@dataclass(frozen=True)
class LeakReport:
    """How much of the AP's excitation came back directly, in dB.

    ``isolation_db`` is excitation over leak as received; ``residual_db`` what was left after subtraction at the place
    of the reply, and then followed there, over the ON power of the reply, as far as the noise lets it be seen.
    """

    isolation_db: float
    residual_db: float


@dataclass(frozen=True)
class MonoStaticReception:
    """A reply and the leak that it was received under."""

    reception: Reception
    leak: LeakReport


def receive_mono_static(
    profile: Profile,
    samples: npt.NDArray[np.complex64],
    excitation: npt.NDArray[np.complex64],
    rate_bps: int,
    *,
    data_end_sample: int = 0,
    delayed: bool = False,
) -> tuple[MonoStaticReception | None, ...]:
    """Return the reply in each row of ``samples`` (packets, n), or None: no reply, or it does not fit in the samples.

    ``excitation`` (n,) is what the AP sends at the same samples (``preamble.sample_rate_sps``); the AMP-Data end at
    ``data_end_sample``, so that samples before it only teach the leak. ``delayed`` when the reply comes after T3
    instead of T1. A PSDU is given up whether or not its FCS holds. Rows that are not finite hold no reply.

    Raises ValueError for shapes that do not fit, a rate that does not exist, or an excitation too short.
    """
    if samples.ndim != 2 or excitation.shape != samples.shape[1:]:
        raise ValueError(f"samples {samples.shape} and excitation {excitation.shape} must be (packets, n) and (n,)")
    rate_sps = profile.preamble.sample_rate_sps
    chips = ReplyChips(profile, rate_bps, rate_sps)
    first, last = starts(profile, data_end_sample, delayed)
    finite = np.isfinite(samples.real).all(axis=1) & np.isfinite(samples.imag).all(axis=1)
    heard = samples if finite.all() else np.where(finite[:, np.newaxis], samples, np.complex64(0))
    signal = wipe_off(heard, excitation, int(first))
    hits = BackscatterSync(profile, rate_bps, rate_sps).search(signal, first, last)
    replies: list[MonoStaticReception | None] = [None] * samples.shape[0]
    rows = np.flatnonzero(hits.found & finite)
    if rows.size:
        some = signal.of(rows)
        track = follow_sync(some, hits.timing.of(rows), chips)
        for row, reply in zip(rows, _frames(profile, some, track, chips, samples.shape[1]), strict=True):
            replies[row] = reply
    return tuple(replies)


def starts(profile: Profile, data_end_sample: int, delayed: bool) -> tuple[float, float]:
    """Return the first and the last sample at which a reply is looked for: what comes before teaches the leak."""
    timing, rate_sps = profile.timing, profile.preamble.sample_rate_sps
    wait, part, extra = timing.t1_ns, timing.t1_tolerance, 0
    if delayed:
        wait, part, extra = timing.t3_ns, timing.t3_tolerance, timing.t3_tolerance_ns
    per_ns = rate_sps / _NS_PER_S
    first = data_end_sample + (wait * (1 - part) - extra - _GUARD_NS) * per_ns
    return first, data_end_sample + (wait * (1 + part) + extra + _GUARD_NS) * per_ns


def _frames(
    profile: Profile, signal: WipedOff, track: ReplyTrack, chips: ReplyChips, count: int
) -> list[MonoStaticReception | None]:
    """Return what is read of each reply, among ``count`` samples: of a short frame, of a header, of what it tells."""
    replies: list[MonoStaticReception | None] = [None] * track.timing.start.size
    waiting = [(np.arange(len(replies)), track, 0, profile.mac.short_frame_octets)]
    while waiting:
        rows, track, done_bits, octets = waiting.pop()
        bits = 8 * octets
        fits = track.timing.at(np.array([chips.data_end(bits)]))[:, 0] < count + 1
        rows, track = rows[fits], track.of(np.flatnonzero(fits))
        if not rows.size:
            continue
        part = signal.of(rows)
        track = follow_data(part, track, chips, bits, done_bits)
        sizes = _sizes(profile, chips.bits(part, track, bits))
        whole = np.flatnonzero(sizes == octets)
        if whole.size:
            read = _whole(profile, signal.of(rows[whole]), track.of(whole), chips, octets)
            for row, reply in zip(rows[whole], read, strict=True):
                replies[row] = reply
        for size in np.unique(sizes[sizes > octets]):
            some = np.flatnonzero(sizes == size)
            waiting.append((rows[some], track.of(some), bits, int(size)))
    return replies


def _sizes(profile: Profile, decided: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
    """Return the octets of each frame that begins with ``decided`` (packets, bits), or how many it takes to tell."""
    return np.array([frame_octets(profile.mac, octets_of(bits)) or SIZING_OCTETS for bits in decided], np.intp)


def _whole(
    profile: Profile, signal: WipedOff, track: ReplyTrack, chips: ReplyChips, octets: int
) -> list[MonoStaticReception | None]:
    track, decided = finish(signal, track, chips, 8 * octets)
    right = _sizes(profile, decided) == octets
    track = chips.measured(signal, track, 8 * octets)
    left = track.level_at(chips.edges(8 * octets)) - 0.5 * track.reflection[:, np.newaxis]
    residual = np.mean(np.abs(left) ** 2, axis=1)
    replies: list[MonoStaticReception | None] = [None] * right.size
    for row in np.flatnonzero(right):
        leak = LeakReport(
            _db(signal.excitation, float(signal.leak[row])),
            _db(float(residual[row]), float(np.abs(track.reflection[row]) ** 2)),
        )
        received = _reception(profile, signal, track, chips, int(row), octets_of(decided[row]))
        replies[int(row)] = MonoStaticReception(received, leak)
    return replies


def _reception(
    profile: Profile, signal: WipedOff, track: ReplyTrack, chips: ReplyChips, row: int, psdu: bytes
) -> Reception:
    rate_sps = profile.preamble.sample_rate_sps
    start, stretch = float(track.timing.start[row]), float(track.timing.stretch[row])
    vector = TxVector(PpduKind.UL_MONO_STATIC, chips.rate_bps)
    fields = placed_fields(profile, len(psdu), vector, rate_sps, start, stretch)
    on = max(signal.excitation * float(np.abs(track.reflection[row]) ** 2), _FAINTEST)
    rxvector = RxVector(
        kind=vector.kind,
        rate_bps=vector.rate_bps,
        start_ns=_ns(fields[0].start_sample, rate_sps),
        end_ns=_ns(fields[-1].stop_sample, rate_sps),
        start_sample=fields[0].start_sample,
        snr_db=_db(on, float(signal.noise[row])),
        rssi_dbfs=10 * math.log10(on),
        clock_ppm=(stretch - 1) / PPM,
    )
    return Reception(psdu, rxvector, fields)


def _db(power: float, over: float) -> float:
    """Return the ratio in dB, no more than 100 either way."""
    return 10 * math.log10(max(power, _QUIETEST * over, _FAINTEST) / max(over, _QUIETEST * power, _FAINTEST))


def _ns(sample: int, rate_sps: int) -> int:
    return round(sample * _NS_PER_S / rate_sps)
