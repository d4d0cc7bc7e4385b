"""What a golden recording is made of: its samples, what a receiver is told, and what must come out of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

CENTER_HZ = 2_437_000_000
SUB1GHZ_HZ = 915_500_000
PROFILE = "11bp-2026.09"

Annotation = dict[str, object]


@dataclass(frozen=True)
class Sent:
    """A PPDU that is in the recording: where its sample 0 lies and how many samples it takes."""

    kind: str
    rate_bps: int
    psdu: bytes
    start: float
    count: int

    def annotation(self) -> Annotation:
        """Return it as a SigMF annotation (docs/recordings.md)."""
        return {
            "core:sample_start": max(int(self.start), 0),
            "core:sample_count": self.count,
            "core:label": "sent",
            "core:comment": f"{self.kind} at {self.rate_bps / 1000:g} kb/s, {len(self.psdu)} octets",
            "amp:sent_kind": self.kind,
            "amp:sent_rate_bps": self.rate_bps,
            "amp:sent_start_sample": self.start,
            "amp:sent_psdu_hex": self.psdu.hex(),
        }


@dataclass(frozen=True)
class Window:
    """Where the AP is told to look for a reply, in samples."""

    kind: str
    rate_bps: int
    start: int
    stop: int
    seed_index: int = 0
    channel_offset_hz: int = 0
    shift_upwards: bool = True

    def annotation(self, rate_sps: int) -> Annotation:
        """Return it as a SigMF annotation (docs/recordings.md)."""
        extra: Annotation = {}
        if self.channel_offset_hz:
            extra["amp:listen_channel_offset_hz"] = self.channel_offset_hz
        if self.kind == "UL_BISTATIC":
            extra["amp:listen_shift_upwards"] = self.shift_upwards
        return {
            "core:sample_start": self.start,
            "core:sample_count": self.stop - self.start,
            "core:label": "listen",
            "core:comment": f"waiting for {self.kind} at {self.rate_bps / 1000:g} kb/s",
            "amp:kind": self.kind,
            "amp:listen_rate_bps": self.rate_bps,
            "amp:listen_seed_index": self.seed_index,
            "amp:listen_start_ns": self.start * 10**9 // rate_sps,
            "amp:listen_stop_ns": self.stop * 10**9 // rate_sps,
            **extra,
        }


@dataclass(frozen=True)
class Own:
    """The AP's own PPDU under a mono-static reply, which it must know to take its leak off."""

    kind: str
    psdu: bytes
    start: int
    count: int
    excitation_ns: int
    multi_txop: bool
    session: int
    station: int

    def annotation(self) -> Annotation:
        """Return it as a SigMF annotation (docs/recordings.md)."""
        return {
            "core:sample_start": self.start,
            "core:sample_count": self.count,
            "core:label": "own excitation",
            "core:comment": f"{self.kind} that the reply reflects",
            "amp:own_kind": self.kind,
            "amp:own_rate_bps": 250_000,
            "amp:own_start_sample": self.start,
            "amp:own_psdu_hex": self.psdu.hex(),
            "amp:own_excitation_ns": self.excitation_ns,
            "amp:own_multi_txop": self.multi_txop,
            "amp:own_session_id": self.session & 3,
            "amp:own_sta_id": self.station & 0xFFF,
        }


@dataclass(frozen=True)
class Recipe:
    """One recording. ``frames`` are the PSDUs that must come out, in order, and no other whose FCS holds.

    ``device`` says which of a role's receivers is meant; ``ecn0_db`` is given where the noise is at the threshold.
    """

    name: str
    about: str
    role: str
    device: str
    rate_sps: int
    unit: int
    samples: Callable[[], list[complex]]
    frames: tuple[bytes, ...]
    sent: tuple[Sent, ...]
    windows: tuple[Window, ...] = ()
    own: Own | None = None
    center_hz: int = CENTER_HZ
    ecn0_db: float | None = None

    def annotations(self, total: int) -> list[Annotation]:
        """Return the annotations in order of their first sample, within a recording of ``total`` samples."""
        made = [each.annotation() for each in self.sent]
        made += [each.annotation(self.rate_sps) for each in self.windows]
        made += [self.own.annotation()] if self.own else []
        for each in made:
            left = total - int(str(each["core:sample_start"]))
            each["core:sample_count"] = min(int(str(each["core:sample_count"])), left)
        return sorted(made, key=lambda each: int(str(each["core:sample_start"])))
