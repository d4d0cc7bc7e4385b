"""Whether a replay gave the frames that were received live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from ampradio.phy.reception import Reception
from testbed.capture.annotations import RecordedFrame


@dataclass(frozen=True)
class Frame:
    """What is compared of a received PPDU."""

    psdu_hex: str
    start_sample: int
    rate_bps: int
    kind: str

    def as_dict(self) -> dict[str, str | int]:
        """Return the frame for ``--json``."""
        return {
            "psdu": self.psdu_hex,
            "start_sample": self.start_sample,
            "rate_bps": self.rate_bps,
            "kind": self.kind,
        }


@dataclass(frozen=True)
class Difference:
    """One frame that is ``missing`` from the replay, ``extra`` in it, or ``changed``."""

    what: str
    start_sample: int
    live: Frame | None
    replayed: Frame | None

    def __str__(self) -> str:
        if self.live is None or self.replayed is None:
            frame = self.live or self.replayed
            assert frame is not None
            return f"{self.what} at sample {self.start_sample}: {frame.kind} {frame.rate_bps} b/s {frame.psdu_hex}"
        pairs = zip(self.live.as_dict().items(), self.replayed.as_dict().items(), strict=True)
        changes = [f"{key} {was} → {now}" for (key, was), (_, now) in pairs if was != now]
        return f"changed at sample {self.start_sample}: " + ", ".join(changes)

    def as_dict(self) -> dict[str, object]:
        """Return the difference for ``--json``."""
        return {
            "what": self.what,
            "start_sample": self.start_sample,
            "live": self.live.as_dict() if self.live else None,
            "replayed": self.replayed.as_dict() if self.replayed else None,
        }


def frame_of(received: Reception | RecordedFrame) -> Frame:
    """Return what is compared of a reception, live or read back."""
    if isinstance(received, RecordedFrame):
        return Frame(received.psdu.hex(), received.start_sample, received.rate_bps, received.kind)
    rx = received.rxvector
    return Frame(received.psdu.hex(), rx.start_sample, rx.rate_bps, rx.kind.name)


def differences(live: Iterable[Frame], replayed: Iterable[Frame], *, shift_samples: int = 0) -> list[Difference]:
    """Return every difference, in order of time; none means that the two lists are the same, sample for sample.

    Frames pair by their start sample; up to ``shift_samples`` apart they count as changed instead of
    missing and extra.
    """
    order = _by_time(live), _by_time(replayed)
    found: list[Difference] = []
    first, second = list(order[0]), list(order[1])
    while first and second:
        here, there = first[0], second[0]
        if abs(here.start_sample - there.start_sample) <= shift_samples:
            first.pop(0)
            second.pop(0)
            if here != there:
                found.append(Difference("changed", here.start_sample, here, there))
        elif here.start_sample < there.start_sample:
            found.append(_missing(first.pop(0)))
        else:
            found.append(_extra(second.pop(0)))
    return found + [_missing(each) for each in first] + [_extra(each) for each in second]


def unexpected(expected: Sequence[bytes], replayed: Sequence[Frame]) -> list[Difference]:
    """Return what is missing from ``replayed``, or extra in it, against the PSDUs ``expected``, both in order."""
    wanted, come = [psdu.hex() for psdu in expected], [frame.psdu_hex for frame in replayed]
    found: list[Difference] = []
    for what, begin, end, first, last in SequenceMatcher(None, wanted, come, autojunk=False).get_opcodes():
        if what != "equal":
            found += [_missing(Frame(psdu, 0, 0, "PSDU")) for psdu in wanted[begin:end]]
            found += [_extra(frame) for frame in replayed[first:last]]
    return found


def _by_time(frames: Iterable[Frame]) -> list[Frame]:
    return sorted(frames, key=lambda frame: (frame.start_sample, frame.kind, frame.psdu_hex))


def _missing(frame: Frame) -> Difference:
    return Difference("missing", frame.start_sample, frame, None)


def _extra(frame: Frame) -> Difference:
    return Difference("extra", frame.start_sample, None, frame)
