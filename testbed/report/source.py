"""A run folder as a report reads it: what cannot be read is a warning; only without a manifest there is no report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ampradio.profile import Profile, load_profile
from testbed.capture import CaptureError, Recording, open_captures
from testbed.capture.annotations import COUNT, START
from testbed.capture.archive import META
from testbed.capture.pcapng import LINKTYPE_AMP, read_pcapng
from testbed.capture.radio_header import RadioHeaderError, Seen, decode
from testbed.report.clean_json import cleaned, is_sound
from testbed.report.messages import Message, Stations, messages_of, stations_of
from testbed.run_record import EVENTS, PROFILE, STATES, RunFolderError
from testbed.runner.names import MANIFEST

FRAMES = "frames.pcapng"
LINE_OCTETS_MAX = 1 << 20
EVENTS_MAX = 200_000
TEXT_KEYS = ("node", "name", "frame", "direction", "src", "dst", "peer")
SAMPLE_MAX = 1 << 48


@dataclass(frozen=True)
class Source:
    """Everything about one run. ``name`` is how it was named; ``seen`` is what frames.pcapng says of each PPDU.

    Recordings are called as their stations are."""

    name: str
    manifest: Mapping[str, object]
    events: tuple[Mapping[str, object], ...]
    stations: Stations
    messages: tuple[Message, ...]
    recordings: tuple[Recording, ...]
    seen: tuple[Seen, ...]
    profile: Profile | None
    warnings: tuple[str, ...]

    def table(self, key: str) -> Mapping[str, object]:
        """Return a table of the manifest, an empty one where there is none."""
        return table_of(self.manifest.get(key))


def table_of(value: object) -> Mapping[str, object]:
    """Return ``value`` if it is a table, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def read_source(folder: Path, name: str) -> Source:
    """Read a run folder; raises RunFolderError when it is none."""
    manifest = _manifest(folder, name)
    warnings: list[str] = []
    events = tuple(_events(folder / EVENTS, warnings))
    stations = stations_of(manifest, events)
    seen = tuple(_seen(folder / FRAMES, warnings))
    return Source(
        name=name,
        manifest=manifest,
        events=events,
        stations=stations,
        messages=tuple(messages_of(events, stations)),
        recordings=tuple(_recordings(folder, stations, warnings)),
        seen=seen,
        profile=_profile(folder, manifest, warnings),
        warnings=tuple(warnings),
    )


def _manifest(folder: Path, name: str) -> Mapping[str, object]:
    fix = "name a folder that `amp run` or `amp demo` made, or a .zip of it"
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except OSError as error:
        raise RunFolderError(f"{name} is no run folder ({MANIFEST}: {error.strerror})", fix) from None
    except (ValueError, RecursionError) as error:
        raise RunFolderError(f"{name}: {MANIFEST} is not JSON: {error}", "restore it, or run again") from None
    if not isinstance(manifest, dict) or manifest.get("state") not in STATES:
        raise RunFolderError(f"{name}: {MANIFEST} is no manifest of a run", "restore it, or run again")
    return {str(key): value for key, value in cleaned(manifest).items()}


def _events(path: Path, warnings: list[str]) -> Iterator[Mapping[str, object]]:
    """Yield the events that can be read, in order of air time as they were written."""
    taken, bad, first_bad = 0, 0, 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(LINE_OCTETS_MAX), b""), start=1):
                event = _event_of(line)
                if event is None and not line.endswith(b"\n") and len(line) < LINE_OCTETS_MAX:
                    warnings.append(f"{EVENTS} ends in the middle of an event: the run was cut off there")
                elif event is None:
                    bad, first_bad = bad + 1, first_bad or number
                elif taken == EVENTS_MAX:
                    warnings.append(f"{EVENTS} holds more than {EVENTS_MAX} events; the report is of the first ones")
                    return
                else:
                    taken += 1
                    yield event
    except OSError as error:
        warnings.append(f"{EVENTS} cannot be read: {error.strerror}; no ladder, no frames")
    if bad:
        what = "line is no event and was" if bad == 1 else "lines are no events and were"
        warnings.append(f"{EVENTS}: {bad} {what} left out, the first is line {first_bad}")


def _event_of(line: bytes) -> Mapping[str, object] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    time = value.get("t_ns") if isinstance(value, dict) else None
    sound = isinstance(time, (int, float)) and not isinstance(time, bool) and isinstance(value.get("kind"), str)
    if not sound or not all(map(is_sound, value.values())):
        return None
    if not all(isinstance(value.get(key), (str, type(None))) for key in TEXT_KEYS):
        return None
    escaped = b"\\u" in line or b"\x7f" in line  # else nothing in it can be unfit
    clean: Mapping[str, object] = cleaned(value) if escaped else value
    return clean


def _seen(path: Path, warnings: list[str]) -> Iterator[Seen]:
    if not path.is_file():
        warnings.append(f"{FRAMES} is missing: PPDU kinds and RSSI are left out")
        return
    bad = 0
    try:
        interfaces, packets = read_pcapng(path)
        for packet in packets:
            if packet.interface >= len(interfaces) or interfaces[packet.interface].linktype != LINKTYPE_AMP:
                continue
            try:
                yield decode(packet.octets)[0]
            except RadioHeaderError:
                bad += 1
    except (CaptureError, OSError) as error:
        warnings.append(f"{FRAMES} cannot be read to its end: {error}")
    if bad:
        warnings.append(f"{FRAMES}: {bad} packets have no radio header and were left out")


def _recordings(folder: Path, stations: Stations, warnings: list[str]) -> Iterator[Recording]:
    for meta in sorted(folder.glob(f"*{META}")):
        try:
            (recording,) = open_captures(meta)
        except CaptureError as error:
            warnings.append(f"recording {meta.name}: {error.reason}")
            continue
        sound = tuple(cleaned(each) for each in recording.annotations if _is_placed(each))
        if len(sound) < len(recording.annotations):
            left_out = len(recording.annotations) - len(sound)
            warnings.append(f"recording {meta.name}: {left_out} annotations say no place and were left out")
        named = stations.name(cleaned(recording.node)) if recording.node else meta.name.removesuffix(META)
        yield replace(recording, node=named, annotations=sound)


def _is_placed(annotation: Mapping[str, object]) -> bool:
    places = [annotation.get(key) for key in (START, COUNT)]
    return all(type(each) is int and 0 <= each <= SAMPLE_MAX for each in places)


def _profile(folder: Path, manifest: Mapping[str, object], warnings: list[str]) -> Profile | None:
    own, name = folder / PROFILE, str(manifest.get("profile"))
    try:
        if (
            not own.is_file() and Path(Path(name).name or ".").exists()
        ):  # a manifest of anybody's chooses no file of ours
            raise FileNotFoundError(f"it is no shipped profile, and not in the folder as {PROFILE}")
        return load_profile(str(own) if own.is_file() else Path(name).name)
    except Exception as error:  # whatever a profile of somebody else's holds
        warnings.append(f"the profile {manifest.get('profile')!r} cannot be read: {error}")
        return None
