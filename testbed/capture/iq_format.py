"""SigMF sample formats of complex baseband that the testbed reads, and how they become complex64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class IqFormat:
    """One ``core:datatype``: the type of I and of Q, the value that stands for an amplitude of 1, and that for 0."""

    datatype: str
    component: str
    unit: float
    zero: float = 0.0

    @property
    def octets_per_sample(self) -> int:
        """Octets of one complex sample."""
        return 2 * np.dtype(self.component).itemsize

    def to_complex(self, octets: bytes, unit: float | None = None) -> npt.NDArray[np.complex64]:
        """Return whole samples as complex64 of shape (n,), ``unit`` becoming an amplitude of 1."""
        values = np.frombuffer(octets, np.dtype(self.component))
        if self.zero:
            values = values.astype(np.float64) - self.zero
        with np.errstate(all="ignore"):  # what is no number stays none
            pairs = values.astype(np.float32) / np.float32(unit or self.unit)
        return pairs.view(np.complex64)


def _formats() -> list[IqFormat]:
    """A full-scale integer is an amplitude of 1 unless the recording says otherwise (amp:unit)."""
    found = [IqFormat("ci8", "i1", 128.0), IqFormat("cu8", "u1", 128.0, 127.5)]
    for ending, order in (("le", "<"), ("be", ">")):
        found += [
            IqFormat(f"cf32_{ending}", f"{order}f4", 1.0),
            IqFormat(f"cf64_{ending}", f"{order}f8", 1.0),
            IqFormat(f"ci16_{ending}", f"{order}i2", 32768.0),
            IqFormat(f"cu16_{ending}", f"{order}u2", 32768.0, 32767.5),
            IqFormat(f"ci32_{ending}", f"{order}i4", 2147483648.0),
            IqFormat(f"cu32_{ending}", f"{order}u4", 2147483648.0, 2147483647.5),
        ]
    return found


FORMATS = {each.datatype: each for each in _formats()}
