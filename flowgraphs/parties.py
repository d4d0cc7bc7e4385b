"""Who a lock-step PHY works with: a receiver that decodes, and a witness that keeps the record."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ampradio.phy.reception import Reception
from ampradio.vectors import Listen


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
