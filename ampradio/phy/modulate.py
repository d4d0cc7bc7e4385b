"""From PSDU and TXVECTOR to samples: one PPDU, or many of one size at once for sweeps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy import bistatic, downlink, mono_static, reflection, sub1ghz, uplink
from ampradio.phy.sample_grid import sample_rate_sps
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind, TxVector

_NS_PER_S = 1_000_000_000

__all__ = ["ppdu", "ppdus", "sample_rate_sps"]


def ppdu(profile: Profile, psdu: bytes, vector: TxVector, *, clock_ppm: float = 0.0) -> npt.NDArray[np.complex64]:
    """Return the samples (n,) of the PPDU at ``sample_rate_sps(profile, vector)``, signal extension included.

    Downlink: ON with unit mean power, Type 4 relative to the centre of its half. Active uplink: a carrier of amplitude
    1 at the channel offset, its phase 0 at sample 0. Backscatter: the tag's reflection coefficient before any frequency
    shift. ``clock_ppm`` is the error of an uplink chip's duration (rule 23); a sample in which an edge falls has the
    area fraction of that sample. From the vector's cut-off on there is silence.
    Raises ValueError for an empty PSDU, a rate, partial ID, seed index, channel offset or excitation that does not
    exist, a PPDU over the longest (rule 14), and a downlink ``clock_ppm`` (resample in the channel instead: the AP's
    clock is the reference).
    """
    return ppdus(profile, np.frombuffer(psdu, np.uint8), vector, clock_ppm=clock_ppm)


def ppdus(
    profile: Profile,
    psdus: npt.NDArray[np.uint8],
    vector: TxVector,
    *,
    clock_ppm: float | npt.NDArray[np.float64] = 0.0,
) -> npt.NDArray[np.complex64]:
    """Return the samples (packets, n) of PPDUs that carry ``psdus`` (packets, octets); see ``ppdu``.

    ``clock_ppm`` may be an array (packets,): n is then that of the longest and the others end in silence.
    """
    if psdus.shape[-1] == 0:
        raise ValueError("a PSDU has at least one octet")
    samples = _whole(profile, psdus, vector, clock_ppm)
    if vector.cut_off_ns:
        samples[..., vector.cut_off_ns * sample_rate_sps(profile, vector) // _NS_PER_S :] = 0
    return samples


def _whole(
    profile: Profile, psdus: npt.NDArray[np.uint8], vector: TxVector, clock_ppm: float | npt.NDArray[np.float64]
) -> npt.NDArray[np.complex64]:
    if vector.kind.is_downlink:
        if np.any(np.asarray(clock_ppm) != 0):
            raise ValueError("clock_ppm is for the uplink; emulate a tag's clock by resampling in the channel")
        return _downlink(profile, psdus, vector)
    rate_sps = sample_rate_sps(profile, vector)
    if vector.kind is PpduKind.UL_ACTIVE:
        return uplink.active(profile, psdus, vector, rate_sps, clock_ppm)
    return reflection.reflection(profile, psdus, vector, rate_sps, clock_ppm)


def _downlink(profile: Profile, psdus: npt.NDArray[np.uint8], vector: TxVector) -> npt.NDArray[np.complex64]:
    if vector.kind is PpduKind.DL_TYPE1:
        return downlink.type1(profile, psdus, vector)
    if vector.kind is PpduKind.DL_TYPE5:
        return bistatic.type5(profile, psdus, vector)
    if vector.kind is PpduKind.DL_TYPE4:
        return bistatic.type4(profile, psdus, vector)
    if vector.kind is PpduKind.DL_SUB1GHZ:
        if vector.rate_bps != profile.downlink.sub1ghz_rate_bps:
            raise ValueError(f"sub-1 GHz has {profile.downlink.sub1ghz_rate_bps} b/s only, not {vector.rate_bps}")
        return sub1ghz.ppdu(profile, psdus)
    return mono_static.ppdu(profile, psdus, vector)
