"""A tag's energy over time: it harvests always, spends by state and by deed, goes dark and comes back.

Air time is passed in; between two calls power is constant, so every threshold is met at an exact instant.
Computing takes energy but no air time (a tag answers one SIFS after a PPDU): ``compute_ns`` adds it up for the record.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from enum import Enum

from ampradio.power.costs import Costs
from ampradio.power.store import Store, harvested_w, store_of
from ampradio.profile.model import Power

_NS = 1e9
_NEVER_NS = 1 << 62


class State(Enum):
    """What a tag that is on does; the value is the name in results."""

    IDLE = "idle"
    SENSE = "sense"
    RX = "rx"
    TX = "tx"


class BrownOut(Exception):  # noqa: N818 - the normal case, not an error
    """The store fell to its off threshold in the middle of a deed."""


@dataclass(frozen=True)
class Transition:
    """The tag came on or went dark."""

    t_ns: int
    on: bool


class TagPower:
    """The energy of one tag."""

    def __init__(self, power: Power, costs: Costs, incident_dbm: float, *, store: Store | None = None) -> None:
        """Start full, at time 0 and listening, under a constant RF power at the antenna."""
        self.store = store or store_of(power)
        self.spent_j: defaultdict[str, float] = defaultdict(float)
        self.compute_ns = 0.0
        self.brown_outs = 0
        self.now_ns = 0
        self.on = True
        self.state = State.RX
        self.energy_j = self.store.full_j
        self.harvest_w = harvested_w(power, incident_dbm)
        self._costs = costs
        self._draw_w = {
            State.IDLE: power.idle_w,
            State.SENSE: power.sense_w,
            State.RX: power.rx_w,
            State.TX: power.tx_w,
        }

    def enter(self, state: State) -> None:
        """Do something else from now on."""
        self.state = state

    def advance(self, now_ns: int) -> list[Transition]:
        """Let time pass and return when the tag went dark or came back; raises ``ValueError`` for time gone by."""
        if now_ns < self.now_ns:
            raise ValueError(f"it is {self.now_ns} ns already, not {now_ns} ns")
        changes = []
        while (change_ns := self.next_change_ns()) <= now_ns:
            self._pass_until(change_ns)
            self._switch(not self.on)
            changes.append(Transition(change_ns, self.on))
        self._pass_until(now_ns)
        return changes

    def next_change_ns(self) -> int:
        """Return when the tag goes dark or comes back if nothing else happens, far away for never."""
        net_w = self.harvest_w - (self._draw_w[self.state] if self.on else 0.0)
        if self.on:
            return self._when(self.energy_j - self.store.off_j, -net_w)
        return self._when(self.store.on_j - self.energy_j, net_w)

    def lasts_until_ns(self, stop_ns: int, state: State) -> int:
        """Return when the tag goes dark if it does ``state`` from now, at most ``stop_ns``."""
        drain_w = self._draw_w[state] - self.harvest_w
        return min(stop_ns, self._when(self.energy_j - self.store.off_j, drain_w))

    def spend(self, cause: str, units: int) -> None:
        """Pay for a primitive or an NVM row before it runs; raises ``BrownOut`` when the store does not hold it."""
        energy_j, time_ns = self._costs.of(cause, units)
        self.compute_ns += time_ns
        self._pay(cause, energy_j)

    def pay_octets(self, received: int = 0, sent: int = 0) -> None:
        """Pay for octets on top of the state's power; raises ``BrownOut``."""
        self._pay("rx", received * self._costs.rx_octet_j)
        self._pay("tx", sent * self._costs.tx_octet_j)

    def _pay(self, cause: str, energy_j: float) -> None:
        if not self.on:
            raise BrownOut(f"{cause} while dark")
        available_j = self.energy_j - self.store.off_j
        self.spent_j[cause] += min(energy_j, available_j)
        if energy_j > available_j:
            self.energy_j = self.store.off_j
            self._switch(False)
            raise BrownOut(f"{cause} needs {energy_j:.3g} J, {available_j:.3g} J are left")
        self.energy_j -= energy_j

    def _switch(self, on: bool) -> None:
        self.on = on
        self.state = State.RX
        self.brown_outs += not on
        self.energy_j = self.store.on_j if on else self.store.off_j

    def _pass_until(self, then_ns: int) -> None:
        seconds = (then_ns - self.now_ns) / _NS
        draw_j = self._draw_w[self.state] * seconds if self.on else 0.0
        if self.on:
            self.spent_j[self.state.value] += draw_j
        self.energy_j = min(self.store.full_j, self.energy_j + self.harvest_w * seconds - draw_j)
        self.now_ns = then_ns

    def _when(self, distance_j: float, rate_w: float) -> int:
        if rate_w <= 0:
            return _NEVER_NS
        return min(_NEVER_NS, self.now_ns + max(1, math.ceil(min(distance_j / rate_w * _NS, float(_NEVER_NS)))))
