"""What a backscatter tag does instead of transmitting: it switches its reflection coefficient Γ(t) (rule 22)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy import uplink
from ampradio.phy.keying import PPM
from ampradio.profile.model import Profile
from ampradio.vectors import TxVector


def gamma_on(profile: Profile) -> float:
    """Return the default Γ of ON: the tag's reflection loss."""
    return float(10 ** (-profile.uplink.reflection_loss_db / 20))


def reflection(
    profile: Profile,
    psdus: npt.NDArray[np.uint8],
    vector: TxVector,
    rate_sps: int,
    clock_ppm: float | npt.NDArray[np.float64] = 0.0,
    *,
    on: complex | None = None,
    off: complex | None = None,
) -> npt.NDArray[np.complex64]:
    """Return Γ (…, n) of mono-static or bistatic tags from the first sync edge on, before any frequency shift.

    ``on`` and ``off`` default to the profile's. Between PPDUs Γ is ``off``. Raises ValueError for a rate or kind that
    does not exist.
    """
    idle = complex(profile.uplink.reflection_off) if off is None else off
    step = (gamma_on(profile) if on is None else on) - idle
    return (idle + step * uplink.levels(profile, psdus, vector, rate_sps, clock_ppm)).astype(np.complex64)


def shifted(
    profile: Profile,
    gamma: npt.NDArray[np.complex64],
    rate_sps: int,
    *,
    upwards: bool,
    clock_ppm: float = 0.0,
    first_sample: int = 0,
) -> npt.NDArray[np.complex64]:
    """Return Γ (…, n) times the bistatic tag's single-sideband shift, whose phase is 0 at sample −``first_sample``.

    ``upwards`` when the excitation is in the lower half. The shift clock is the chip clock, so a chip 1 % long shifts
    by 1 % less. Raises ValueError if ``rate_sps`` cannot carry the shift.
    """
    shift_hz = profile.uplink.bistatic_shift_hz / (1.0 + clock_ppm * PPM)
    if rate_sps < 2 * profile.uplink.bistatic_shift_hz:
        raise ValueError(f"a shift of {shift_hz / 1e6:g} MHz needs more than {rate_sps / 1e6:g} MS/s")
    cycles = (1 if upwards else -1) * shift_hz / rate_sps * (first_sample + np.arange(gamma.shape[-1]))
    moved: npt.NDArray[np.complex64] = (gamma * np.exp(2j * np.pi * cycles)).astype(np.complex64)
    return moved
