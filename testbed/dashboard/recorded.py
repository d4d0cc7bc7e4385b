"""A run that is over, as the page shows one: its folder, and the end of its recordings decimated as live ones are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from testbed.capture import CaptureError, Recording, open_captures
from testbed.dashboard.run_view import RunView
from testbed.dashboard.shown_samples import POINTS_MAX, ROLES
from testbed.live.messages import Samples
from testbed.live.sample_tap import POINTS, SampleTap

AT_ONCE = 1 << 18


def recorded_view(folder: Path) -> RunView:
    """Return the view of a run folder, with what can be read of its recordings."""
    view = RunView(folder)
    try:
        recordings = open_captures(folder)
    except (CaptureError, OSError, ValueError):
        return view
    for recording in recordings:
        if recording.role in ROLES:
            for message in _shown(recording):
                view.samples.take(message)
    return view


def _shown(recording: Recording) -> Iterator[Samples]:
    tap = SampleTap(recording.sample_rate_sps, share_max=float("inf"))
    block = tap.step * POINTS
    first = max(0, (recording.samples - POINTS_MAX * tap.step) // block * block)
    for start in range(first, recording.samples, AT_ONCE):
        try:
            samples = recording.read(start, AT_ONCE)
        except OSError:
            return
        tap.take(samples / recording.unit if recording.unit != 1.0 else samples, start)
        if start + AT_ONCE >= recording.samples:
            tap.finish()
        pieces, rows = tap.gathered()
        yield Samples(
            run="",
            source=recording.role,
            seq=0,
            role=recording.role,
            rate_sps=recording.sample_rate_sps,
            step=tap.step,
            received=recording.samples,
            skipped=0,
            envelope=pieces,
            rows=rows,
            counters={},
        )
