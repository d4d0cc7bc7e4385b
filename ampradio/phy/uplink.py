"""The uplink PPDU: AMP-Sync and AMP-Data as chips, and the active tag's keyed carrier (rules 20 and 21)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.amp_sync import uplink_chips
from ampradio.phy.convolutional import encode
from ampradio.phy.keying import keyed
from ampradio.phy.manchester import chips_of
from ampradio.phy.non_amp import carrier
from ampradio.phy.on_symbol import ChipRun
from ampradio.phy.scrambler import scramble
from ampradio.profile.airtime import samples, uplink_chip_ns, uplink_is_coded
from ampradio.profile.model import Profile, Uplink
from ampradio.vectors import PpduKind, TxVector


def scrambler_seed(uplink: Uplink, seed_index: int) -> int:
    """Return the scrambler seed of ``seed_index``; raises ValueError for an index outside the table."""
    if not 0 <= seed_index < len(uplink.scrambler_seeds):
        raise ValueError(f"seed index must be 0…{len(uplink.scrambler_seeds) - 1}, not {seed_index}")
    return uplink.scrambler_seeds[seed_index]


def data_bits(profile: Profile, psdus: npt.NDArray[np.uint8], vector: TxVector) -> npt.NDArray[np.uint8]:
    """Return the bits to be Manchester coded, (…, n), of ``psdus`` (…, octets): scrambled, tailed and coded if so.

    Active tags scramble at every rate and code below 4 Mb/s; backscatter does neither (rule 21).
    Raises ValueError for a rate or seed index that does not exist.
    """
    uplink = profile.uplink
    bits = np.unpackbits(psdus, axis=-1, bitorder="little")
    if vector.kind is PpduKind.UL_ACTIVE:
        bits = scramble(bits, scrambler_seed(uplink, vector.seed_index), uplink.scrambler_taps)
    if not uplink_is_coded(profile, vector.kind, vector.rate_bps):
        return bits
    tail = np.zeros((*bits.shape[:-1], uplink.bcc_tail_bits), np.uint8)
    polynomials = (uplink.bcc_polynomial_a, uplink.bcc_polynomial_b)
    return encode(np.concatenate((bits, tail), axis=-1), polynomials, uplink.bcc_constraint)


def runs(profile: Profile, psdus: npt.NDArray[np.uint8], vector: TxVector) -> tuple[ChipRun, ChipRun]:
    """Return AMP-Sync (n,) and AMP-Data (…, n) of ``psdus`` (…, octets) as chips.

    Raises ValueError for a kind, rate or seed index that does not exist.
    """
    chip_ns = uplink_chip_ns(profile, vector.kind, vector.rate_bps)
    sync = uplink_chips(profile.uplink, vector.kind)
    data = chips_of(data_bits(profile, psdus, vector))
    return ChipRun("AMP-Sync", sync, chip_ns), ChipRun("AMP-Data", data, chip_ns)


def levels(
    profile: Profile,
    psdus: npt.NDArray[np.uint8],
    vector: TxVector,
    rate_sps: int,
    clock_ppm: float | npt.NDArray[np.float64] = 0.0,
) -> npt.NDArray[np.float32]:
    """Return how far ON each sample is, 0…1, (…, n), from the first sync edge to the last data edge.

    ``clock_ppm`` is the tag's chip duration error (rule 23); an array has the leading shape of ``psdus``.
    """
    sync, data = runs(profile, psdus, vector)
    lead = data.chips.shape[:-1]
    chips = np.concatenate((np.broadcast_to(sync.chips, (*lead, sync.chips.size)), data.chips), axis=-1)
    return keyed(chips, samples(data.chip_ns, rate_sps), clock_ppm)


def active(
    profile: Profile,
    psdus: npt.NDArray[np.uint8],
    vector: TxVector,
    rate_sps: int,
    clock_ppm: float | npt.NDArray[np.float64] = 0.0,
) -> npt.NDArray[np.complex64]:
    """Return active-Tx PPDUs (…, n): ON an unmodulated carrier of amplitude 1, OFF nothing (rule 20).

    The carrier is ``vector.channel_offset_hz`` off, its phase 0 at sample 0. Raises ValueError for an offset that the
    rate does not have.
    """
    offset_hz, step_hz = vector.channel_offset_hz, profile.uplink.channel_offset_hz
    keyed_carrier = levels(profile, psdus, vector, rate_sps, clock_ppm).astype(np.complex64)
    if not offset_hz:
        return keyed_carrier
    if abs(offset_hz) != step_hz or vector.rate_bps == profile.uplink.rate_high_bps:
        raise ValueError(f"no channel offset of {offset_hz} Hz at {vector.rate_bps} b/s")
    keyed_carrier *= carrier(offset_hz, keyed_carrier.shape[-1], rate_sps).astype(np.complex64)
    return keyed_carrier
