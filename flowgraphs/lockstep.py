"""The PHY entity of one node in virtual time: what ties a node's transmit stream to its receive stream.

All nodes and the air form a network of lossless queues. A node emits sample n only once nothing it has yet to hear can
change it: up to the horizon that follows from its MAC's promises (Grant) and from what the receiver can still be in the
middle of. Answers then start at the exact sample, and a seeded run is the same however the processes are scheduled.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ampradio.phy.modulate import ppdu, sample_rate_sps
from ampradio.phy.mono_static_receiver import MonoStaticReceiver
from ampradio.phy.mono_static_window import OwnPpdu
from ampradio.phy.reception import Reception
from ampradio.profile import Profile
from ampradio.sap.messages import ERROR_STATE as STATE
from ampradio.sap.messages import (
    NEVER,
    AttachConfirm,
    ErrorIndication,
    Grant,
    ListenRequest,
    RxIndication,
    SapMessage,
    StopConfirm,
    StopRequest,
    TimeIndication,
    TxConfirm,
    TxRequest,
)
from ampradio.sap.phy_side import MacGoneError
from ampradio.vectors import Listen, TxVector
from flowgraphs.burst_schedule import PENDING_MAX, Burst, BurstSchedule
from flowgraphs.parties import Receiver, Sap, Schedule, Witness

NS = 1_000_000_000
GUARD_NS = 1_000
STOP_SLACK_NS = 200_000
IDLE_WAKES_MAX = 1_000
SCHEDULED, LATE, REFUSED = 0, 1, 2


class LockStepPhy:
    """Join a SAP, a streaming receiver and a burst schedule.

    ``transmit`` is called by the flowgraph's source, ``receive`` by its sink, each in its own thread; only ``receive``
    talks to the MAC.

    Args:
        sap: the served access point.
        receiver: of ``ampradio.phy``; one of mono-static replies is told what this node sends.
        profile: the numbers in force.
        witness: keeps the record.
        role: 0 = AP, 1 = tag (told to the MAC).
        sample_rate_sps: of both streams.
        chip_clock_ppm: chip duration error of this node's transmitter.
        own_delay_samples: from this node's transmit stream to what it hears of itself.
        bursts: what puts PPDUs on the air; default a stream that waits at the horizon.
    """

    def __init__(
        self,
        sap: Sap,
        receiver: Receiver,
        profile: Profile,
        witness: Witness,
        role: int,
        sample_rate_sps: int,
        *,
        chip_clock_ppm: float = 0.0,
        own_delay_samples: int = 0,
        bursts: Schedule | None = None,
    ) -> None:
        self._sap = sap
        self._receiver = receiver
        self._profile = profile
        self._rate = sample_rate_sps
        self._role = role
        self._chip_clock_ppm = chip_clock_ppm
        self._own_delay = own_delay_samples
        self._witness = witness
        self._bursts = bursts or BurstSchedule()
        self._windows: list[int] = []
        self._silent_until = 0
        self._wake = NEVER
        self._stop: int | None = None
        self._received = 0
        self._started = threading.Event()
        self.stopped = threading.Event()
        self.failure: str | None = None
        self.counters: Counter[str] = Counter()

    def start(self, patience_s: float) -> None:
        """Wait for the MAC and let it make its first requests; does nothing when that was done.

        Raises:
            MacGoneError: no MAC attached or answered in time.
        """
        if self._started.is_set():
            return
        self._sap.wait_for_mac(AttachConfirm(self._role, self._rate, 0), patience_s)
        self._exchange(TimeIndication(0))
        self._advance([])
        self._started.set()

    def attend(self, patience_s: float) -> None:
        """``start`` for a thread of its own: a MAC that does not come or stays silent is a failure."""
        with self._failing():
            self.start(patience_s)

    def transmit(self, count: int) -> npt.NDArray[np.complex64] | None:
        """Return the next samples of the transmit stream; see ``BurstSchedule.take``."""
        return self._bursts.take(count)

    def receive(self, items: npt.NDArray[np.generic]) -> None:
        """Take the next items of the receive stream and tell the MAC what came of them."""
        self._started.wait()
        if self.stopped.is_set() or self.failure:
            return
        with self._failing():
            for request in self._sap.poll():
                self._obey(request)
            self._received += items.size
            self._advance(self._receiver.feed(items))
            self._stop_if_due()

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        """Let a MAC that is gone end the run, and a defect too, which would leave every other thread waiting."""
        try:
            yield
        except MacGoneError as error:
            self.fail(str(error))
        except Exception as error:
            self.fail(f"the PHY failed: {error!r}")
            raise

    def fail(self, reason: str) -> None:
        """Give up: remember why and let every waiting thread go."""
        self.failure = reason
        self.close()

    def close(self) -> None:
        """End the transmit stream, take no more, and let every waiting thread go."""
        self.stopped.set()
        self._started.set()
        self._bursts.close()

    @property
    def received(self) -> int:
        """Samples of the receive stream seen so far."""
        return self._received

    @property
    def stop_sample(self) -> int:
        """Where the run ended; 0 while it runs."""
        return self._stop or 0

    def _advance(self, receptions: list[Reception]) -> None:
        """Tell the MAC, in order of air time, what was received and which wakes have passed."""
        for reception in receptions:
            self._wakes_before(reception.rxvector.end_ns)
            self._witness.reception(reception)
            self._exchange(RxIndication(reception.psdu, reception.rxvector))
        self._wakes_before(self._settled_ns())
        self._raise_horizon()

    def _wakes_before(self, limit_ns: int) -> None:
        idle = 0
        while self._wake < NEVER and self._wake <= limit_ns and not self._past_stop(self._wake):
            wake = self._wake
            self._exchange(TimeIndication(wake))
            idle = idle + 1 if self._wake <= wake else 0
            if idle > IDLE_WAKES_MAX:
                raise MacGoneError(f"the MAC asks to be woken at {wake} ns for ever")
            limit_ns = min(limit_ns, self._settled_ns())

    def _settled_ns(self) -> int:
        """Return the time before which nothing unreported can end."""
        return self._receiver.earliest_end() * NS // self._rate

    def _past_stop(self, time_ns: int) -> bool:
        return self._stop is not None and self._to_sample(time_ns) > self._stop

    def _exchange(self, indication: RxIndication | TimeIndication) -> None:
        for request in self._sap.indicate(indication):
            self._obey(request)

    def _obey(self, request: SapMessage) -> None:
        if isinstance(request, Grant):
            self._silent_until = request.silent_until_ns
            self._wake = request.wake_ns
        elif isinstance(request, TxRequest):
            self._sap.tell(self._schedule(request))
        elif isinstance(request, ListenRequest):
            self._listen(request.window)
        elif isinstance(request, StopRequest):
            self._stop = self._to_sample(request.stop_ns)
            self._raise_horizon()
        else:
            self.counters["sap_out_of_place"] += 1
            self._sap.tell(ErrorIndication(STATE, f"{type(request).__name__} is not a request"))

    def _listen(self, window: Listen) -> None:
        listen = getattr(self._receiver, "listen", None)
        now_ns = self._received * NS // self._rate
        self._windows = [stop_ns for stop_ns in self._windows if stop_ns > now_ns]
        try:
            if listen is None:
                raise ValueError("a tag's receiver listens all the time")
            if len(self._windows) >= PENDING_MAX:
                raise ValueError(f"{PENDING_MAX} windows are still to come")
            listen(window)
        except ValueError as error:
            self.counters["listen_refused"] += 1
            self._sap.tell(ErrorIndication(STATE, f"ListenRequest: {error}"))
            return
        self._windows.append(window.stop_ns)
        self._witness.listen(window)

    def _schedule(self, request: TxRequest) -> TxConfirm:
        try:
            if self._bursts.full:
                raise ValueError(f"{PENDING_MAX} PPDUs are still to be sent")
            return self._put_on_air(request)
        except ValueError as error:
            self.counters["tx_refused"] += 1
            self._sap.tell(ErrorIndication(STATE, f"TxRequest {request.tx_id}: {error}"))
            return TxConfirm(request.tx_id, REFUSED, request.start_ns, request.start_ns)

    def _put_on_air(self, request: TxRequest) -> TxConfirm:
        """Place a PPDU in the transmit stream; ValueError for one that this PHY cannot send."""
        samples = self._modulated(request.psdu, request.vector)
        burst = Burst(self._to_sample(request.start_ns), samples)
        end_ns = burst.stop * NS // self._rate
        if not self._bursts.add(burst):
            self.counters["tx_late"] += 1
            return TxConfirm(request.tx_id, LATE, request.start_ns, end_ns)
        self._tell_receiver(OwnPpdu(request.psdu, request.vector, burst.start + self._own_delay), burst)
        return TxConfirm(request.tx_id, SCHEDULED, burst.start * NS // self._rate, end_ns)

    def _tell_receiver(self, own: OwnPpdu, burst: Burst) -> None:
        """Let the receiver look away from what this node sends, or look at what tags make of it."""
        if isinstance(self._receiver, MonoStaticReceiver):
            self._receiver.own(own)
            self._witness.own(own, burst.samples.size)
            return
        self._receiver.blank(burst.start, burst.stop)
        self._witness.blank(burst.start, burst.stop)

    def _modulated(self, psdu: bytes, vector: TxVector) -> npt.NDArray[np.complex64]:
        """Return the samples of a PPDU; ValueError for one that this PHY cannot send."""
        native_sps = sample_rate_sps(self._profile, vector)
        if native_sps != self._rate:
            raise ValueError(f"{vector.kind.name} needs {native_sps} sample/s, this PHY has {self._rate}")
        return ppdu(self._profile, psdu, vector, clock_ppm=self._chip_clock_ppm)

    def _raise_horizon(self) -> None:
        """Let the transmit stream go on as far as it may."""
        self._bursts.raise_horizon(self._horizon())

    def _horizon(self) -> int:
        """Return the sample up to which the MAC's promise and the receiver's state allow to send."""
        turnaround_ns = self._profile.timing.amp_sifs_ns - GUARD_NS
        heard_ns = self._receiver.earliest_end() * NS // self._rate + turnaround_ns
        until_ns = max(self._silent_until, min(self._wake, heard_ns))
        if self._stop is not None:
            return self._stop + STOP_SLACK_NS * self._rate // NS
        return until_ns * self._rate // NS

    def _stop_if_due(self) -> None:
        if self._stop is not None and self._received >= self._stop:
            counters = self._receiver.counters + self.counters + self._sap.counters
            self._sap.tell(StopConfirm(self._stop * NS // self._rate, self._stop, tuple(sorted(counters.items()))))
            self.stopped.set()

    def _to_sample(self, time_ns: int) -> int:
        return -(-time_ns * self._rate // NS) if time_ns < NEVER else NEVER
