"""Eye diagram and constellation of the chips: what the receiver that took the PPDUs had to tell apart.

The signals are those of ``testbed.probe``: the receiver's own classes go its way once more, from the annotations.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from ampradio.phy.probe import ProbeSignal
from ampradio.profile import Profile
from testbed.capture import Recording
from testbed.probe import signals_of
from testbed.report.figure import Plot, grid, new_figure, short
from testbed.report.palette import LIGHT
from testbed.report.receptions import Heard, heard_in

PPDUS_MAX = 8
POINTS_MAX = 4000
PER_CHIP = 40
EYE_CHIPS = 3
EYE_ROWS = 160
_QUARTER = 4


@dataclass(frozen=True, eq=False)
class Chips:
    """AMP-Data of several PPDUs of one kind: ``eye`` (n, EYE_CHIPS · PER_CHIP) and ``soft`` (chips,), ON being 1."""

    where: str
    coherent: bool
    ppdus: int
    of: int
    eye: npt.NDArray[np.float64]
    soft: npt.NDArray[np.complex64]


def chips_of(recording: Recording, profile: Profile) -> Chips | str:
    """Return the chips of a recording's most frequent kind of PPDU, or why there are none."""
    all_heard = heard_in(recording)
    heard = [each for each in all_heard if not each.is_ack] or all_heard
    where = short(recording.node)
    if not heard:
        return f"{where}: no PPDU was received"
    counted = Counter((each.reception.rxvector.kind, each.reception.rxvector.rate_bps) for each in heard)
    (kind, rate_bps), of = counted.most_common(1)[0]
    same = [
        each for each in heard if (each.reception.rxvector.kind, each.reception.rxvector.rate_bps) == (kind, rate_bps)
    ]
    eyes: list[npt.NDArray[np.float64]] = []
    why = ""
    soft: list[npt.NDArray[np.complex64]] = []
    for each in same[:PPDUS_MAX]:
        try:
            eye, chips = _of_one(recording, profile, each)
        except Exception as error:  # annotations may be anybody's, and the receiver's classes trust theirs
            why = str(error) or type(error).__name__
            continue
        eyes.append(eye)
        soft.append(chips)
    if not soft:
        return f"{where}: {why}"
    title = f"{where}: {kind.name}, {rate_bps / 1e3:g} kb/s"
    return Chips(title, np.iscomplexobj(soft[0]), len(soft), of, np.concatenate(eyes), np.concatenate(soft))


def chips_plots(recordings: tuple[Recording, ...], profile: Profile) -> tuple[list[Plot], list[str]]:
    """Return the figure of all receivers, and for which there is none, and why."""
    got = [chips_of(each, profile) for each in recordings]
    left_out = [each for each in got if isinstance(each, str)]
    shown = [each for each in got if isinstance(each, Chips)]
    if not shown:
        return [], left_out
    figure = new_figure(3.1 * len(shown))
    lanes = figure.subplots(len(shown), 2, squeeze=False, width_ratios=(1.7, 1))
    for (eye, cloud), chips in zip(lanes, shown, strict=True):
        _draw_eye(eye, chips)
        _draw_cloud(cloud, chips)
    counts = "; ".join(f"{each.where}: {each.ppdus} of {each.of} PPDUs" for each in shown)
    caption = (
        "Left: the envelope |x|² over three chips of AMP-Data, averaged over a quarter of a chip, laid over each "
        "other at the chip edges that the receiver followed; of a mono-static reply what is left without the AP's "
        "leak, along the reflection. Colours count on a logarithmic scale. Right: chips as the receiver decides on "
        "them: at the AP the integral of each chip, its carrier turned onto the real axis; at a tag, which sees power "
        "only, the energies of both halves of a bit. 1 is the mean of an ON chip. "
        f"{counts}."
    )
    return [Plot("chips", "Chips", "eye diagram and constellation of the chips", caption, figure)], left_out


def _of_one(
    recording: Recording, profile: Profile, heard: Heard
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.complex64]]:
    signals = {each.name: each for each in signals_of(recording, profile, heard.reception)}
    soft = signals["soft_chips"]
    data = next(each for each in soft.marks if each.name == "AMP-Data")
    chip = recording.sample_rate_sps / soft.rate_sps
    edges = soft.first_sample + chip * np.arange(data.start_sample, data.stop_sample)
    values = soft.values[data.start_sample : data.stop_sample]
    if "wiped_off" in signals:  # a reply on a leak: its chips stand half a reflection above and below their level
        return _eye(recording, _on_its_level(recording, signals["wiped_off"], edges, values), edges, chip), values + 0.5
    strong = np.abs(values)
    level = float(np.mean(strong[strong > strong.mean()])) or 1.0
    return _eye(recording, signals["envelope"], edges, chip), np.asarray(values / level)


