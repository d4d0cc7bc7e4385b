"""What a manifest and a summary say of the radios of a run: which, how set, and what differs from the draft."""

from __future__ import annotations

from collections.abc import Sequence

from ampradio.radio.interface import Loopback, Radio
from testbed.experiment import Experiment
from testbed.runner.pluto_plan import PlutoPlan, is_narrow


def radio_facts(experiment: Experiment, plan: PlutoPlan, radios: Sequence[Radio]) -> dict[str, object]:
    """Return the facts, in JSON's types; the radios are configured."""
    return {
        "path": "gr-iio" if experiment.choice.gnuradio else "pyadi-iio",
        "clock": "elastic" if experiment.choice.elastic else "wall",
        "narrow": is_narrow(experiment),
        "radiates": experiment.choice.radiates,
        "entropy": "system" if experiment.choice.radiates else "seeded",
        "air": None if plan.air is None else {key: getattr(plan.air, key) for key in plan.air.__dataclass_fields__},
        "radios": [_radio(radio) for radio in radios],
        "on_power_dbm": {role: round(plan.on_power_dbm(role), 2) for role in plan.scale},
    }


def _radio(radio: Radio) -> dict[str, object]:
    identity, settings = radio.identity, radio.settings
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
