"""The sub-1 GHz downlink PPDU: AMP-Sync and AMP-Data on a continuous wave, nothing around them (rule 19)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.amp_sync import mono_static_downlink_chips
from ampradio.phy.downlink import data_run
from ampradio.phy.keying import keyed
from ampradio.phy.on_symbol import ChipRun
from ampradio.profile.airtime import samples
from ampradio.profile.model import Profile


def runs(profile: Profile, psdus: npt.NDArray[np.uint8]) -> tuple[ChipRun, ChipRun]:
    """Return AMP-Sync (8,) and AMP-Data (…, n) of ``psdus`` (…, octets) as chips of 8 µs."""
    chip_ns = profile.downlink.sub1ghz_chip_ns
    return ChipRun("AMP-Sync", mono_static_downlink_chips(profile.downlink), chip_ns), data_run(psdus, chip_ns)


def ppdu(profile: Profile, psdus: npt.NDArray[np.uint8]) -> npt.NDArray[np.complex64]:
    """Return sub-1 GHz PPDUs (…, n) at 4 MS/s of ``psdus`` (…, octets): ON is 1, OFF is 0."""
    sync, data = runs(profile, psdus)
    lead = data.chips.shape[:-1]
    chips = np.concatenate((np.broadcast_to(sync.chips, (*lead, sync.chips.size)), data.chips), axis=-1)
    return keyed(chips, samples(data.chip_ns, profile.downlink.sub1ghz_sample_rate_sps)).astype(np.complex64)
