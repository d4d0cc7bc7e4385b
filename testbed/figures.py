"""The figures of one run, flat: what tables of runs and sweeps have as columns."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping

from testbed.tally import DIRECTIONS, Tally

COUNTS = ("acks", "handshakes", "readings", "commands", "retries", "drops", "brown_outs")
FIGURES: dict[str, str] = {
    **{f"{name}_{each}": "BIGINT" for name in ("messages", "octets") for each in DIRECTIONS},
    **{f"air_time_{each}_ns": "BIGINT" for each in DIRECTIONS},
    **{name: "BIGINT" for name in COUNTS},
    "acks_air_time_ns": "BIGINT",
    "elapsed_ns": "BIGINT",
    "handshake_air_ns": "DOUBLE",
    **{f"snr_{each}_db": "DOUBLE" for each in DIRECTIONS},
    "energy_j": "DOUBLE",
}
"""Column → its SQL type."""


def figures_of(tally: Tally, elapsed_ns: int | None, energy: Mapping[str, object] | None) -> dict[str, float | None]:
    """Return figure → value; None where there was nothing to measure. ``energy`` is the tag's, when it is metered."""
    found: dict[str, float | None] = {"elapsed_ns": elapsed_ns, "energy_j": None, "brown_outs": None}
    for each in DIRECTIONS:
        traffic = tally.traffic[each]
        found[f"messages_{each}"], found[f"octets_{each}"] = traffic.messages, traffic.octets
        found[f"air_time_{each}_ns"] = traffic.air_time_ns
        found[f"snr_{each}_db"] = _mean(tally.snr_db[each])
    found |= {"acks": tally.acks.messages, "acks_air_time_ns": tally.acks.air_time_ns}
    found |= {"handshakes": len(tally.handshakes), "handshake_air_ns": _mean([h.air_ns for h in tally.handshakes])}
    found["readings"] = tally.counts["security.uplink_data"]
    found["commands"] = tally.counts["security.command"] + tally.counts["security.downlink_data"]
    found |= {"retries": tally.counts["retry"], "drops": tally.counts["drop"]}
    if energy is not None:
        spent_j, brown_outs = energy.get("spent_j"), energy.get("brown_outs")
        if isinstance(spent_j, Mapping):
            found["energy_j"] = math.fsum(float(each) for each in spent_j.values())
        found["brown_outs"] = brown_outs if isinstance(brown_outs, int) else None
    return {name: found[name] for name in FIGURES}


def _mean(values: list[float] | list[int]) -> float | None:
    return float(statistics.fmean(values)) if values else None
