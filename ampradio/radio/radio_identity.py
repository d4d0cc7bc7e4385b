"""Who answers at an address, asked through libiio before anything is set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ampradio.radio.errors import NoLibiioError, WrongRadioError
from ampradio.radio.interface import RadioIdentity
from ampradio.radio.libiio_errors import opening_error
from ampradio.radio.radio_uri import RadioUri

TRANSCEIVER, RECEIVE, TRANSMIT = "ad9361-phy", "cf-ad9361-lpc", "cf-ad9361-dds-core-lpc"
_EMULATED = "emulated"  # how the emulator's serial numbers begin


def libraries() -> tuple[Any, Any]:
    """Return libiio's Python side and pyadi-iio; raises NoLibiioError."""
    try:
        import adi
        import iio
    except (ImportError, AttributeError, OSError) as error:
        fix = "run `amp doctor`: it names what is missing and the command that installs it"
        raise NoLibiioError(f"libiio cannot be used: {error}", fix) from error
    return iio, adi


def asked(iio: Any, uri: RadioUri) -> tuple[Mapping[str, str], set[str]]:
    """Return a radio's attributes and devices through a context of its own; raises RadioError.

    libiio says why it cannot open one; pyadi-iio would not.
    """
    try:
        context = iio.Context(uri.libiio)
    except OSError as error:
        raise opening_error(uri, error) from error
    about = dict(context.attrs)
    names = {device.name for device in context.devices if device.name}
    raw, context._context = context._context, None
    iio._destroy(raw)
    return about, names


def identity_of(uri: RadioUri, about: Mapping[str, str], devices: set[str]) -> RadioIdentity:
    """Return which radio it is; raises WrongRadioError."""
    model, firmware = about.get("hw_model", "unknown"), about.get("fw_version", "unknown")
    missing = {TRANSCEIVER, RECEIVE, TRANSMIT} - devices
    if missing:
        raise WrongRadioError(
            f"{uri.text}: {model}, firmware {firmware}, is no PlutoSDR: it lacks {', '.join(sorted(missing))}",
            "name a PlutoSDR (`amp devices`), or install its stock firmware",
        )
    serial = about.get("hw_serial", "")
    emulated = serial.startswith(_EMULATED)
    if uri.emulated and not emulated:
        raise WrongRadioError(
            f"{uri.text}: {model} {serial} is not emulated", f"give pluto:{uri.libiio} if you mean it"
        )
    return RadioIdentity(uri.text, model, serial, firmware, emulated)
