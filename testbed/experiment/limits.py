"""What the profile and the carriage allow: checks on the values of a well-formed experiment file."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from ampradio.profile.model import Profile
from testbed.experiment.bistatic_limits import bistatic_problems
from testbed.experiment.channel_limits import SNR_RANGE_DB, channel_problems
from testbed.experiment.error import KeyPath
from testbed.experiment.mono_static_limits import mono_static_problems
from testbed.experiment.pluto_limits import pluto_problems
from testbed.experiment.problem import Problem, outside
from testbed.experiment.radio_choice import RadioChoiceError, radio_choice
from testbed.experiment.reflecting_limits import reflecting_problems
from testbed.experiment.shape import ExperimentFile
from testbed.experiment.systems import VARIANTS
from testbed.experiment.time_scale import LONGEST

_SIMULATED = re.compile(r"sim:|zmq:|zmq:tcp://[A-Za-z0-9_.\-\[\]:]+:\d{1,5}")
MAX_BASE_PORT = 65530

MAX_AIR_TIME_S = 3600.0
MAX_RETRIES = 100
SSID_OCTETS_MAX = 32
MAX_RUNS = 100_000
MAX_PAUSE_MS = 600_000.0
INCIDENT_RANGE_DBM = (-100.0, 40.0)


def problems(file: ExperimentFile, profile: Profile) -> Iterator[Problem]:
    """Yield every value of ``file`` that is out of range."""
    yield from _run(file)
    yield from _security(file)
    yield from _compare(file)
    yield from _stations(file, profile)
    yield from _clocks(file, profile)
    yield from channel_problems(file, profile)
    yield from pluto_problems(file, profile)
    yield from reflecting_problems(file, profile)
    yield from mono_static_problems(file, profile)
    yield from bistatic_problems(file, profile)


def _run(file: ExperimentFile) -> Iterator[Problem]:
    if not 0 <= file.seed < 1 << 64:
        yield Problem(("seed",), f"{file.seed} is not a seed", "give an integer from 0 to 2^64 - 1")
    if not (math.isfinite(file.max_air_time_s) and 0 < file.max_air_time_s <= MAX_AIR_TIME_S):
        reason = f"{file.max_air_time_s:g} is not a duration up to {MAX_AIR_TIME_S:g} s"
        yield Problem(("max_air_time_s",), reason, "give seconds of air time, such as 5.0")
    yield from _radio(file)
    if file.time_scale is not None:
        yield from outside(("time_scale",), file.time_scale, 1, LONGEST)
    if not file.tags:
        yield Problem(("tags",), "there is no tag", "add a [[tags]] table")
    if len(file.tags) > 1:
        yield Problem(("tags", 1), "one tag per experiment for now", "keep one [[tags]] table")


def _radio(file: ExperimentFile) -> Iterator[Problem]:
    try:
        choice = radio_choice(file.radio)
    except RadioChoiceError as error:
        yield Problem(("radio",), str(error), error.fix)
        return
    if not choice.plutos and not _SIMULATED.fullmatch(file.radio):
        reason = f"{file.radio!r} is no radio"
        yield Problem(("radio",), reason, 'write "zmq:", "zmq:tcp://127.0.0.1:5550" or "sim:"')
    elif file.radio.startswith("zmq:tcp://") and not 0 < _port(file.radio) <= MAX_BASE_PORT:
        reason = f"{_port(file.radio)} is no base port: six ports follow from it"
        yield Problem(("radio",), reason, f"give a port from 1024 to {MAX_BASE_PORT}")


def _security(file: ExperimentFile) -> Iterator[Problem]:
    security = file.security
    variants = VARIANTS.get(security.system)
    if variants is None:
        known = ", ".join(VARIANTS)
        yield Problem(("security", "system"), f"{security.system!r} is no security system", f"use one of {known}")
    elif security.variant and security.variant not in variants:
        reason = f"{security.system} has no variant {security.variant!r}"
        yield Problem(("security", "variant"), reason, f"use one of {', '.join(variants)}")
    if security.amp.pmk_update != "none" and security.amp.flow == 2:
        reason = "two frames never authenticate the AP, so they cannot update a PMK"
        yield Problem(("security", "amp", "pmk_update"), reason, "set security.amp.flow to 3 or 4")
    life: KeyPath = ("security", "provisioning", "session_key_requests")
    yield from outside(life, security.provisioning.session_key_requests, 1, 255, "one REKEY's worth of SEQ")
    ssid = len(security.rsna.ssid.encode())
    if not 0 < ssid <= SSID_OCTETS_MAX:
        reason = f"an SSID has 1 to {SSID_OCTETS_MAX} octets, not {ssid}"
        yield Problem(("security", "rsna", "ssid"), reason, "give another")
    akms = (security.rsna.akm, *security.rsna.other_akms)
    if len(set(akms)) != len(akms):
        yield Problem(("security", "rsna", "other_akms"), "an AKM stands there twice", "name each once")
    if len(akms) > 1 and security.rsna.encoding == "lite":
        reason = "the lite advert has room for one AKM"
        yield Problem(("security", "rsna", "other_akms"), reason, 'set security.rsna.encoding="full"')
    yield from outside(("security", "aiot", "policy"), security.aiot.policy, 0x00, 0x7F)


def _compare(file: ExperimentFile) -> Iterator[Problem]:
    compare = file.compare
    yield from outside(("compare", "runs"), compare.runs, 1, MAX_RUNS)
    for index, snr_db in enumerate(compare.snr_db):
        yield from outside(("compare", "snr_db", index), snr_db, *SNR_RANGE_DB)
    for index, incident_dbm in enumerate(compare.incident_dbm):
        yield from outside(("compare", "incident_dbm", index), incident_dbm, *INCIDENT_RANGE_DBM)


def _port(radio: str) -> int:
    return int(radio.rpartition(":")[2])


def _stations(file: ExperimentFile, profile: Profile) -> Iterator[Problem]:
    yield from _station_id(("ap", "station_id"), file.ap.station_id, profile)
    for index, tag in enumerate(file.tags):
        yield from _station_id(("tags", index, "station_id"), tag.station_id, profile)
        if tag.station_id is not None and tag.station_id == file.ap.station_id:
            reason = f"{tag.station_id} is the AP's station_id too"
            yield Problem(("tags", index, "station_id"), reason, "give each station its own")
        if tag.address is not None and tag.permanent_id is not None:
            reason = "permanent_id stands beside address"
            yield Problem(("tags", index, "permanent_id"), reason, "keep one: it only replaces a missing EUI-48")
    rates = {profile.downlink.rate_low_bps, profile.downlink.rate_high_bps}
    if file.ap.downlink_rate_kbps * 1000 not in rates:
        yield Problem(("ap", "downlink_rate_kbps"), f"{profile.name} has no such rate", "give 250 or 1000")
    if file.ap.uplink_rate_kbps * 1000 not in {profile.uplink.rate_low_bps, profile.uplink.rate_mid_bps}:
        yield Problem(("ap", "uplink_rate_kbps"), f"{profile.name} has no such rate", "give 250 or 1000")
    yield from outside(("ap", "seed_index"), file.ap.seed_index, 0, len(profile.uplink.scrambler_seeds) - 1)
    yield from outside(("ap", "retries"), file.ap.retries, 0, MAX_RETRIES)
    yield from outside(("ap", "retry_pause_ms"), file.ap.retry_pause_ms, 0.0, MAX_PAUSE_MS)
    if file.power.incident_dbm is not None:
        yield from outside(("power", "incident_dbm"), file.power.incident_dbm, *INCIDENT_RANGE_DBM)


def _station_id(path: KeyPath, station_id: int | None, profile: Profile) -> Iterator[Problem]:
    if station_id is None:
        return
    if not 0 <= station_id < profile.mac.broadcast_id:
        yield Problem(path, f"{station_id} is no assigned ID", f"give 0 to {profile.mac.broadcast_id - 1}")
    elif station_id & 0x3F == profile.downlink.broadcast_partial_id:
        reason = f"the 6 LSB of {station_id} are {station_id & 0x3F}, the broadcast partial ID"
        yield Problem(path, reason, f"give another, such as {station_id ^ 1}")


def _clocks(file: ExperimentFile, profile: Profile) -> Iterator[Problem]:
    tolerance_ppm = profile.uplink.chip_tolerance_ppm
    tolerance_hz = profile.uplink.carrier_hz * profile.uplink.carrier_tolerance_ppm * 1e-6
    # The draft's contributions round it up: ±2.44 MHz for 2.437.
    carrier_hz = math.ceil(tolerance_hz / 10e3) * 10e3
    chip = f"the chip clock tolerance of {profile.name}"
    carrier = f"the carrier tolerance of {profile.name}, {profile.uplink.carrier_tolerance_ppm} ppm"
    channel = file.channel
    yield from outside(("channel", "clock_ppm"), channel.clock_ppm, -tolerance_ppm, tolerance_ppm, chip)
    path: KeyPath = ("channel", "carrier_offset_hz")
    yield from outside(path, channel.carrier_offset_hz, -carrier_hz, carrier_hz, carrier)
    for index, tag in enumerate(file.tags):
        most_ppm = profile.uplink.mono_chip_tolerance_ppm if file.ap.uplink == "mono-static" else tolerance_ppm
        yield from outside(("tags", index, "chip_clock_ppm"), tag.chip_clock_ppm, -most_ppm, most_ppm, chip)
        path = ("tags", index, "carrier_offset_hz")
        yield from outside(path, tag.carrier_offset_hz, -carrier_hz, carrier_hz, carrier)
