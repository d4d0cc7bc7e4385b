"""The rate-1/2 binary convolutional encoder of 802.11 17.3.5.6: L-SIG, U-SIG and the active uplink."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio import accelerator

CONSTRAINT = 7
POLYNOMIALS = (0o133, 0o171)


def encode(
    bits: npt.NDArray[np.uint8],
    polynomials: tuple[int, int] = POLYNOMIALS,
    constraint: int = CONSTRAINT,
) -> npt.NDArray[np.uint8]:
    """Return the coded bits (…, 2n) of ``bits`` (…, n), output A then output B of each bit, from state zero.

    The MSB of a polynomial weighs the newest bit. Tail bits are the caller's.
    """
    count = bits.shape[-1]
    if bits.ndim == 2 and accelerator.is_on():
        from ampradio.phy.viterbi_loop import encode_each

        out = np.empty((bits.shape[0], 2 * count), np.uint8)
        encode_each(np.require(bits, np.uint8, ("C", "W")), *polynomials, constraint, out)
        return out
    history = np.zeros((*bits.shape[:-1], constraint - 1 + count), np.uint8)
    history[..., constraint - 1 :] = bits
    coded = np.zeros((*bits.shape, 2), np.uint8)
    for delay in range(constraint):
        delayed = history[..., constraint - 1 - delay : constraint - 1 - delay + count]
        for output, polynomial in enumerate(polynomials):
            if polynomial >> (constraint - 1 - delay) & 1:
                coded[..., output] ^= delayed
    return coded.reshape(*bits.shape[:-1], 2 * count)
