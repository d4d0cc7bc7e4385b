"""How much of the air around a PPDU a run in process simulates, and when what it gives happened."""

from __future__ import annotations

from dataclasses import replace

from ampradio.vectors import RxVector

NS = 1_000_000_000
LEAD_NS = 250_000
TAIL_NS = 60_000
MARGIN_NS = 5_000


def in_air_time(rx: RxVector, start_ns: int, clock_ppm: float, rate_sps: int) -> RxVector:
    """Return the RXVECTOR with its times since the run began: the receiver counted its own clock from ``start_ns``."""

    def air(time_ns: int) -> int:
        return start_ns + round(time_ns / (1 + clock_ppm * 1e-6))

    start = air(rx.start_ns)
    return replace(rx, start_ns=start, end_ns=air(rx.end_ns), start_sample=start * rate_sps // NS)
