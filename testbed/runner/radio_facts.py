"""What a manifest and a summary say of the radios of a run: which, how set, and what differs from the draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ampradio.radio.interface import Loopback, Radio, RadioIdentity, RadioSettings
from flowgraphs.streams import ROLES
from testbed.experiment import Experiment
from testbed.runner.pluto_plan import PlutoPlan, is_narrow


def radio_facts(experiment: Experiment, plan: PlutoPlan, radios: Sequence[Radio]) -> dict[str, object]:
    """Return the facts, in JSON's types; the radios are configured."""
    return _common(experiment, plan) | {"radios": [_facts_of(radio.identity, radio.settings) for radio in radios]}


def _common(experiment: Experiment, plan: PlutoPlan) -> dict[str, object]:
    return {
        "path": "gr-iio" if experiment.choice.gnuradio else "pyadi-iio",
        "clock": "elastic" if experiment.choice.elastic else "wall",
        "narrow": is_narrow(experiment),
        "reflection": "re-radiated" if experiment.ap.mono_static else None,
        "radiates": experiment.choice.radiates,
        "entropy": "system" if experiment.choice.radiates else "seeded",
        "air": None if plan.air is None else {key: getattr(plan.air, key) for key in plan.air.__dataclass_fields__},
        "on_power_dbm": {role: round(plan.on_power_dbm(role), 2) for role in plan.scale},
    }


def gr_facts(
    experiment: Experiment, plan: PlutoPlan, uris: Sequence[str], said: Mapping[str, Mapping[str, Any]]
) -> dict[str, object]:
    """Return the same of radios in flowgraphs, as each process ``said`` who its radio is."""
    radios = []
    for role, uri in zip(ROLES, uris, strict=True):
        about, settings = said[role], plan.settings[role]
        emulated = str(about["serial"]).startswith("emulated")
        identity = RadioIdentity(uri, about["model"], about["serial"], about["firmware"], emulated)
        radios.append(_facts_of(identity, settings))
    return _common(experiment, plan) | {"radios": radios}


def _facts_of(identity: RadioIdentity, settings: RadioSettings) -> dict[str, object]:
    return {
        "uri": identity.uri,
        "model": identity.model,
        "serial": identity.serial,
        "firmware": identity.firmware,
        "emulated": identity.emulated,
        "centre_hz": settings.centre_hz,
        "rate_sps": settings.rate_sps,
        "bandwidth_hz": settings.bandwidth_hz,
        "rx_gain_db": settings.rx_gain_db,
        "tx_attenuation_db": settings.tx_attenuation_db,
        "loopback": Loopback(settings.loopback).name.lower(),
    }
