"""The inside of a receiver, for whoever wants to look: signals computed again for one PPDU that it has received.

The receivers know nothing of it. It takes the samples about a PPDU and the reception, and goes the receiver's way once
more with the receiver's own classes; so what is not asked for costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.fields import Field


@dataclass(frozen=True, eq=False)
class ProbeSignal:
    """One signal of a receiver.

    Attributes:
        name: such as ``soft_chips``.
        what: one line for a person, with the unit.
        values: (n,), float32 or complex64.
        rate_sps: values per second of the receiver's clock.
        first_sample: where in the received stream the first value stands, in samples of it.
        marks: fields of the PPDU, in values.
    """

    name: str
    what: str
    values: npt.NDArray[np.float32] | npt.NDArray[np.complex64]
    rate_sps: float
    first_sample: float
    marks: tuple[Field, ...]


def marks_of(fields: tuple[Field, ...], first_sample: float, step: float, size: int) -> tuple[Field, ...]:
    """Return ``fields``, given in samples, within ``size`` values of which one stands every ``step`` samples."""

    def value(sample: int) -> int:
        return min(max(round((sample - first_sample) / step), 0), size)

    placed = (Field(each.name, value(each.start_sample), value(each.stop_sample)) for each in fields)
    return tuple(each for each in placed if each.stop_sample > each.start_sample)
