"""What a command without AMP-SIG looks like: to a mono-static tag (Types 2 and 3), and below 1 GHz.

Both begin with the same eight chips; they differ in what is before them, in how long a chip is and in what fills it.
Air-interface page, section 2, rules 16 and 19.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.on_symbol import on_symbol
from ampradio.profile.airtime import samples
from ampradio.profile.model import Profile

_BEFORE_CHIPS = 8


@dataclass(frozen=True)
class CommandFormat:
    """``before_chips`` ON chips certainly come before the AMP-Sync; sync and data chips last ``chip_ns``.

    ``continuous_wave``: an ON chip is a constant carrier, there is no non-AMP portion. ``short_frames``: Acks may come.
    """

    rate_bps: int
    chip_ns: int
    before_chips: int
    continuous_wave: bool
    short_frames: bool

    def on_power(self, profile: Profile, sample_rate_sps: int) -> npt.NDArray[np.float64]:
        """Return the power of an ON chip at each of its samples (n,); ValueError for a rate at which it has none."""
        if self.continuous_wave:
            return np.ones(samples(self.chip_ns, sample_rate_sps), np.float64)
        symbol = on_symbol(profile.downlink, self.chip_ns, sample_rate_sps).astype(np.complex128)
        power: npt.NDArray[np.float64] = symbol.real**2 + symbol.imag**2
        return power


def mono_static(profile: Profile) -> CommandFormat:
    """Return the format of Types 2 and 3: the non-AMP portion or a WUP-Excitation before, 2 µs chips, never an Ack."""
    down = profile.downlink
    return CommandFormat(down.rate_low_bps, down.chip_250k_ns, _BEFORE_CHIPS, continuous_wave=False, short_frames=False)


def sub1ghz(profile: Profile) -> CommandFormat:
    """Return the format of the sub-1 GHz PPDU: nothing before, 8 µs chips of a continuous wave."""
    down = profile.downlink
    return CommandFormat(down.sub1ghz_rate_bps, down.sub1ghz_chip_ns, 0, continuous_wave=True, short_frames=True)
