"""What the AP's own front end makes of a strong signal where a weak one is expected: its image and an offset.

The image of the excitation lies in the half of the channel in which replies are, and with 1 dB and 5 degrees between I
and Q it is stronger than any of them. Both are learnt before a reply, from what is in that half then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class FrontEndFaults:
    """Per packet the offset and the part of the conjugate signal that is added to it, both complex (packets,)."""

    offset: npt.NDArray[np.complex64]
    image: npt.NDArray[np.complex64]

    @classmethod
    def in_halves(
        cls,
        stream: npt.NDArray[np.complex64],
        halves: Callable[[npt.NDArray[np.complex64]], tuple[npt.NDArray[np.complex64], npt.NDArray[np.complex64]]],
    ) -> FrontEndFaults:
        """Return what the ``stream`` (packets, n) shows of its front end while nobody replies.

        ``halves`` gives the two of such a stream (packets, n), equally far either side of its centre: first the one in
        which the strong signal is, then the one in which its image is all there is.
        """
        offset = np.mean(stream, axis=1).astype(np.complex64)
        direct, quiet = halves(stream - offset[:, np.newaxis])
        strong, weak = (
            np.add.reduce(each.real * each.real + each.imag * each.imag, axis=1) for each in (direct, quiet)
        )
        image = np.add.reduce(quiet * direct, axis=1) / np.maximum(strong, np.finfo(np.float32).tiny)
        image[weak >= strong] = 0  # that is no image of it
        return cls(offset, image.astype(np.complex64))

    def taken_off(self, samples: npt.NDArray[np.complex64]) -> npt.NDArray[np.complex64]:
        """Return ``samples`` (packets, n) of the stream without them."""
        centred = samples - self.offset[:, np.newaxis]
        centred -= self.image[:, np.newaxis] * centred.conj()
        return centred
