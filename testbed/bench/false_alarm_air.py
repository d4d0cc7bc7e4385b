"""What the receivers make of air in which there is nothing for them: noise, and other people's Wi-Fi bursts.

The tag listens all the time, the AP in short reply windows, as in a run. Whatever a receiver hands up whose check
sequence holds would be accepted; of so many frames out of nothing 2⁻¹⁶ do, of short ones 2⁻⁸.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ampradio.channel.noise import awgn
from ampradio.channel.wifi_interference import WifiTraffic, burst, wifi_interference
from ampradio.phy.ap_receiver import ApReceiver
from ampradio.phy.frame_check import check_holds
from ampradio.phy.modulate import ppdu
from ampradio.phy.reception import Reception
from ampradio.profile import load_profile
from ampradio.psdu import frame_octets
from ampradio.vectors import Listen, PpduKind, TxVector
from flowgraphs.entities import receiver_for
from testbed.bench.per_modes import psdus

PIECE = 1 << 16
WINDOW_NS, EVERY_NS = 1_000_000, 40_000_000
SEED_INDEX = 1
FRAMES_PER_START = 2  # that an uplink frame in progress tries at most beside a short one, about
TRAFFIC = WifiTraffic(0.5)
AFTER_LEVEL_DB = 20.0
SIFS_NS, LATEST_NS = 16_000, 200_000
SYMBOLS = (6, 500)
_NS_PER_S = 1_000_000_000


@dataclass
class Heard:
    """What one receiver made of ``samples`` of air: its counters, how often a check was tried, what was accepted."""

    air: str
    receiver: str
    samples: int = 0
    listened: int = 0
    counters: Counter[str] = field(default_factory=Counter)
    handed_up: int = 0
    expected: float = 0.0
    accepted: int = 0

    def figures(self) -> dict[str, float | str]:
        """Return it as it goes into a figures file."""
        return {
            "air": self.air,
            "receiver": self.receiver,
            "samples": self.samples,
            "listened_samples": self.listened,
            "syncs": self.counters["syncs"],
            "false_starts": self.counters["false_starts"],
            "handed_up": self.handed_up,
            "accepted": self.accepted,
            "expected_by_crc": self.expected,
        }


def through_both(what: str, air: Iterable[npt.NDArray[np.complex64]]) -> list[Heard]:
    """Return what a tag's and an AP's receiver make of ``air``, which holds nothing for them."""
    profile = load_profile()
    rate_sps = profile.preamble.sample_rate_sps
    receivers = {"tag": receiver_for("tag", profile, rate_sps), "ap": receiver_for("ap", profile, rate_sps)}
    heard = {"tag": Heard(what, "tag"), "ap": Heard(what, "AP")}
    rates = (profile.uplink.rate_low_bps, profile.uplink.rate_mid_bps)
    position = next_window = windows = 0
    for piece in air:
        while next_window < position + piece.size:
            start_ns = next_window * _NS_PER_S // rate_sps
            rate_bps = rates[windows % len(rates)]
            ap: ApReceiver = receivers["ap"]
            ap.listen(Listen(PpduKind.UL_ACTIVE, rate_bps, SEED_INDEX, start_ns, start_ns + WINDOW_NS))
            windows += 1
            next_window += EVERY_NS * rate_sps // _NS_PER_S
        position += piece.size
        for role, receiver in receivers.items():
            count(heard[role], receiver.feed(piece))
    for role, each in heard.items():
        each.samples, each.counters = position, receivers[role].counters
    heard["tag"].listened = position
    heard["ap"].listened = min(windows * WINDOW_NS * rate_sps // _NS_PER_S, position)
    heard["ap"].expected = expected_uplink(heard["ap"].counters)
    return list(heard.values())


def wifi(level_db: float, samples: int, seed: int) -> Iterator[npt.NDArray[np.complex64]]:
    """Yield noise of unit power with Wi-Fi bursts ``level_db`` above it for half of the time."""
    rng = np.random.default_rng((seed, round(level_db * 10) + 1000))
    rate_sps = load_profile().preamble.sample_rate_sps
    for begin in range(0, samples, 1 << 20):
        size = min(1 << 20, samples - begin)
        air = awgn(wifi_interference(TRAFFIC, level_db, size, rate_sps, rng), 1.0, rng)
        for first in range(0, size, PIECE):
            yield air[first : first + PIECE]


def decoded_after_bursts(level_db: float, trials: int, seed: int) -> int:
    """Return of how many PPDUs the tag receives the PSDU, each 16 to 200 µs after a burst ``level_db`` over the noise.

    The PPDUs are 20 dB over the noise, at both rates; the noise floor is known from before.
    """
    profile = load_profile()
    rate_sps = profile.preamble.sample_rate_sps
    rng = np.random.default_rng((seed, 2))
    receiver = receiver_for("tag", profile, rate_sps)
    receiver.feed(awgn(np.zeros(rate_sps // 100, np.complex64), 1.0, rng))
    rates = (profile.downlink.rate_low_bps, profile.downlink.rate_high_bps)
    decoded = 0
    for index, octets in enumerate(psdus(trials, rng)):
        sent = octets.tobytes()
        wave = ppdu(profile, sent, TxVector(PpduKind.DL_TYPE1, rates[index % 2]))
        loud = burst(int(rng.integers(*SYMBOLS)), rate_sps, rng) * np.float32(10 ** (level_db / 20))
        gap = np.zeros(int(rng.integers(SIFS_NS, LATEST_NS)) * rate_sps // _NS_PER_S, np.complex64)
        quiet = np.zeros(rate_sps // 2000, np.complex64)
        signal = np.concatenate((quiet, loud, gap, wave * np.float32(10 ** (AFTER_LEVEL_DB / 20)), quiet))
        decoded += sent in [each.psdu for each in receiver.feed(awgn(signal.astype(np.complex64), 1.0, rng))]
    return decoded


def count(heard: Heard, receptions: list[Reception]) -> None:
    """Add ``receptions`` of air in which there is nothing to what was ``heard``."""
    mac = load_profile().mac
    for each in receptions:
        heard.handed_up += 1
        heard.accepted += check_holds(mac, each.psdu)
        if each.rxvector.kind.is_downlink:
            heard.expected += 2.0**-8 if len(each.psdu) == mac.short_frame_octets else 2.0**-16


def expected_uplink(counters: Counter[str], seeds: int = 1) -> float:
    """Return how many frames the AP accepts out of nothing.

    Each start is tried short, then by what its header says, under each of the scrambler's ``seeds`` that it looks for;
    where a reply is due, once more under each of some other clocks.
    """
    profile = load_profile()
    short = np.mean([frame_octets(profile.mac, bytes([first, *bytes(5)])) == 4 for first in range(256)])
    tail = 2.0**-profile.uplink.bcc_tail_bits
    starts = counters["syncs"] - counters["false_starts"]
    tried = seeds * starts * FRAMES_PER_START + counters["read_again"]
    return seeds * starts * float(short) * tail * 2.0**-8 + tried * 2.0**-16
