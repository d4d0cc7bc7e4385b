"""An uncoded uplink from a row of samples to its octets in one call, sync and frame, as a loop for the accelerator."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.phy.uncoded_clear_loops import read_clear
from ampradio.phy.uplink_sync_loops import search_row
from ampradio.phy.uplink_word_loops import SearchTables

_Samples = npt.NDArray[np.complex64]
_Floats = npt.NDArray[np.float32]
_Reals = npt.NDArray[np.float64]
_Octets = npt.NDArray[np.uint8]
_Whole = npt.NDArray[np.int64]


@compiled(
    "void(complex64[:, ::1], float64[::1], int64, int64, float64, float64[:, ::1], uint8[:, ::1],"
    " Tuple((float32[:, :, ::1], float32[:, :, ::1], float32[::1], int64[:, ::1], int64[:, ::1], int64[::1],"
    " float32[:, :, ::1], int64, int64, int64, float32[::1], float32[::1], float64[:, ::1])),"
    " Tuple((float64[::1], float64[::1], int8[::1], int64[::1], int64[:, ::1], uint8[::1])))"
)
def receive_each(
    samples: _Samples, floor: _Reals, blocks: int, lead: int, weak: float, found: _Reals, psdus: _Octets,
    search: SearchTables, reading: tuple[_Reals, _Reals, npt.NDArray[np.int8], _Whole, _Whole, _Octets],
) -> None:  # fmt: skip
    """Write what is clear in each of ``samples`` into ``psdus`` and where it is into ``found`` (6, packets).

    Of ``found``: start, stretch, carrier in Hz and energy of the sync as of ``search_each``, the first three of the
    frame if it was read; its octets, 0 if it is not clear; and if the sync is to be looked for once more 2 because it
    is unsettled, 1 because it has less than ``weak`` times the floor. ``search`` is as of
    ``search_row``, ``reading`` as of ``read_clear``, which is given ``lead`` samples before the sync.
    """
    rate_sps = search[12][2, 0]
    track = np.empty(6)
    for packet in range(samples.shape[0]):
        start, stretch, carrier_hz, energy, unsettled = search_row(samples[packet], floor[packet], blocks, search)
        again = unsettled or energy < weak * floor[packet]
        origin, octets = int(start) - lead, 0
        if energy > 0 and origin >= 0 and not again:
            track[0], track[1] = lead, stretch
            row = samples[packet, origin:]
            octets = max(read_clear(row, carrier_hz / rate_sps, track, *reading, psdus[packet]), 0)
        if octets > 0:
            start, stretch, carrier_hz = origin + track[0], track[1], carrier_hz + track[3] * rate_sps / (2 * math.pi)
        found[0, packet], found[1, packet], found[2, packet], found[3, packet] = start, stretch, carrier_hz, energy
        found[4, packet], found[5, packet] = octets, (2.0 if unsettled else 1.0) if again else 0.0
