"""A capacitor that a harvester fills and a tag empties: on above one voltage, off below another (profile, [power])."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ampradio.profile.model import Power


@dataclass(frozen=True)
class Store:
    """The capacitor and its thresholds; ``full_v`` is where the harvester's limiter holds it."""

    capacitance_f: float
    on_v: float
    off_v: float
    full_v: float

    def __post_init__(self) -> None:
        if not (self.capacitance_f > 0 and 0 <= self.off_v < self.on_v <= self.full_v and math.isfinite(self.full_v)):
            raise ValueError(
                f"a store needs a capacitance and 0 ≤ off < on ≤ full, not {self.capacitance_f} F, "
                f"{self.off_v} V, {self.on_v} V, {self.full_v} V"
            )

    @property
    def on_j(self) -> float:
        """The energy at which the tag starts."""
        return self.at_j(self.on_v)

    @property
    def off_j(self) -> float:
        """The energy at which the tag goes dark."""
        return self.at_j(self.off_v)

    @property
    def full_j(self) -> float:
        """The most that the store holds."""
        return self.at_j(self.full_v)

    @property
    def usable_j(self) -> float:
        """What a tag that has just started can spend without harvesting: ½·C·(V_on² − V_off²)."""
        return self.on_j - self.off_j

    def at_j(self, volts: float) -> float:
        """Return the energy at a voltage: ½·C·V²."""
        return self.capacitance_f * volts * volts / 2

    def volts(self, energy_j: float) -> float:
        """Return the voltage at an energy."""
        return math.sqrt(2 * max(energy_j, 0.0) / self.capacitance_f)


def store_of(power: Power, full_v: float | None = None) -> Store:
    """Return the profile's store; without ``full_v`` the limiter holds it at the on threshold (our placeholder)."""
    return Store(power.store_f, power.on_v, power.off_v, power.on_v if full_v is None else full_v)


def harvested_w(power: Power, incident_dbm: float) -> float:
    """Return what the harvester gives of RF power at the antenna: nothing below its activation level (section 6)."""
    if incident_dbm < power.activation_dbm:
        return 0.0
    return float(power.harvester_efficiency * 10 ** (incident_dbm / 10) * 1e-3)
