"""What a receiver hands up: the PSDU, RXVECTOR, and where the fields lie in the received stream."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ampradio.phy.fields import Field, ppdu_fields
from ampradio.phy.sample_grid import sample_rate_sps
from ampradio.profile.model import Profile
from ampradio.vectors import RxVector, TxVector


@dataclass(frozen=True)
class Reception:
    """One received PPDU; ``fields`` are in samples of the receiver's stream, whose sample 0 was fed first."""

    psdu: bytes
    rxvector: RxVector
    fields: tuple[Field, ...]


def placed_fields(
    profile: Profile, octets: int, vector: TxVector, rate_sps: int, sync_sample: float, stretch: float
) -> tuple[Field, ...]:
    """Return the fields of a PPDU in a stream at ``rate_sps`` whose AMP-Sync begins at ``sync_sample``.

    ``stretch`` is received over nominal duration.
    """
    nominal, sync, native_sps = nominal_fields(Itself(profile), octets, vector)
    return laid_in(nominal, sync, sync_sample, stretch * rate_sps / native_sps)


def laid_in(
    nominal: tuple[tuple[str, int, int], ...], sync: int, sync_sample: float, scale: float
) -> tuple[Field, ...]:
    """Return fields of these names, starts and stops, ``scale`` times as long, so that ``sync`` is ``sync_sample``."""
    return tuple(
        [
            Field(name, round(sync_sample + (start - sync) * scale), round(sync_sample + (stop - sync) * scale))
            for name, start, stop in nominal
        ]
    )


Nominal = tuple[tuple[tuple[str, int, int], ...], int, int]


class Itself:
    """A profile that equals nothing but itself: to hash all of its numbers would take longer than to lay out fields."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def __hash__(self) -> int:
        return id(self.profile)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Itself) and self.profile is other.profile


@lru_cache(maxsize=512)
def nominal_fields(own: Itself, octets: int, vector: TxVector) -> Nominal:
    """Return name, start and stop of the fields at the native rate, where AMP-Sync begins among them, and that rate."""
    fields = ppdu_fields(own.profile, octets, vector)
    sync = next(field.start_sample for field in fields if field.name == "AMP-Sync")
    placed = tuple((field.name, field.start_sample, field.stop_sample) for field in fields)
    return placed, sync, sample_rate_sps(own.profile, vector)
