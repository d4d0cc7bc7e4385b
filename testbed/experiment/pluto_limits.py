"""What a run over PlutoSDRs may be: what they can be set to, and what of the experiment they, or the emulator, do."""

from __future__ import annotations

from collections.abc import Iterator

from ampradio.profile.model import Profile
from testbed.experiment.problem import Problem, outside
from testbed.experiment.radio_choice import RadioChoice, pluto_choice
from testbed.experiment.shape import Channel, ExperimentFile

NARROWEST_SPS, WIDEST_SPS = 4_000_000, 20_000_000
BLOCKS = (2048, 1 << 20)
KEYED_HZ = 1.2e6  # either side of an uplink's carrier
_RANGES = {
    "centre_hz": (325e6, 3.8e9),
    "ap_rx_gain_db": (-10.0, 73.0),
    "ap_tx_attenuation_db": (0.0, 89.75),
    "tag_rx_gain_db": (-10.0, 73.0),
    "tag_tx_attenuation_db": (0.0, 89.75),
    "antenna_gain_dbi": (-30.0, 40.0),
    "reconnect_s": (0.0, 3600.0),
}
ADC_BITS = 12  # of a PlutoSDR


def pluto_problems(file: ExperimentFile, profile: Profile) -> Iterator[Problem]:
    """Yield what cannot be of a run over PlutoSDRs; nothing over another radio."""
    choice = pluto_choice(file.radio)
    if choice is None:
        return
    plutos = file.plutos
    yield from outside(("plutos", "rate_sps"), plutos.rate_sps, NARROWEST_SPS, WIDEST_SPS)
    for key, (low, high) in _RANGES.items():
        value = getattr(plutos, key)
        if value is not None:
            yield from outside(("plutos", key), value, low, high)
    if plutos.block_samples is not None:
        yield from outside(("plutos", "block_samples"), plutos.block_samples, *BLOCKS)
    yield from _narrow(file, profile)
    if choice.scheme == "emu":
        yield from _emulated(file, choice)


def _narrow(file: ExperimentFile, profile: Profile) -> Iterator[Problem]:
    """Yield what the sample rate does not hold of an active tag's exchange; others have limits of their own."""
    if file.ap.uplink != "active":
        return
    rate_sps = file.plutos.rate_sps
    wide = f"write plutos.rate_sps = {profile.preamble.sample_rate_sps} where the radio can stream that"
    down, up = profile.downlink, profile.uplink
    slow_bps = {"downlink_rate_kbps": down.rate_low_bps, "uplink_rate_kbps": up.rate_low_bps}
    chips_ns = {"downlink_rate_kbps": down.chip_1m_ns, "uplink_rate_kbps": up.active_chip_mid_ns}
    for key, chip_ns in chips_ns.items():
        slow_kbps = slow_bps[key] // 1000
        if getattr(file.ap, key) != slow_kbps and chip_ns * rate_sps < 2_000_000_000:
            reason = f"{rate_sps} S/s are fewer than two samples in a chip of {chip_ns} ns"
            yield Problem(("ap", key), reason, f"write {key} = {slow_kbps}, or {wide}")
    room_hz = rate_sps / 2 - KEYED_HZ
    for index, tag in enumerate(file.tags):
        if abs(tag.carrier_offset_hz) > room_hz:
            reason = f"at {rate_sps} S/s the AP hears carriers up to {room_hz:g} Hz off"
            yield Problem(("tags", index, "carrier_offset_hz"), reason, f"give ±{room_hz:g} Hz, or {wide}")


def _emulated(file: ExperimentFile, choice: RadioChoice) -> Iterator[Problem]:
    """Yield what of the channel a run over emulated radios cannot have."""
    if not choice.loopback:
        yield from emulated_problems(file.channel, has_leak=_has_leak(file.channel))
        return
    default = Channel()
    for key in file.channel.__struct_fields__:
        if key in ("downlink_snr_db", "uplink_snr_db"):
            continue  # there is no air: the run says so
        if getattr(file.channel, key) != getattr(default, key):
            yield Problem(("channel", key), "a loopback has no air", "leave it out, or run it over zmq: or sim:")


def emulated_problems(channel: Channel, *, has_leak: bool) -> Iterator[Problem]:
    """Yield what the air between emulated radios cannot have, or their receivers."""
    if channel.adc_bits > ADC_BITS:
        reason = f"an emulated PlutoSDR's converter has {ADC_BITS} bits"
        yield Problem(("channel", "adc_bits"), reason, f"write {ADC_BITS} or less; 0 leaves it as it is")
    for key in ("leak_drift_db", "leak_drift_rad"):
        if getattr(channel, key) and not has_leak:
            yield Problem(("channel", key), "there is no leak that could drift", "write leak_db beside it")


def _has_leak(channel: Channel) -> bool:
    """Return whether the AP may hear itself: a mono-static one beside a distance does by the profile's isolation."""
    return channel.leak_db is not None or channel.distance_m is not None
