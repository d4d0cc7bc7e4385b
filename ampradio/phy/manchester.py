"""Manchester coding: one bit becomes two chips, data 1 = OFF ON, data 0 = ON OFF (air interface, sections 2 and 3)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def chips_of(bits: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the chips (…, 2n), 1 = ON, of ``bits`` (…, n)."""
    pairs: npt.NDArray[np.uint8] = np.stack((bits ^ 1, bits), axis=-1)
    return pairs.reshape(*bits.shape[:-1], 2 * bits.shape[-1])


def chips_from_text(text: str) -> npt.NDArray[np.uint8]:
    """Return the chips that the profile writes as ``0`` and ``1``, leftmost first, shape (n,).

    Raises ValueError for any other character.
    """
    if not text or set(text) - {"0", "1"}:
        raise ValueError(f"chips must be written with 0 and 1 only, not {text!r}")
    return np.array([character == "1" for character in text], np.uint8)
