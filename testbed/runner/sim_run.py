"""An experiment over ``sim:``: both stations and the air in this process, every PPDU as its waveform.

No GNU Radio, no sockets: the receivers and the channel are those of ``ampradio``, applied to one PPDU at a time with
noise around it. Silence between PPDUs is skipped, so nothing is recorded.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Sequence

import numpy as np

from ampradio.channel.path import Path
from ampradio.channel.streaming import applied
from ampradio.mac.events import Event
from ampradio.mac.exchange import Delivery, Exchange, Transmission
from ampradio.phy.modulate import ppdu
from ampradio.phy.mono_static_window import OwnPpdu
from ampradio.phy.reception import Reception
from ampradio.vectors import Listen
from flowgraphs.entities import receiver_for
from flowgraphs.streams import ROLES
from testbed.experiment import Experiment
from testbed.live.air_feed import AirFeed
from testbed.node_config import PathConfig
from testbed.runner.air import downlink_path, incident_path, own_delay_samples, uplink_path
from testbed.runner.bistatic_link import BistaticLink
from testbed.runner.finished import Finished
from testbed.runner.impairments import leak_stages
from testbed.runner.mac_host import event_record
from testbed.runner.merge import EventMerge
from testbed.runner.sim_times import LEAD_NS, MARGIN_NS, NS, TAIL_NS, in_air_time
from testbed.runner.stations import Stations
from testbed.runner.tell import Tell
from testbed.runner.ways import NO_DRAW, Ear, Samples, Way

STEP_NS = 500_000
DOWNLINKS_KEPT = 4


class Direction:
    """The air from one station to the other, and what the receiver there adds."""

    def __init__(self, config: PathConfig, experiment: Experiment, rate_sps: int) -> None:
        self.clock_ppm = config.clock_ppm
        self._way = Way(config, rate_sps)
        self._ear = Ear(config, experiment.seed, rate_sps)
        self._leak = leak_stages(config.impairments, rate_sps)

    def heard(self, sent: Samples, own: Samples, first: int) -> Samples:
        """Return what is received of ``sent`` (n,), from sample ``first`` of the run on, while ``own`` (n,) is sent."""
        received = self._ear.sampled(self._way.of(sent, first), first)
        if self._leak:
            leaked = applied(self._leak, own, self._ear.there(first))
            size = min(leaked.size, received.size)
            received[:size] += leaked[:size]
        return self._ear.converted(received, first)


class Reflected:
    """What falls on a tag of the AP's transmission, times the tag's reflection coefficient."""

    def __init__(self, there: PathConfig, rate_sps: int) -> None:
        taps = np.array([complex(*tap) for tap in there.taps]) if there.taps else None
        self._incident = Path(delay_s=there.delay_samples / rate_sps, taps=taps)
        self._clock = Path(clock_ppm=there.clock_ppm)
        self._rate_sps = rate_sps

    def of(self, coefficient: Samples, own: Samples) -> Samples:
        """Return what leaves the tag that switches ``coefficient`` (n,) while the AP sends ``own`` (n,)."""
        switched = self._clock.apply(coefficient, self._rate_sps, NO_DRAW)
        incident = self._incident.apply(own, self._rate_sps, NO_DRAW)
        size = min(switched.size, incident.size, own.size)
        left = np.zeros(own.size, np.complex64)
        left[:size] = switched[:size] * incident[:size]
        return left


class WaveformLink:
    """What a receiver makes of a transmission: modulated, through the air, among noise and what overlaps it."""

    def __init__(self, experiment: Experiment) -> None:
        self._profile = experiment.profile
        self._rate_sps = experiment.profile.preamble.sample_rate_sps
        self._chip_clock_ppm = experiment.tags[0].chip_clock_ppm
        self._directions = {
            True: Direction(downlink_path(experiment, self._rate_sps), experiment, self._rate_sps),
            False: Direction(uplink_path(experiment, self._rate_sps), experiment, self._rate_sps),
        }
        there = incident_path(experiment, self._rate_sps)
        self._own_delay = own_delay_samples(experiment)
        self._reflected = None if there is None else Reflected(there, self._rate_sps)
        self._downlinks: deque[Transmission] = deque(maxlen=DOWNLINKS_KEPT)
        self.counters: dict[str, Counter[str]] = {"ap": Counter(), "tag": Counter()}
        self.live = AirFeed(self._rate_sps, self.counters)

    def __call__(self, transmission: Transmission, receiver: str, others: Sequence[Transmission]) -> list[Delivery]:
        """Return what ``receiver`` decodes of ``transmission``."""
        downlink = transmission.tx.vector.kind.is_downlink
        around = transmission if downlink else self._excitation_of(transmission)
        start_ns = around.tx.start_ns - LEAD_NS
        span = (around.end_ns + TAIL_NS - start_ns) * self._rate_sps // NS
        sent = np.zeros(span, np.complex64)
        for each in (transmission, *(other for other in others if other.tx.vector.kind.is_downlink == downlink)):
            self._add(sent, each, start_ns)
        direction = self._directions[downlink]
        own = self._own_of(downlink, transmission, others, start_ns, span)
        if self._reflected is not None and not downlink:
            sent = self._reflected.of(sent, own)
        heard = direction.heard(sent, own, (start_ns + LEAD_NS) * self._rate_sps // NS)
        self.live.take("tag" if downlink else "ap", heard, start_ns * self._rate_sps // NS)
        return [
            (reception.psdu, in_air_time(reception.rxvector, start_ns, direction.clock_ppm, self._rate_sps))
            for reception in self._receive(transmission, around, receiver, heard)
        ]

    def _excitation_of(self, reply: Transmission) -> Transmission:
        """Return the AP's PPDU that a reply modulates, or the reply itself where it needs none."""
        if self._reflected is None:
            return reply
        return next(each for each in reversed(self._downlinks) if each.tx.start_ns < reply.tx.start_ns < each.end_ns)

    def _own_of(
        self, downlink: bool, transmission: Transmission, others: Sequence[Transmission], start_ns: int, span: int
    ) -> Samples:
        """Return what the receiving AP itself sends in the ``span`` samples from ``start_ns`` on; nothing for a tag."""
        own = np.zeros(span, np.complex64)
        if downlink:
            self._downlinks.append(transmission)
            return own
        late = [each for each in others if each.tx.vector.kind.is_downlink and each not in self._downlinks]
        for each in (*self._downlinks, *late):
            if each.end_ns > start_ns:
                self._add(own, each, start_ns)
        return own

    def _add(self, sent: Samples, transmission: Transmission, start_ns: int) -> None:
        tx = transmission.tx
        clock = 0.0 if tx.vector.kind.is_downlink else self._chip_clock_ppm
        samples = ppdu(self._profile, tx.psdu, tx.vector, clock_ppm=clock)
        begin = (tx.start_ns - start_ns) * self._rate_sps // NS
        first, last = max(begin, 0), min(begin + samples.size, sent.size)
        if first < last:
            sent[first:last] += samples[first - begin : last - begin]

    def _receive(
        self, transmission: Transmission, around: Transmission, name: str, heard: Samples
    ) -> list[Reception]:
        """Return what a receiver makes of ``heard``, which begins ``LEAD_NS`` before the PPDU ``around`` it."""
        vector, mono_static = transmission.tx.vector, self._reflected is not None
        downlink = vector.kind.is_downlink
        receiver = receiver_for(
            "tag" if downlink else "ap", self._profile, self._rate_sps, mono_static=mono_static
        )
        if not downlink:
            begin_ns = LEAD_NS + transmission.tx.start_ns - around.tx.start_ns
            if mono_static:
                own = around.tx
                receiver.own(OwnPpdu(own.psdu, own.vector, LEAD_NS * self._rate_sps // NS + self._own_delay))
            stop_ns = begin_ns + transmission.end_ns - transmission.tx.start_ns + TAIL_NS - MARGIN_NS
            receiver.listen(Listen(vector.kind, vector.rate_bps, vector.seed_index, begin_ns - MARGIN_NS, stop_ns))
        received = receiver.feed(heard)
        self.counters[name].update(receiver.counters)
        return list(received)


def run_in_process(experiment: Experiment, stations: Stations, tell: Tell) -> Finished:
    """Run the experiment in virtual time and tell every event in order of air time."""
    began = time.monotonic()
    link = BistaticLink(experiment) if experiment.ap.bistatic else WaveformLink(experiment)
    exchange = Exchange(experiment.profile, {"ap": stations.ap}, {"tag": stations.tag}, link)
    merge = EventMerge(list(ROLES))
    finished: Event | None = None
    until_ns = taken = 0
    # the AP is done when it has decided its last PPDU, which is still to go out
    while until_ns < experiment.max_air_time_ns and (finished is None or until_ns <= finished.t_ns):
        until_ns += STEP_NS
        events = exchange.run(until_ns)
        for role in ROLES:
            records = [event_record(name, event) for name, event in events[taken:] if name == role]
            for record in merge.put(role, until_ns, records):
                tell(record)
        finished = finished or next((event for _, event in events[taken:] if event.kind == "finished"), None)
        taken = len(events)
    link.live.finish()
    stop_ns = exchange.now_ns if finished is None else max(exchange.now_ns, finished.t_ns)
    for record in merge.rest(stop_ns):
        tell(record)
    ok = finished is not None and bool(finished.detail.get("ok"))
    counters = {name: dict(sorted(each.items())) for name, each in link.counters.items()}
    return Finished(ok, finished is not None, stop_ns, time.monotonic() - began, counters)
