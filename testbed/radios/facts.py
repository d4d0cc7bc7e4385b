"""What metadata and summaries say of a radio: which, how set, what it lost."""

from __future__ import annotations

from dataclasses import asdict

from ampradio.radio.interface import Loopback, LossCount, RadioIdentity, RadioSettings


def radio_facts(identity: RadioIdentity, settings: RadioSettings) -> dict[str, object]:
    """Return the facts, in JSON's types."""
    return asdict(identity) | asdict(settings) | {"loopback": Loopback(settings.loopback).name.lower()}


def hardware(identity: RadioIdentity, settings: RadioSettings) -> str:
    """Return one line for SigMF's ``core:hw``."""
    return f"{identity.model}, serial {identity.serial}, firmware {identity.firmware}, gain {settings.rx_gain_db:g} dB"


def loss_line(losses: LossCount) -> str:
    """Return what was lost in words, empty when nothing was."""
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in asdict(losses).items() if count)
