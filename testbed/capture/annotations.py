"""SigMF annotations of the testbed: PPDUs, their fields, listening windows and own transmissions.

Beside SigMF's core keys an annotation carries ``amp:`` keys; docs/recordings.md lists them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ampradio.phy.fields import Field
from ampradio.phy.reception import Reception
from ampradio.profile.airtime import uplink_chip_ns
from ampradio.profile.model import Profile
from ampradio.vectors import Listen, PpduKind, RxVector

NS = 1_000_000_000
START, COUNT, LABEL, COMMENT = "core:sample_start", "core:sample_count", "core:label", "core:comment"
LOW, HIGH = "core:freq_lower_edge", "core:freq_upper_edge"
LISTEN_LABEL = "listen"
BLANK_LABEL = "own transmission"

Annotation = dict[str, object]


@dataclass(frozen=True)
class RecordedFrame:
    """A PPDU that was received while the recording was made."""

    psdu: bytes
    start_sample: int
    sample_count: int
    rate_bps: int
    kind: str
    label: str
    snr_db: float | None = None


def _measures(rx: RxVector) -> Annotation:
    figures = {
        "snr_db": rx.snr_db,
        "rssi_dbfs": rx.rssi_dbfs,
        "clock_ppm": rx.clock_ppm,
        "cfo_hz": rx.cfo_hz,
        "isolation_db": rx.isolation_db,
        "residual_db": rx.residual_db,
    }
    known: Annotation = {
        f"amp:{name}": round(float(value), 6)
        for name, value in figures.items()
        if value is not None and math.isfinite(value)
    }
    counts = {
        "partial_id": rx.partial_id,
        "seed_index": rx.seed_index,
        "channel_offset_hz": rx.channel_offset_hz or None,
    }
    return known | {f"amp:{name}": int(value) for name, value in counts.items() if value is not None}


def band(profile: Profile, rx: RxVector, centre_hz: float) -> Annotation:
    """Return the edges of a PPDU in a channel at ``centre_hz``: viewers draw a box only of what has them.

    A downlink fills its channel, of an uplink it is the main lobe of its chips.
    """
    middle = centre_hz + rx.channel_offset_hz + (rx.cfo_hz or 0.0)
    half = profile.preamble.sample_rate_sps / 2
    if not rx.kind.is_downlink:
        half = NS / uplink_chip_ns(profile, rx.kind, rx.rate_bps)
    return {LOW: middle - half, HIGH: middle + half}


def ppdu_annotation(reception: Reception, sample_rate_sps: int, label: str) -> Annotation:
    """Return the annotation of a whole PPDU, signal extension included."""
    rx = reception.rxvector
    start = max(rx.start_sample, 0)
    stop = max(round(rx.end_ns * sample_rate_sps / NS), start)
    snr = f", SNR {rx.snr_db:.1f} dB" if math.isfinite(rx.snr_db) else ""
    return {
        START: start,
        COUNT: stop - start,
        LABEL: label,
        COMMENT: f"{len(reception.psdu)} octets at {rx.rate_bps // 1000} kb/s{snr}",
        "amp:kind": rx.kind.name,
        "amp:frame_type": label,
        "amp:rate_bps": rx.rate_bps,
        "amp:start_sample": rx.start_sample,
        "amp:start_ns": rx.start_ns,
        "amp:end_ns": rx.end_ns,
        **_measures(rx),
        "amp:psdu_hex": reception.psdu.hex(),
    }


def field_annotations(reception: Reception, label: str) -> list[Annotation]:
    """Return one annotation per field of the PPDU."""
    return [_field_annotation(reception, each, label) for each in reception.fields]


def _field_annotation(reception: Reception, each: Field, label: str) -> Annotation:
    start = max(each.start_sample, 0)
    return {
        START: start,
        COUNT: max(each.stop_sample - start, 0),
        LABEL: each.name,
        COMMENT: f"field of {label}",
        "amp:field": each.name,
        "amp:ppdu_start": reception.rxvector.start_sample,
    }


def listen_annotation(window: Listen, sample_rate_sps: int) -> Annotation:
    """Return the annotation of a listening window, exact in nanoseconds beside its samples."""
    start = window.start_ns * sample_rate_sps // NS
    return {
        START: max(start, 0),
        COUNT: max(window.stop_ns * sample_rate_sps // NS - start, 0),
        LABEL: LISTEN_LABEL,
        COMMENT: f"waiting for {window.kind.name} at {window.rate_bps // 1000} kb/s",
        "amp:kind": window.kind.name,
        "amp:listen_rate_bps": window.rate_bps,
        "amp:listen_seed_index": window.seed_index,
        "amp:listen_start_ns": window.start_ns,
        "amp:listen_stop_ns": window.stop_ns,
        **_beside_the_centre(window),
    }


def _beside_the_centre(window: Listen) -> Annotation:
    extra: Annotation = {}
    if window.channel_offset_hz:
        extra["amp:listen_channel_offset_hz"] = window.channel_offset_hz
    if window.kind is PpduKind.UL_BISTATIC:
        extra["amp:listen_shift_upwards"] = window.shift_upwards
    return extra


def blank_annotation(start_sample: int, stop_sample: int) -> Annotation:
    """Return the annotation of samples that the receiver was told to ignore."""
    return {
        START: max(start_sample, 0),
        COUNT: max(stop_sample - start_sample, 0),
        LABEL: BLANK_LABEL,
        "amp:blank_start_sample": start_sample,
        "amp:blank_stop_sample": stop_sample,
    }


def _integer(annotation: Mapping[str, object], key: str) -> int:
    value = annotation[key]
    if not isinstance(value, int):
        raise TypeError(key)
    return value


def listen_windows(annotations: Iterable[Mapping[str, object]]) -> tuple[Listen, ...]:
    """Return the windows of the annotations, as they were given; raises KeyError, TypeError or ValueError."""
    return tuple(
        Listen(
            PpduKind[str(each["amp:kind"])],
            _integer(each, "amp:listen_rate_bps"),
            _integer(each, "amp:listen_seed_index"),
            _integer(each, "amp:listen_start_ns"),
            _integer(each, "amp:listen_stop_ns"),
            _integer({"amp:listen_channel_offset_hz": 0, **each}, "amp:listen_channel_offset_hz"),
            bool(each.get("amp:listen_shift_upwards", True)),
        )
        for each in annotations
        if "amp:listen_start_ns" in each
    )


def blanked_ranges(annotations: Iterable[Mapping[str, object]]) -> tuple[tuple[int, int], ...]:
    """Return the sample ranges that the receiver ignored; raises KeyError or TypeError."""
    return tuple(
        (_integer(each, "amp:blank_start_sample"), _integer(each, "amp:blank_stop_sample"))
        for each in annotations
        if "amp:blank_start_sample" in each
    )


def recorded_frames(annotations: Iterable[Mapping[str, object]]) -> tuple[RecordedFrame, ...]:
    """Return the PPDUs of the annotations; raises KeyError, TypeError or ValueError."""
    return tuple(
        RecordedFrame(
            psdu=bytes.fromhex(str(each["amp:psdu_hex"])),
            start_sample=_integer(each, "amp:start_sample"),
            sample_count=_integer(each, COUNT),
            rate_bps=_integer(each, "amp:rate_bps"),
            kind=str(each["amp:kind"]),
            label=str(each.get(LABEL, "")),
            snr_db=float(str(each["amp:snr_db"])) if "amp:snr_db" in each else None,
        )
        for each in annotations
        if "amp:psdu_hex" in each
    )
