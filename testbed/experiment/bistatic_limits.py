"""What an experiment with a bistatic tag and its energizer cannot have, and why."""

from __future__ import annotations

from collections.abc import Iterator

from ampradio.profile.model import Profile
from testbed.experiment.channel_limits import SNR_RANGE_DB
from testbed.experiment.link import lit_snrs_db
from testbed.experiment.problem import Problem, outside
from testbed.experiment.shape import Channel, Energizer, ExperimentFile

RADIOS = ("sim:", "zmq:")
DELAY_NS_MAX = 100.0  # 30 m over the tag; the AP's receiver looks for a reply up to 150 ns after the direct path
CLOCKS_PPM = 40.0  # of two Wi-Fi stations, 20 ppm each (IEEE 802.11-2020, 17.3.9.5)
CREST_DB = 10.0  # of the excitation, whose carriers are nearly flat in time; and room for what fades
RANGES: dict[str, tuple[float, float]] = {
    "snr_db": SNR_RANGE_DB,
    "direct_db": (-20.0, 80.0),
    "power_dbm": (-100.0, 60.0),
    "tag_distance_m": (0.1, 100_000.0),
    "ap_distance_m": (0.1, 100_000.0),
    "delay_ns": (0.0, DELAY_NS_MAX),
    "clock_ppm": (-CLOCKS_PPM, CLOCKS_PPM),
}


def bistatic_problems(file: ExperimentFile, profile: Profile) -> Iterator[Problem]:
    """Yield what does not go with ``ap.uplink = "bistatic"``; nothing for another uplink."""
    if file.ap.uplink != "bistatic":
        return
    if not file.radio.startswith(RADIOS):
        reason = f"{file.radio!r} carries no energizer and no 40 MHz channel yet"
        yield Problem(("radio",), reason, 'write "zmq:" or "sim:"')
    low_kbps, mid_kbps = profile.uplink.rate_low_bps // 1000, profile.uplink.rate_mid_bps // 1000
    if file.security.system != "amp" and file.ap.uplink_rate_kbps == low_kbps:
        reason = f"three fragments of a reply at {low_kbps} kb/s, as this system may have, are longer than a PPDU"
        fix = f'write {mid_kbps}, or security.system = "amp"'
        yield Problem(("ap", "uplink_rate_kbps"), f"{reason} (rule 14)", fix)
    yield from _channel(file.channel)
    yield from _energizer(file, profile)


def _channel(channel: Channel) -> Iterator[Problem]:
    for key, on, reason in (
        ("carrier_offset_hz", channel.carrier_offset_hz, "a tag that reflects has no carrier: its energizer has"),
        ("clock_ppm", channel.clock_ppm, "a bistatic tag has one clock, that of its chips: tags[0].chip_clock_ppm"),
        ("doppler_hz", channel.doppler_hz, "the three ways of a bistatic exchange stand still"),
        ("leak_db", channel.leak_db is not None, "the AP is silent while it listens to bistatic tags"),
        ("shadowing", channel.shadowing, "the three ways of a bistatic exchange are not shadowed"),
    ):
        if on:
            yield Problem(("channel", key), reason, "leave it out")


def _energizer(file: ExperimentFile, profile: Profile) -> Iterator[Problem]:
    energizer, channel = file.energizer, file.channel
    most_hz = profile.uplink.carrier_hz * CLOCKS_PPM * 1e-6
    good = True
    for key, (low, high) in (RANGES | {"carrier_offset_hz": (-most_hz, most_hz)}).items():
        value = getattr(energizer, key)
        for problem in () if value is None else outside(("energizer", key), value, low, high):
            good = False
            yield problem
    if not good:
        return
    if energizer.delay_ns + channel.delay_ns > DELAY_NS_MAX:
        reason = f"with channel.delay_ns, over {DELAY_NS_MAX:g} ns by way of the tag the AP does not find the reply"
        yield Problem(("energizer", "delay_ns"), reason, "make them smaller")
    yield from _budget(energizer, channel, profile, file.seed)


def _budget(energizer: Energizer, channel: Channel, profile: Profile, seed: int) -> Iterator[Problem]:
    default = Energizer()
    for key in ("tag_distance_m", "ap_distance_m"):
        if (getattr(energizer, key) is None) != (channel.distance_m is None):
            fix = "give channel.distance_m, energizer.tag_distance_m and energizer.ap_distance_m, or none of them"
            yield Problem(("energizer", key), "a bistatic budget has three distances", fix)
            return
    if channel.distance_m is not None:
        for key in ("snr_db", "direct_db"):
            if getattr(energizer, key) != getattr(default, key):
                reason = "stands beside the distances, from which it follows"
                yield Problem(("energizer", key), reason, f"keep one: {key}, or the distances and power_dbm")
        if channel.distance_m <= 0:
            return  # told by what is of the channel
    at_tag_db, reply_db, direct_db = lit_snrs_db(channel, energizer, profile, seed)
    low, high = SNR_RANGE_DB
    for what, snr_db in (("excitation at the tag", at_tag_db), ("reply", reply_db)):
        if not low <= snr_db <= high:
            reason = f"the {what} has an SNR of {snr_db:.1f} dB there, outside {low:g} … {high:g}"
            yield Problem(("channel", "distance_m"), reason, "change the distances or energizer.power_dbm")
    room_db = direct_db - reply_db + CREST_DB
    if channel.adc_bits and channel.adc_full_scale_db < room_db:
        reason = f"the excitation, {direct_db - reply_db:.0f} dB above the reply, would be clipped"
        yield Problem(("channel", "adc_full_scale_db"), reason, f"write {room_db:.0f} or more, or adc_bits = 0")
