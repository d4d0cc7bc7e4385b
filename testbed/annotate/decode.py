"""Downlink and uplink of one recording through our receivers: first all of it for the downlink, then what is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ampradio.phy.ap_receiver import ApReceiver
from ampradio.phy.command_format import sub1ghz
from ampradio.phy.fields import Field
from ampradio.phy.frame_check import check_holds
from ampradio.phy.mono_tag_receiver import MonoTagReceiver
from ampradio.phy.reception import Reception
from ampradio.phy.tag_receiver import TagReceiver
from ampradio.profile import Profile
from ampradio.profile.airtime import uplink_ns
from ampradio.vectors import Listen, PpduKind
from testbed.annotate.activity import BINS, Activity, Spectra
from testbed.annotate.source import Source
from testbed.capture import Recording
from testbed.replay_receivers import tag_decimation

_MARGIN_NS = 40_000
_MONO_MARGIN_NS = 300_000
_BETWEEN_NS = 100_000
_NS = 1_000_000_000
_BIN_SLACK = 2
_PIECE = 1 << 18
_FLUSH_NS = 6_000_000
_SILENCE = np.float32(1e-4)
Progress = Callable[[str, float], None]


class Receiver(Protocol):
    """A streaming receiver of complex samples."""

    def feed(self, samples: npt.NDArray[np.complex64]) -> list[Reception]:
        """Take the next samples and return the PPDUs that they complete."""


@dataclass(frozen=True)
class Decoded:
    """What was found, in the recording's own samples; ``counters`` tell what was searched and dropped."""

    receptions: tuple[Reception, ...]
    offset_hz: float
    counters: Counter[str] = field(default_factory=Counter)


