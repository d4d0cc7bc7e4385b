"""The receiver that a recording is replayed through: of its role, its kind of tag, its windows and its sample rate."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ampradio.phy.command_format import sub1ghz
from ampradio.phy.mono_tag_receiver import MonoTagReceiver
from ampradio.phy.reception import Reception
from ampradio.phy.tag_receiver import TagReceiver
from ampradio.profile import Profile
from testbed.capture import CaptureError, Recording
from testbed.experiment.pluto_limits import NARROWEST_SPS
from testbed.replay_ap import ReplayAp

_ENVELOPE_SPS = 10_000_000
DEVICES = ("active", "bistatic", "mono-static", "sub-1 GHz")


def tag_decimation(rate_sps: int) -> int:
    """Return how many samples a 2.4 GHz tag's receiver sums the power of: it works on ten million sums a second."""
    return max(rate_sps // _ENVELOPE_SPS, 1)


class StreamReceiver(Protocol):
    """Takes complex samples piece by piece and gives the PPDUs that they complete."""

    counters: Counter[str]

    def feed(self, items: npt.NDArray[np.complex64]) -> list[Reception]:
        """Take the next samples."""
        ...

    def blank(self, start: int, stop: int) -> None:
        """Ignore the samples from ``start`` up to ``stop``."""
        ...


def replay_receiver(recording: Recording, profile: Profile, role: str) -> StreamReceiver:
    """Return the receiver of ``role`` for ``recording``, told its windows and own transmissions.

    Raises:
        CaptureError: there is none for this sample rate, device or window.
    """
    try:
        receiver = ReplayAp(recording, profile) if role == "ap" else _tag(recording, profile)
    except ValueError as error:
        rate_sps = recording.sample_rate_sps
        reason = f"at {rate_sps} sample/s cannot be replayed here: {error}"
        native = f"{profile.preamble.sample_rate_sps} or {profile.preamble.wide_sample_rate_sps}"
        raise CaptureError(recording.meta_path, reason, f"resample it to {native}, or correct its metadata") from None
    for start, stop in recording.blanks:
        receiver.blank(start, stop)
    return receiver


def _tag(recording: Recording, profile: Profile) -> StreamReceiver:
    device, rate_sps = recording.device or DEVICES[0], recording.sample_rate_sps
    if device not in DEVICES:
        raise ValueError(f"no receiver of a tag that is {device!r}, only {', '.join(DEVICES)}")
    if device == "sub-1 GHz":
        return MonoTagReceiver(profile, rate_sps, squares=True, form=sub1ghz(profile))
    native = (profile.preamble.sample_rate_sps, profile.preamble.wide_sample_rate_sps)
    narrow = device == DEVICES[0] and NARROWEST_SPS <= rate_sps < native[0]  # a PlutoSDR's, without the non-AMP portion
    if rate_sps not in native and not narrow:
        raise ValueError("not a rate of a 2.4 GHz tag")
    decimation = tag_decimation(rate_sps)
    if device == "mono-static":
        return MonoTagReceiver(profile, rate_sps, decimation, squares=True)
    return TagReceiver(profile, rate_sps, decimation, squares=True)
