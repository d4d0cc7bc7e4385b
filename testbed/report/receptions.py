"""PPDUs of a recording as its receiver had them, from its annotations: nothing is demodulated again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ampradio.phy.fields import Field
from ampradio.phy.reception import Reception
from ampradio.vectors import PpduKind, RxVector
from testbed.capture import Recording
from testbed.capture.annotations import COUNT, LABEL, START

NUMBER_MAX = 1 << 60
PPDU_SAMPLES_MAX = 1 << 24
ACKS = ("Ack", "Group Ack")


@dataclass(frozen=True)
class Heard:
    """A received PPDU with the name of its frame."""

    label: str
    reception: Reception

    @property
    def is_ack(self) -> bool:
        """Whether it only acknowledges."""
        return self.label in ACKS


def heard_in(recording: Recording) -> list[Heard]:
    """Return every PPDU whose annotations are whole, in order of their start."""
    fields: dict[int, list[Field]] = {}
    for each in recording.annotations:
        owner = each.get("amp:ppdu_start")
        if isinstance(owner, int) and "amp:field" in each:
            start = _whole(each, START)
            fields.setdefault(owner, []).append(Field(str(each.get(LABEL, "")), start, start + _whole(each, COUNT)))
    found = []
    for each in recording.annotations:
        if "amp:psdu_hex" not in each:
            continue
        try:
            vector, psdu = _vector(each), bytes.fromhex(str(each["amp:psdu_hex"]))
        except (KeyError, TypeError, ValueError):
            continue
        own = tuple(sorted(fields.get(vector.start_sample, ()), key=lambda field: field.start_sample))
        if own and own[-1].stop_sample - own[0].start_sample < PPDU_SAMPLES_MAX:
            found.append(Heard(str(each.get(LABEL, "")), Reception(psdu, vector, own)))
    return sorted(found, key=lambda each: each.reception.rxvector.start_sample)


def zero_ns(recording: Recording) -> int:
    """Return the air time of the recording's sample 0."""
    for each in recording.annotations:
        start, sample = each.get("amp:start_ns"), each.get("amp:start_sample")
        if isinstance(start, int) and isinstance(sample, int) and max(abs(start), abs(sample)) <= NUMBER_MAX:
            return start - sample * 1_000_000_000 // recording.sample_rate_sps
    return 0


def _vector(each: Mapping[str, object]) -> RxVector:
    return RxVector(
        PpduKind[str(each["amp:kind"])],
        _whole(each, "amp:rate_bps"),
        _whole(each, "amp:start_ns"),
        _whole(each, "amp:end_ns"),
        _whole(each, "amp:start_sample"),
        _real(each, "amp:snr_db", float("nan")),
        _real(each, "amp:rssi_dbfs", float("nan")),
        _real(each, "amp:clock_ppm", 0.0),
        _real(each, "amp:cfo_hz", 0.0) if "amp:cfo_hz" in each else None,
        channel_offset_hz=_whole(each, "amp:channel_offset_hz") if "amp:channel_offset_hz" in each else 0,
    )


def _whole(each: Mapping[str, object], key: str) -> int:
    value = each[key]
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > NUMBER_MAX:
        raise TypeError(key)
    return value


def _real(each: Mapping[str, object], key: str, default: float) -> float:
    value = each.get(key, default)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(key)
    return float(value)
