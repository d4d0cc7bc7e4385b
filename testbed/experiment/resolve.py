"""From a well-formed experiment file to values that the runner can use as they are."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TextIO

from ampradio.power.costs import built_in_tables, load_costs
from ampradio.power.store import store_of
from ampradio.profile.errors import ProfileError
from ampradio.profile.model import Profile
from testbed.experiment import enrolment, identities, payloads
from testbed.experiment.error import KeyPath
from testbed.experiment.plan import ApPlan, Experiment, PowerPlan, TagPlan
from testbed.experiment.radio_choice import radio_choice
from testbed.experiment.secrets import redacted
from testbed.experiment.shape import ExperimentFile, Tag
from testbed.experiment.source import Source
from testbed.experiment.systems import Capacity, capacity_of
from testbed.experiment.time_scale import slowness_of, stretched


def resolve(
    source: Source,
    file: ExperimentFile,
    profile: Profile,
    profile_source: str,
    path: Path,
    stdin: TextIO | None,
    overrides: tuple[str, ...],
) -> Experiment:
    """Return the experiment of ``file``: identities drawn, payloads and keys read; raises ExperimentError."""
    taken = {file.ap.station_id, *(tag.station_id for tag in file.tags)}
    ids = {station_id for station_id in taken if station_id is not None}
    ap = _ap(source, file, profile, ids)
    choice = radio_choice(file.radio)
    reradiated = choice.plutos and file.ap.uplink == "mono-static"
    usual = choice.time_scale(reradiated)
    time_scale = usual if file.time_scale is None else file.time_scale
    tags: list[TagPlan] = []
    for index in range(len(file.tags)):
        ids.add(ap.station_id)
        tags.append(_tag(source, file, profile, index, ids, stdin))
        ids.add(tags[-1].station_id)
    return Experiment(
        name=file.name or path.stem,
        seed=file.seed,
        profile=stretched(profile, time_scale, reradiated),
        profile_source=profile_source,
        radio=file.radio,
        max_air_time_s=file.max_air_time_s,
        security=file.security,
        ap=ap,
        tags=tuple(tags),
        channel=file.channel,
        power=_power(source, file, profile),
        record=file.record,
        compare=file.compare,
        path=path,
        text=redacted(source.text),
        sha256=hashlib.sha256(source.text.encode()).hexdigest(),
        overrides=overrides,
        server=enrolment.server_of(source, file),
        scanned=enrolment.scanned(source, file),
        time_scale=time_scale,
        slowness=slowness_of(profile, ap.downlink_rate_bps, ap.uplink_rate_bps, time_scale),
        plutos=file.plutos,
        energizer=file.energizer,
    )


def _ap(source: Source, file: ExperimentFile, profile: Profile, taken: set[int]) -> ApPlan:
    ap = file.ap
    try:
        address = identities.ap_address(ap, file.seed)
    except identities.IdentityError as error:
        raise source.error(("ap", error.key), str(error), error.fix) from None
    capacity = capacity_of(profile, file.security)
    commands = (ap.commands, ap.commands_csv, ap.commands_column)
    station_id = ap.station_id
    return ApPlan(
        address=address,
        station_id=identities.drawn_station_id(file.seed, "ap", profile, taken) if station_id is None else station_id,
        downlink_rate_bps=ap.downlink_rate_kbps * 1000,
        uplink_rate_bps=ap.uplink_rate_kbps * 1000,
        seed_index=ap.seed_index,
        retries=ap.retries,
        retry_pause_ns=round(ap.retry_pause_ms * 1e6),
        commands=_payloads(
            source, ("ap",), "commands", commands, capacity.command_octets, capacity.command_carrier
        ),
        mono_static=ap.uplink == "mono-static",
        bistatic=ap.uplink == "bistatic",
    )


def _power(source: Source, file: ExperimentFile, profile: Profile) -> PowerPlan | None:
    power = file.power
    beside = source.folder / power.costs
    try:
        costs = load_costs(beside if power.costs.endswith(".toml") and beside.exists() else power.costs)
    except ProfileError as error:
        fix = f"use one of {', '.join(built_in_tables())}, or a table of your own beside the experiment"
        raise source.error(("power", "costs"), str(error), fix) from None
    try:
        store = store_of(profile.power, power.full_v)
    except ValueError as error:
        fix = f"give {profile.power.on_v:g} V or more"
        raise source.error(("power", "full_v"), str(error), fix) from None
    return None if power.incident_dbm is None else PowerPlan(power.incident_dbm, costs, store)


def _tag(
    source: Source, file: ExperimentFile, profile: Profile, index: int, taken: set[int], stdin: TextIO | None
) -> TagPlan:
    tag = file.tags[index]
    who = tag.name or f"tag{index + 1}"
    path: KeyPath = ("tags", index)
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,32}", who) or who in ("ap", "air"):
        fix = 'up to 32 letters, digits, "_", "." or "-", and not ap or air'
        raise source.error((*path, "name"), f"{who!r} cannot name a station", fix)
    try:
        address = identities.tag_address(tag, file.seed, who)
        made = enrolment.made(source, index, tag)
        psk = identities.psk_of(tag, source.folder, file.seed, who) if made is None else made.psk.expose()
    except identities.IdentityError as error:
        raise source.error((*path, error.key), str(error), error.fix) from None
    station_id = tag.station_id
    return TagPlan(
        name=who,
        station_id=identities.drawn_station_id(file.seed, who, profile, taken) if station_id is None else station_id,
        address=address,
        psk=psk,
        readings=_readings(source, path, tag, capacity_of(profile, file.security), stdin),
        carrier_offset_hz=tag.carrier_offset_hz,
        chip_clock_ppm=tag.chip_clock_ppm,
        made=made,
        eap=enrolment.eap_of(source, file, index),
    )


def _readings(
    source: Source, path: KeyPath, tag: Tag, capacity: Capacity, stdin: TextIO | None
) -> tuple[bytes, ...]:
    limit, carrier = capacity.reading_octets, capacity.reading_carrier
    given = (tag.readings, tag.readings_csv, tag.readings_column)
    if not tag.readings_stdin:
        return _payloads(source, path, "readings", given, limit, carrier)
    key = (*path, "readings_stdin")
    if any(each is not None for each in given):
        raise source.error(key, "readings_stdin stands beside other readings", "keep one source of readings")
    if stdin is None:
        raise source.error(key, "there is no standard input here", "pipe the readings into `amp run`")
    try:
        return payloads.payloads(payloads.rows_of_lines(stdin), limit, carrier)
    except payloads.PayloadError as error:
        raise source.error(key, str(error), error.fix) from None


def _payloads(
    source: Source,
    path: KeyPath,
    what: str,
    given: tuple[tuple[str, ...] | None, str | None, str | None],
    limit: int,
    carrier: str,
) -> tuple[bytes, ...]:
    texts, csv_name, column = given
    key = (*path, f"{what}_csv" if csv_name is not None else what)
    if texts is not None and csv_name is not None:
        raise source.error(key, f"{what} and {what}_csv are both given", "keep one of them")
    if csv_name is None and column is not None:
        raise source.error((*path, f"{what}_column"), f"there is no {what}_csv", f"name the file in {what}_csv")
    try:
        if csv_name is not None:
            return payloads.payloads(payloads.rows_of_csv(source.folder / csv_name, column), limit, carrier)
        return payloads.payloads(payloads.rows_of_list(texts or (), what), limit, carrier)
    except payloads.PayloadError as error:
        raise source.error(key, str(error), error.fix) from None
