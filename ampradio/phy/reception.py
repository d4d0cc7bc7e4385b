"""What a receiver hands up: the PSDU, RXVECTOR, and where the fields lie in the received stream."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    nominal = ppdu_fields(profile, octets, vector)
    scale = stretch * rate_sps / sample_rate_sps(profile, vector)
    sync = next(field.start_sample for field in nominal if field.name == "AMP-Sync")

    def placed(sample: int) -> int:
        return round(sync_sample + (sample - sync) * scale)

    return tuple(
        replace(field, start_sample=placed(field.start_sample), stop_sample=placed(field.stop_sample))
        for field in nominal
    )
