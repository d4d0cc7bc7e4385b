"""Our receiver in ``make bench-peer``: the one for uncoded uplinks at the AP, told the noise as the peer is."""

from __future__ import annotations

from functools import lru_cache

from ampradio.phy.uncoded_batch import UncodedBatch
from ampradio.phy.uncoded_frame import Detector
from ampradio.profile import load_profile
from testbed.bench.peer_packets import RATE_SPS, VECTOR, Packets

AT_ONCE = 50


def errors(heard: Packets, detector: Detector) -> int:
    """Return how many packets are not received as sent; a sync that is missed is one of them."""
    receiver = _receiver(detector)
    wrong = 0
    for begin in range(0, len(heard.sent), AT_ONCE):
        some = slice(begin, begin + AT_ONCE)
        received = receiver.receive(heard.samples[some], heard.noise_power[some]).psdus
        wrong += sum(psdu != sent for psdu, sent in zip(received, heard.sent[some], strict=True))
    return wrong


@lru_cache(maxsize=2)
def _receiver(detector: Detector) -> UncodedBatch:
    return UncodedBatch(load_profile(), VECTOR, RATE_SPS, detector)
