"""The air of a bistatic exchange in process, every PPDU as its waveform in a 40 MHz channel: AP, tag, energizer."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence

import numpy as np

from ampradio.mac.exchange import Delivery, Transmission
from ampradio.phy.wide import wide_ppdu
from ampradio.vectors import Listen, PpduKind
from flowgraphs.entities import receiver_for
from flowgraphs.parties import Receiver
from testbed.experiment import Experiment
from testbed.live.air_feed import AirFeed
from testbed.runner.bistatic_air import bistatic_paths, energizer_of
from testbed.runner.sim_times import LEAD_NS, MARGIN_NS, NS, TAIL_NS, in_air_time
from testbed.runner.ways import Ear, Samples, Way

EXCITATIONS_KEPT, REPLIES_KEPT = 4, 8


class BistaticLink:
    """What a receiver makes of a transmission; see ``WaveformLink``, which is that of the other uplinks."""

    def __init__(self, experiment: Experiment) -> None:
        self._profile = experiment.profile
        self._rate_sps = rate_sps = experiment.profile.uplink.wide_sample_rate_sps
        self._chip_clock_ppm = experiment.tags[0].chip_clock_ppm
        paths = bistatic_paths(experiment, rate_sps)
        self._down, self._lit = Way(paths.downlink, rate_sps), Way(paths.lit, rate_sps)
        self._incident, self._back = Way(paths.incident, rate_sps), Way(paths.uplink, rate_sps)
        self._direct = Way(paths.direct, rate_sps)
        self._tag_ear = Ear(paths.downlink, experiment.seed, rate_sps)
        self._ap_ear = Ear(paths.uplink, experiment.seed, rate_sps)
        self._energizer = energizer_of(experiment)
        self._excitations: deque[Transmission] = deque(maxlen=EXCITATIONS_KEPT)
        self._replies: deque[Transmission] = deque(maxlen=REPLIES_KEPT)
        self.counters: dict[str, Counter[str]] = {"ap": Counter(), "tag": Counter()}
        self.live = AirFeed(self._rate_sps, self.counters)

    def __call__(self, transmission: Transmission, receiver: str, others: Sequence[Transmission]) -> list[Delivery]:
        """Return what ``receiver`` decodes of ``transmission``."""
        to_tag = transmission.tx.vector.kind.is_downlink
        return (self._to_tag if to_tag else self._to_ap)(transmission, receiver, others)

    def _to_tag(self, transmission: Transmission, name: str, others: Sequence[Transmission]) -> list[Delivery]:
        if transmission.tx.vector.kind is PpduKind.DL_TYPE4:
            self._excitations.append(transmission)
        start_ns, span = self._stretch(transmission.tx.start_ns - LEAD_NS, transmission.heard_ns + TAIL_NS)
        first = self._sample(start_ns + LEAD_NS)  # what the air draws by, never before the run
        on_air = [transmission, *(each for each in others if each.tx.vector.kind.is_downlink)]
        lit = [each for each in on_air if each.tx.vector.kind is PpduKind.DL_TYPE4]
        arrived = self._down.of(self._sum([each for each in on_air if each not in lit], start_ns, span), first)[:span]
        arrived = arrived + self._lit.of(self._sum(lit, start_ns, span), first)[:span]
        heard = self._ear_hears(self._tag_ear, arrived, first)
        self.live.take(name, heard, self._sample(start_ns))
        receiver = receiver_for("tag", self._profile, self._rate_sps)
        return self._delivered(receiver, name, heard, start_ns, self._tag_ear.clock_ppm)

    def _to_ap(self, reply: Transmission, name: str, others: Sequence[Transmission]) -> list[Delivery]:
        excitation = next(
            (each for each in reversed(self._excitations) if each.tx.start_ns < reply.tx.start_ns < each.end_ns), None
        )
        if excitation is None:
            return []  # nothing lit the tag
        start_ns, span = self._stretch(excitation.tx.start_ns - LEAD_NS, reply.end_ns + TAIL_NS)
        first = self._sample(start_ns + LEAD_NS)  # what the air draws by, never before the run
        radiated = self._sum([excitation], start_ns, span)
        self._replies.append(reply)
        replies = {id(each): each for each in (*self._replies, *others) if not each.tx.vector.kind.is_downlink}
        switched = self._sum(list(replies.values()), start_ns, span)
        reflected = switched * self._incident.of(radiated, first)[:span]
        arrived = self._back.of(reflected, first)[:span] + self._direct.of(radiated, first)[:span]
        heard = self._ear_hears(self._ap_ear, arrived, first)
        self.live.take(name, heard, self._sample(start_ns))
        receiver = receiver_for("ap", self._profile, self._rate_sps)
        vector, begin_ns = reply.tx.vector, reply.tx.start_ns - start_ns
        stop_ns = reply.end_ns - start_ns + TAIL_NS - MARGIN_NS
        upwards = not excitation.tx.vector.upper_half
        receiver.listen(
            Listen(vector.kind, vector.rate_bps, 0, begin_ns - MARGIN_NS, stop_ns, shift_upwards=upwards)
        )
        return self._delivered(receiver, name, heard, start_ns, self._ap_ear.clock_ppm)

    def _delivered(
        self, receiver: Receiver, name: str, heard: Samples, start_ns: int, clock_ppm: float
    ) -> list[Delivery]:
        received = receiver.feed(heard)
        self.counters[name].update(receiver.counters)
        return [
            (each.psdu, in_air_time(each.rxvector, start_ns, clock_ppm, self._rate_sps)) for each in received
        ]

    def _ear_hears(self, ear: Ear, arrived: Samples, first: int) -> Samples:
        return ear.converted(ear.sampled(arrived, first), first)

    def _stretch(self, start_ns: int, end_ns: int) -> tuple[int, int]:
        return start_ns, (end_ns - start_ns) * self._rate_sps // NS

    def _sample(self, time_ns: int) -> int:
        return time_ns * self._rate_sps // NS

    def _sum(self, transmissions: Sequence[Transmission], start_ns: int, span: int) -> Samples:
        """Return ``span`` samples from ``start_ns`` on of what the transmitters of these give."""
        total = np.zeros(span, np.complex64)
        for each in transmissions:
            tx, place = each.tx, self._sample(each.tx.start_ns)
            if tx.vector.kind is PpduKind.DL_TYPE4:
                samples = self._energizer.samples(tx.psdu, tx.vector, place)
            else:
                clock_ppm = 0.0 if tx.vector.kind.is_downlink else self._chip_clock_ppm
                samples = wide_ppdu(self._profile, tx.psdu, tx.vector, clock_ppm=clock_ppm)
            begin = place - self._sample(start_ns)
            first, last = max(begin, 0), min(begin + samples.size, span)
            if first < last:
                total[first:last] += samples[first - begin : last - begin]
        return total
