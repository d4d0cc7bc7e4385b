"""What no profile can be: values that contradict arithmetic or each other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ampradio.profile.model import Entry, Profile

_NS_PER_S = 1_000_000_000
_NOT_NEGATIVE = ("ns", "Hz", "S/s", "b/s", "bits", "octets", "samples", "ppm", "W", "F", "V", "m")


@dataclass(frozen=True)
class Impossible:
    """A field and why its value cannot be."""

    field: str
    reason: str


def first_impossible(profile: Profile) -> Impossible | None:
    """Return the first impossible value of ``profile``, or None if it can be worked with."""
    for rule in (_single_values, _whole_samples, _rates, _words, _codes, _physics):
        for found in rule(profile):
            return found
    return None


def _single_values(profile: Profile) -> Iterator[Impossible]:
    for entry in profile.entries:
        for value in entry.value if isinstance(entry.value, tuple) else (entry.value,):
            reason = _impossible_alone(entry, value)
            if reason:
                yield Impossible(f"{entry.key}.value", reason)


def _impossible_alone(entry: Entry, value: object) -> str:
    if entry.unit == "chips" and (not value or set(str(value)) - {"0", "1"}):
        return f"is {value!r}, must be a text of 0 and 1"
    if isinstance(value, float) and not math.isfinite(value):
        return f"is {value}, must be finite"
    if isinstance(value, (int, float)):
        if entry.unit in _NOT_NEGATIVE and value < 0:
            return f"is {value} {entry.unit}, must not be negative"
        if value == 0 and (entry.unit in ("b/s", "S/s") or ("chip_" in entry.key and entry.unit == "ns")):
            return "must not be zero"
    return ""


def _whole_samples(profile: Profile) -> Iterator[Impossible]:
    down, up = profile.downlink, profile.uplink
    chips = (
        [("downlink", key, profile.preamble.sample_rate_sps)
         for key in ("sync_chip_ns", "chip_250k_ns", "chip_1m_ns", "padding_chip_ns", "on_prefix_ns",
                     "bistatic_symbol_ns")]
        + [("downlink", "sub1ghz_chip_ns", down.sub1ghz_sample_rate_sps)]
        + [("uplink", key, up.sample_rate_sps)
           for key in ("active_chip_low_ns", "active_chip_mid_ns", "backscatter_chip_low_ns",
                       "backscatter_chip_mid_ns")]
        + [("uplink", "active_chip_high_ns", up.wide_sample_rate_sps)]
        + [("preamble", key, profile.preamble.sample_rate_sps)
           for key in ("l_stf_ns", "l_ltf_ns", "l_sig_ns", "rl_sig_ns", "u_sig_ns")]
    )  # fmt: skip
    for section, key, rate_sps in chips:
        duration_ns = getattr(getattr(profile, section), key)
        if duration_ns * rate_sps % _NS_PER_S:
            yield Impossible(
                f"{section}.{key}.value", f"is {duration_ns} ns, not a whole number of samples at {rate_sps} S/s"
            )


def _rates(profile: Profile) -> Iterator[Impossible]:
    down, up = profile.downlink, profile.uplink
    # Manchester: two chips a bit; the rate 1/2 code doubles that
    for key, chip_ns, rate_bps, chips_per_bit in (
        ("downlink.chip_250k_ns", down.chip_250k_ns, down.rate_low_bps, 2),
        ("downlink.chip_1m_ns", down.chip_1m_ns, down.rate_high_bps, 2),
        ("downlink.sub1ghz_chip_ns", down.sub1ghz_chip_ns, down.sub1ghz_rate_bps, 2),
        ("uplink.active_chip_low_ns", up.active_chip_low_ns, up.rate_low_bps, 4),
        ("uplink.active_chip_mid_ns", up.active_chip_mid_ns, up.rate_mid_bps, 4),
        ("uplink.active_chip_high_ns", up.active_chip_high_ns, up.rate_high_bps, 2),
        ("uplink.backscatter_chip_low_ns", up.backscatter_chip_low_ns, up.rate_low_bps, 2),
        ("uplink.backscatter_chip_mid_ns", up.backscatter_chip_mid_ns, up.rate_mid_bps, 2),
    ):
        if chip_ns * rate_bps * chips_per_bit != _NS_PER_S:
            yield Impossible(f"{key}.value", f"{chips_per_bit} chips of {chip_ns} ns a bit do not make {rate_bps} b/s")


def _words(profile: Profile) -> Iterator[Impossible]:
    pre, down, up = profile.preamble, profile.downlink, profile.uplink
    for key, left, right in (
        ("downlink.on_values", down.on_values, down.on_carriers),
        ("downlink.bistatic_upper", down.bistatic_upper, down.bistatic_lower),
        ("preamble.extra_values", pre.extra_values, pre.extra_carriers),
    ):
        if len(left) != len(right):
            yield Impossible(f"{key}.value", f"has {len(left)} items, its counterpart {len(right)}")
    if sum(pre.u_sig_widths) != pre.interleaver_columns * pre.interleaver_rows:
        yield Impossible("preamble.u_sig_widths.value", f"fields make {sum(pre.u_sig_widths)} bits, not one U-SIG")
    if len(up.scrambler_seeds) != 4 or not all(0 < seed < 128 for seed in up.scrambler_seeds):
        yield Impossible("uplink.scrambler_seeds.value", "must be four seeds of 1 to 127 (index of 2 bits, x^7+x^4+1)")
    if not 0 < down.phase_seed < 128:
        yield Impossible("downlink.phase_seed.value", "must be 1 to 127 (x^7+x^4+1)")


def _codes(profile: Profile) -> Iterator[Impossible]:
    types: dict[object, str] = {}
    for entry in profile.entries:
        if entry.key.startswith("mac.type_"):
            if not isinstance(entry.value, int) or not 0 <= entry.value < 1 << profile.mac.frame_type_bits:
                yield Impossible(
                    f"{entry.key}.value", f"is {entry.value}, does not fit {profile.mac.frame_type_bits} bits"
                )
            if entry.value in types:
                yield Impossible(f"{entry.key}.value", f"is {entry.value}, which {types[entry.value]} has already")
            types[entry.value] = entry.key
    if not 1 <= profile.mac.body_octets_max <= 64:
        yield Impossible("mac.body_octets_max.value", "must be 1 to 64 (Length has 6 bits)")
    if not profile.mac.frame_type_bits <= profile.mac.protected_bit <= 7:
        yield Impossible("mac.protected_bit.value", "must lie behind Type in the octet of Frame Control")


def _physics(profile: Profile) -> Iterator[Impossible]:
    if profile.power.on_v <= profile.power.off_v:
        yield Impossible("power.on_v.value", "must be above off_v")
    if not 0 < profile.power.harvester_efficiency <= 1:
        yield Impossible("power.harvester_efficiency.value", "must be above 0 and at most 1")
    if not 0 <= profile.timing.t1_tolerance < 1:
        yield Impossible("timing.t1_tolerance.value", "must be 0 or more and below 1")
    if profile.downlink.wup_excitation_ns < profile.downlink.wup_excitation_min_ns:
        yield Impossible("downlink.wup_excitation_ns.value", "is shorter than wup_excitation_min_ns")
