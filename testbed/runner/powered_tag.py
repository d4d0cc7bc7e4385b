"""A tag station that lives on harvested energy: what it hears, computes, writes and sends is paid for, or it goes dark.

A frame that came while the tag was dark, even in part, was not heard. A reply that the store does not last for
is cut where it ends (``cut_off``): nobody decodes it.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any

from ampradio.mac.events import Event
from ampradio.mac.tag import TagStation
from ampradio.power.tag_power import BrownOut, State, TagPower, Transition
from ampradio.profile.airtime import uplink_active_ns
from ampradio.profile.model import Profile
from ampradio.security.meter import Meter, PowerLost, Primitive, Tally, metered
from ampradio.vectors import RxVector, Tx

TORN_OCTETS = 8


@dataclass(frozen=True)
class _Sending:
    start_ns: int
    end_ns: int
    octets: int


class _Account:
    """What the security system spends is charged to the store; when that runs out, power is lost right there."""

    def __init__(self, power: TagPower, tally: Tally) -> None:
        self._power = power
        self._tally = tally

    def spend(self, primitive: Primitive, units: int) -> None:
        """Count and pay; raises ``PowerLost``, an NVM row torn in the middle."""
        self._tally.spend(primitive, units)
        try:
            self._power.spend(primitive.value, units)
        except BrownOut:
            raise PowerLost(TORN_OCTETS if primitive is Primitive.NVM_ROW else 0) from None


class PoweredTag:
    """A ``TagStation`` and its ``TagPower``; a station itself."""

    def __init__(self, profile: Profile, station: TagStation, power: TagPower) -> None:
        """Take the tag, and its energy at time 0."""
        self.power = power
        self._profile = profile
        self._station = station
        self.tally = Tally()
        self._meter: Meter = _Account(power, self.tally)
        self._sending: list[_Sending] = []
        self._told: list[Event] = []
        self._dark_since_ns: int | None = None
        self._last_dark_ns = (-1, -1)
        self._last_level: tuple[int, float] | None = None
        self._tell_store()

    def receive(self, psdu: bytes, rx: RxVector, now_ns: int) -> None:
        """Take one PSDU, if the tag was awake all the while."""
        self._advance(now_ns)
        if self._was_dark(rx):
            self._tell(now_ns, "missed_dark", octets=len(psdu))
            return
        self._tell_store()
        try:
            self.power.pay_octets(received=len(psdu))
            with metered(self._meter):
                self._station.receive(psdu, rx, now_ns)
            self._tell_store()
        except (PowerLost, BrownOut):
            self._brown_out(now_ns)

    def ppdus_to_send(self, now_ns: int) -> list[Tx]:
        """Return what was decided, each reply cut where the energy ends."""
        return [self._paid(tx) for tx in self._station.ppdus_to_send(now_ns)]

    def next_deadline_ns(self) -> int | None:
        """Return the station's deadline or the next threshold of the store, whichever is first."""
        edges = [at for each in self._sending for at in (each.start_ns, each.end_ns) if at > self.power.now_ns]
        station_ns = self._station.next_deadline_ns() if self.power.on else None
        due = [self.power.next_change_ns(), *edges, *([] if station_ns is None else [station_ns])]
        return min(due)

    def handle_deadline(self, now_ns: int) -> None:
        """Let time pass; the station acts on it if it is awake."""
        self._advance(now_ns)
        if not self.power.on:
            return
        try:
            with metered(self._meter):
                self._station.handle_deadline(now_ns)
        except PowerLost:
            self._brown_out(now_ns)

    def events(self) -> list[Event]:
        """Return and clear what happened since the last call, in order of time."""
        told, self._told = self._told, []
        return sorted([*told, *self._station.events()], key=lambda event: event.t_ns)

    def silent_until_ns(self) -> int:
        """Return the station's promise."""
        return self._station.silent_until_ns()

    def _paid(self, tx: Tx) -> Tx:
        """Return ``tx``, cut off at the instant at which the store will be empty."""
        end_ns = tx.start_ns + uplink_active_ns(self._profile, len(tx.psdu), tx.vector.rate_bps)
        ahead = copy.copy(self.power)
        ahead.spent_j = copy.copy(ahead.spent_j)
        ahead.advance(tx.start_ns)
        lasts_ns = ahead.lasts_until_ns(end_ns, State.TX) if ahead.on else tx.start_ns
        self._sending.append(_Sending(tx.start_ns, end_ns, len(tx.psdu)))
        if lasts_ns >= end_ns:
            return tx
        return replace(tx, vector=replace(tx.vector, cut_off_ns=lasts_ns - tx.start_ns))

    def _advance(self, now_ns: int) -> None:
        """Let time pass piece by piece: the state changes where a reply begins and ends."""
        for sending in list(self._sending):
            if sending.start_ns > now_ns:
                break
            self._apply(self.power.advance(max(sending.start_ns, self.power.now_ns)))
            if self.power.on:
                self.power.enter(State.TX)
                self._tell_store()
            self._apply(self.power.advance(min(max(sending.end_ns, self.power.now_ns), now_ns)))
            if sending.end_ns <= now_ns:
                self._sending.remove(sending)
                if self.power.on:
                    self.power.enter(State.RX)
                    self._tell_store()
        self._apply(self.power.advance(max(now_ns, self.power.now_ns)))

    def _apply(self, changes: list[Transition]) -> None:
        for change in changes:
            self._tell_store(change.t_ns, self.power.store.on_j if change.on else self.power.store.off_j)
            if change.on:
                self._come_back(change.t_ns)
            else:
                self._go_dark(change.t_ns)

    def _brown_out(self, now_ns: int) -> None:
        if self._dark_since_ns is None:
            self._tell_store()
            self._go_dark(now_ns)

    def _go_dark(self, t_ns: int) -> None:
        self._dark_since_ns = t_ns
        self._sending.clear()
        self._tell(t_ns, "brown_out", spent_j=sum(self.power.spent_j.values()))
        self._station.power_off(t_ns)

    def _come_back(self, t_ns: int) -> None:
        if self._dark_since_ns is not None:
            self._last_dark_ns = (self._dark_since_ns, t_ns)
        self._dark_since_ns = None
        self._station.power_on(t_ns)

    def _was_dark(self, rx: RxVector) -> bool:
        return self._dark_since_ns is not None or self._last_dark_ns[1] > rx.start_ns

    def _tell_store(self, t_ns: int | None = None, energy_j: float | None = None) -> None:
        """Tell what the store holds, by default now: from one such event to the next it changes steadily."""
        held_j = self.power.energy_j if energy_j is None else energy_j
        at_ns = self.power.now_ns if t_ns is None else t_ns
        if self._last_level != (at_ns, held_j):
            self._last_level = (at_ns, held_j)
            self._tell(at_ns, "energy", stored_j=held_j, stored_v=self.power.store.volts(held_j))

    def _tell(self, t_ns: int, kind: str, **detail: Any) -> None:
        self._told.append(Event(t_ns, kind, detail))
