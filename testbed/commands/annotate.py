"""`amp annotate`: what is in a recording of anybody's, decoded and written into its annotations."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed.commands.progress import AGAIN_S, FIRST_S
from testbed.commands.verb import add_verb
from testbed.exits import DONE, CallerMistake

if TYPE_CHECKING:
    from ampradio.profile import Profile
    from testbed.annotate.decode import Decoded
    from testbed.capture import Recording

EXAMPLE = "amp annotate tests/golden/recordings/dl-type1-250k-clean.sigmf-meta --out annotated"


def register(subparsers: Any) -> None:
    """Add the verb."""
    parser = add_verb(subparsers, "annotate", "decode a recording of anybody's and annotate it", EXAMPLE)
    parser.add_argument("file", type=Path, metavar="FILE", help="SigMF, archive, .cfile, .wav, .npy or raw samples")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--out", type=Path, metavar="FILE", help="new recording (default FILE's name with .annotated)")
    place.add_argument("--in-place", action="store_true", help="replace FILE's own metadata")
    parser.add_argument("--offset", metavar="HZ", help="where the channel lies beside the centre, or the word search")
    parser.add_argument("--centre-hz", type=float, metavar="HZ", help="the recording's centre, if it does not say")
    import_options(parser)
    parser.add_argument("--sub1ghz", action="store_true", help="a sub-1 GHz downlink instead")
    parser.add_argument("--thorough", action="store_true", help="search all of it for uplinks: slow")
    parser.add_argument("--frames", type=Path, metavar="FILE", help="write the frames as pcapng too, for Wireshark")
    parser.add_argument("--profile", default="", metavar="NAME", help="a profile's name or file, to decode with")


def import_options(parser: argparse.ArgumentParser) -> None:
    """Add what tells the samples of a file that does not."""
    parser.add_argument("--rate-sps", type=float, metavar="SPS", help="samples per second, if the file does not say")
    parser.add_argument("--datatype", default="", metavar="NAME", help="of raw samples: cf32_le, ci16_le, cu8 …")


def run(args: argparse.Namespace) -> int:
    """Decode and write; raises CaptureError."""
    from ampradio.profile import DEFAULT, load_profile
    from testbed.annotate.decode import Decoder
    from testbed.annotate.writing import annotated_document, annotations_of, write_annotated

    recording = _recording(args)
    profile = load_profile(args.profile or DEFAULT)
    told = _Told(args.quiet or args.json)
    offset_hz, by = _offset(args, recording, profile, told)
    try:
        decoder = Decoder(recording, profile, offset_hz, thorough=args.thorough, sub1ghz=args.sub1ghz)
    except ValueError as error:
        raise CallerMistake(f"{args.file}: {error}", "resample it to 20 MS/s") from None
    decoded = decoder.decode(told)
    document = annotated_document(recording, annotations_of(recording, profile, decoded))
    path = write_annotated(recording, document, None if args.in_place else args.out or _beside(recording))
    if args.frames is not None:
        _write_frames(args.frames, decoded, profile)
    _show(args, decoded, profile, path, by)
    return DONE


def _recording(args: argparse.Namespace) -> Recording:
    from dataclasses import replace

    from testbed.capture import open_capture
    from testbed.capture.archive import ARCHIVE, DATA, META
    from testbed.capture.foreign import import_recording, open_foreign

    path: Path = args.file
    if path.is_dir() or path.suffix in (META, DATA, ARCHIVE) or path.with_name(path.name + META).is_file():
        recording = open_capture(path)
    else:
        if args.in_place:
            raise CallerMistake(f"{path} has no metadata to change in place", "give --out, or leave both out")
        foreign = open_foreign(path, args.datatype)
        rate_sps = args.rate_sps or foreign.rate_sps
        if not rate_sps:
            raise CallerMistake(f"{path} does not say its sample rate", "give --rate-sps")
        base = path.with_name(path.stem)
        recording = open_capture(import_recording(foreign, base, rate_sps, args.centre_hz))
    return recording if args.centre_hz is None else replace(recording, center_hz=args.centre_hz)


def _beside(recording: Recording) -> Path:
    from testbed.capture.archive import ARCHIVE, META

    ending = ARCHIVE if recording.data_offset else META
    name = recording.meta_path.name.removesuffix(ending)
    return recording.meta_path.with_name(f"{name}.annotated" + (ARCHIVE if recording.data_offset else ""))


def _offset(args: argparse.Namespace, recording: Recording, profile: Profile, told: _Told) -> tuple[float, str]:
    from testbed.annotate.channel import offset_by_metadata, searched_offset

    if args.sub1ghz and args.offset in (None, "search"):
        return 0.0, "the recording's centre"
    if args.offset is None:
        known = offset_by_metadata(recording, profile)
        if known is not None:
            return known, "the recording's frequency"
    elif args.offset != "search":
        try:
            return float(args.offset), "you"
        except ValueError:
            raise CallerMistake(f"--offset {args.offset} is no frequency", "write Hz, or search") from None
    return searched_offset(recording, profile, lambda share: told("channel", share))


class _Told:
    """Progress on standard error: rewritten at each tenth on a terminal; elsewhere at the end or when it takes long."""

    def __init__(self, quiet: bool) -> None:
        self._quiet, self._last, self._due_s = quiet, ("", -1), time.monotonic() + FIRST_S

    def __call__(self, what: str, share: float) -> None:
        terminal, now_s = sys.stderr.isatty(), time.monotonic()
        reached = (what, int(10 * share))
        overdue = now_s >= self._due_s
        if self._quiet or (reached == self._last and not overdue):
            return
        self._last = reached
        if terminal or overdue or share >= 1:
            self._due_s = now_s + AGAIN_S
            print(f"{what}: {share:4.0%}", end="\r" if terminal and share < 1 else "\n", file=sys.stderr, flush=True)


def _write_frames(path: Path, decoded: Decoded, profile: Profile) -> None:
    from testbed.capture.pcapng import INBOUND, LINKTYPE_AMP, Interface, PcapngWriter
    from testbed.capture.radio_header import heard

    with PcapngWriter(path, Interface(LINKTYPE_AMP, "recording")) as writer:
        for each in decoded.receptions:
            header = heard("recording", each.rxvector, ap=False, carrier_hz=profile.uplink.carrier_hz)
            writer.write(max(each.rxvector.start_ns, 0), header.encode() + each.psdu, 0, INBOUND)


def _show(args: argparse.Namespace, decoded: Decoded, profile: Profile, path: Path, by: str) -> None:
    from testbed.replay_report import frame_line, frame_record

    frames = [frame_record("", profile, each) for each in decoded.receptions]
    if args.json:
        facts = {"path": str(path), "offset_hz": decoded.offset_hz, "offset_by": by, "counters": dict(decoded.counters)}
        print(json.dumps({"frames": frames, **facts}, ensure_ascii=False))
    elif not args.quiet:
        for frame in frames:
            print(frame_line(frame))
        print(f"{len(frames)} frames, the channel at {decoded.offset_hz / 1e6:+.4f} MHz (told by {by}); {path}")
