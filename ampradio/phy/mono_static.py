"""Types 2 and 3: the downlink PPDU that carries a command to a mono-static tag and then the wave it reflects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy import downlink
from ampradio.phy.amp_sync import mono_static_downlink_chips
from ampradio.phy.on_symbol import ChipRun, ones, waveform
from ampradio.phy.usig import USig, mono_static_parts
from ampradio.profile.airtime import samples
from ampradio.profile.model import Profile


@dataclass(frozen=True)
class MonoStatic:
    """What a Type 2 (``first`` of its TXOP) or Type 3 PPDU needs beside its PSDU.

    ``bst_ns`` is the duration of the BST-Excitation, see ``profile.airtime.bst_excitation_ns``; ``multi_txop``,
    ``session_id`` (2 LSB) and ``sta_id`` (12 LSB) go into U-SIG.
    """

    first: bool
    bst_ns: int
    multi_txop: bool = False
    session_id: int = 0
    sta_id: int = 0


def runs(profile: Profile, psdus: npt.NDArray[np.uint8], send: MonoStatic) -> list[ChipRun]:
    """Return the chip fields: WUP-Excitation in Type 2, AMP-Sync, AMP-Data, BST-Excitation (rule 16)."""
    settings = profile.downlink
    chip_ns = settings.sync_chip_ns
    wake_up = [ones("WUP-Excitation", settings.wup_excitation_ns, chip_ns)] if send.first else []
    return [
        *wake_up,
        ChipRun("AMP-Sync", mono_static_downlink_chips(settings), chip_ns),
        downlink.data_run(psdus, settings.chip_250k_ns),
        ones("BST-Excitation", send.bst_ns, chip_ns),
    ]


def durations(profile: Profile, octets: int, send: MonoStatic) -> tuple[tuple[str, int], ...]:
    """Return name and duration in ns of the fields of a Type 2 or 3 PPDU of ``octets``."""
    return downlink.durations(profile, runs(profile, np.zeros(octets, np.uint8), send))


def ppdu(profile: Profile, psdus: npt.NDArray[np.uint8], send: MonoStatic) -> npt.NDArray[np.complex64]:
    """Return Type 2 or 3 PPDUs (…, n) at 20 MS/s of ``psdus`` (…, octets).

    Raises ValueError if the BST-Excitation is shorter than the draft allows or the PPDU is too long.
    """
    if send.bst_ns < profile.downlink.bst_excitation_min_ns:
        raise ValueError(f"BST-Excitation of {send.bst_ns} ns is below {profile.downlink.bst_excitation_min_ns} ns")
    rate_sps = profile.preamble.sample_rate_sps
    part1, part2 = mono_static_parts(profile.preamble, send.multi_txop, send.session_id, send.sta_id)
    chip_runs = runs(profile, psdus, send)
    u_sig = USig(profile.preamble.mode_mono_static, part1=part1, part2=part2)
    head = downlink.non_amp_portion(profile, downlink.durations(profile, chip_runs), u_sig)
    body = waveform(profile.downlink, chip_runs, rate_sps)
    return downlink.joined((head, body), samples(profile.downlink.signal_extension_ns, rate_sps))
