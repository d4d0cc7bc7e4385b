"""What an experiment with a mono-static tag cannot have, and why."""

from __future__ import annotations

from collections.abc import Iterator

from ampradio.profile.model import Profile
from testbed.experiment.problem import Problem, outside
from testbed.experiment.radio_choice import pluto_choice
from testbed.experiment.shape import ExperimentFile

NONCE_OCTETS_MAX = 16
DELAY_NS_MAX = 50.0  # 15 m
CARRIER_HZ_MAX = 200e3  # of the tag's radio off the AP's: 40 ppm each


def mono_static_problems(file: ExperimentFile, profile: Profile) -> Iterator[Problem]:
    """Yield what does not go with ``ap.uplink = "mono-static"``; nothing for another uplink."""
    if file.ap.uplink != "mono-static":
        return
    yield from _radios(file, profile)
    if file.security.system != "amp":
        reason = "an excitation carries a reply of one PPDU, and this system answers in fragments"
        yield Problem(("security", "system"), reason, 'write system = "amp"')
    elif file.security.amp.nonce_octets > NONCE_OCTETS_MAX:
        reason = "with it the first command, its excitation and 1 ms to wake up are longer than a PPDU (rule 14)"
        yield Problem(("security", "amp", "nonce_octets"), reason, f"give {NONCE_OCTETS_MAX} or 8")
    mid_kbps = profile.uplink.rate_mid_bps // 1000
    if file.ap.uplink_rate_kbps != mid_kbps:
        reason = f"after T3 a reply at {file.ap.uplink_rate_kbps} kb/s ends beyond the longest PPDU (rule 14)"
        yield Problem(("ap", "uplink_rate_kbps"), reason, f"write {mid_kbps}")
    yield from _channel(file)


def _radios(file: ExperimentFile, profile: Profile) -> Iterator[Problem]:
    """Yield what two PlutoSDRs, of which one sends what a tag would reflect, cannot be."""
    choice = pluto_choice(file.radio)
    if choice is None:
        return
    fix = 'write "emu:" or "pluto:ADDRESS,ADDRESS"'
    if choice.gnuradio:
        reason = "gr-iio sends whole buffers, further ahead than T3: a reply would be late"
        yield Problem(("radio",), reason, fix)
    if choice.loopback:
        yield Problem(("radio",), "in a loopback AP and tag have one transmitter, and both send at once", fix)
    wide_sps = profile.preamble.sample_rate_sps
    if file.plutos.rate_sps != wide_sps:
        reason = f"at {file.plutos.rate_sps} S/s (narrow mode) nothing tells a reply's chips under the AP's own carrier"
        yield Problem(("plutos", "rate_sps"), reason, f"write {wide_sps}, as a radio that is emulated can stream")
    key = ("channel", "carrier_offset_hz")
    far = "further off nothing tells the tag's radio the AP's carrier"
    yield from outside(key, file.channel.carrier_offset_hz, -CARRIER_HZ_MAX, CARRIER_HZ_MAX, far)
    if choice.scheme == "emu" and file.channel.clock_ppm:
        reason = "where clocks differ the emulated air is 32 samples late, there and back: more than a reply may be"
        yield Problem(("channel", "clock_ppm"), reason, "leave it out; carrier_offset_hz is the tag radio's")


def _channel(file: ExperimentFile) -> Iterator[Problem]:
    channel = file.channel
    far = f"over {DELAY_NS_MAX:g} ns one way the reply leaves the symbol of the leak"
    yield from outside(("channel", "delay_ns"), channel.delay_ns, 0, DELAY_NS_MAX, far)
    if channel.carrier_offset_hz and pluto_choice(file.radio) is None:  # on a PlutoSDR the tag has a carrier
        reason = "the AP hears what it sent itself, by its own oscillator"
        yield Problem(("channel", "carrier_offset_hz"), reason, "leave it out")
    if channel.doppler_hz:
        yield Problem(("channel", "doppler_hz"), "the way to a tag that reflects stands still", "leave it out")
