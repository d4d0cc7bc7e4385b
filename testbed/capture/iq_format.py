"""SigMF sample formats of complex baseband that the testbed reads, and how they become complex64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class IqFormat:
    """One ``core:datatype``: the type of I and of Q, and the value that stands for an amplitude of 1."""

    datatype: str
    component: str
    unit: float

    @property
    def octets_per_sample(self) -> int:
        """Octets of one complex sample."""
        return 2 * np.dtype(self.component).itemsize

    def to_complex(self, octets: bytes, unit: float | None = None) -> npt.NDArray[np.complex64]:
        """Return whole samples as complex64 of shape (n,), ``unit`` becoming an amplitude of 1."""
        pairs = np.frombuffer(octets, np.dtype(self.component)).astype(np.float32) / np.float32(unit or self.unit)
        return pairs.view(np.complex64)


# A full-scale integer is an amplitude of 1 unless the recording says otherwise (amp:unit).
FORMATS = {
    each.datatype: each
    for each in (
        IqFormat("cf32_le", "<f4", 1.0),
        IqFormat("cf64_le", "<f8", 1.0),
        IqFormat("ci16_le", "<i2", 32768.0),
        IqFormat("ci8", "i1", 128.0),
    )
}
