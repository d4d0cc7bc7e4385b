"""What an experiment cannot have whose tags reflect, whoever lights them, and why."""

from __future__ import annotations

from collections.abc import Iterator

from ampradio.profile.model import Profile
from testbed.experiment.error import KeyPath
from testbed.experiment.problem import Problem
from testbed.experiment.shape import ExperimentFile


def reflecting_problems(file: ExperimentFile, profile: Profile) -> Iterator[Problem]:
    """Yield what goes with no tag that reflects; nothing for an active one."""
    if file.ap.uplink == "active":
        return
    low_kbps = profile.downlink.rate_low_bps // 1000
    if file.ap.downlink_rate_kbps != low_kbps:
        reason = f"{file.ap.uplink} tags receive at {low_kbps} kb/s alone"
        yield Problem(("ap", "downlink_rate_kbps"), reason, f"write {low_kbps}")
    for index, tag in enumerate(file.tags):
        if tag.carrier_offset_hz:
            path: KeyPath = ("tags", index, "carrier_offset_hz")
            yield Problem(path, "a tag that reflects has no carrier of its own", "leave it out")
    if file.power.incident_dbm is not None:
        reason = "what a reflection costs is in no cost table yet"
        yield Problem(("power", "incident_dbm"), reason, 'leave it out, or write ap.uplink = "active"')
    if file.channel.uplink_ways != "one-way":
        reason = "what a tag reflects passes the multipath twice by itself"
        yield Problem(("channel", "uplink_ways"), reason, "leave it out")
