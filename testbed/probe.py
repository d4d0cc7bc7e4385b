"""Signals of a receiver, computed again from a recording and written as SigMF, one dataset a signal and PPDU."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from sigmf import SigMFFile

from ampradio.phy import probe_ap, probe_bistatic, probe_mono_static, probe_mono_tag, probe_tag
from ampradio.phy.mono_static_window import MonoStaticWindow
from ampradio.phy.probe import ProbeSignal
from ampradio.phy.reception import Reception
from ampradio.profile import Profile
from ampradio.vectors import Listen, PpduKind
from testbed.atomic_file import write_atomically
from testbed.capture import CaptureError, Recording
from testbed.capture.annotations import LABEL
from testbed.capture.meta import EXTENSION
from testbed.frame_name import frame_name
from testbed.replay_receivers import tag_decimation


def write_probes(
    folder: Path, recording: Recording, profile: Profile, receptions: Iterable[Reception]
) -> tuple[list[Path], list[str]]:
    """Write the inside of the receiver for each of ``receptions`` of ``recording`` into ``folder``.

    Returns:
        The metadata files written, and for each PPDU that cannot be looked into, why.

    Raises:
        CaptureError: a file cannot be written.
    """
    written: list[Path] = []
    left_out: list[str] = []
    node = re.sub(r"[^\w.-]", "_", recording.node or recording.meta_path.stem)
    for number, reception in enumerate(receptions):
        name = frame_name(profile.mac, reception.psdu)
        try:
            signals = signals_of(recording, profile, reception)
        except ValueError as error:
            left_out.append(f"{node} {number:03d} {name}: {error}")
            continue
        label = re.sub(r"[^\w-]", "-", name)
        written += [
            _write(folder / f"{node}-{number:03d}-{label}-{each.name}", each, name, recording.sample_rate_sps)
            for each in signals
        ]
    return written, left_out


def signals_of(recording: Recording, profile: Profile, reception: Reception) -> tuple[ProbeSignal, ...]:
    """Return the signals of one PPDU of ``recording``; ValueError for a kind that has no probe."""
    rate_sps, kind = recording.sample_rate_sps, reception.rxvector.kind
    if kind is PpduKind.UL_ACTIVE:
        first, count = probe_ap.samples_wanted(profile, reception, rate_sps)
        return probe_ap.probe_uplink(profile, recording.read(first, count), first, reception, rate_sps)
    if kind is PpduKind.UL_MONO_STATIC:
        window = _window_of(recording, profile, reception)
        samples = recording.read(window.start, window.stop - window.start)
        return probe_mono_static.probe_reply(profile, samples, window, reception)
    if kind is PpduKind.UL_BISTATIC:
        listen = _listen_of(recording, reception)
        return probe_bistatic.probe_bistatic(profile, recording.read, rate_sps, listen, reception)
    decimation = _decimation(kind, rate_sps)
    if kind in probe_mono_tag.KINDS:
        first, count = probe_mono_tag.samples_wanted(profile, reception, rate_sps, decimation)
        samples = recording.read(first, count)
        return probe_mono_tag.probe_command(profile, samples, first, reception, rate_sps, decimation)
    if kind in probe_tag.KINDS:
        first, count = probe_tag.samples_wanted(profile, reception, rate_sps, decimation)
        samples = recording.read(first, count)
        return probe_tag.probe_downlink(profile, samples, first, reception, rate_sps, decimation)
    raise ValueError(f"no probe of {kind.name}")


def _decimation(kind: PpduKind, rate_sps: int) -> int:
    """Return the samples of which the power is summed by the receiver that ``replay_receivers`` takes."""
    return 2 if kind is PpduKind.DL_SUB1GHZ else tag_decimation(rate_sps)


def _window_of(recording: Recording, profile: Profile, reception: Reception) -> MonoStaticWindow:
    """Return the window in which a mono-static reply was heard, with the PPDU of the AP that it reflects."""
    return MonoStaticWindow(profile, recording.sample_rate_sps, _listen_of(recording, reception), recording.own)


def _listen_of(recording: Recording, reception: Reception) -> Listen:
    """Return the window in which a reply was heard."""
    rx = reception.rxvector
    for window in recording.windows:
        if window.kind is rx.kind and window.start_ns <= rx.start_ns < window.stop_ns:
            return window
    raise ValueError("no window of the recording holds the reply")


def _write(base: Path, signal: ProbeSignal, frame: str, stream_sps: int) -> Path:
    kind = "cf32_le" if np.iscomplexobj(signal.values) else "rf32_le"
    meta = base.with_name(base.name + ".sigmf-meta")
    facts = {
        "core:datatype": kind,
        "core:sample_rate": signal.rate_sps,
        "core:num_channels": 1,
        "core:description": f"{signal.name} of {frame}: {signal.what}",
        "core:recorder": "ampradio",
        "core:extensions": [EXTENSION],
        "amp:signal": signal.name,
        "amp:first_sample": signal.first_sample,
        "amp:stream_sample_rate": stream_sps,
    }
    file = SigMFFile(global_info=facts)
    file.add_capture(0)
    for mark in signal.marks:
        file.add_annotation(mark.start_sample, mark.stop_sample - mark.start_sample, {LABEL: mark.name})
    file.validate()
    try:
        base.parent.mkdir(parents=True, exist_ok=True)
        little_endian = signal.values.astype(signal.values.dtype.newbyteorder("<"))
        base.with_name(base.name + ".sigmf-data").write_bytes(little_endian.tobytes())
        write_atomically(meta, file.dumps(pretty=True) + "\n")
    except OSError as error:
        raise CaptureError(base, f"cannot be written: {error.strerror}", "name a folder that can be written") from None
    return meta
