"""The AP's receiver over a long stretch of noise: told no window, and in reply windows that follow end to end.

The noise comes in spans, each with its own receiver and seed: any number of processes gives the same result.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

import numpy as np
from rich.progress import Progress

from ampradio.phy.ap_receiver import ApReceiver
from ampradio.profile import load_profile
from ampradio.vectors import Listen, PpduKind
from testbed.bench.false_alarm_air import PIECE, SEED_INDEX, WINDOW_NS, Heard, count, expected_uplink
from testbed.bench.false_alarm_law import noise
from testbed.bench.watching import watch

SPAN = 20_000_000
NO_WINDOW, END_TO_END = "AP, no window", "AP, in windows"
_NS_PER_S = 1_000_000_000


def soak(samples: int, seed: int, processes: int, progress: Progress, span: int = SPAN) -> list[Heard]:
    """Return what the AP's receiver makes of ``samples`` of noise, none used twice, in either way."""
    with ProcessPoolExecutor(processes) as workers:
        waiting = {
            receiver: [
                workers.submit(_span, receiver, min(span, samples - begin), (seed, way, begin // span))
                for begin in range(0, samples, span)
            ]
            for way, receiver in enumerate((NO_WINDOW, END_TO_END))
        }
        watch(progress, "noise through the AP's receiver", [each for spans in waiting.values() for each in spans])
        return [_together([each.result() for each in spans]) for spans in waiting.values()]


def _span(receiver: str, samples: int, seed: tuple[int, ...]) -> Heard:
    """Return what one receiver makes of its span of noise."""
    profile = load_profile()
    rate_sps, blind = profile.preamble.sample_rate_sps, receiver == NO_WINDOW
    rates = (profile.uplink.rate_low_bps, profile.uplink.rate_mid_bps)
    ap, heard, opened = ApReceiver(profile, rate_sps, blind=blind), Heard("noise", receiver), 0
    for piece in noise(samples, PIECE, np.random.Generator(np.random.SFC64(seed))):
        heard.samples += piece.size
        while not blind and opened * WINDOW_NS * rate_sps < heard.samples * _NS_PER_S:
            start_ns, rate_bps = opened * WINDOW_NS, rates[opened % len(rates)]
            ap.listen(Listen(PpduKind.UL_ACTIVE, rate_bps, SEED_INDEX, start_ns, start_ns + WINDOW_NS))
            opened += 1
        count(heard, ap.feed(piece))
    heard.listened, heard.counters = heard.samples, ap.counters
    heard.expected = expected_uplink(ap.counters, len(profile.uplink.scrambler_seeds) if blind else 1)
    return heard


def _together(spans: list[Heard]) -> Heard:
    """Return the spans as one."""
    whole = Heard(spans[0].air, spans[0].receiver)
    for each in spans:
        whole.samples += each.samples
        whole.listened += each.listened
        whole.counters.update(each.counters)
        whole.handed_up += each.handed_up
        whole.expected += each.expected
        whole.accepted += each.accepted
    return whole
