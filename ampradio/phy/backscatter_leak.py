"""The AP's own excitation leaking into its receiver: estimated before the reply, subtracted, and wiped off the rest.

What leaks is the known excitation through a few taps, so least squares over a stretch without a reply gives them all
at once, and with them what an imperfect receiver makes of so strong a signal: its mirror image, where the branches I
and Q are not alike, and an offset. Under the reply they go on changing. The part that looks like the excitation itself
is followed chip by chip (``backscatter_chips``); the rest, which no reply resembles, is fitted there once more.
Air-interface page, section 3: the AP copes with its own carrier tens of dB above the reply.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.running_sum import running_sum

TAPS_BEFORE, TAPS_AFTER = 3, 7  # samples by which a tap may lead and lag: a fractional delay has taps on both sides
_NEAR = slice(TAPS_BEFORE - 1, TAPS_BEFORE + 4)  # what may change: more, fitted under a short reply, bends the reply
_DRIFT_ORDER = 2  # at most, of the polynomial over time by which a tap changes under the reply
_DRIFT_SAMPLES = 2500  # for each order: a short reply would be bent by what is fitted to it
_QUIET_PER_PART = 4  # samples
_RIDGE = 1e-12  # of the mean diagonal; neighbouring taps of a narrow excitation are nearly alike


@dataclass(frozen=True, eq=False)
class WipedOff:
    """Samples without leak, times the conjugate excitation, as running sums: a reply is left as plain chips.

    ``reply`` (packets, n + 1) is the running sum of sample × conjugate excitation, ``energy`` (1, n + 1) that of
    the excitation's power; noise in an interval is ``noise`` (packets,) times the energy there. ``leak`` (packets,)
    is the mean power of what was subtracted, ``excitation`` that of the excitation, both while it is on.
    """

    reply: npt.NDArray[np.complex128]
    energy: npt.NDArray[np.float64]
    noise: npt.NDArray[np.float64]
    leak: npt.NDArray[np.float64]
    excitation: float

    def of(self, rows: npt.NDArray[np.intp]) -> WipedOff:
        """Return some of the packets."""
        return WipedOff(self.reply[rows], self.energy, self.noise[rows], self.leak[rows], self.excitation)


def wipe_off(samples: npt.NDArray[np.complex64], excitation: npt.NDArray[np.complex64], quiet: int) -> WipedOff:
    """Return ``samples`` (packets, n) without the leak of ``excitation`` (n,), which they are aligned with.

    The first ``quiet`` samples hold no reply. Raises ValueError if these are too few, or the excitation silent there.
    """
    replicas = _replicas(excitation.astype(np.complex128))
    leaking = replicas.shape[1]
    still = np.concatenate((replicas, replicas.conj(), np.ones((replicas.shape[0], 1), np.complex128)), axis=1)
    power = float(np.mean(np.add.reduce(_power(replicas[:quiet]), axis=0)))
    if quiet < _QUIET_PER_PART * still.shape[1] or not power > 0:
        raise ValueError(f"{quiet} samples of excitation before the reply do not tell the leak")
    heard = samples.astype(np.complex128)
    parts = _fitted(heard[:, :quiet], still[:quiet])
    heard -= parts @ still.T
    noise = np.add.reduce(_power(heard[:, :quiet]), axis=1) / (quiet - still.shape[1])
    on = np.count_nonzero(replicas[:quiet, TAPS_BEFORE])
    leaked = parts[:, :leaking] @ replicas[:quiet].T
    leak = np.add.reduce(_power(leaked), axis=1) / on
    if heard.shape[1] > quiet:
        changing = _changing(replicas[quiet:, _NEAR])
        heard[:, quiet:] -= _fitted(heard[:, quiet:], changing) @ changing.T
    heard *= excitation.conj()
    energy = running_sum(_power(excitation[np.newaxis].astype(np.complex128)), np.float64)
    return WipedOff(running_sum(heard, np.complex128), energy, noise, leak, power / on)


def _fitted(heard: npt.NDArray[np.complex128], parts: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
    """Return how much of each of ``parts`` (n, m) is in ``heard`` (packets, n), by least squares, (packets, m)."""
    normal = parts.conj().T @ parts
    ridge = _RIDGE * float(np.trace(normal).real) / parts.shape[1] + np.finfo(np.float64).tiny
    taps = np.linalg.solve(normal + ridge * np.eye(parts.shape[1]), (heard @ parts.conj()).T).T
    return np.asarray(taps, np.complex128)


def _changing(replicas: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
    """Return early and late excitation (n, taps), less what of it looks like the excitation, times powers of time."""
    excitation = replicas[:, 1]
    others = np.delete(replicas, 1, axis=1)
    power = float(np.add.reduce(_power(excitation)) + np.finfo(np.float64).tiny)
    others = others - excitation[:, np.newaxis] * (excitation.conj() @ others / power)
    place = np.linspace(-1, 1, excitation.size)
    orders = range(min(_DRIFT_ORDER, excitation.size // _DRIFT_SAMPLES) + 1)
    return np.concatenate([others * place[:, np.newaxis] ** order for order in orders], axis=1)


def _replicas(excitation: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
    """Return the excitation early and late by the taps, (n, taps)."""
    size = excitation.size
    padded = np.pad(excitation, (TAPS_AFTER, TAPS_BEFORE))
    shifts = range(TAPS_AFTER + TAPS_BEFORE, -1, -1)
    return np.stack([padded[shift : shift + size] for shift in shifts], axis=1)


def _power(samples: npt.NDArray[np.complex128]) -> npt.NDArray[np.float64]:
    power: npt.NDArray[np.float64] = samples.real * samples.real + samples.imag * samples.imag
    return power
