"""Type 1: the downlink PPDU to active tags, and the pieces that the other types share with it (rules 12 to 17)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ampradio.phy import amp_sig, non_amp
from ampradio.phy.amp_sync import downlink_chips
from ampradio.phy.manchester import chips_of
from ampradio.phy.on_symbol import ChipRun, ones, waveform
from ampradio.phy.signal_field import l_length
from ampradio.phy.usig import USig
from ampradio.profile.airtime import downlink_chip_ns, padding_ns, samples
from ampradio.profile.model import Profile
from ampradio.psdu import bits_of
from ampradio.vectors import TxVector

SIGNAL_EXTENSION = "Signal extension"


def data_run(psdus: npt.NDArray[np.uint8], chip_ns: int) -> ChipRun:
    """Return AMP-Data of ``psdus`` (…, octets): no FEC, no scrambling."""
    return ChipRun("AMP-Data", chips_of(np.unpackbits(psdus, axis=-1, bitorder="little")), chip_ns)


def addressed_runs(
    profile: Profile, psdus: npt.NDArray[np.uint8], rate_bps: int, partial_id: int
) -> list[ChipRun]:
    """Return AMP-Sync, AMP-SIG and AMP-Data of Types 1, 4 and 5."""
    downlink = profile.downlink
    chip_ns = downlink_chip_ns(profile, rate_bps)
    return [
        ChipRun("AMP-Sync", downlink_chips(downlink, rate_bps), downlink.sync_chip_ns),
        ChipRun("AMP-SIG", chips_of(bits_of(amp_sig.octets(downlink, partial_id))), chip_ns),
        data_run(psdus, chip_ns),
    ]


def type1_runs(profile: Profile, psdus: npt.NDArray[np.uint8], vector: TxVector) -> list[ChipRun]:
    """Return the chip fields of Type 1, also of Type 5: the padding is longer when the frame is protected (rule 17)."""
    runs = addressed_runs(profile, psdus, vector.rate_bps, vector.partial_id)
    return [*runs, ones("Padding", padding_ns(profile, vector.protected), profile.downlink.padding_chip_ns)]


def durations(profile: Profile, runs: Sequence[ChipRun], excitation_ns: int = 0) -> tuple[tuple[str, int], ...]:
    """Return name and duration in ns of every field of a downlink PPDU: non-AMP, ``runs``, excitation, extension."""
    fields = [*non_amp.durations(profile.preamble), *((run.name, run.duration_ns) for run in runs)]
    if excitation_ns:
        fields.append(("Excitation", excitation_ns))
    return (*fields, (SIGNAL_EXTENSION, profile.downlink.signal_extension_ns))


def non_amp_portion(
    profile: Profile, fields: Sequence[tuple[str, int]], u_sig: USig, duplicate: bool = False
) -> npt.NDArray[np.complex64]:
    """Return the non-AMP portion that announces a PPDU of these ``fields``; raises ValueError if it is too long."""
    length = l_length(profile, sum(duration_ns for _, duration_ns in fields))
    return non_amp.portion(profile.preamble, profile.downlink.subcarrier_spacing_hz, length, u_sig, duplicate)


def joined(parts: Sequence[npt.NDArray[np.complex64]], extension_samples: int) -> npt.NDArray[np.complex64]:
    """Return the parts (…, n_i) one after the other and the silent signal extension, leading axes broadcast."""
    lead = np.broadcast_shapes(*(part.shape[:-1] for part in parts))
    out = np.zeros((*lead, sum(part.shape[-1] for part in parts) + extension_samples), np.complex64)
    start = 0
    for part in parts:
        out[..., start : start + part.shape[-1]] = part
        start += part.shape[-1]
    return out


def type1(profile: Profile, psdus: npt.NDArray[np.uint8], vector: TxVector) -> npt.NDArray[np.complex64]:
    """Return Type 1 PPDUs (…, n) at 20 MS/s of ``psdus`` (…, octets).

    Raises ValueError for a rate or partial ID that does not exist and for a PPDU over the longest (rule 14).
    """
    rate_sps = profile.preamble.sample_rate_sps
    runs = type1_runs(profile, psdus, vector)
    head = non_amp_portion(profile, durations(profile, runs), USig(profile.preamble.mode_active))
    body = waveform(profile.downlink, runs, rate_sps)
    return joined((head, body), samples(profile.downlink.signal_extension_ns, rate_sps))
