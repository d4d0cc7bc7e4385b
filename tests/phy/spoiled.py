"""Impairments by name, and the sums that tell a wrong frame passed by a check from what a check must pass by chance."""

from __future__ import annotations

import numpy as np
from scipy import stats

from ampradio.channel.front_end import dc_offset, iq_imbalance
from ampradio.channel.quantisation import quantise
from ampradio.psdu import crc8, fcs
from tests.phy.lone_chips import Spoil

ACK_OCTETS = 4


def front_end(name: str, noise_power: float) -> Spoil:
    """Return an impairment of a receiver whose ON samples have unit power, over noise of ``noise_power`` a sample."""
    branch = float(np.sqrt((1 + noise_power) / 2))  # of I or Q while ON
    spoils: dict[str, Spoil] = {
        "DC 10 dB below ON": lambda x: dc_offset(x, 10 ** (-10 / 20) * 1j),
        "DC 20 dB below ON": lambda x: dc_offset(x, 10 ** (-20 / 20) * 1j),
        "IQ 1 dB and 5 degrees": lambda x: iq_imbalance(x, 1.0, 5.0),
        "3 bits": lambda x: quantise(x, 3, 2.5 * branch),
        "2 bits": lambda x: quantise(x, 2, 1.8 * branch),
        "clipped at one sigma": lambda x: quantise(x, 12, branch),
    }
    return spoils[name]


FRONT_ENDS = ("IQ 1 dB and 5 degrees", "3 bits", "2 bits", "clipped at one sigma")


def passes(psdu: bytes) -> bool:
    """Return whether the check of a frame holds: CRC-8 of a short one, else the FCS (rule 2)."""
    if len(psdu) == ACK_OCTETS:
        return crc8(psdu[:-1]) == psdu[-1]
    return fcs(psdu[:-2]) == psdu[-2:]


class Checked:
    """Counts frames handed up that were never sent, and how many of them their check let pass."""

    def __init__(self) -> None:
        self.short = self.short_passed = self.long = self.long_passed = 0

    def add(self, psdu: bytes) -> None:
        """Take a frame that was never sent."""
        if len(psdu) == ACK_OCTETS:
            self.short, self.short_passed = self.short + 1, self.short_passed + passes(psdu)
        else:
            self.long, self.long_passed = self.long + 1, self.long_passed + passes(psdu)

    def no_more_than_chance(self) -> bool:
        """Return whether so many pass a CRC of 16 (of 8) bits once in 1000 such tests or more often."""
        long = stats.binom.ppf(0.999, self.long, 2.0**-16)
        short = stats.binom.ppf(0.999, self.short, 2.0**-8)
        return self.long_passed <= long and self.short_passed <= short
