"""Who a PHY entity works with: receiver, schedule of what is sent, service access point, and a witness."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ampradio.phy.mono_static_window import OwnPpdu
from ampradio.phy.reception import Reception
from ampradio.sap.messages import AttachConfirm, RxIndication, SapMessage, TimeIndication
from ampradio.vectors import Listen
from flowgraphs.burst_schedule import Burst


class Receiver(Protocol):
    """What a streaming receiver of ``ampradio.phy`` offers."""

    counters: Counter[str]

    def feed(self, samples: npt.NDArray[np.generic]) -> list[Reception]: ...

    def earliest_end(self) -> int: ...

    def blank(self, start: int, stop: int) -> None: ...


class Witness(Protocol):
    """Whoever keeps a record of what the receiver was told and what it gave."""

    def reception(self, reception: Reception) -> None: ...

    def listen(self, window: Listen) -> None: ...

    def blank(self, start: int, stop: int) -> None: ...

    def own(self, ppdu: OwnPpdu, samples: int) -> None: ...


class LossWitness(Witness, Protocol):
    """A witness of a stream that may have gaps."""

    def gap(self, sample: int) -> None: ...


class Schedule(Protocol):
    """Puts bursts on the air at their samples."""

    @property
    def full(self) -> bool: ...

    def add(self, burst: Burst) -> bool: ...

    def raise_horizon(self, horizon: int) -> None: ...

    def take(self, count: int) -> npt.NDArray[np.complex64] | None: ...

    def close(self) -> None: ...


class Sap(Protocol):
    """The PHY's end of a service access point: see ``PhySap``."""

    counters: Counter[str]

    def wait_for_mac(self, confirm: AttachConfirm, patience_s: float) -> None: ...

    def indicate(self, message: RxIndication | TimeIndication) -> list[SapMessage]: ...

    def poll(self) -> list[SapMessage]: ...

    def tell(self, message: SapMessage, seq: int = 0) -> None: ...
