"""Where in a recording the channel lies: by its metadata, by the preamble of what an AP sent, or by a tag's carrier."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from ampradio.mac.excitation import Excitation
from ampradio.phy.modulate import ppdu
from ampradio.phy.tag_receiver import TagReceiver
from ampradio.profile import Profile
from ampradio.vectors import PpduKind, TxVector
from testbed.annotate.activity import Activity, Spectra
from testbed.annotate.source import Source
from testbed.capture import Recording

_PREAMBLES_ENOUGH = 16
_SLIP = 3
_ZERO_FILL = 16
_SECONDS_SEARCHED = 0.5
_NS = 1_000_000_000
Progress = Callable[[float], None]


def offset_by_metadata(recording: Recording, profile: Profile) -> float | None:
    """Return where the profile's carrier lies in the recording; None where its metadata does not say, or it is not."""
    if recording.center_hz is None:
        return None
    offset_hz = profile.uplink.carrier_hz - recording.center_hz
    return offset_hz if abs(offset_hz) < recording.sample_rate_sps / 2 else None


def searched_offset(recording: Recording, profile: Profile, progress: Progress) -> tuple[float, str]:
    """Return where the channel's centre seems to lie, and by what that was told; 0 and "nothing" when by nothing.

    Downlink PPDUs are found by their envelope, wherever they lie in the band, and their L-STF and L-LTF tell the rest
    to about a kilohertz. Without one, the strongest line does: a tag's carrier, up to 2.44 MHz beside the centre.
    """
    native, wide = profile.preamble.sample_rate_sps, profile.preamble.wide_sample_rate_sps
    source = Source(recording, wide if recording.sample_rate_sps > native else native)
    receiver = TagReceiver(profile, source.rate_sps, source.rate_sps // 10_000_000, squares=True)
    activity = Activity(source.rate_sps, 0.0, min(source.rate_sps, recording.sample_rate_sps) / 2)
    spectra = Spectra(activity)
    found: list[float] = []
    limit = int(_SECONDS_SEARCHED * source.rate_sps)
    seen = 0
    for block in source.blocks(progress):
        spectra.feed(block)
        for reception in receiver.feed(block):
            offset_hz = _by_preamble(profile, source, reception.rxvector.start_sample)
            if offset_hz is not None:
                found.append(offset_hz)
        seen += block.size
        if len(found) >= _PREAMBLES_ENOUGH or (found and seen > limit):
            break
    if found:
        return float(np.median(found)), "preambles"
    if activity.strongest_hz is not None and activity.spans(0):
        return activity.strongest_hz, "a carrier"
    return 0.0, "nothing"


def _by_preamble(profile: Profile, source: Source, start: int) -> float | None:
    """Return the frequency of what is left when the known preamble is taken off; None if nothing is."""
    reference = _reference(profile, source.rate_sps)
    best, best_hz = 0.0, None
    samples = source.read(start - _SLIP, reference.size + 2 * _SLIP)
    for slip in range(2 * _SLIP + 1):
        piece = samples[slip : slip + reference.size]
        if piece.size < reference.size:
            return None
        spectrum = np.abs(np.fft.fft(piece * reference.conj(), _ZERO_FILL * reference.size))
        peak = int(spectrum.argmax())
        if spectrum[peak] > best:
            best = float(spectrum[peak])
            best_hz = _interpolated(spectrum, peak) * source.rate_sps / spectrum.size
    return best_hz


def _interpolated(spectrum: npt.NDArray[np.float64], peak: int) -> float:
    """Return the peak's place between bins by a parabola, negative above half the band."""
    left, middle, right = (float(spectrum[(peak + step) % spectrum.size]) for step in (-1, 0, 1))
    bend = left - 2 * middle + right
    place = peak + (0.5 * (left - right) / bend if bend else 0.0)
    return place - spectrum.size if place > spectrum.size / 2 else place


def _reference(profile: Profile, rate_sps: int) -> npt.NDArray[np.complex128]:
    """Return L-STF and L-LTF: they are the same in every downlink PPDU."""
    psdu = Excitation().encode(profile.mac)
    vector = TxVector(PpduKind.DL_TYPE1, profile.downlink.rate_low_bps)
    native = profile.preamble.sample_rate_sps
    training_ns = profile.preamble.l_stf_ns + profile.preamble.l_ltf_ns
    whole = ppdu(profile, psdu, vector)[: training_ns * native // _NS]
    return np.asarray(whole if rate_sps == native else resample_poly(whole, rate_sps // native, 1), np.complex128)
