"""What the AP's receiver goes through for a mono-static reply: its leak taken off, correlation, timing, soft chips."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.backscatter_chips import ReplyChips, ReplyTrack
from ampradio.phy.backscatter_frame import finish, follow_data, follow_sync
from ampradio.phy.backscatter_leak import WipedOff
from ampradio.phy.backscatter_sync import GRID_PER_CHIP, LEAST, BackscatterSync
from ampradio.phy.edge_timing import PPM, ChipTiming
from ampradio.phy.fields import Field
from ampradio.phy.mono_static_window import MonoStaticWindow
from ampradio.phy.probe import ProbeSignal, marks_of
from ampradio.phy.probe_envelope import checked_place
from ampradio.phy.reception import Reception
from ampradio.phy.running_sum import integral_to
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind

_MARGIN_CHIPS = 40  # shown before and after


def probe_reply(
    profile: Profile, samples: npt.NDArray[np.complex64], window: MonoStaticWindow, reception: Reception
) -> tuple[ProbeSignal, ...]:
    """Return the signals of a reply in ``samples`` (n,), from ``window.start`` up to ``window.stop``.

    Raises:
        ValueError: the PPDU is of another kind, or does not lie within the samples.
    """
    rx, rate_sps = reception.rxvector, profile.preamble.sample_rate_sps
    if rx.kind is not PpduKind.UL_MONO_STATIC:
        raise ValueError(f"no probe of {rx.kind.name}")
    at_sync = checked_place(reception, window.start, samples.size) - window.start
    signal, chips, bits = window.wiped_off(samples), ReplyChips(profile, rx.rate_bps, rate_sps), 8 * len(reception.psdu)
    clock = 1 + rx.clock_ppm * PPM
    of_sync = follow_sync(signal, ChipTiming(np.array([float(at_sync)]), np.array([clock])), chips)
    track, _ = finish(signal, follow_data(signal, of_sync, chips, bits), chips, bits)
    margin = int(_MARGIN_CHIPS * chips.chip)
    stop = reception.fields[-1].stop_sample - window.start + margin
    shown = slice(max(at_sync - margin, 0), min(stop, samples.size))
    grid = chips.chip / GRID_PER_CHIP
    starts = np.arange(shown.start, shown.stop - chips.data_end(0) * clock, grid)
    correlation = BackscatterSync(profile, rx.rate_bps, rate_sps).trace(signal, starts, clock)
    return (
        *_heard_signals(samples, signal, window, shown, reception.fields, rate_sps),
        *_curves(correlation, window.start + shown.start, grid, reception.fields, rate_sps),
        *_chip_signals(signal, (of_sync, track), chips, bits, window.start, rate_sps),
    )


def _heard_signals(
    samples: npt.NDArray[np.complex64],
    signal: WipedOff,
    window: MonoStaticWindow,
    shown: slice,
    fields: tuple[Field, ...],
    rate_sps: int,
) -> tuple[ProbeSignal, ...]:
    first, some = float(window.start + shown.start), samples[shown]
    marks = marks_of(fields, first, 1, some.size)
    power = (some.real**2 + some.imag**2).astype(np.float32)
    bare = np.diff(signal.reply[0])[shown].astype(np.complex64)
    what = "samples without the leak, times the conjugate of the excitation"
    return (
        ProbeSignal("envelope", "|x|², the leak in it", power, float(rate_sps), first, marks),
        ProbeSignal("wiped_off", what, bare, float(rate_sps), first, marks),
    )


def _curves(
    correlation: npt.NDArray[np.float32], first: int, grid: float, fields: tuple[Field, ...], rate_sps: int
) -> tuple[ProbeSignal, ...]:
    marks = marks_of(fields, first, grid, correlation.size)
    threshold = np.full(correlation.size, LEAST, np.float32)
    what = "energy by which the sync word fits better than a level alone, over the noise density, under the clock found"
    least = "what the correlation has to exceed"
    return (
        ProbeSignal("correlation", what, correlation, rate_sps / grid, float(first), marks),
        ProbeSignal("threshold", least, threshold, rate_sps / grid, float(first), marks),
    )


def _chip_signals(
    signal: WipedOff, tracks: tuple[ReplyTrack, ReplyTrack], chips: ReplyChips, bits: int, origin: int, rate_sps: int
) -> tuple[ProbeSignal, ...]:
    of_sync, track = tracks
    edges, known = chips.edges(bits), chips.sync.size
    at = track.timing.at(edges)
    reply = np.diff(integral_to(signal.reply, at), axis=1)[0]
    energy = np.diff(integral_to(signal.energy, at), axis=1)[0]
    level = track.level_at(0.5 * (edges[1:] + edges[:-1]))[0]
    soft = (reply - level * energy) * np.conj(track.reflection[0]) / max(float(np.abs(track.reflection[0]) ** 2), 1e-30)
    soft /= energy.mean()
    marks = (Field("AMP-Sync", 0, known), Field("AMP-Data", known, known + 2 * bits))
    first, chip_sps = origin + float(track.timing.start[0]), rate_sps / chips.chip
    real_sps = chip_sps / float(track.timing.stretch[0])

    def late(timing: ChipTiming) -> npt.NDArray[np.float32]:
        late_by = timing.at(edges)[0] - float(track.timing.start[0]) - edges
        return np.asarray(late_by / rate_sps * 1e9, np.float32)

    alone = "chip edges over a nominal clock's, by the AMP-Sync alone, ns"
    whole = "chip edges over a nominal clock's, by the whole frame, ns"
    of_chip = "integral of each chip without the level, over the reflection: +½ is ON, −½ OFF"
    of_level = "what the reply stands on: the leak's drift and half the reflection, over the excitation"
    return (
        ProbeSignal("timing_of_sync", alone, late(of_sync.timing), chip_sps, first, marks),
        ProbeSignal("timing", whole, late(track.timing), chip_sps, first, marks),
        ProbeSignal("level", of_level, level.astype(np.complex64), real_sps, first, marks),
        ProbeSignal("soft_chips", of_chip, soft.astype(np.complex64), real_sps, first, marks),
    )
