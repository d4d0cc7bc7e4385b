"""The received spectrum: power density during PPDUs and between them, and its course over the run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from testbed.capture import Recording
from testbed.report.figure import Plot, grid, new_figure, short
from testbed.report.palette import LIGHT
from testbed.report.receptions import heard_in, zero_ns

BINS = 256
COLUMNS = 600
PIXELS = 128
FFTS_MAX = 24
"""Transforms that one column of a spectrogram is the mean of, at most."""
WELCH_FFTS = 800
RANGE_DB = 45.0


@dataclass(frozen=True)
class Spectrogram:
    """Power density in dB/Hz (amplitude 1 is 0 dB), (PIXELS, columns); times in s; whether samples were left out."""

    density_db: npt.NDArray[np.float64]
    times_s: npt.NDArray[np.float64]
    decimated: bool


def density(recording: Recording, starts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the mean power density over stretches of ``BINS`` samples from ``starts`` on, in 1/Hz, shape (BINS,)."""
    window = np.hanning(BINS)
    scale = 1 / (recording.sample_rate_sps * np.sum(window**2))
    total, taken = np.zeros(BINS), 0
    for start in starts:
        samples = recording.read(int(start), BINS)
        if samples.size == BINS:
            total += np.abs(np.fft.fftshift(np.fft.fft(samples * window))) ** 2
            taken += 1
    return np.asarray(total * scale / max(taken, 1))


def spectrogram_of(recording: Recording) -> Spectrogram:
    """Return a spectrogram of the whole recording of at most ``COLUMNS`` columns; raises OSError."""
    columns = max(1, min(COLUMNS, recording.samples // BINS))
    edges = np.linspace(0, recording.samples - BINS, columns + 1).astype(np.int64) if recording.samples > BINS else None
    if edges is None:
        return Spectrogram(np.zeros((BINS, 0)), np.zeros(0), False)
    step = max(1, int(edges[1] - edges[0]))
    taken = max(1, min(FFTS_MAX, step // BINS))
    found = np.empty((BINS, columns))
    for column in range(columns):
        found[:, column] = density(
            recording, np.linspace(edges[column], edges[column + 1], taken, False).astype(np.int64)
        )
    found = found.reshape(PIXELS, BINS // PIXELS, columns).mean(axis=1)
    times = (edges[:-1] + step / 2) / recording.sample_rate_sps
    return Spectrogram(10 * np.log10(np.maximum(found, 1e-20)), times, step > FFTS_MAX * BINS)


def spectrum_plots(recordings: tuple[Recording, ...]) -> list[Plot]:
    """Return the figure of spectra and that of spectrograms."""
    usable = tuple(each for each in recordings if each.samples >= 4 * BINS)
    return [_spectra(usable), _spectrograms(usable)] if usable else []


def _spectra(recordings: tuple[Recording, ...]) -> Plot:
    figure = new_figure(2.9)
    lanes = figure.subplots(1, len(recordings), sharey=True, squeeze=False)[0]
    for axes, recording in zip(lanes, recordings, strict=True):
        rate = recording.sample_rate_sps
        frequencies = np.fft.fftshift(np.fft.fftfreq(BINS, 1 / rate)) / 1e6
        within, between = _starts(recording)
        for starts, label, shade, style in (
            (within, "during PPDUs", LIGHT["down"], "-"),
            (between, "between them", LIGHT["up"], "--"),
        ):
            if starts.size:
                found = 10 * np.log10(np.maximum(density(recording, starts), 1e-20))
                axes.plot(frequencies, found, style, color=shade, label=label)
        axes.set_title(f"At {short(recording.node)}")
        axes.set_xlabel(_frequency_label(recording))
        axes.set_xlim(frequencies[0], -frequencies[0])
        axes.locator_params(axis="x", nbins=5)
        grid(axes)
    lanes[0].set_ylabel("power density in dB/Hz")
    lanes[0].legend(loc="upper right")
    caption = (
        f"Power density, 0 dB being an amplitude of 1; Hann window of {BINS} samples "
        f"({recordings[0].sample_rate_sps / BINS / 1e3:.1f} kHz a bin), mean of up to {WELCH_FFTS} of them."
    )
    return Plot("spectrum", "Spectrum", "power density over frequency, during PPDUs and between them", caption, figure)


def _spectrograms(recordings: tuple[Recording, ...]) -> Plot:
    figure = new_figure(1.9 * len(recordings) + 0.5)
    lanes = figure.subplots(len(recordings), 1, sharex=True, squeeze=False)[:, 0]
    decimated = False
    for axes, recording in zip(lanes, recordings, strict=True):
        got = spectrogram_of(recording)
        decimated |= got.decimated
        half, zero_ms = recording.sample_rate_sps / 2e6, zero_ns(recording) / 1e6
        top = float(np.percentile(got.density_db, 99.8)) if got.density_db.size else 0.0
        image = axes.imshow(
            got.density_db,
            aspect="auto",
            origin="lower",
            extent=(zero_ms, zero_ms + recording.duration_s * 1e3, -half, half),
            cmap="cividis",
            vmin=max(top - RANGE_DB, float(np.percentile(got.density_db, 2)) - 1) if got.density_db.size else None,
            vmax=top,
            interpolation="none",
        )
        axes.set_title(f"At {short(recording.node)}")
        axes.set_ylabel("MHz from centre")
        figure.colorbar(image, ax=axes, label="dB/Hz", pad=0.01, aspect=14)
    lanes[-1].set_xlabel("air time in ms")
    note = f" Each column is the mean of {FFTS_MAX} windows of its time, not of all." if decimated else ""
    caption = f"Power density over air time and frequency, from the noise up, {RANGE_DB:.0f} dB at most.{note}"
    return Plot("spectrogram", "Spectrogram", "power density over air time and frequency", caption, figure)


def _starts(recording: Recording) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return where to look: within received PPDUs, and where neither they nor the own transmission are."""
    every = np.arange(0, recording.samples - BINS, BINS)
    within, free = np.zeros(every.size, bool), np.ones(every.size, bool)
    rate = recording.sample_rate_sps
    for heard in heard_in(recording):
        fields = heard.reception.fields
        start, stop = fields[0].start_sample, fields[-1].stop_sample
        within |= (every >= start) & (every + BINS <= stop)
        end = max(stop, round((heard.reception.rxvector.end_ns - zero_ns(recording)) * rate / 1e9))
        free &= (every + BINS <= start) | (every >= end)
    for start, stop in recording.blanks:
        free &= (every + BINS <= start) | (every >= stop)
    return _some(every[within]), _some(every[free])


def _some(starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return starts[:: max(1, -(-starts.size // WELCH_FFTS))]


def _frequency_label(recording: Recording) -> str:
    return f"MHz from {recording.center_hz / 1e6:g} MHz" if recording.center_hz else "MHz from the centre"
