"""AMP-SIG: two octets that tell a tag whether the PPDU may be for it (rule 15)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.profile.model import Downlink
from ampradio.psdu import crc8, octets_of

PARTIAL_ID_BITS = 6
UNSURE = 0.4
"""Of what the halves of its bits differ by in the mean: below that a bit is anybody's guess."""


def octets(downlink: Downlink, partial_id: int) -> bytes:
    """Return the two AMP-SIG octets: version, device type, ``partial_id``, then the CRC-8 of that octet.

    Raises ValueError for a partial ID outside 0…63.
    """
    if not 0 <= partial_id < 1 << PARTIAL_ID_BITS:
        raise ValueError(f"partial ID must be 0…63, not {partial_id}")
    first = downlink.sig_version | downlink.sig_device_type << 1 | partial_id << 2
    return bytes((first, crc8(bytes((first,)))))


def partial_id_of(downlink: Downlink, received: bytes) -> int | None:
    """Return the partial ID that a received AMP-SIG carries, or None if it is not a valid AMP-SIG of this version."""
    if len(received) != len(octets(downlink, 0)) or crc8(received[:1]) != received[1]:
        return None
    partial_id = received[0] >> 2
    return partial_id if octets(downlink, partial_id) == received else None


def partial_id_by(downlink: Downlink, difference: npt.NDArray[np.float64]) -> int | None:
    """Return the partial ID of an AMP-SIG whose bits' second halves have more energy than the first by ``difference``.

    ``difference`` (16,) is of any unit. None as for ``partial_id_of``; but the bit that is least sure, if it is not
    sure at all, may be the other one. Of words of chance twice as many are taken for an AMP-SIG then: 1 in 512.
    """
    bits = (difference > 0).astype(np.uint8)
    partial_id = partial_id_of(downlink, octets_of(bits))
    if partial_id is None:
        sureness = np.abs(difference)
        least = int(np.argmin(sureness))
        if sureness[least] < UNSURE * sureness.mean():
            bits[least] ^= 1
            partial_id = partial_id_of(downlink, octets_of(bits))
    return partial_id
