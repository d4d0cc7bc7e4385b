"""What a replay printed: its frames, named, and how they differ from the live run's."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ampradio.phy.frame_check import check_holds
from ampradio.phy.reception import Reception
from ampradio.profile import DEFAULT, Profile, load_profile
from testbed.capture import CaptureError, Recording
from testbed.commands.progress import Progress
from testbed.compare_frames import Difference, differences, frame_of, unexpected
from testbed.experiment.time_scale import LONGEST, stretched
from testbed.frame_name import frame_name
from testbed.probe import write_probes
from testbed.replay import replay
from testbed.run_record import PROFILE


@dataclass(frozen=True)
class ReplayReport:
    """One recording, replayed."""

    node: str
    frames: tuple[dict[str, Any], ...]
    differences: tuple[Difference, ...]
    counters: dict[str, int]


def replayed_report(
    recording: Recording, role: str, *, quiet: bool, check: bool, probe: Path | None = None
) -> ReplayReport:
    """Replay one recording, print its frames unless ``quiet``, and compare them if asked; raises CaptureError.

    With ``probe`` the inside of the receiver goes into that folder.
    """
    profile = _profile(recording)
    node = recording.node or recording.meta_path.stem
    progress = Progress(f"% of {node}", quiet=quiet)
    done = replay(recording, profile, role, lambda share: progress(round(100 * share), 100))
    frames = tuple(frame_record(node, profile, reception) for reception in done.receptions)
    if not quiet:
        for frame in frames:
            sys.stdout.write(frame_line(frame) + "\n")
    if probe is not None:
        written, left_out = write_probes(probe, recording, profile, done.receptions)
        for why in left_out:
            sys.stderr.write(f"amp: not probed: {why}\n")
        if not quiet:
            sys.stdout.write(f"{len(written)} signals of {node} in {probe}\n")
    differ: tuple[Difference, ...] = ()
    if check:
        replayed = [frame_of(reception) for reception in done.receptions]
        if recording.expected is not None:
            good = [each for each in replayed if check_holds(profile.mac, bytes.fromhex(each.psdu_hex))]
            differ = tuple(unexpected(recording.expected, good))
        else:
            differ = tuple(differences([frame_of(frame) for frame in recording.frames], replayed))
    return ReplayReport(node, frames, differ, done.counters)


def _profile(recording: Recording) -> Profile:
    if recording.time_scale > LONGEST:
        raise CaptureError(recording.meta_path, f"amp:time_scale is over {LONGEST}", "correct it")
    own = recording.meta_path.parent / PROFILE
    try:
        profile = load_profile(str(own) if own.is_file() else recording.profile or DEFAULT)
        return profile if recording.time_scale == 1 else stretched(profile, recording.time_scale, reradiated=True)
    except Exception as error:
        reason = f"was made with the profile {recording.profile!r}: {error}"
        raise CaptureError(recording.meta_path, reason, "put that profile file where it was") from None


def frame_record(node: str, profile: Profile, reception: Reception) -> dict[str, Any]:
    """Return a received PPDU as `--json` shows it."""
    rx = reception.rxvector
    return {
        "node": node,
        **frame_of(reception).as_dict(),
        "name": frame_name(profile.mac, reception.psdu),
        "octets": len(reception.psdu),
        "start_ns": rx.start_ns,
        "end_ns": rx.end_ns,
        "snr_db": round(rx.snr_db, 2),
        "rssi_dbfs": round(rx.rssi_dbfs, 2),
        "clock_ppm": round(rx.clock_ppm, 1),
        "cfo_hz": None if rx.cfo_hz is None else round(rx.cfo_hz),
        "channel_offset_hz": rx.channel_offset_hz,
        "isolation_db": None if rx.isolation_db is None else round(rx.isolation_db, 2),
        "residual_db": None if rx.residual_db is None else round(rx.residual_db, 2),
    }


def frame_line(frame: dict[str, Any]) -> str:
    """Return a received PPDU as a person reads it."""
    told = [f"clock {frame['clock_ppm']:+7.0f} ppm"]
    if frame["cfo_hz"] is not None:
        told.append(f"CFO {frame['cfo_hz'] / 1e3:+.1f} kHz")
    if frame["channel_offset_hz"]:
        told.append(f"{frame['channel_offset_hz'] / 1e6:+g} MHz off the centre")
    if frame["isolation_db"] is not None:
        told.append(f"isolation {frame['isolation_db']:.1f} dB, residual {frame['residual_db']:+.1f} dB")
    return (
        f"{frame['start_ns'] / 1e6:12.4f} ms  {frame['node']:<4} {frame['name']:<14} {frame['octets']:3d} octets "
        f"{frame['rate_bps'] / 1000:4g} kb/s  SNR {frame['snr_db']:5.1f} dB  {'  '.join(told)}  "
        f"{frame['psdu']}"
    )
