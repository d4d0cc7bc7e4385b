"""Stations joined over an air in virtual time: an event queue, and a link that says what each of them receives.

The link is a function, so a perfect, a lossy and a waveform-level air differ in that alone. The loop holds
every station to its promises: exact order in time, nothing sent before ``silent_until_ns``.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ampradio.mac.events import Event
from ampradio.mac.station import Station
from ampradio.profile.airtime import downlink_excited_ns, downlink_mono_ns, downlink_type1_ns, uplink_ns
from ampradio.profile.model import Profile
from ampradio.vectors import Listen, PpduKind, RxVector, Tx

IDLE_WAKES_MAX = 1_000
MONO_STATIC = (PpduKind.DL_TYPE2, PpduKind.DL_TYPE3)
EXCITING = (*MONO_STATIC, PpduKind.DL_TYPE4)
_ADDRESSED = (PpduKind.DL_TYPE1, PpduKind.DL_TYPE4, PpduKind.DL_TYPE5)


@dataclass(frozen=True)
class Transmission:
    """One PPDU on the air: who sends it, and when it ends (signal extension included).

    ``heard_ns`` is when its receiver has it: that of Types 2 to 4 before the excitation, which is the reply's.
    """

    sender: str
    tx: Tx
    end_ns: int
    heard_ns: int


Delivery = tuple[bytes, RxVector]
Link = Callable[[Transmission, str, Sequence[Transmission]], Sequence[Delivery]]
"""``link(transmission, receiver, others)`` returns what ``receiver`` decodes of ``transmission`` (its PSDU, none, a
damaged one, several), where ``others`` are the transmissions that overlapped it in time."""


def transmission_ns(profile: Profile, tx: Tx) -> int:
    """Return how long a PPDU is on the air; raises ``ValueError`` for a kind that no station here sends."""
    kind = tx.vector.kind
    if kind in (PpduKind.DL_TYPE1, PpduKind.DL_TYPE5):
        return downlink_type1_ns(profile, len(tx.psdu), tx.vector.rate_bps, tx.vector.protected)
    if kind in MONO_STATIC:
        return downlink_mono_ns(profile, len(tx.psdu), tx.vector.excitation_ns, first=kind is PpduKind.DL_TYPE2)
    if kind is PpduKind.DL_TYPE4:
        return downlink_excited_ns(profile, tx.vector.excitation_ns, tx.vector.rate_bps)
    if not kind.is_downlink:
        return uplink_ns(profile, kind, len(tx.psdu), tx.vector.rate_bps)
    raise ValueError(f"no air time for {kind.name} here")


def perfect_reception(transmission: Transmission) -> Delivery:
    """Return the PSDU as sent, with an RXVECTOR that measured it perfectly."""
    tx, vector = transmission.tx, transmission.tx.vector
    downlink = vector.kind.is_downlink
    rx = RxVector(
        vector.kind,
        vector.rate_bps,
        tx.start_ns,
        transmission.heard_ns,
        start_sample=0,
        snr_db=99.0,
        rssi_dbfs=0.0,
        clock_ppm=0.0,
        cfo_hz=None if downlink else 0.0,
        partial_id=vector.partial_id if vector.kind in _ADDRESSED else None,
        seed_index=None if downlink else vector.seed_index,
    )
    return tx.psdu, rx


def perfect_link(transmission: Transmission, receiver: str, others: Sequence[Transmission]) -> Sequence[Delivery]:
    """Deliver all but PPDUs that overlapped another of the same direction or were cut off: nobody decodes those."""
    downlink = transmission.tx.vector.kind.is_downlink
    if transmission.tx.vector.cut_off_ns or any(other.tx.vector.kind.is_downlink == downlink for other in others):
        return ()
    return (perfect_reception(transmission),)


class Exchange:
    """Runs stations against each other until nothing is left to happen."""

    def __init__(
        self, profile: Profile, aps: Mapping[str, Station], tags: Mapping[str, Station], link: Link = perfect_link
    ) -> None:
        """Take the stations by name; tags hear downlink PPDUs, APs hear uplink PPDUs in their listening windows."""
        self._profile = profile
        self._stations: dict[str, Station] = {**aps, **tags}
        self._aps = frozenset(aps)
        self._link = link
        self._windows: dict[str, list[Listen]] = {name: [] for name in aps}
        self._queue: list[tuple[int, int, Transmission]] = []
        self._on_air: list[Transmission] = []
        self._promised_ns = dict.fromkeys(self._stations, 0)
        self._count = 0
        self._events: list[tuple[str, Event]] = []
        self.now_ns = 0

    def run(self, until_ns: int) -> list[tuple[str, Event]]:
        """Run to ``until_ns`` or until nothing is left to happen; return the events so far with who told them.

        Raises ``RuntimeError`` when a station breaks its promise, sends in the past or asks to be woken for ever:
        all three are faults of the station, not of the air.
        """
        idle = 0
        self._poll()
        while (following := self._next_ns()) is not None and following <= until_ns:
            idle = idle + 1 if following <= self.now_ns else 0
            if idle > IDLE_WAKES_MAX:
                raise RuntimeError(f"a station asks to be woken at {following} ns for ever")
            self.now_ns = max(self.now_ns, following)
            # what ended by now is heard before anybody decides anything
            while self._queue and self._queue[0][0] <= self.now_ns:
                self._deliver(heapq.heappop(self._queue)[2])
            for station in self._stations.values():
                due = station.next_deadline_ns()
                if due is not None and due <= self.now_ns:
                    station.handle_deadline(self.now_ns)
            self._poll()
        return self._events

    def _next_ns(self) -> int | None:
        times = [due for station in self._stations.values() if (due := station.next_deadline_ns()) is not None]
        if self._queue:
            times.append(self._queue[0][0])
        return min(times, default=None)

    def _poll(self) -> None:
        """Put on the air what the stations have decided, and note what they promise."""
        for name, station in self._stations.items():
            for tx in station.ppdus_to_send(self.now_ns):
                promised_ns = self._promised_ns[name]
                if tx.start_ns < max(self.now_ns, promised_ns):
                    promise = f"now {self.now_ns}, silent until {promised_ns}"
                    raise RuntimeError(f"{name} sends at {tx.start_ns} ns; {promise}")
                self._put_on_air(name, tx)
            self._promised_ns[name] = max(self._promised_ns[name], station.silent_until_ns())
            self._events.extend((name, event) for event in station.events())

    def _put_on_air(self, name: str, tx: Tx) -> None:
        heard_ns = end_ns = tx.start_ns + transmission_ns(self._profile, tx)
        if tx.vector.kind in EXCITING:
            heard_ns -= self._profile.downlink.signal_extension_ns + tx.vector.excitation_ns
        transmission = Transmission(name, tx, end_ns, heard_ns)
        self._on_air.append(transmission)
        self._count += 1
        heapq.heappush(self._queue, (heard_ns, self._count, transmission))
        if name in self._windows:
            self._windows[name].extend(tx.replies)

    def _deliver(self, transmission: Transmission) -> None:
        start_ns, end_ns = transmission.tx.start_ns, transmission.end_ns
        # nothing overlaps a PPDU that ended more than a PPDU's length ago
        longest_ns = self._profile.downlink.max_ppdu_ns + self._profile.downlink.signal_extension_ns
        self._on_air = [other for other in self._on_air if other.end_ns > start_ns - longest_ns]
        others = [
            other
            for other in self._on_air
            if other is not transmission and other.tx.start_ns < end_ns and other.end_ns > start_ns
        ]
        for name, station in self._stations.items():
            if name == transmission.sender or transmission.tx.vector.kind.is_downlink == (name in self._aps):
                continue
            if name in self._aps and not self._is_listening(name, transmission.tx):
                continue
            for psdu, rx in self._link(transmission, name, others):
                station.receive(psdu, rx, self.now_ns)

    def _is_listening(self, name: str, tx: Tx) -> bool:
        self._windows[name] = [window for window in self._windows[name] if window.stop_ns >= tx.start_ns]
        vector = tx.vector
        return any(
            (window.kind, window.rate_bps, window.seed_index) == (vector.kind, vector.rate_bps, vector.seed_index)
            and window.start_ns <= tx.start_ns < window.stop_ns
            for window in self._windows[name]
        )
