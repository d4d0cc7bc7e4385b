"""OFDM symbols of the non-AMP portion: carriers 312.5 kHz apart, rectangular windows (802.11 clause 17, rule 12).

A symbol is kept as carrier values and not as samples, so that it can be sampled at 20 or 40 MS/s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.scrambler import sequence
from ampradio.profile.airtime import samples

PILOTS = {-21: 1, -7: 1, 7: 1, 21: -1}
PILOT_SEED = 0x7F
GUARD_NS = 800


@dataclass(frozen=True)
class OfdmSymbol:
    """Carrier index → value, lasting ``duration_ns`` of which the first ``guard_ns`` are cyclic prefix."""

    carriers: Mapping[int, complex]
    duration_ns: int
    guard_ns: int = GUARD_NS

    def waveform(self, spacing_hz: int, rate_sps: int) -> npt.NDArray[np.complex128]:
        """Return the symbol sampled at ``rate_sps``, shape (n,), its power not scaled."""
        time_s = np.arange(samples(self.duration_ns, rate_sps)) / rate_sps - self.guard_ns * 1e-9
        frequency_hz = np.array(list(self.carriers)) * spacing_hz
        tones = np.exp(2j * np.pi * np.outer(frequency_hz, time_s))
        wave: npt.NDArray[np.complex128] = np.array(list(self.carriers.values())) @ tones
        return wave


def data_tones(highest: int) -> tuple[int, ...]:
    """Return the carriers −highest…highest without DC and pilots: 48 data tones for 26, 52 for 28."""
    return tuple(k for k in range(-highest, highest + 1) if k != 0 and k not in PILOTS)


def bpsk_symbol(
    bits: Iterable[int], tones: Sequence[int], pilot_index: int, duration_ns: int, extra: Mapping[int, int]
) -> OfdmSymbol:
    """Return the BPSK symbol of interleaved ``bits`` on ``tones`` with pilots of polarity p_``pilot_index``.

    ``extra`` tones are added as they are. The polarity is the scrambler's (802.11 17.3.5.10).
    """
    polarity = 1 - 2 * int(sequence(PILOT_SEED, 1, pilot_index)[0])
    carriers: dict[int, complex] = {k: 2.0 * int(bit) - 1.0 for k, bit in zip(tones, bits, strict=True)}
    carriers.update({k: complex(polarity * pilot) for k, pilot in PILOTS.items()})
    carriers.update({k: complex(value) for k, value in extra.items()})
    return OfdmSymbol(carriers, duration_ns)


def interleave(coded: npt.NDArray[np.uint8], columns: int) -> npt.NDArray[np.uint8]:
    """Return ``coded`` (n,) written in rows of ``columns`` and read by columns (the BPSK interleaver of 802.11)."""
    return np.ascontiguousarray(coded.reshape(-1, columns).T).reshape(-1)
