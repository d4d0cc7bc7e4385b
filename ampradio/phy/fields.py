"""Where the fields of a PPDU lie in its samples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ampradio.phy import bistatic, downlink, mono_static, sub1ghz, uplink
from ampradio.phy.sample_grid import sample_rate_sps
from ampradio.profile.airtime import samples
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind, TxVector


@dataclass(frozen=True)
class Field:
    """A field of a PPDU: samples ``start_sample`` up to, not including, ``stop_sample``, from sample 0 of the PPDU."""

    name: str
    start_sample: int
    stop_sample: int


def laid_out(durations: Iterable[tuple[str, int]], rate_sps: int) -> tuple[Field, ...]:
    """Return consecutive fields of these names and durations in ns, the first at sample 0."""
    fields: list[Field] = []
    start = 0
    for name, duration_ns in durations:
        stop = start + samples(duration_ns, rate_sps)
        fields.append(Field(name, start, stop))
        start = stop
    return tuple(fields)


def ppdu_fields(profile: Profile, octets: int, vector: TxVector) -> tuple[Field, ...]:
    """Return the fields of the PPDU that carries a PSDU of ``octets``, at its native rate and nominal clock.

    Raises ValueError for a rate the kind does not have or an excitation it cannot have.
    """
    psdu = np.zeros(octets, np.uint8)
    durations: Iterable[tuple[str, int]]
    if vector.kind is PpduKind.DL_TYPE1:
        durations = downlink.durations(profile, downlink.type1_runs(profile, psdu, vector))
    elif vector.kind is PpduKind.DL_TYPE5:
        durations = downlink.durations(profile, bistatic.type5_runs(profile, psdu, vector))
    elif vector.kind is PpduKind.DL_SUB1GHZ:
        durations = [(run.name, run.duration_ns) for run in sub1ghz.runs(profile, psdu)]
    elif vector.kind is PpduKind.DL_TYPE4:
        durations = bistatic.type4_durations(profile, octets, vector)
    elif vector.kind.is_downlink:
        durations = mono_static.durations(profile, octets, vector)
    else:
        durations = [(run.name, run.duration_ns) for run in uplink.runs(profile, psdu, vector)]
    return laid_out(durations, sample_rate_sps(profile, vector))