def _on_its_level(
    recording: Recording, bare: ProbeSignal, edges: npt.NDArray[np.float64], soft: npt.NDArray[np.complex64]
) -> ProbeSignal:
    """Return the samples without the leak along the reflection, 0 being OFF and 1 ON in the mean."""
    sums = np.concatenate(([0], np.cumsum(bare.values, dtype=np.complex128)))
    places = np.append(edges, 2 * edges[-1] - edges[-2]) - bare.first_sample
    whole = np.interp(places, np.arange(sums.size), sums.real) + 1j * np.interp(places, np.arange(sums.size), sums.imag)
    means, on = np.diff(whole) / np.diff(places), soft.real > 0
    level, reflection = means[~on].mean(), means[on].mean() - means[~on].mean()
    along = ((bare.values - level) * np.conj(reflection)).real / abs(reflection) ** 2
    return replace(bare, values=along.astype(np.float32))


def _eye(
    recording: Recording, envelope: ProbeSignal, edges: npt.NDArray[np.float64], chip: float
) -> npt.NDArray[np.float64]:
    """Return the envelope about every other chip, shape (n, EYE_CHIPS · PER_CHIP), 1 being the mean of an ON chip."""
    step = recording.sample_rate_sps / envelope.rate_sps
    width = 2 * int(chip / step / _QUARTER / 2) + 1  # odd, so that it is about its middle
    power = np.convolve(envelope.values, np.ones(width) / width, mode="same")
    centres = envelope.first_sample + step * (np.arange(power.size) + 0.5)
    phases = (np.arange(EYE_CHIPS * PER_CHIP) / PER_CHIP - 0.5) * chip
    at = edges[::2, np.newaxis] + phases
    at = at[(at[:, 0] >= centres[0]) & (at[:, -1] <= centres[-1])]
    eye = np.interp(at, centres, power)
    strong = eye[eye > eye.mean()]
    return np.asarray(eye / (float(strong.mean()) if strong.size else 1.0))


def _draw_eye(axes: Axes, chips: Chips) -> None:
    top = float(np.percentile(chips.eye, 99.5)) * 1.12
    counts = _crossings(chips.eye, top)
    shown = np.where(counts > 0, np.log1p(counts), np.nan)
    extent = (-0.5, EYE_CHIPS - 0.5 - 1 / PER_CHIP, 0, top)
    axes.imshow(shown, aspect="auto", origin="lower", extent=extent, cmap="cividis", interpolation="none")
    axes.set_xlim(-0.5, EYE_CHIPS - 0.5)
    for edge in range(EYE_CHIPS):
        axes.axvline(edge, color=LIGHT["muted"], linewidth=0.6, linestyle=":")
    axes.set_title(f"Eye at {chips.where}")
    axes.set_xlabel("chips from the beginning of a bit")
    axes.set_ylabel("power, ON = 1")


def _crossings(eye: npt.NDArray[np.float64], top: float) -> npt.NDArray[np.int64]:
    """Return how many traces pass each cell of (EYE_ROWS, columns), from one column to the next without a gap."""
    at = np.clip(eye / top * EYE_ROWS, 0, EYE_ROWS).astype(np.int64)
    low, high = np.minimum(at[:, :-1], at[:, 1:]), np.maximum(at[:, :-1], at[:, 1:])
    columns = [
        np.cumsum(np.bincount(begin, minlength=EYE_ROWS + 2) - np.bincount(end + 1, minlength=EYE_ROWS + 2))
        for begin, end in zip(low.T, high.T, strict=True)
    ]
    return np.asarray(np.stack(columns, axis=1)[:EYE_ROWS])


def _draw_cloud(axes: Axes, chips: Chips) -> None:
    if chips.coherent:
        values = chips.soft[:: max(1, -(-chips.soft.size // POINTS_MAX))]
        x, y, names = values.real, values.imag, ("in phase, ON = 1", "quadrature")
        split = x > 0.5
        labels = ("ON", "OFF")
    else:
        pairs = chips.soft[: chips.soft.size // 2 * 2].reshape(-1, 2)
        pairs = pairs[:: max(1, -(-pairs.shape[0] // POINTS_MAX))]
        x, y, names = pairs[:, 0].real, pairs[:, 1].real, ("energy of first half", "energy of second half")
        split = y > x
        labels = ("read as 1", "read as 0")
    style: dict[str, Any] = {"linestyle": "", "markersize": 2.2, "markeredgewidth": 0, "alpha": 0.5}
    style["rasterized"] = x.size > 300
    axes.plot(x[split], y[split], marker="o", color=LIGHT["down"], label=labels[0], **style)
    axes.plot(x[~split], y[~split], marker="s", color=LIGHT["up"], label=labels[1], **style)
    reach = 1.15 * float(np.max(np.abs([x, y]), initial=1.0))
    if chips.coherent:
        axes.axvline(0.5, color=LIGHT["muted"], linewidth=0.7, linestyle="--")
        axes.set_ylim(-reach / 2, reach / 2)
        axes.set_xlim(-0.4 * reach, reach)
    else:
        axes.plot([0, reach], [0, reach], color=LIGHT["muted"], linewidth=0.7, linestyle="--")
        axes.set_xlim(-0.05 * reach, reach)
        axes.set_ylim(-0.05 * reach, reach)
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1])
    axes.set_title("Chips" if chips.coherent else "Halves of bits")
    axes.legend(loc="upper left" if chips.coherent else "center right", markerscale=3, handletextpad=0.2)
    grid(axes)
