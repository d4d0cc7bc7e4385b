"""Types 2 and 3: the downlink PPDU that carries a command to a mono-static tag and then the wave it reflects."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy import downlink
from ampradio.phy.amp_sync import mono_static_downlink_chips
from ampradio.phy.on_symbol import ChipRun, ones, waveform
from ampradio.phy.usig import USig, mono_static_parts
from ampradio.profile.airtime import samples
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind, TxVector


def runs(profile: Profile, psdus: npt.NDArray[np.uint8], vector: TxVector) -> list[ChipRun]:
    """Return the chip fields: WUP-Excitation in Type 2, AMP-Sync, AMP-Data, BST-Excitation (rule 16).

    Raises ValueError for another rate than 250 kb/s or an excitation shorter than the draft allows.
    """
    settings = profile.downlink
    if vector.rate_bps != settings.rate_low_bps:
        raise ValueError(f"mono-static tags receive {settings.rate_low_bps} b/s only, not {vector.rate_bps}")
    if vector.excitation_ns < settings.bst_excitation_min_ns:
        raise ValueError(f"BST-Excitation of {vector.excitation_ns} ns is below {settings.bst_excitation_min_ns} ns")
    wup_ns = vector.wup_ns or settings.wup_excitation_ns
    if wup_ns < settings.wup_excitation_min_ns:
        raise ValueError(f"WUP-Excitation of {wup_ns} ns is below {settings.wup_excitation_min_ns} ns")
    chip_ns = settings.sync_chip_ns
    wake_up = [ones("WUP-Excitation", wup_ns, chip_ns)] if vector.kind is PpduKind.DL_TYPE2 else []
    return [
        *wake_up,
        ChipRun("AMP-Sync", mono_static_downlink_chips(settings), chip_ns),
        downlink.data_run(psdus, settings.chip_250k_ns),
        ones("BST-Excitation", vector.excitation_ns, chip_ns),
    ]


def durations(profile: Profile, octets: int, vector: TxVector) -> tuple[tuple[str, int], ...]:
    """Return name and duration in ns of the fields of a Type 2 or 3 PPDU of ``octets``; errors as ``runs``."""
    return downlink.durations(profile, runs(profile, np.zeros(octets, np.uint8), vector))


def ppdu(profile: Profile, psdus: npt.NDArray[np.uint8], vector: TxVector) -> npt.NDArray[np.complex64]:
    """Return Type 2 or 3 PPDUs (…, n) at 20 MS/s of ``psdus`` (…, octets).

    ``vector.excitation_ns``: see ``profile.airtime.bst_excitation_ns``. Raises ValueError as ``runs`` does, and if the
    PPDU is too long.
    """
    rate_sps = profile.preamble.sample_rate_sps
    part1, part2 = mono_static_parts(profile.preamble, vector.multi_txop, vector.session_id, vector.sta_id)
    chip_runs = runs(profile, psdus, vector)
    u_sig = USig(profile.preamble.mode_mono_static, part1=part1, part2=part2)
    head = downlink.non_amp_portion(profile, downlink.durations(profile, chip_runs), u_sig)
    body = waveform(profile.downlink, chip_runs, rate_sps)
    return downlink.joined((head, body), samples(profile.downlink.signal_extension_ns, rate_sps))
