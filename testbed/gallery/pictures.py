"""Every picture of the gallery by name, and how it is made."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from testbed.gallery.budgets import mono_static
from testbed.gallery.comparisons import air_times, attacked
from testbed.gallery.curves import curve, rows_of_sweep
from testbed.gallery.envelopes import golden
from testbed.gallery.ladders import ladder_of

FOLDER = Path(__file__).resolve().parents[2] / "docs/img/gallery"
AIOT = ("S3-L", "S3-H")
ATTACKS = ("X1", "X2", "X3", "X5", "X6", "X7", "X8", "X9")


def distance() -> str:
    """Return how often an exchange fails over distance."""
    rows = rows_of_sweep("distance", ["channel.distance_m=20:100:10"], 20)
    return curve(
        rows, "channel.distance_m", "distance in m, TGn model B", "one attempt each, 20 a point, Wilson's bounds"
    )


def snr() -> str:
    """Return how often an exchange fails over the uplink's SNR, at both rates."""
    rows = rows_of_sweep("minimal", ["channel.uplink_snr_db=-12:0:2", "ap.uplink_rate_kbps=250,1000"], 20)
    return curve(
        rows, "channel.uplink_snr_db", "uplink SNR in 20 MHz, dB", "with 3 retries, 20 a point, Wilson's bounds"
    )


def power() -> str:
    """Return how often an exchange fails over the RF power at the tag."""
    rows = rows_of_sweep("powered", ["power.incident_dbm=-17:-14:0.5"], 10)
    return curve(
        rows, "power.incident_dbm", "RF power at the tag, dBm", "S3-H with 20 retries, 10 a point, Wilson's bounds"
    )


PICTURES: dict[str, Callable[[], str]] = {
    "demo": partial(ladder_of, "demo", until_ms=6.0),
    "minimal": partial(ladder_of, "minimal"),
    "provisioning": partial(ladder_of, "provisioning"),
    "aiot": partial(ladder_of, "aiot", until_ms=6.5),
    "rsna": partial(ladder_of, "rsna"),
    "handover": partial(ladder_of, "handover"),
    "impairments": partial(ladder_of, "impairments"),
    "powered": partial(ladder_of, "powered"),
    "emulated": partial(ladder_of, "minimal", radio="emu:"),
    "power": power,
    "distance": distance,
    "snr": snr,
    "compare": air_times,
    "attack": partial(attacked, AIOT, ATTACKS),
    "mono-static": mono_static,
    "reflection": partial(ladder_of, "mono-static"),
    "bistatic": partial(ladder_of, "bistatic"),
    "golden": partial(golden, "dl-type1-250k-clean"),
}
SLOW = ("emulated", "power", "distance", "snr", "attack")
"""Made of very many runs, or of one over radios: up to half a minute each."""