class Decoder:
    """One recording; ``thorough`` searches all of it for uplinks, as no gate can miss what no gate looks at."""

    def __init__(
        self, recording: Recording, profile: Profile, offset_hz: float, *, thorough: bool = False, sub1ghz: bool = False
    ) -> None:
        """Prepare; raises ``ValueError`` for a rate that cannot be brought to a receiver's."""
        self._recording, self._profile, self._offset_hz = recording, profile, offset_hz
        self._thorough, self._sub1ghz = thorough, sub1ghz
        rate_sps = profile.downlink.sub1ghz_sample_rate_sps if sub1ghz else profile.preamble.sample_rate_sps
        self._source = Source(recording, rate_sps, offset_hz)
        self.counters: Counter[str] = Counter()

    def decode(self, progress: Progress) -> Decoded:
        """Return every PPDU whose FCS holds, in order of time."""
        if self._sub1ghz:
            receiver = MonoTagReceiver(self._profile, self._source.rate_sps, squares=True, form=sub1ghz(self._profile))
            found = [
                each for block in self._source.blocks(lambda share: progress("downlink", share))
                for each in receiver.feed(block)
            ]  # fmt: skip
            return self._result(self._good(found))
        down, spans = self._downlink(progress)
        up: list[Reception] = []
        for beside_hz, where in spans.items():
            found = self._uplink(self._free(where, down), beside_hz, progress)
            up += [each for each in found if not _known(each, up)]
        if self._recording.sample_rate_sps > self._profile.preamble.sample_rate_sps:
            up += self._fast_uplink(self._free(spans[0], [*down, *up]))
        wider = _widened(spans[0], self._samples(_MONO_MARGIN_NS), self._source.samples)
        mono = self._mono_static(self._free(wider, [*down, *up]), progress)
        return self._result(sorted([*down, *mono, *up], key=lambda each: each.rxvector.start_sample))

    def _downlink(self, progress: Progress) -> tuple[list[Reception], dict[int, list[tuple[int, int]]]]:
        """Return Type 1 PPDUs, and where something is on the air at each place that an uplink may have."""
        rate_sps, up = self._source.rate_sps, self._profile.uplink
        receiver = TagReceiver(self._profile, rate_sps, tag_decimation(rate_sps), squares=True)
        half_band_hz = up.carrier_hz * up.carrier_tolerance_ppm * 1e-6 + _BIN_SLACK * rate_sps / BINS
        reach_hz = min(rate_sps, self._recording.sample_rate_sps) / 2
        places = [hz for hz in (0, -up.channel_offset_hz, up.channel_offset_hz) if abs(hz) + half_band_hz < reach_hz]
        watched = {hz: Activity(rate_sps, hz, half_band_hz) for hz in places or [0]}
        spectra = Spectra(*watched.values())
        found: list[Reception] = []
        for block in self._source.blocks(lambda share: progress("downlink", share)):
            found += self._good(receiver.feed(block))
            spectra.feed(block)
        if self._thorough:
            return found, {hz: [(0, self._source.samples)] for hz in watched}
        margin = self._samples(_MARGIN_NS)
        return found, {hz: each.spans(margin) for hz, each in watched.items()}

    def _uplink(self, spans: list[tuple[int, int]], beside_hz: int, progress: Progress) -> list[Reception]:
        """Return uplink PPDUs in ``spans``, ``beside_hz`` off the centre, by one blind receiver."""
        source = Source(self._recording, self._source.rate_sps, self._offset_hz + beside_hz)
        receiver = ApReceiver(self._profile, self._source.rate_sps, blind=True)
        found = self._put_together(receiver, source, spans, lambda share: progress("uplink", share))
        beside = [replace(each.rxvector, channel_offset_hz=beside_hz) for each in found]
        return [Reception(each.psdu, rx, each.fields) for each, rx in zip(found, beside, strict=True)]

    def _mono_static(self, spans: list[tuple[int, int]], progress: Progress) -> list[Reception]:
        """Return PPDUs of Types 2 and 3; their short sync is found in anything, so what is known is left out."""
        rate_sps = self._source.rate_sps
        receiver = MonoTagReceiver(self._profile, rate_sps, tag_decimation(rate_sps), squares=True)
        return self._put_together(receiver, self._source, spans, lambda share: progress("mono-static", share))

    def _put_together(
        self, receiver: Receiver, source: Source, spans: list[tuple[int, int]], progress: Callable[[float], None]
    ) -> list[Reception]:
        """Return what a receiver finds in ``spans``, put one behind the other, at their places in the source."""
        placed: list[tuple[int, int]] = []  # where a stretch begins in what was fed, and in the source
        fed, total, found = 0, sum(stop - start for start, stop in spans), []
        self.counters["samples_searched"] += total
        for start, stop in spans:
            placed.append((fed, start))
            for at in range(start, stop, _PIECE):
                piece = source.read(at, min(_PIECE, stop - at))
                found += receiver.feed(piece)
                fed += piece.size
                progress(min(fed / total, 1.0))
        if spans:
            found += receiver.feed(_silence(self._samples(_FLUSH_NS)))  # what is held until more comes
        return [self._moved(each, _origin(placed, each.rxvector.start_sample)) for each in self._good(found)]

    def _fast_uplink(self, spans: list[tuple[int, int]]) -> list[Reception]:
        """Return 4 Mb/s PPDUs: uncoded, too fast for the native rate, sought where a burst is short enough."""
        profile, wide = self._profile, self._profile.preamble.wide_sample_rate_sps
        source = Source(self._recording, wide, self._offset_hz)
        rate_bps, factor = profile.uplink.rate_high_bps, wide // self._source.rate_sps
        largest = profile.mac.header_octets + profile.mac.body_octets_max + profile.mac.fcs_octets
        longest_ns = uplink_ns(profile, PpduKind.UL_ACTIVE, largest, rate_bps) + 2 * _MARGIN_NS
        found = []
        for start, stop in spans:
            if stop - start > self._samples(longest_ns + _BETWEEN_NS):
                continue
            samples = source.read(factor * start, factor * (stop - start))
            heard: list[Reception] = []
            for seed in range(len(profile.uplink.scrambler_seeds)):
                receiver = ApReceiver(profile, wide)
                stop_ns = samples.size * _NS // wide + _MARGIN_NS
                receiver.listen(Listen(PpduKind.UL_ACTIVE, rate_bps, seed, 0, stop_ns))
                heard += self._good([*receiver.feed(samples), *receiver.feed(_silence(samples.size + wide // 1000))])
            if heard:  # a wrong seed makes short frames by chance: eight bits of check are soon right
                likeliest = max(heard, key=lambda each: len(each.psdu))
                found.append(_scaled(self._moved(likeliest, factor * start, wide), 1 / factor))
        return found

    def _good(self, receptions: list[Reception]) -> list[Reception]:
        good = [each for each in receptions if check_holds(self._profile.mac, each.psdu)]
        self.counters["fcs_failed"] += len(receptions) - len(good)
        return good

    def _free(self, spans: list[tuple[int, int]], known: list[Reception]) -> list[tuple[int, int]]:
        """Return what of ``spans`` no known PPDU fills, pieces too short for one left out."""
        taken = sorted(_span(each) for each in known)
        shortest = self._samples(uplink_ns(self._profile, PpduKind.UL_ACTIVE, 4, self._profile.uplink.rate_high_bps))
        free = []
        for start, stop in spans:
            at = start
            for begin, end in taken:
                if begin < stop and end > at:
                    free.append((at, begin))
                    at = max(at, end)
            free.append((at, stop))
        return [(start, stop) for start, stop in free if stop - start > shortest]

    def _moved(self, reception: Reception, by: int, rate_sps: int | None = None) -> Reception:
        rate_sps = rate_sps or self._source.rate_sps
        rx, later_ns = reception.rxvector, by * _NS // rate_sps
        fields = tuple(Field(each.name, each.start_sample + by, each.stop_sample + by) for each in reception.fields)
        placed = replace(
            rx,
            start_ns=rx.start_ns + later_ns,
            end_ns=rx.end_ns + later_ns,
            start_sample=rx.start_sample + by,
        )
        return Reception(reception.psdu, placed, fields)

    def _result(self, receptions: list[Reception]) -> Decoded:
        scale = self._source.to_recording(1.0)
        return Decoded(tuple(_scaled(each, scale) for each in receptions), self._offset_hz, self.counters)

    def _samples(self, duration_ns: int) -> int:
        return duration_ns * self._source.rate_sps // _NS


def _silence(count: int) -> npt.NDArray[np.complex64]:
    """Return noise far below anything: zeros tell a noise floor nothing."""
    rng = np.random.default_rng(0)
    return (_SILENCE * (rng.standard_normal(count) + 1j * rng.standard_normal(count))).astype(np.complex64)


def _origin(placed: list[tuple[int, int]], sample: int) -> int:
    """Return by how much a sample of what was fed lies later in the source."""
    fed, start = next(each for each in reversed(placed) if each[0] <= max(sample, 0))
    return start - fed


def _scaled(reception: Reception, scale: float) -> Reception:
    """Return a reception in samples of another rate; times stay."""
    fields = tuple(
        Field(each.name, round(each.start_sample * scale), round(each.stop_sample * scale)) for each in reception.fields
    )
    rx = replace(reception.rxvector, start_sample=round(reception.rxvector.start_sample * scale))
    return Reception(reception.psdu, rx, fields)


def _widened(spans: list[tuple[int, int]], by: int, end: int) -> list[tuple[int, int]]:
    """Return the spans, each begun earlier and ended later, joined where they then touch."""
    wider: list[tuple[int, int]] = []
    for start, stop in spans:
        begin = max(start - by, 0)
        if wider and begin <= wider[-1][1]:
            begin = wider.pop()[0]
        wider.append((begin, min(stop + by, end)))
    return wider


def _known(reception: Reception, others: list[Reception]) -> bool:
    """Return whether it was found already: a carrier 2.44 MHz off can be seen from two places of the channel."""
    return _overlaps(reception, [_span(each) for each in others if each.psdu == reception.psdu])


def _span(reception: Reception) -> tuple[int, int]:
    return reception.rxvector.start_sample, max(each.stop_sample for each in reception.fields)


def _overlaps(reception: Reception, spans: list[tuple[int, int]]) -> bool:
    begin, end = _span(reception)
    return any(begin < stop and end > start for start, stop in spans)
