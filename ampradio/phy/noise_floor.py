"""The noise floor of a receiver, tracked over quiet blocks: the least of the recent block powers, its bias removed."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import special

from ampradio import accelerator

HISTORY = 256
"""Blocks remembered: while one of them was quiet, signals do not raise the floor."""


class NoiseFloor:
    """Mean noise power from blocks that may hold signals: some of the recent blocks are quiet, and those are least."""

    def __init__(self, freedom: float, history: int = HISTORY) -> None:
        """Track blocks of ``freedom`` complex degrees of freedom each, and remember ``history`` of them."""
        accelerator.prepare("ampradio.phy.noise_floor_loops")
        self._history = history
        self._held = np.zeros(history)
        self._known = 0
        self._remember: Callable[..., tuple[float, float]] | None = None
        self._least = np.inf
        self._unbiased = _unbiased(freedom, history)

    @property
    def _recent(self) -> npt.NDArray[np.float64]:
        return self._held[self._history - self._known :]

    @property
    def power(self) -> float:
        """The tracked noise power, 0 while unknown."""
        return self._least * float(self._unbiased[self._known]) if self._known else 0.0

    @property
    def settled(self) -> bool:
        """Whether so many blocks were heard that some of them were surely quiet."""
        return self._known == self._history

    def above(self, powers: npt.NDArray[np.float64]) -> float:
        """Return what the floor stays at or above while ``powers`` (n,) are added, 0 unless it is settled."""
        if not self.settled:
            return 0.0
        return min(self._least, float(powers.min())) * float(self._unbiased[self._history])

    def add(self, powers: npt.ArrayLike) -> None:
        """Take the mean powers (n,) of the next blocks; silence (blanked, or no noise at all) tells nothing."""
        powers = np.asarray(powers, np.float64).reshape(-1)
        if not powers.size:
            return
        if accelerator.is_on():
            from ampradio.phy.noise_floor_loops import remembered

            recent, self._least = remembered(self._recent, np.ascontiguousarray(powers), self._history)
            self._keep(recent)
            return
        if np.minimum.reduce(powers) <= 0:
            powers = powers[powers > 0]
        recent = np.concatenate((self._recent, powers))[-self._history :]
        self._keep(recent)
        self._least = float(np.minimum.reduce(recent, initial=np.inf))

    def _keep(self, recent: npt.NDArray[np.float64]) -> None:
        self._known = recent.size
        self._held[self._history - recent.size :] = recent

    def add_blocks(self, samples: npt.NDArray[np.complex64], block: int) -> None:
        """Take ``samples`` (n,), whole blocks of ``block``, a multiple of 16; the rest is as for ``add``."""
        parts = (samples if samples.flags.c_contiguous else samples.copy()).view(np.float32)
        if accelerator.is_on():
            if self._remember is None:
                self._remember = importlib.import_module("ampradio.phy.noise_floor_loops").remember_each
            known, self._least = self._remember(parts, block, self._held, self._known)
            self._known = int(known)
            return
        rows = parts.reshape(-1, 2 * block)
        self.add(np.einsum("ij,ij->i", rows, rows) / np.float32(block))

    def before_each(self, powers: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Return the floor before each of ``powers`` (n,) if they were added in turn, and whether it was settled.

        Raises ValueError for more than ``history`` powers.
        """
        count = powers.size
        if count > self._history:
            raise ValueError(f"{count} blocks at once; {self._history} are remembered")
        if accelerator.is_on():
            from ampradio.phy.noise_floor_loops import before_each

            floors, settled = np.empty(count), np.empty(count, np.bool_)
            before_each(self._recent, self._unbiased, np.ascontiguousarray(powers), floors, settled)
            return floors, settled
        heard = powers > 0
        before: npt.NDArray[np.intp] = np.cumsum(heard) - heard  # so many of those remembered have gone by then
        remembered = np.full(self._history + 1, np.inf)
        remembered[self._history - self._known : self._history] = self._recent
        left = np.minimum.accumulate(remembered[::-1])[::-1][before]
        come = np.full(count + 1, np.inf)
        come[1:][heard] = powers[heard]
        known = np.minimum(self._known + before, self._history)
        least = np.minimum(left, np.minimum.accumulate(come)[:count])
        return np.where(known > 0, least, 0.0) * self._unbiased[known], known == self._history


def _unbiased(freedom: float, history: int) -> npt.NDArray[np.float64]:
    """Return the factor (history + 1,) by which the least of n block powers lies below their mean.

    Block powers of noise have a gamma distribution; the mean of the least of n is nearly its quantile at
    (1 − 3/8)/(n + 1/4) (Blom, 1958).
    """
    count = np.arange(1, history + 1)
    least = special.gammaincinv(freedom, 0.625 / (count + 0.25)) / freedom
    return np.concatenate((np.ones(1), 1 / least))
