"""What stands behind the blocks of a PlutoSDR's flowgraph: its settings, its loopback, and the PHY between both."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ampradio.phy.narrow import crest
from ampradio.profile import Profile, load_profile
from ampradio.radio.board import Board
from ampradio.radio.front_end_settings import apply_settings, set_loopback
from ampradio.radio.interface import Loopback, RadioSettings
from ampradio.radio.radio_uri import radio_uri
from ampradio.sap.phy_side import PhySap
from flowgraphs.entities import NoWitness, compile_loops, compiled_on_stderr, receiver_for
from flowgraphs.gr_iio_losses import GrIioLosses
from flowgraphs.parties import LossWitness, Sap
from flowgraphs.pluto_phy import PlutoPhy
from flowgraphs.pluto_stream import PlutoStream
from flowgraphs.streams import ROLES

TIMEOUT_S = 3.0
PEAK = 0.9
LEAD = 1 << 18  # samples that the transmit stream is ahead: more than gr-iio and the kernel hold
AHEAD = 3 << 14  # of them the radio has: more than gr-iio reads before anybody asks
SETTLE_BLOCKS = 16


def pluto_phy(
    sap: Sap,
    role: str,
    profile: Profile,
    board: Board,
    settings: RadioSettings,
    block: int,
    *,
    scale: float,
    witness: LossWitness,
    keep: Callable[[npt.NDArray[np.complex64]], None],
    losses: GrIioLosses,
    delay_samples: int = 0,
    **errors: float,
) -> PlutoPhy:
    """Set the radio of ``board``, its digital loopback closed, and return the PHY of a flowgraph on it.

    ``losses`` is what the flowgraph's blocks say of them.
    ``delay_samples`` is how much later than the loopback says a burst arrives by the antennas (calibration).
    ``errors`` are ``chip_clock_ppm`` and ``carrier_offset_hz`` of the station's transmitter. Raises RadioError.
    """
    closed = Loopback.DIGITAL
    apply_settings(board, settings, None)
    set_loopback(board, closed)
    return PlutoPhy(
        sap,
        receiver_for(role, profile, settings.rate_sps),
        profile,
        witness,
        ROLES.index(role),
        settings.rate_sps,
        stream=PlutoStream(scale, LEAD),
        has_lost=lambda: _either(board.has_lost(), losses.told()),
        set_loopback=lambda close: set_loopback(board, closed if close else settings.loopback),
        keep=keep,
        settle=SETTLE_BLOCKS * block,
        delay_samples=delay_samples,
        **errors,
    )


def served_pluto(
    sap: str,
    role: str,
    profile_name: str,
    uri: str,
    rate_sps: int,
    centre_hz: int,
    gain_db: float,
    attenuation_db: float,
    block: int,
) -> PlutoPhy:
    """Return a PHY on the PlutoSDR at ``uri`` that waits at the ZMQ address ``sap`` for a MAC.

    Raises:
        RadioError: the radio cannot be set.
    """
    profile = load_profile(profile_name)
    compile_loops(role, compiled_on_stderr)
    settings = RadioSettings(centre_hz, rate_sps, rate_sps, gain_db, attenuation_db)
    scale = PEAK / crest(profile, rate_sps) if role == "ap" else PEAK
    served = PhySap(sap, profile.name)
    sys.stderr.write(f"waiting for a MAC at {served.endpoint} (docs/phy-sap.md)\n")
    board = Board(radio_uri(uri), TIMEOUT_S)
    phy = pluto_phy(
        served,
        role,
        profile,
        board,
        settings,
        block,
        scale=scale,
        witness=NoWitness(),
        keep=lambda samples: None,
        losses=GrIioLosses(),
    )
    threading.Thread(target=_end_with, args=(phy,), daemon=True).start()
    return phy


def _either(one: tuple[bool, bool], other: tuple[bool, bool]) -> tuple[bool, bool]:
    return one[0] or other[0], one[1] or other[1]


def _end_with(phy: Any) -> None:
    phy.stopped.wait()
    if phy.failure:
        sys.stderr.write(f"{phy.failure}\n")
        sys.stderr.flush()
        os._exit(3)
